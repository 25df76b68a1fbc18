import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadFunctions } from '../support/line-declarations.ts'
import { requestOf, type ShownRequest } from '../support/specs/sent-request.ts'

// What no publisher's document at hand judges: method, path, query, headers and body as the services' references say.
const file = new URL('./requests-azure.json', import.meta.url)
const expected = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, ShownRequest>>
const backends = await loadFunctions()

describe('requests to services of Azure and Microsoft 365', () => {
  it.each(Object.entries(expected))('%s is as its reference says', async (place, request) => {
    const [name = '', operation = ''] = place.split('.')
    const backend = backends.find((each) => each.name === name)
    expect(backend?.operations[operation]?.unsupported).toBeUndefined()
    expect(await requestOf(backend!, operation)).toEqual(request)
  })
})
