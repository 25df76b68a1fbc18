import { parseCheckpoint } from '../audit/checkpoint.ts'
import { findEnds } from '../audit/index-follow.ts'
import { mapSome } from '../audit/index-work.ts'
import { headKey, partitionKey } from '../audit/segment.ts'
import { checkHead, kidOfHead } from '../audit/verify-head.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import { requireAuditor } from './audit-auditor.ts'
import type { AuditParts, KeptCheckpoint } from './audit-book.ts'
import { chainReading } from './audit-reading.ts'

const atOnce = 8

/** `GET /api/audit/head`: how far each lane has come, and what was signed of it. Of the home tenant's auditors only. */
export async function answerHead(inbound: Inbound, parts: AuditParts): Promise<Answer> {
  const principal = await requireAuditor(inbound, parts, { platform: true })
  const ends = [...(await findEnds(parts.book.rows))]
  const lanes = await mapSome(ends, atOnce, ([lane, { segment }]) => describeLane(parts, { lane, segment }))
  const checkpoint = describeCheckpoint(await parts.book.checkpoint())
  await chainReading(principal, { what: 'head', filter: {}, count: lanes.length }, parts)
  return answerJson(200, { checkpoint, lanes })
}

/** The note is shown as it is kept, for its reader to verify: the key is not ours to judge it by. */
function describeCheckpoint(kept: KeptCheckpoint | null) {
  const signed = kept && parseCheckpoint(kept.note)
  if (kept === null || !signed) return null
  const { origin, size, root } = signed.checkpoint
  return { note: kept.note, origin, size, root: Buffer.from(root).toString('base64'), time: kept.time }
}

async function describeLane({ book, ports }: AuditParts, place: { readonly lane: string; readonly segment: number }) {
  const { lane, segment } = place
  const entity = await book.rows.read('rows', partitionKey(lane, segment), headKey)
  const held = await book.keys.current()
  if (entity === null) return { lane, segment, checked: 'missing' }
  if (kidOfHead(entity) !== held.kid) return { lane, segment, checked: 'not_checked_here' }
  const head = checkHead(entity, held, { origin: book.origin, lane, segment })
  if ('detail' in head) {
    ports.log('alarm', { code: 'head_refused', reason: head.kind, lane, segment })
    return { lane, segment, checked: 'failed', fault: head.kind }
  }
  const { first, nextSeq, mac, state, opened } = head
  return { lane, segment, checked: 'mac', first, nextSeq, mac, state, opened }
}
