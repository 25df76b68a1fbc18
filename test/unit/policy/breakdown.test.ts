import { describe, expect, it, vi } from 'vitest'
import { permitAll, policyOf, problemOf, readBy } from './fixtures.ts'

const overrun = vi.hoisted(() => ({ next: false }))

vi.mock('@cedar-policy/cedar-wasm/web', async (original) => {
  const cedar = await original<typeof import('@cedar-policy/cedar-wasm/web')>()
  const statefulIsAuthorized: typeof cedar.statefulIsAuthorized = (call) => {
    if (overrun.next) throw new RangeError('Maximum call stack size exceeded')
    return cedar.statefulIsAuthorized(call)
  }
  return { ...cedar, statefulIsAuthorized }
})

describe('an engine that broke down', () => {
  it('is never asked again: what it has not answered before fails', async () => {
    const policy = await policyOf([permitAll])
    expect(policy.decide(readBy('alice')).verdict).toBe('permit')
    overrun.next = true
    expect((await problemOf(() => policy.decide(readBy('bob')))).code).toBe('policy_unavailable')
    overrun.next = false
    expect(await problemOf(() => policy.decide(readBy('carol')))).toEqual({
      code: 'policy_unavailable',
      reason: 'the engine broke down',
    })
    expect((await problemOf(() => policyOf([permitAll]))).code).toBe('policy_unavailable')
  })
})
