import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'

const folder = '../../../infra/build/'
const require = createRequire(import.meta.url)

/** What stands in a library's place must say so when it is called after all, rather than do nothing. */
describe('what the build puts in place of a module', () => {
  it.each([
    ['of fast-xml-builder', async () => new (require(`${folder}xml-builder-shim.cjs`))()],
    ['of is-unsafe', async () => require(`${folder}unsafe-shim.cjs`).isUnsafe('value')],
    ['of open', async () => require(`${folder}open-shim.cjs`)('https://login.example')],
    ['of jsonwebtoken', async () => require(`${folder}jwt-shim.cjs`).sign({}, '')],
    ["of pg's native client", async () => require(`${folder}pg-native-shim.cjs`)],
  ])('throws in place %s', async (_what, call) => {
    await expect(call()).rejects.toThrow(/ here\b/)
  })

  it('prints nothing in place of debug, and calls of it go on', () => {
    const log = require(`${folder}debug-shim.cjs`)('https-proxy-agent')
    expect([log('connecting to %s', 'somewhere'), log.enabled]).toEqual([undefined, false])
  })

  it("has the error's code by which pg knows that there is no native client", () => {
    expect(() => require(`${folder}pg-native-shim.cjs`)).toThrow(expect.objectContaining({ code: 'MODULE_NOT_FOUND' }))
  })
})
