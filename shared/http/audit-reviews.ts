import { hash } from 'node:crypto'
import { type CheckedRow, readChecked } from '../audit/index-check.ts'
import type { RowPosition } from '../audit/receipt.ts'
import type { StoredEntity } from '../audit/record.ts'
import type { Properties, Write } from '../audit/store.ts'
import { Problem } from '../errors/problem.ts'
import type { Principal } from '../identity/principal.ts'
import type { AuditParts } from './audit-book.ts'
import { createReader } from './audit-records.ts'

export type ReviewDecision = 'accepted' | 'rejected'

/** A review as the list of reports shows it: what the chained row says, which was checked. */
export interface ReviewSummary {
  readonly oid: string
  readonly decision: string
  readonly time: string
  readonly digest: string
  readonly place: RowPosition
  readonly checked: CheckedRow['checked']
}

/** A review that was begun by its person; `finish` says where its row stands. */
export interface ReviewClaim {
  readonly finish: (place: RowPosition) => Promise<void>
}

type Rows = Pick<AuditParts, 'book' | 'ports' | 'approvers'>

/** Milliseconds after which a review whose row nobody has seen may be sent again, unchanged. */
const retryAfterMs = 10_000

/**
 * Takes the one place that a person has for the review of a report; throws Problem `policy_denied` where it is taken. A
 * review that broke off before its row was durable may be repeated with the same decision.
 */
export async function claimReview(
  { book, ports }: Rows,
  { date, principal, decision }: { date: string; principal: Principal; decision: ReviewDecision },
): Promise<ReviewClaim> {
  const { rows } = book
  const partitionKey = reviewPartition(date)
  const rowKey = hash('sha256', `${principal.tid}|${principal.oid}`, 'hex').slice(0, 32)
  const begun = { decision, state: 'begun', begun: new Date(ports.now()).toISOString() }
  const replace = async (properties: Properties, etag: string) =>
    rows.commit('meta', [{ kind: 'replace', entity: { partitionKey, rowKey, properties }, etag }])
  const claimed = await rows.commit('meta', [insert({ partitionKey, rowKey, properties: begun })])
  let etag = claimed.ok ? claimed.etags[0] : undefined
  if (etag === undefined) {
    const stored = await rows.read('meta', partitionKey, rowKey)
    if (stored === null) throw new Problem('audit_unavailable', 'The review cannot be kept.', { retryAfter: 5 })
    if (!mayRepeat(stored, decision, ports.now())) throw reviewed()
    const again = await replace(begun, stored.etag)
    if (!again.ok) throw reviewed()
    etag = again.etags[0]
  }
  return {
    finish: async ({ lane, segment, seq }) => {
      await replace({ ...begun, state: 'done', lane, segment, seq }, etag ?? '')
    },
  }
}

/** The reviews of a report, as their rows in the book say them. */
export async function listReviews(parts: Rows, date: string): Promise<readonly ReviewSummary[]> {
  const places: RowPosition[] = []
  for await (const page of parts.book.rows.list('meta', { partitionKey: reviewPartition(date) })) {
    for (const { properties } of page) {
      const { state, lane, segment, seq } = properties
      if (state === 'done') places.push({ lane: String(lane), segment: Number(segment), seq: Number(seq) })
    }
  }
  const reviews = await Promise.all(places.map((place) => readReview(parts, date, place)))
  return reviews.flat()
}

async function readReview(parts: Rows, date: string, place: RowPosition): Promise<readonly ReviewSummary[]> {
  const reader = createReader(parts)
  const found = await readChecked(reader, place)
  const { detail = {}, kind, time } = 'row' in found ? found.row : {}
  if (!('row' in found) || time === undefined || kind !== 'review' || detail.date !== date) {
    reader.onFault('fault' in found ? found.fault : 'index_mismatch', place)
    return []
  }
  const { oid, decision, digest } = detail
  return [{ oid: String(oid), decision: String(decision), time, digest: String(digest), place, checked: found.checked }]
}

function mayRepeat({ properties }: StoredEntity, decision: ReviewDecision, now: number): boolean {
  const age = now - Date.parse(String(properties.begun))
  return properties.state === 'begun' && properties.decision === decision && age > retryAfterMs
}

function reviewed(): Problem {
  return new Problem('policy_denied', 'You have reviewed this report.', { reasons: ['already_reviewed'] })
}

function insert(entity: { partitionKey: string; rowKey: string; properties: Properties }): Write {
  return { kind: 'insert', entity }
}

function reviewPartition(date: string): string {
  return `review|${date}`
}
