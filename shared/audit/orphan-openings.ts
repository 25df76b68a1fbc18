import type { ErasureStore } from './erasure-store.ts'
import { readHolds } from './holds.ts'
import { listLeases } from './lease.ts'
import type { StoredEntity } from './record.ts'
import { headKey, partitionKey } from './segment.ts'
import type { RowStore } from './store.ts'
import { type EntityKey, readDocument, traceRow } from './subject-rows.ts'

export interface SweepOptions {
  readonly rows: RowStore
  readonly store: ErasureStore
  /** Epoch milliseconds. */
  readonly clock: () => number
}

/** How many were removed; null where a hold, or a row that cannot be read, forbids to say which are nobody's. */
export type SweepResult = number | null

const dayMs = 86_400_000
/** Looked at again and again for a week; a call lasts minutes. */
const [oldest, youngest] = [9, 2]

/**
 * Removes openings whose row never came: the call was refused since the book could not be written, and what it said is
 * nobody's. No erasure would find them, since no row leads to them.
 */
export async function sweepOrphans(options: SweepOptions): Promise<SweepResult> {
  if ((await readHolds(options.rows)).length > 0) return null
  const candidates = await findCandidates(options)
  if (candidates.size === 0) return 0
  const since = dayOf(options.clock() - (oldest + 1) * dayMs)
  for await (const page of recentRows(options.rows, since)) {
    if (!forgetReferenced(page, candidates)) return null
  }
  await options.store.remove('pii', [...candidates.values()])
  return candidates.size
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

async function findCandidates({ store, clock }: SweepOptions): Promise<Map<string, EntityKey>> {
  const [from, to] = [dayOf(clock() - oldest * dayMs), dayOf(clock() - youngest * dayMs)]
  const found = new Map<string, EntityKey>()
  for await (const page of store.list('pii')) {
    for (const { partitionKey: partition, rowKey } of page) {
      const day = /^[0-9a-f]+\|(\d{4}-\d\d-\d\d)$/.exec(partition)?.[1]
      if (day !== undefined && day >= from && day <= to)
        found.set(nameOf(partition, rowKey), { partitionKey: partition, rowKey })
    }
  }
  return found
}

/** Rows of all segments that reach into the time since that day, and maybe of some before. */
async function* recentRows(rows: RowStore, since: string): AsyncIterable<readonly StoredEntity[]> {
  for (const { lane, segment: listed } of await listLeases(rows)) {
    let last = listed
    while ((await readOpened(rows, lane, last + 1)) !== null) last++
    for (let segment = last; segment >= 1; segment--) {
      const opened = await readOpened(rows, lane, segment)
      yield* rows.list('rows', { partitionKey: partitionKey(lane, segment) })
      if (opened !== null && opened < since) break
    }
  }
}

/** When a segment was opened, as its head says; null where there is no head. */
async function readOpened(rows: RowStore, lane: string, segment: number): Promise<string | null> {
  const head = await rows.read('rows', partitionKey(lane, segment), headKey)
  const content = head?.properties.c
  if (!(content instanceof Uint8Array)) return null
  return /"opened":"([^"]+)"/.exec(Buffer.from(content).toString('utf8'))?.[1] ?? null
}

/** False where a row cannot be read: it might have named any of them. */
function forgetReferenced(page: readonly StoredEntity[], candidates: Map<string, EntityKey>): boolean {
  for (const entity of page.filter(({ rowKey }) => rowKey !== headKey)) {
    const row = readDocument(entity)
    if (row === null) return false
    for (const key of traceRow(row).openings) candidates.delete(nameOf(key.partitionKey, key.rowKey))
  }
  return true
}

function nameOf(partition: string, rowKey: string): string {
  return `${partition}\u0000${rowKey}`
}
