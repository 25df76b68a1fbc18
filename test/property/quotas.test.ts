import { describe, expect, it } from 'vitest'
import { Problem } from '../../shared/errors/problem.ts'
import type { QuotaRule } from '../../shared/quota/quota.ts'
import { createQuotas, type Quotas } from '../../shared/quota/quotas.ts'
import { fc } from '../support/property.ts'
import { createStateMemory } from '../support/state-memory.ts'
import { slowDown, wayOf } from '../support/state-slow.ts'

const ask = { tid: 't', oid: 'alice', actor: 'agent', backend: 'orders', rowLimit: 100, demanded: [] }
const instances = 6

/** Settings of one run. `used` is how much of what a call was given it used, in hundredths; null: it was never made. */
const scenario = fc.record({
  meter: fc.constantFrom('calls', 'rows', 'bytes' as const),
  window: fc.constantFrom('minute', 'day' as const),
  limit: fc.integer({ min: 1, max: 3000 }),
  estimate: fc.integer({ min: 1, max: 60 }),
  delays: fc.array(fc.nat(7), { minLength: 1, maxLength: 40 }),
  calls: fc.array(
    fc.record({
      at: fc.nat(instances - 1),
      used: fc.option(fc.nat(100)),
      after: fc.nat(12),
      seconds: fc.nat(9),
    }),
    { minLength: 1, maxLength: 120 },
  ),
})

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never

async function pause(turns: number): Promise<void> {
  for (let left = turns; left > 0; left -= 1) await Promise.resolve()
}

interface Tally {
  /** Used by window, as the instance's own clock saw it begin. */
  readonly used: Map<string, number>
  refused: number
}

async function call(
  quotas: Quotas,
  one: Scenario['calls'][number],
  { meter, tally }: { meter: Scenario['meter']; tally: Tally },
) {
  // Where clocks tick in step everybody may lose every race: that is refused as well, never admitted.
  const answer = await quotas.reserve(ask).catch((error: unknown) => error as Problem)
  if (answer instanceof Problem || !answer.granted) {
    tally.refused += 1
    return
  }
  const [part] = answer.hold.parts
  if (part === undefined) throw new Error('nothing was held')
  const used = one.used === null ? 0 : meter === 'calls' ? 1 : Math.floor((part.amount * one.used) / 100)
  tally.used.set(part.window, (tally.used.get(part.window) ?? 0) + used)
  await pause(one.after)
  quotas.settle(answer.hold, { calls: 0, rows: 0, bytes: 0, [meter]: used })
}

async function simulate(given: Scenario): Promise<{ tally: Tally; leased: () => number; close: () => Promise<void> }> {
  const { meter, window, limit, estimate } = given
  const memory = createStateMemory()
  let turn = 0
  const table = slowDown(
    memory,
    wayOf(() => given.delays[turn++ % given.delays.length] ?? 0),
  )
  let time = Date.UTC(2026, 10, 22, 12)
  const rule: QuotaRule = { name: 'one', meter, per: ['person'], window, limit, onDemand: false, estimate }
  const onFault = (error: unknown) => {
    throw error
  }
  // Clocks of instances differ by up to two seconds.
  const all = Array.from({ length: instances }, (_, index) =>
    createQuotas({ rules: [rule], table, now: () => time + index * 400, zone: 'Europe/Brussels', onFault }),
  )
  const tally: Tally = { used: new Map(), refused: 0 }
  const running: Promise<void>[] = []
  for (const one of given.calls) {
    const quotas = all[one.at]
    if (quotas !== undefined) running.push(call(quotas, one, { meter, tally }))
    time += one.seconds * 1000
    await pause(one.after % 5)
  }
  await Promise.all(running)
  const close = async () => void (await Promise.all(all.map((quotas) => quotas.close())))
  return { tally, close, leased: () => Number(memory.rows()[0]?.values.leased ?? 0) }
}

describe('quotas of six instances', () => {
  it('never pass the limit, whatever comes in whichever order', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const { tally } = await simulate(given)
        for (const used of tally.used.values()) expect(used).toBeLessThanOrEqual(given.limit)
      }),
      { numRuns: 300 },
    )
  }, 60_000)

  it('give back what they hold when they end, so that the row says what was used', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const still = { ...given, window: 'day' as const, calls: given.calls.map((one) => ({ ...one, seconds: 0 })) }
        const { tally, close, leased } = await simulate(still)
        await close()
        const sum = [...tally.used.values()].reduce((total, used) => total + used, 0)
        expect(leased()).toBe(sum)
      }),
      { numRuns: 100 },
    )
  }, 60_000)
})
