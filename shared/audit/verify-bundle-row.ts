import { decodeText, type Json, parseCanonicalText } from './canonical.ts'
import { isMoment } from './verify-bundle-files.ts'
import type { RowFacts } from './verify-schema.ts'

/** A row as a bundle's verifier looks at it; `stated` is the place that it names itself. */
export interface BundleRow {
  readonly facts: Omit<RowFacts, 'origin' | 'lane' | 'segment' | 'seq' | 'kid'>
  readonly stated: {
    readonly origin: unknown
    readonly lane: unknown
    readonly segment: unknown
    readonly seq: unknown
  }
  /** Rows that tell of a nightly report: its date and digest. */
  readonly report: { readonly date: string; readonly digest: string } | null
}

type Members = { readonly [name: string]: Json }

const verdicts: readonly unknown[] = ['permit', 'deny', 'pending']
const statuses: readonly unknown[] = ['not-called', 'called', 'unknown']
const flows: readonly unknown[] = [undefined, 'left', 'held']
const timeForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/

/**
 * Reads a line that the anchors vouch for. Only the members by which places and pairs are judged must be there and of
 * their type (docs/audit-format.md, A bundle): the whole form was checked by the sealer before it anchored the row.
 */
export function readBundleRow(line: Uint8Array): BundleRow | 'not_canonical' | 'malformed' {
  const text = decodeText(line)
  const row = text === null ? null : parseCanonicalText(text)
  if (row === null) return 'not_canonical'
  if (!isMembers(row) || !isText(row.kind) || !isTime(row.time)) return 'malformed'
  const { kind, time, decisionId } = row
  const pair = readPair(row)
  const report = kind === 'report' ? readReport(row.detail) : null
  if (pair === null || (kind === 'report' && report === null)) return 'malformed'
  const { origin, lane, segment, seq } = row
  return {
    facts: { kind, time, ...(isText(decisionId) ? { decisionId } : {}), ...pair },
    stated: { origin, lane, segment, seq },
    report,
  }
}

function readPair(row: Members): Partial<RowFacts> | null {
  if (row.kind === 'intent') return isText(row.decisionId) ? readIntent(row.intent) : null
  if (row.kind === 'outcome') return isText(row.decisionId) ? readOutcome(row.outcome) : null
  if (row.kind === 'release') return readRelease(row.detail)
  return {}
}

function readIntent(intent: Json | undefined): Partial<RowFacts> | null {
  if (!isMembers(intent) || !verdicts.includes(intent.verdict)) return null
  const verdict = intent.verdict as string
  if (intent.approval === undefined) return { verdict }
  const id = isMembers(intent.approval) ? intent.approval.id : undefined
  return isText(id) ? { verdict, approval: id } : null
}

function readOutcome(outcome: Json | undefined): Partial<RowFacts> | null {
  if (!isMembers(outcome) || !statuses.includes(outcome.status) || !isMembers(outcome.intent)) return null
  const { flow, evidence, intent } = outcome
  if (!flows.includes(flow) || (evidence !== undefined && !isText(evidence))) return null
  const place = readPlace(intent)
  const told = { ...(isText(flow) ? { flow } : {}), ...(isText(evidence) ? { evidence } : {}) }
  return place === null ? null : { verdict: outcome.status as string, ...told, ...place }
}

function readRelease(detail: Json | undefined): Partial<RowFacts> | null {
  if (!isMembers(detail) || !isText(detail.decisionId)) return null
  const place = readPlace(detail)
  return place === null ? null : { releases: detail.decisionId, ...place }
}

function readPlace({ lane, seq }: Members): Partial<RowFacts> | null {
  return isText(lane) && typeof seq === 'number' ? { intentLane: lane, intentSeq: seq } : null
}

function readReport(detail: Json | undefined): BundleRow['report'] {
  if (!isMembers(detail) || !isText(detail.date) || !isText(detail.digest)) return null
  return { date: detail.date, digest: detail.digest }
}

function isTime(value: Json | undefined): value is string {
  return isText(value) && timeForm.test(value) && isMoment(value)
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string'
}

function isMembers(value: Json | undefined): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
