import { isSameDigest } from './chain.ts'
import type { SealedRow } from './entity.ts'
import type { StoredEntity } from './record.ts'
import { headKey } from './segment.ts'
import type { CommitFault, Entity, RowStore, Write } from './store.ts'

/** One batch as it was sealed: the head that it replaces, the new head, and the rows. */
export interface Batch {
  readonly batchId: string
  /** ETag of the head that this batch replaces. */
  readonly etag: string
  readonly head: Entity
  readonly rows: readonly SealedRow[]
}

/**
 * What became of a batch. `committed` with a null ETag: it is in, but the lane has moved on to another writer;
 * `lost`: it is not in and never will be (`obstructed`: by a row that should not be there); `refused`: not in, and trying again does not help; `throttled`: not in;
 * `unknown`: nobody can say.
 */
export type Fate =
  | { readonly fate: 'committed'; readonly etag: string | null }
  | { readonly fate: 'lost'; readonly obstructed?: true }
  | { readonly fate: 'refused' | 'throttled' | 'unknown'; readonly detail: string }

/**
 * Submits a batch until its fate is known or `pause` says that the time is up. A batch whose fate is unknown is only
 * ever sent again identically and under the same ETag, so that at most one copy can be committed.
 */
export async function commitBatch(
  rows: RowStore,
  batch: Batch,
  pause: (attempt: number) => Promise<boolean>,
): Promise<Fate> {
  const writes: Write[] = [
    { kind: 'replace', entity: batch.head, etag: batch.etag },
    ...batch.rows.map((row): Write => ({ kind: 'insert', entity: row.entity })),
  ]
  const trail: Trail = { open: false, detail: '' }
  for (let attempt = 0; await pause(attempt); attempt++) {
    const commit = await rows.commit('rows', writes)
    if (commit.ok) return { fate: 'committed', etag: commit.etags[0] ?? null }
    trail.detail = commit.detail
    const fate = await judge(rows, batch, { fault: commit.fault, trail })
    if (fate) return fate
  }
  return { fate: trail.open ? 'unknown' : 'throttled', detail: trail.detail }
}

/** Whether a batch is in the store: null where its head is still the one it would replace. Rejects if unreadable. */
export async function findBatch(rows: RowStore, batch: Batch): Promise<Fate | null> {
  const head = await rows.read('rows', batch.head.partitionKey, headKey)
  if (head?.properties.batchId === batch.batchId) return { fate: 'committed', etag: head.etag }
  if (head?.etag === batch.etag) return null
  const first = batch.rows[0]
  if (first === undefined) return { fate: 'lost' }
  const stored = await rows.read('rows', first.entity.partitionKey, first.entity.rowKey)
  return isRow(stored, first) ? { fate: 'committed', etag: null } : { fate: 'lost' }
}

interface Trail {
  /** A copy of the batch may be on its way or in. */
  open: boolean
  detail: string
}

async function judge(
  rows: RowStore,
  batch: Batch,
  { fault, trail }: { fault: CommitFault; trail: Trail },
): Promise<Fate | null> {
  if (fault === 'throttled') return null
  if (fault === 'rejected' && !trail.open) return { fate: 'refused', detail: trail.detail }
  trail.open ||= fault === 'ambiguous'
  try {
    const found = await findBatch(rows, batch)
    // A row in the way under an unchanged head was put there by nobody who follows the rules: leave the lane.
    return found ?? (fault === 'lost-race' ? { fate: 'lost', obstructed: true } : null)
  } catch {
    trail.open = true
    return null
  }
}

function isRow(stored: StoredEntity | null, row: SealedRow): boolean {
  const mac = stored?.properties.mac
  return mac instanceof Uint8Array && isSameDigest(mac, row.mac)
}
