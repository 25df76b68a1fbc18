import { describe, expect, it } from 'vitest'
import { mostAnswerBytes, nothingUsed, type QuotaAsk, type QuotaRule } from '../../../shared/quota/quota.ts'
import { createQuotas, type QuotaHold } from '../../../shared/quota/quotas.ts'
import { createStateMemory } from '../../support/state-memory.ts'

const noon = Date.UTC(2026, 10, 22, 12)
const alice: QuotaAsk = { tid: 't1', oid: 'alice', actor: 'a1', backend: 'orders', rowLimit: 1000, demanded: [] }

function rule(changes: Partial<QuotaRule>): QuotaRule {
  return { name: 'one', meter: 'calls', per: ['person'], window: 'minute', limit: 4, onDemand: false, ...changes }
}

function open(rules: readonly QuotaRule[], instances = 1) {
  const table = createStateMemory()
  const clock = { now: noon }
  const faults: unknown[] = []
  const parts = { rules, table, now: () => clock.now, zone: 'UTC', onFault: (error: unknown) => faults.push(error) }
  const all = Array.from({ length: instances }, () => createQuotas(parts))
  const [quotas] = all
  if (quotas === undefined) throw new Error('no instance')
  const hold = async (ask: Partial<QuotaAsk> = {}): Promise<QuotaHold> => {
    const answer = await quotas.reserve({ ...alice, ...ask })
    if (!answer.granted) throw new Error('refused')
    return answer.hold
  }
  const isGranted = async (ask: Partial<QuotaAsk> = {}) => (await quotas.reserve({ ...alice, ...ask })).granted
  return { table, clock, faults, quotas, all, hold, isGranted }
}

