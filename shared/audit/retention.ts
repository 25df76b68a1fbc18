import type { Seal } from './anchor.ts'
import { eraseTraces } from './erase-traces.ts'
import type { BookRemoval, ErasureStore } from './erasure-store.ts'
import { type Hold, readHolds } from './holds.ts'
import { listLeases } from './lease.ts'
import { readExpiredApprovals } from './retention-approvals.ts'
import { noteRecorded, wasRecorded } from './retention-state.ts'
import { headKey, partitionKey } from './segment.ts'
import type { RowStore } from './store.ts'
import { readDocument, traceRow } from './subject-rows.ts'
import type { AuditWriter } from './writer.ts'

export interface RetentionOptions {
  readonly rows: RowStore
  readonly book: BookRemoval
  readonly store: ErasureStore
  readonly audit: Pick<AuditWriter, 'recordEvent'>
  readonly anchors: RetentionAnchors
  readonly days: number
  /** Epoch milliseconds. */
  readonly clock: () => number
}

/** The anchor log as retention needs it: what was sealed and what was given up before, and giving up one more. */
export interface RetentionAnchors {
  readonly seals: () => Promise<readonly Seal[]>
  /** Partition keys of segments that have a `retention` record. */
  readonly retained: () => Promise<ReadonlySet<string>>
  readonly appendRetention: (lane: string, segment: number, root: string) => Promise<void>
}

/** Partition keys of the segments that were removed; ids of holds that kept others; removed approvals. */
export interface RetentionRun {
  readonly removed: readonly string[]
  readonly holds: readonly string[]
  readonly approvals: number
}

const dayMs = 86_400_000

/**
 * Removes sealed segments whose last row is older than the days given, oldest first over all lanes: first the row that
 * says so, then the anchor record, then openings and recordings, the rows, and the head. The first that a legal hold
 * keeps ends the run, so that no outcome goes before its intent. Repeating it finishes what a crash cut short.
 */
export async function runRetention(options: RetentionOptions): Promise<RetentionRun> {
  const cutoff = cutoffOf(options)
  const removed: string[] = []
  const retained = await options.anchors.retained()
  for (const seal of await dueSeals(options, cutoff)) {
    const holds = await removeSegment(options, seal, retained)
    if (holds === null) continue
    if (holds.length > 0) return { removed, holds: holds.map(({ id }) => id), approvals: 0 }
    removed.push(nameOf(seal))
  }
  return { removed, ...(await removeApprovals(options, cutoff)) }
}

/** Start of a UTC day (ISO 8601): all segments of a day go together. */
function cutoffOf({ clock, days }: RetentionOptions): string {
  const day = Math.floor(clock() / dayMs) - days
  return new Date(day * dayMs).toISOString()
}

function nameOf({ lane, segment }: Seal): string {
  return partitionKey(lane, segment)
}

/** A segment that its lane's directory still points to, or that has no successor, is never due. */
async function dueSeals({ rows, anchors }: RetentionOptions, cutoff: string): Promise<readonly Seal[]> {
  const reached = new Map((await listLeases(rows)).map(({ lane, segment }) => [lane, segment]))
  const old = (await anchors.seals()).filter(({ to }) => to < cutoff)
  const behind = old.filter(({ lane, segment }) => segment < (reached.get(lane) ?? 0))
  return behind.sort((a, b) => compare(a.to, b.to) || compare(a.lane, b.lane) || a.segment - b.segment)
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** Null where it was removed before; the holds that keep it, or none where it is gone now. */
async function removeSegment(
  options: RetentionOptions,
  seal: Seal,
  retained: ReadonlySet<string>,
): Promise<readonly Hold[] | null> {
  const name = nameOf(seal)
  const { lane, segment, root } = seal
  if (!(await isStored(options, name))) return null
  if ((await options.rows.read('rows', partitionKey(lane, segment + 1), headKey)) === null) return null
  const before = await findHolds(options, seal)
  if (before.length > 0) return before
  if (!retained.has(name)) {
    await recordOnce(options, seal)
    await options.anchors.appendRetention(lane, segment, root)
  }
  // What was held since then stays, though it was announced.
  const since = await findHolds(options, seal)
  if (since.length > 0) return since
  await eraseSegment(options, name)
  await options.book.remove('rows', [{ partitionKey: name, rowKey: headKey }])
  return []
}

async function isStored({ book }: RetentionOptions, name: string): Promise<boolean> {
  for await (const page of book.list('rows', { partitionKey: name })) if (page.length > 0) return true
  return false
}

async function recordOnce({ rows, audit, days }: RetentionOptions, seal: Seal): Promise<void> {
  const name = nameOf(seal)
  if (await wasRecorded(rows, name)) return
  const { lane, segment, root, first, count, from, to } = seal
  await audit.recordEvent({ kind: 'retention', detail: { lane, segment, root, first, count, from, to, days } })
  await noteRecorded(rows, name)
}

/** Openings and recordings of all rows, and only then the rows: what they lead to must be found again after a crash. */
async function eraseSegment({ book, store, clock }: RetentionOptions, name: string): Promise<void> {
  for await (const page of book.list('rows', { partitionKey: name })) {
    for (const row of page.map(readDocument)) {
      if (row?.intent !== undefined) await eraseTraces(store, { ...traceRow(row), approvals: [] }, clock())
    }
  }
  for await (const page of book.list('rows', { partitionKey: name })) {
    await book.remove(
      'rows',
      page.filter(({ rowKey }) => rowKey !== headKey),
    )
  }
}

async function findHolds({ rows, book }: RetentionOptions, seal: Seal): Promise<readonly Hold[]> {
  const holds = await readHolds(rows)
  const whole = holds.filter((hold) => hold.covers({ kind: 'lane', lane: seal.lane }))
  if (holds.length === 0 || whole.length > 0) return whole
  for await (const page of book.list('rows', { partitionKey: nameOf(seal) })) {
    const people = page.flatMap((entity) => readDocument(entity)?.intent?.principal ?? [])
    const kept = holds.filter((hold) => people.some(({ tid, oid }) => hold.covers({ kind: 'person', tid, oid })))
    if (kept.length > 0) return kept
  }
  return []
}

/** Approvals have an age of their own; while anything is held, all of them stay. */
async function removeApprovals(options: RetentionOptions, cutoff: string): Promise<Omit<RetentionRun, 'removed'>> {
  const holds = await readHolds(options.rows)
  if (holds.length > 0) return { holds: holds.map(({ id }) => id), approvals: 0 }
  let approvals = 0
  for await (const keys of readExpiredApprovals(options.store, cutoff)) {
    await options.store.remove('approvals', keys)
    approvals += keys.filter(({ rowKey }) => !rowKey.startsWith('spent!')).length
  }
  return { holds: [], approvals }
}
