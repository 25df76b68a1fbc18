import { describe, expect, it } from 'vitest'
import type { QuotaRule } from '../../shared/quota/quota.ts'
import { alice, backendProblem } from '../support/line-world.ts'
import { createUsageWorld } from '../support/usage-world.ts'

const calls: QuotaRule = { name: 'calls', meter: 'calls', per: ['person'], window: 'minute', limit: 2, onDemand: false }
const rows: QuotaRule = { ...calls, name: 'rows', meter: 'rows', window: 'day', limit: 40 }

describe('quota in the line', () => {
  it('refuses with its name, when it starts anew and what to do, and the book says so', async () => {
    const world = createUsageWorld({ rules: [calls] })
    for (let call = 0; call < 2; call += 1) expect((await world.call()).code).toBe('ok')
    const { status, body } = await world.call()
    expect(status).toBe(429)
    expect(body).toMatchObject({
      code: 'quota_exceeded',
      reasons: ['calls'],
      retryAfter: 60,
      next: { action: 'wait', after: 60 },
    })
    const { intents } = world
    expect(intents.map(({ context }) => context.quotas)).toEqual([['calls'], ['calls'], []])
    expect(intents[2]).toMatchObject({ verdict: 'deny', reasons: ['quota_exceeded'] })
    expect(world.world.calls).toHaveLength(2)
  })

  it.each<[string, Parameters<typeof createUsageWorld>[0]]>([
    ['policy denies', { faults: { decide: () => ({ verdict: 'deny', reasons: ['not_permitted'] }) } }],
    [
      'nobody could approve',
      { faults: { decide: () => ({ obligations: [{ kind: 'approval', rule: 'r', group: 'nobody', count: 1 }] }) } },
    ],
    [
      'waits for an approval',
      { faults: { decide: () => ({ obligations: [{ kind: 'approval', rule: 'r', group: 'approvers', count: 1 }] }) } },
    ],
    ['the exchange refuses', { faults: { exchange: () => Promise.reject(backendProblem('consent_required', 'x')) } }],
    [
      'the backend was not reached',
      { faults: { call: () => Promise.reject(backendProblem('backend_failed', 'not_called:x')) } },
    ],
  ])('is not used up by what %s', async (_, options) => {
    const world = createUsageWorld({ rules: [calls], ...options })
    for (let call = 0; call < 5; call += 1) await world.call()
    const codes = world.intents.flatMap(({ reasons }) => reasons)
    expect(codes).not.toContain('quota_exceeded')
  })

  it.each<[string, string, number]>([
    ['was refused by the backend', 'refused', 1],
    ['has an unknown fate', 'unknown:x', 1],
    ['was certainly not made', 'not_called:x', 0],
  ])('counts a call that %s', async (_, reason, taken) => {
    const failing = { call: () => Promise.reject(backendProblem('backend_rejected', reason)) }
    const world = createUsageWorld({ rules: [{ ...calls, limit: 1 }], faults: failing })
    await world.call()
    expect((await world.call()).code === 'quota_exceeded').toBe(taken === 1)
  })

  it('cuts the rows that a call may return to what is left of the day', async () => {
    const world = createUsageWorld({ rules: [rows], faults: { call: () => ({ rows: 30 }) } })
    await world.call()
    await world.call()
    expect(world.world.calls.map(({ rowLimit }) => rowLimit)).toEqual([40, 10])
  })

  it('on demand is engaged by an obligation alone', async () => {
    const demanding = { decide: () => ({ obligations: [{ kind: 'quota', meter: 'careful' }] as const }) }
    const rules = [{ ...calls, name: 'careful', onDemand: true, limit: 1 }]
    const world = createUsageWorld({ rules, faults: demanding })
    expect([(await world.call()).code, (await world.call()).code]).toEqual(['ok', 'quota_exceeded'])
    const free = createUsageWorld({ rules })
    expect([(await free.call()).code, (await free.call()).code]).toEqual(['ok', 'ok'])
  })

  it('that policy demands and nobody has set lets nothing pass', async () => {
    const world = createUsageWorld({
      faults: { decide: () => ({ obligations: [{ kind: 'quota', meter: 'unknown' }] }) },
    })
    expect((await world.call()).code).toBe('policy_unavailable')
    expect(world.world.calls).toEqual([])
  })

  it('fails closed where its table is away', async () => {
    const world = createUsageWorld({ rules: [calls] })
    world.tables.quotas.fail(10)
    expect((await world.call()).code).toBe('policy_unavailable')
    expect(world.world.calls).toEqual([])
  })
})

describe('brake on what no backend hears of', () => {
  const denying = { decide: () => ({ verdict: 'deny' as const, reasons: ['not_permitted'] }) }

  it('keeps floods of denied calls out of the book, and is this principal’s alone', async () => {
    const world = createUsageWorld({ askPerMinute: 3, faults: denying })
    const codes: string[] = []
    for (let call = 0; call < 5; call += 1) codes.push((await world.call()).code)
    expect(codes).toEqual(['policy_denied', 'policy_denied', 'policy_denied', 'quota_exceeded', 'quota_exceeded'])
    expect(world.intents).toHaveLength(3)
    expect((await world.call({ ...alice, oid: 'a0000000-0000-4000-8000-000000000002' })).code).toBe('policy_denied')
    world.pass(60_000)
    expect((await world.call()).code).toBe('policy_denied')
  })

  it.each(['explain', 'operations'] as const)('slows %s down', async (route) => {
    const world = createUsageWorld({ askPerMinute: 1 })
    const given = route === 'explain' ? { body: { backend: 'line-backend', operation: 'getItem' } } : {}
    expect((await world.ask(route, alice, given)).code).toBe('ok')
    expect((await world.ask(route, alice, given)).code).toBe('quota_exceeded')
  })
})
