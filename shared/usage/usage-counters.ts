import { hash } from 'node:crypto'
import type { StateRow, StateTable } from '../state/state-table.ts'
import { addTotals, meters, type UsageEntry, type UsageTotals } from './usage.ts'

/** Totals of one day, by everything that a call is counted under. */
export interface UsageLine extends UsageEntry {
  /** `2026-11-22`, where the deployment is. */
  readonly day: string
}

/** Running totals of all instances. What they say may lag; the book is what counts. */
export interface UsageCounters {
  readonly count: (entry: UsageEntry) => void
  /** Days are inclusive. Rejects with `policy_unavailable`. */
  readonly read: (query: UsageQuery) => Promise<readonly UsageLine[]>
  /** Stores what was counted since. */
  readonly flush: () => Promise<void>
}

/** What the line counts with, and what reports are made of. */
export interface Usage extends Pick<UsageCounters, 'count' | 'read'> {
  readonly unitOf: (groups: readonly string[]) => string
  /** The date where the deployment is. */
  readonly today: () => string
  readonly tenants: readonly string[]
}

export interface UsageQuery {
  readonly tid: string
  readonly from: string
  readonly to: string
}

export interface UsageCountersParts {
  readonly table: Pick<StateTable, 'find' | 'insert' | 'replace' | 'list'>
  /** Of this instance alone: it is the only one that writes its rows. */
  readonly instance: string
  /** The day of now. */
  readonly day: () => string
  /** Calls back later, when what was counted should be stored. */
  readonly later: (work: () => void) => void
  readonly onFault: (error: unknown) => void
}

interface Counter {
  readonly line: UsageLine
  etag: string | null
  isStored: boolean
}

/** Rows that are written at the same time. */
const atOnce = 8

/**
 * Counters in memory, stored as totals: each instance has rows of its own and writes what it has counted in all, so that
 * a repeat counts nothing twice. An instance that crashes loses what it had not stored.
 */
export function createUsageCounters(parts: UsageCountersParts): UsageCounters {
  const counters = new Map<string, Counter>()
  let isDue = false
  let last: Promise<void> = Promise.resolve()
  const flush = (): Promise<void> => {
    isDue = false
    last = last.then(() => storeAll(counters, parts))
    return last
  }
  return {
    count: (entry) => {
      const day = parts.day()
      const key = keyOf(day, entry, parts.instance)
      const { line, etag } = counters.get(`${entry.tid}|${key}`) ?? { line: undefined, etag: null }
      const totals = line === undefined ? entry.totals : addTotals(line.totals, entry.totals)
      counters.set(`${entry.tid}|${key}`, { line: { ...entry, day, totals }, etag, isStored: false })
      if (isDue) return
      isDue = true
      parts.later(() => void flush())
    },
    read: async ({ tid, from, to }) => {
      const rows = await parts.table.list({ partition: tid, from: `${from}|`, to: `${to}|~` })
      return rows.map(toLine)
    },
    flush,
  }
}

async function storeAll(counters: Map<string, Counter>, parts: UsageCountersParts): Promise<void> {
  const today = parts.day()
  const open = [...counters].filter(([, { isStored }]) => !isStored)
  const store = async ([name, counter]: (typeof open)[number]) => {
    const etag = await storeOne(counter, parts)
    const now = counters.get(name)
    if (now === undefined) return
    now.etag = etag
    now.isStored = now.line === counter.line
  }
  for (let next = 0; next < open.length; next += atOnce) {
    const settled = await Promise.allSettled(open.slice(next, next + atOnce).map(store))
    for (const one of settled) if (one.status === 'rejected') parts.onFault(one.reason)
  }
  for (const [name, { line, isStored }] of counters) if (isStored && line.day < today) counters.delete(name)
}

/** Nobody else writes this row: an ETag that is out of date is one of our own, of a write whose reply was lost. */
async function storeOne({ line, etag }: Counter, { table, instance }: UsageCountersParts): Promise<string | null> {
  const place = { partition: line.tid, key: keyOf(line.day, line, instance) }
  const { tid: _tid, totals, ...who } = line
  const values = { ...who, ...totals }
  const made = etag === null ? await table.insert(place, values) : await table.replace({ ...place, etag }, values)
  if (made !== null) return made
  const row = await table.find(place)
  return row === null ? table.insert(place, values) : table.replace(row, values)
}

function keyOf(day: string, { oid, actor, backend, operation, unit }: UsageEntry, instance: string): string {
  const whose = hash('sha256', JSON.stringify([oid, actor, backend, operation, unit]), 'hex').slice(0, 24)
  return `${day}|${instance}|${whose}`
}

function toLine({ partition, values }: StateRow): UsageLine {
  const text = (name: string) => String(values[name] ?? '')
  const totals = Object.fromEntries(meters.map((name) => [name, Number(values[name] ?? 0)])) as unknown as UsageTotals
  return {
    tid: partition,
    ...{ oid: text('oid'), actor: text('actor'), backend: text('backend'), operation: text('operation') },
    ...{ unit: text('unit'), day: text('day') },
    totals,
  }
}
