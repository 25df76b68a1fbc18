import { Problem } from '../errors/problem.ts'
import type { Batch } from './commit.ts'
import type { RowDraft } from './document.ts'
import { isBatchSound, type SealedRow, sealHead, sealRow } from './entity.ts'
import type { Lane, LaneContext } from './lane.ts'
import type { HeadDocument } from './record.ts'
import type { AuditKey } from './store.ts'

/** An entity group transaction takes 100 entities below 4 MiB: the head, and up to 99 rows in 3.5 MiB on the wire. */
const maxRows = 99
const maxWire = 3.5 * 1024 * 1024
const wirePerRow = 1400
const idSize = 16

/** A batch with the head that the lane has once it is committed. */
export interface SealedBatch extends Batch {
  readonly next: HeadDocument
}

export interface BatchInput {
  readonly lane: Lane
  readonly key: AuditKey
  readonly drafts: readonly RowDraft[]
}

/** Seals as many of the drafts, in order, as one transaction takes (always at least one). */
export function sealBatch(context: LaneContext, input: BatchInput): SealedBatch {
  const { head } = input.lane
  const prev = Buffer.from(head.mac, 'hex')
  const rows = sealRows(context, input, prev)
  const last = rows.at(-1)
  if (last === undefined || !isBatchSound(rows, prev, input.key)) {
    throw new Problem('audit_unavailable', 'The audit log cannot be written.', { reason: 'a batch did not verify' })
  }
  const next: HeadDocument = {
    ...head,
    nextSeq: last.seq + 1,
    mac: last.mac.toString('hex'),
    kid: input.key.kid,
    batchId: Buffer.from(context.pacing.random(idSize)).toString('hex'),
    term: input.lane.lease.term,
  }
  return { batchId: next.batchId, etag: input.lane.etag, head: sealHead(next, input.key.key), rows, next }
}

function sealRows(context: LaneContext, { lane, key, drafts }: BatchInput, first: Uint8Array): SealedRow[] {
  const { origin, pacing } = context
  const time = new Date(pacing.clock()).toISOString()
  const rows: SealedRow[] = []
  let prev = first
  let wire = 0
  for (const draft of drafts.slice(0, maxRows)) {
    const seq = lane.head.nextSeq + rows.length
    const place = { origin, lane: lane.head.lane, segment: lane.head.segment, seq, kid: key.kid, time }
    const row = sealRow(draft, place, { prev, key: key.key })
    wire += wirePerRow + Math.ceil((row.size * 4) / 3)
    if (rows.length > 0 && wire > maxWire) break
    rows.push(row)
    prev = row.mac
  }
  return rows
}
