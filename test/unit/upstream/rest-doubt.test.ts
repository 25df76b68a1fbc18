import { describe, expect, it } from 'vitest'
import { Problem } from '../../../shared/errors/problem.ts'
import { readBody } from '../../../shared/upstream/rest-body.ts'
import { problemOfStatus } from '../../../shared/upstream/rest-status.ts'

async function reasonOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((cause: unknown) => cause)
  return error instanceof Problem ? error.reason : String(error)
}

const answers = [
  ['a page of HTML', 'text/html', '<html></html>', 'content_type'],
  ['half of a JSON text', 'application/json', '{"a": [1,', 'json'],
  ['bytes that are no UTF-8', 'application/json', new Uint8Array([0x22, 0xff, 0x22]), 'encoding'],
] as const

describe('an answer that makes no sense', () => {
  it.each(answers)('(%s) leaves open whether a change was made', async (...[, type, body, why]) => {
    const response = () => new Response(body, { headers: { 'content-type': type } })
    expect(await reasonOf(readBody(response(), 1000, 'delete'))).toBe(`unknown:${why}`)
    expect(await reasonOf(readBody(response(), 1000, 'read'))).toBe(why)
  })
})

describe('a backend that is too busy', () => {
  it.each([
    ['7', 7],
    [null, 5],
  ])('with Retry-After %s is asked again after %d seconds', (retryAfter, seconds) => {
    const refused = {
      status: 429,
      retryAfter,
      claims: undefined,
      effect: 'write',
      now: 0,
      facts: { backendIds: {} },
    } as const
    const { code, status, members } = problemOfStatus(refused)
    expect([code, status, members.retryAfter, members.next]).toEqual([
      'backend_rejected',
      429,
      seconds,
      { action: 'wait', after: seconds },
    ])
  })
})