describe('quota', () => {
  it('admits the limit and no more, and says when it starts anew', async () => {
    const { quotas, isGranted, clock } = open([rule({})])
    clock.now = noon + 18_000
    for (let call = 0; call < 4; call += 1) expect(await isGranted()).toBe(true)
    expect(await quotas.reserve(alice)).toEqual({ granted: false, rule: 'one', retryAfter: 42 })
    clock.now = noon + 60_000
    expect(await isGranted()).toBe(true)
  })

  it.each([-1000, Number.NaN, Number.POSITIVE_INFINITY])(
    'gives no room for a use of %d that a backend tells',
    async (tokens) => {
      const { quotas, hold, isGranted } = open([rule({ meter: 'tokens', limit: 4, estimate: 2 })])
      quotas.settle(await hold(), { calls: 1, rows: 0, bytes: 0, tokens })
      expect([await isGranted(), await isGranted()]).toEqual([true, false])
    },
  )

  it.each<[QuotaRule['per'], Partial<QuotaAsk>, boolean]>([
    [['person'], { oid: 'bob' }, true],
    [['person'], { tid: 't2' }, true],
    [['person'], { actor: 'a2', backend: 'files' }, false],
    [['agent'], { actor: 'a2' }, true],
    [['agent'], { tid: 't2' }, true],
    [['agent'], { oid: 'bob' }, false],
    [['backend'], { backend: 'files' }, true],
    [['backend'], { oid: 'bob', tid: 't2' }, false],
    [['person', 'agent'], { actor: 'a2' }, true],
    [[], { oid: 'bob', actor: 'a2', backend: 'files', tid: 't2' }, false],
  ])('for each %j has room of its own for %j: %s', async (per, ask, expected) => {
    const { isGranted } = open([rule({ per, limit: 1 })])
    expect(await isGranted()).toBe(true)
    expect(await isGranted(ask)).toBe(expected)
  })

  it('is for its own backend only', async () => {
    const { isGranted } = open([rule({ backend: 'files', limit: 1 })])
    for (let call = 0; call < 3; call += 1) expect(await isGranted()).toBe(true)
    expect(await isGranted({ backend: 'files' })).toBe(true)
    expect(await isGranted({ backend: 'files' })).toBe(false)
  })

  it('on demand counts where an obligation names it', async () => {
    const { hold, isGranted } = open([rule({ name: 'careful', onDemand: true, limit: 1 })])
    expect((await hold()).rules).toEqual([])
    expect((await hold({ demanded: ['careful'] })).rules).toEqual(['careful'])
    expect(await isGranted({ demanded: ['careful'] })).toBe(false)
    expect(await isGranted()).toBe(true)
  })

  it('takes of all or of none', async () => {
    const { isGranted, quotas } = open([
      rule({ name: 'a', limit: 2 }),
      rule({ name: 'b', limit: 1, backend: 'orders' }),
    ])
    expect(await isGranted()).toBe(true)
    expect(await quotas.reserve(alice)).toMatchObject({ granted: false, rule: 'b' })
    // What `a` gave for the refused call is there again.
    expect(await isGranted({ backend: 'files' })).toBe(true)
    expect(await isGranted({ backend: 'files' })).toBe(false)
  })

  it('has nothing taken by a call that was not made', async () => {
    const { hold, quotas, isGranted } = open([rule({ limit: 1 })])
    const held = await hold()
    expect(await isGranted()).toBe(false)
    quotas.settle(held, nothingUsed)
    expect(await isGranted()).toBe(true)
  })

  it('cuts rows to what is left, and counts those that came', async () => {
    const { hold, quotas, isGranted } = open([rule({ meter: 'rows', window: 'day', limit: 1500 })])
    const first = await hold()
    expect(first.rows).toBe(1000)
    expect((await hold()).rows).toBe(500)
    expect(await isGranted()).toBe(false)
    quotas.settle(first, { ...nothingUsed, calls: 1, rows: 10 })
    expect((await hold()).rows).toBe(990)
  })

  it('takes the largest answer for granted until its size is known', async () => {
    const { hold, quotas, isGranted } = open([rule({ meter: 'bytes', limit: mostAnswerBytes + 10 })])
    const held = await hold()
    expect(await isGranted()).toBe(false)
    quotas.settle(held, { ...nothingUsed, calls: 1, bytes: 10 })
    expect(await isGranted()).toBe(true)
  })

  it('counts what was used beyond the estimate for every instance', async () => {
    const { hold, quotas, all } = open([rule({ meter: 'tokens', limit: 100, estimate: 10 })], 2)
    const held = await hold()
    quotas.settle(held, { ...nothingUsed, calls: 1, tokens: 96 })
    await quotas.close()
    expect(await all[1]?.reserve(alice)).toMatchObject({ granted: false })
  })

  it('keeps the estimate where the backend does not say what it took', async () => {
    const { hold, quotas, isGranted } = open([rule({ meter: 'cost', limit: 1, estimate: 0.6 })])
    quotas.settle(await hold(), { calls: 1, rows: 0, bytes: 0 })
    expect(await isGranted()).toBe(false)
  })

  it('is refused where the table is away, and nothing is held then', async () => {
    const rules = [rule({ name: 'a', limit: 1 }), rule({ name: 'b', limit: 1, per: [] })]
    const { table, quotas, isGranted } = open(rules)
    table.fail(1)
    await expect(quotas.reserve(alice)).rejects.toMatchObject({ code: 'policy_unavailable' })
    expect(await isGranted()).toBe(true)
  })

  it('asks the table seldom', async () => {
    const { table, isGranted } = open([rule({ limit: 1000 })])
    for (let call = 0; call < 50; call += 1) expect(await isGranted()).toBe(true)
    expect(table.calls()).toBeLessThanOrEqual(2)
  })

  it('leases once for a crowd', async () => {
    const { table, isGranted } = open([rule({ limit: 1000 })])
    const granted = await Promise.all(Array.from({ length: 200 }, () => isGranted()))
    expect(granted.every(Boolean)).toBe(true)
    expect(table.calls()).toBeLessThanOrEqual(6)
  })

  it('does not ask for every call when it is used up', async () => {
    const { table, isGranted, clock } = open([rule({ limit: 1 })])
    expect(await isGranted()).toBe(true)
    const before = table.calls()
    for (let call = 0; call < 20; call += 1) expect(await isGranted()).toBe(false)
    expect(table.calls() - before).toBeLessThanOrEqual(2)
    clock.now += 1000
    await isGranted()
    expect(table.calls() - before).toBeGreaterThan(1)
  })

  it('gives back what nobody used for half a minute', async () => {
    const { quotas, clock, table, isGranted } = open([rule({ window: 'day', limit: 1000 })])
    await isGranted()
    expect(table.rows()[0]?.values.leased).toBe(20)
    clock.now += 31_000
    await quotas.reserve({ ...alice, oid: 'bob' })
    await quotas.close()
    expect(table.rows().map(({ values }) => values.leased)).toEqual(expect.arrayContaining([1]))
  })

  it('goes by the later window where clocks differ', async () => {
    const { all, clock } = open([rule({ limit: 1 })], 2)
    clock.now = noon + 60_000
    expect((await all[0]?.reserve(alice))?.granted).toBe(true)
    clock.now = noon + 59_999
    expect((await all[1]?.reserve(alice))?.granted).toBe(false)
  })

  it('tells of what could not be stored after a call', async () => {
    const { hold, quotas, table, faults } = open([rule({ meter: 'rows', limit: 2000 })])
    const held = await hold()
    table.fail(20)
    quotas.settle(held, { ...nothingUsed, rows: 1 })
    await quotas.close()
    expect(faults).toHaveLength(1)
  })
})
