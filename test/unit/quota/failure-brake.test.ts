import { describe, expect, it, vi } from 'vitest'
import { Problem } from '../../../shared/errors/problem.ts'
import { createCallRate } from '../../../shared/quota/call-rate.ts'
import { createFailureBrake } from '../../../shared/quota/failure-brake.ts'

const refused = async () => {
  throw new Problem('token_invalid', 'No.')
}

function brakeOf(perMinute: number) {
  const clock = { now: 0 }
  return { clock, brake: createFailureBrake(createCallRate({ perMinute, now: () => clock.now })) }
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'ok',
    (error: unknown) => (error instanceof Problem ? error.code : 'thrown'),
  )
}

describe('failure brake', () => {
  it('does not look at a token once its address failed too often', async () => {
    const { brake } = brakeOf(2)
    const attempt = vi.fn(refused)
    const codes = []
    for (let n = 0; n < 4; n++) codes.push(await codeOf(brake.guard('192.0.2.1', attempt)))
    expect(codes).toEqual(['token_invalid', 'token_invalid', 'quota_exceeded', 'quota_exceeded'])
    expect(attempt).toHaveBeenCalledTimes(2)
  })

  it('lets other addresses pass meanwhile', async () => {
    const { brake } = brakeOf(1)
    await codeOf(brake.guard('192.0.2.1', refused))
    expect(await codeOf(brake.guard('192.0.2.2', async () => 1))).toBe('ok')
  })

  it('opens again after a minute', async () => {
    const { brake, clock } = brakeOf(1)
    await codeOf(brake.guard('a', refused))
    clock.now += 60_000
    expect(await codeOf(brake.guard('a', async () => 1))).toBe('ok')
  })

  it.each([
    ['tokens that hold', async () => 1],
    [
      'keys that are away',
      async () => {
        throw new Problem('keys_unavailable', 'No keys.')
      },
    ],
    [
      'a surprise',
      async () => {
        throw new Error('x')
      },
    ],
  ])('does not count %s', async (_, attempt) => {
    const { brake } = brakeOf(1)
    for (let n = 0; n < 5; n++) await codeOf(brake.guard<unknown>('a', attempt))
    expect(await codeOf(brake.guard('a', async () => 1))).toBe('ok')
  })

  it('says how long to wait, and its reason to the log alone', async () => {
    const { brake } = brakeOf(1)
    await codeOf(brake.guard('a', refused))
    const refusal = (await brake.guard('a', refused).catch((error: unknown) => error)) as Problem
    expect(refusal).toMatchObject({ status: 429, reason: 'failed_tokens', members: { retryAfter: 60 } })
  })
})
