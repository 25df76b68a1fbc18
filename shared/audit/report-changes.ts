import type { NightlyFacts } from './nightly.ts'
import type { PeriodFacts } from './period-facts.ts'
import { digestId, type ReportSummary } from './report-history.ts'
import type { Report } from './report-schema.ts'
import { type Finding, findingKinds } from './verify-findings.ts'

type Changes = NonNullable<Report['changes']>

/** Section "changes" of the report: keys, digests in force, erasures, retention, holds. */
export function describeChanges(period: PeriodFacts, facts: NightlyFacts, before: ReportSummary | null): Changes {
  const of = (kind: string): Changes['keys'] =>
    period.events
      .filter((event) => event.kind === kind)
      .map(({ time, lane, seq, detail }) => ({ time, lane, seq, detail }))
  const known = before?.inForce ? new Set(before.inForce) : null
  return {
    keys: of('keychange'),
    inForce: period.inForce.map((span) => ({ ...span, isNew: known === null ? null : !known.has(digestId(span)) })),
    policy: of('policy'),
    lanes: of('lane-open'),
    erasures: of('erasure'),
    retention: of('retention'),
    holds: of('hold'),
    forgedApprovals: of('approval'),
    roles: null,
    suspensions: of('suspension'),
    missedNights: [...facts.missedNights],
  }
}

/** What the comparison with one backend's own log said; what cannot be read counts as failed. */
export function describeReconciliation(results: NightlyFacts['reconciliation']): Report['reconciliation'] {
  if (results === null) return null
  return results.map((result) => {
    const { backend, source, status, window, counts, note } = result as Readonly<Record<string, unknown>>
    const isKnown = statuses.find((one) => one === status)
    return {
      backend: String(backend ?? 'unknown'),
      source: typeof source === 'string' ? source : null,
      status: isKnown ?? 'failed',
      window: readWindow(window),
      counts: readCounts(counts),
      note: typeof note === 'string' ? note : '',
    }
  })
}

const statuses = ['reconciled', 'awaiting_source', 'not_reconcilable', 'failed'] as const

function readWindow(value: unknown): { from: string; to: string } | null {
  const { from, to } = (value ?? {}) as Readonly<Record<string, unknown>>
  return typeof from === 'string' && typeof to === 'string' ? { from, to } : null
}

/** Findings that the comparison made; those that the run lists too have the same ids. */
export function findingsOf(results: NightlyFacts['reconciliation']): Finding[] {
  const lists = (results ?? []).map((result) => (result as { findings?: unknown }).findings)
  const found = lists.flatMap((list) => (Array.isArray(list) ? (list as Finding[]) : []))
  return found.filter(({ kind }) => findingKinds.includes(kind))
}

function readCounts(value: unknown): Record<string, number> | null {
  if (typeof value !== 'object' || value === null) return null
  const entries = Object.entries(value as Readonly<Record<string, unknown>>)
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1])))
}
