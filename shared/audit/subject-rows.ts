import { parseCanonical } from './canonical.ts'
import type { Subject } from './control-commitment.ts'
import type { RowDocument, StoredEntity } from './record.ts'
import { joinContent } from './verify-row.ts'
import { isRowDocument } from './verify-schema.ts'

/** An entity's place in its table. */
export interface EntityKey {
  readonly partitionKey: string
  readonly rowKey: string
}

/** What a row says of where personal values stand. Lists are mostly empty. */
export interface Traces {
  readonly row: RowDocument
  /** Of the erasable table. */
  readonly openings: readonly EntityKey[]
  /** Tenant and id of approvals that hold what was asked, or why it was decided so. */
  readonly approvals: readonly EntityKey[]
  /** Decisions with a recording. */
  readonly recordings: readonly string[]
}

/** A stored row's document, unchecked; null for a head, and for what is no row. */
export function readDocument({ rowKey, properties }: StoredEntity): RowDocument | null {
  if (!rowKey.startsWith('r')) return null
  const value = parseCanonical(joinContent(properties))
  return value !== null && isRowDocument(value) ? (value as unknown as RowDocument) : null
}

/**
 * What a row tells about its subject's personal values; null where it is not about the subject. A person is who asked,
 * and whoever requested or decided an approval or wrote down why.
 */
export function traceSubject(row: RowDocument, subject: Subject): Traces | null {
  if (subject.kind === 'person') return isOfPerson(row, subject) ? traceRow(row) : null
  if (subject.kind === 'decision') return row.decisionId === subject.decisionId ? traceRow(row) : null
  return subject.kind === 'all' || row.lane === subject.lane ? traceRow(row) : null
}

/** Everything personal that a row leads to. */
export function traceRow(row: RowDocument): Traces {
  return { row, openings: openingsOf(row), approvals: approvalsOf(row), recordings: recordingsOf(row) }
}

function isOfPerson(row: RowDocument, { tid, oid }: { readonly tid: string; readonly oid: string }): boolean {
  const { intent, detail } = row
  if (intent !== undefined) return intent.principal.tid === tid && intent.principal.oid === oid
  return detail?.oid === oid && (detail.tid === undefined || detail.tid === tid)
}

function openingsOf({ intent, detail }: RowDocument): readonly EntityKey[] {
  const partition = intent === undefined ? detail?.partition : intent.personal.partition
  const id = intent === undefined ? (detail?.opening ?? detail?.id) : intent.personal.id
  return typeof partition === 'string' && typeof id === 'string' ? [{ partitionKey: partition, rowKey: id }] : []
}

function approvalsOf({ kind, intent, detail }: RowDocument): readonly EntityKey[] {
  if (intent?.approval !== undefined) {
    // A call of a grant has its number after the id of the approval.
    return [{ partitionKey: intent.principal.tid, rowKey: intent.approval.id.replace(/\.u\d+$/, '') }]
  }
  if (kind !== 'approval' || typeof detail?.tid !== 'string' || typeof detail.id !== 'string') return []
  return [{ partitionKey: detail.tid, rowKey: detail.id }]
}

function recordingsOf({ kind, decisionId, intent }: RowDocument): readonly string[] {
  const isAsked = kind === 'intent' && intent?.obligations.some((one) => one.kind === 'record') === true
  return isAsked && decisionId !== undefined ? [decisionId] : []
}
