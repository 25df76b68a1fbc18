/**
 * A quota of one person's tokens over six instances, in simulated time: 60,000 a minute, 8 ms to the table and back, calls at
 * random instances, estimated before and settled after. Against a row that every call changes before and after, in the same
 * run with the same calls. What it takes of the table, and what a call waits for, is counted and not timed.
 */

import type { QuotaAsk, QuotaRule } from '../../shared/quota/quota.ts'
import { createQuotas } from '../../shared/quota/quotas.ts'
import type { StateTable } from '../../shared/state/state-table.ts'
import { createStateMemory } from '../support/state-memory.ts'
import { slowDown } from '../support/state-slow.ts'
import { type Bench, compareFigure, type Figure, roundFigure } from './measurement.ts'
import { createRowQuota, type Reserve } from './row-quota.ts'
import { createVirtualTime, type VirtualTime } from './virtual-time.ts'

const instances = 6
const tableMs = 8
const limit = 60_000
const rates = [0.5, 1.5, 10]
const rule: QuotaRule = {
  ...{ name: 'tokens', meter: 'tokens', per: ['person'], window: 'minute' },
  ...{ limit, onDemand: false, estimate: 1000 },
}
const ask: QuotaAsk = { tid: 't', oid: 'alice', actor: 'a', backend: 'b', rowLimit: 1, demanded: [] }
/** What a call takes in the end, of the thousand that it was estimated at. */
const takes = 600
const callMs = 400

export const run: Bench = async ({ quick }) => {
  const minutes = quick ? 2 : 20
  const figures: Figure[] = []
  for (const rate of rates) figures.push(...(await compare(rate, minutes)))
  return figures
}

async function compare(rate: number, minutes: number): Promise<readonly Figure[]> {
  const ours = await simulate({ rate, minutes }, openLeases)
  const peer = await simulate({ rate, minutes }, openRows)
  const name = `${rate} calls a second`
  const against = { peer: 'a row that each call changes' }
  return [
    compareFigure(
      'cost',
      { case: `table operations a call, ${name}`, value: ours.operations, unit: 'operations', ...against },
      peer.operations,
    ),
    compareFigure('cost', { case: `wait of a call, ${name}`, value: ours.waited, unit: 'ms', ...against }, peer.waited),
    { case: `most of the limit in a window, ${name}`, value: roundFigure(ours.most), unit: '%' },
    { case: `refused below 90 % of the limit, ${name}`, value: roundFigure(ours.early), unit: '%' },
  ]
}

type Open = (table: StateTable, now: () => number) => Reserve

const openLeases: Open = (table, now) => {
  const quotas = createQuotas({ rules: [rule], table, now, zone: 'UTC', onFault: raise })
  return async () => {
    const answer = await quotas.reserve(ask)
    if (!answer.granted) return null
    return (tokens) => quotas.settle(answer.hold, { calls: 1, rows: 0, bytes: 0, tokens })
  }
}

const openRows: Open = (table, now) => createRowQuota({ table, now, limit, estimate: rule.estimate ?? 0 })

function raise(error: unknown): never {
  throw error
}

async function simulate({ rate, minutes }: { readonly rate: number; readonly minutes: number }, open: Open) {
  const time = createVirtualTime(Date.UTC(2026, 10, 22, 12))
  const memory = createStateMemory()
  const all = Array.from({ length: instances }, () =>
    open(
      slowDown(memory, () => time.wait(tableMs / 2)),
      time.now,
    ),
  )
  const random = createRandom(7)
  const tally = { calls: 0, refused: 0, early: 0, waited: 0, used: new Map<number, number>() }
  const arrive = async () => {
    for (let left = rate * 60 * minutes; left > 0; left -= 1) {
      await time.wait((-Math.log(1 - random()) * 1000) / rate)
      const reserve = all[Math.floor(random() * instances)]
      if (reserve !== undefined) void call(reserve, time, tally)
    }
  }
  void arrive()
  await time.run()
  return {
    operations: memory.calls() / tally.calls,
    waited: tally.waited / tally.calls,
    most: (100 * Math.max(...tally.used.values())) / limit,
    early: (100 * tally.early) / tally.calls,
  }
}

interface Tally {
  calls: number
  refused: number
  early: number
  waited: number
  readonly used: Map<number, number>
}

async function call(reserve: Reserve, time: VirtualTime, tally: Tally): Promise<void> {
  const begun = time.now()
  const window = Math.floor(begun / 60_000)
  tally.calls += 1
  const settle = await reserve()
  tally.waited += time.now() - begun
  const used = tally.used.get(window) ?? 0
  if (settle === null) {
    tally.refused += 1
    if (used < 0.9 * limit) tally.early += 1
    return
  }
  tally.used.set(window, used + takes)
  await time.wait(callMs)
  await settle(takes)
}

/** The same calls for both, in every run (Park and Miller, 1988). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
