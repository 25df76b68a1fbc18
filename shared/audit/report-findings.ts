import { findingId } from './finding-id.ts'
import type { PeriodFacts } from './period-facts.ts'
import type { ReportSummary } from './report-history.ts'
import { daysToExplain, type FindingList, meanings } from './report-meanings.ts'
import type { Report, ReportFinding } from './report-schema.ts'
import type { Finding } from './verify-findings.ts'
import { addWorkdays } from './workdays.ts'

/** From what the lists of findings are made. */
export interface FindingSources {
  readonly date: string
  readonly found: readonly Finding[]
  readonly before: ReportSummary | null
  readonly dispositions: Report['reviews']['dispositions']
  readonly period: PeriodFacts | null
}

const severities = ['critical', 'high', 'medium', 'low'] as const

/** Most findings that are remembered after they were explained. */
const maxExplained = 1000

/**
 * The three lists, the most severe first. A finding stays until somebody has explained it, though its rows were not walked tonight, and keeps
 * the day of its first sight; one that was explained and is not found again moves to `explained`.
 */
export function listFindings(sources: FindingSources): Report['findings'] {
  const earlier = new Map(sources.before?.findings.map((finding) => [finding.id, finding]))
  const tonight = new Map<string, ReportFinding>()
  for (const finding of sources.found) {
    const id = findingId(finding)
    if (!tonight.has(id)) tonight.set(id, describeFinding(finding, sources, earlier.get(id) ?? null))
  }
  const others = [...earlier.values()].filter((one) => !tonight.has(one.id) && !hasPassed(one, sources))
  const carried = others.map((one) => explain(one, sources))
  // Explained since the last report: shown once more in its list, together with the explanation.
  const isOpen = (finding: ReportFinding) => earlier.get(finding.id)?.disposition === null
  const open = [...tonight.values(), ...carried.filter(isOpen)]
  const ranked = severities.flatMap((severity) => open.filter((finding) => finding.severity === severity))
  const of = (list: FindingList) => ranked.filter(({ kind }) => meanings[kind].list === list)
  return {
    ...{ integrity: of('integrity'), unresolved: of('unresolved'), operations: of('operations') },
    explained: carried.filter((finding) => !isOpen(finding)).slice(-maxExplained),
  }
}

function describeFinding(
  { kind, lane, seq, toSeq = seq, detail }: Finding,
  sources: FindingSources,
  earlier: ReportFinding | null,
): ReportFinding {
  const { severity, says, action } = meanings[kind]
  const { date } = sources
  const firstSeen = earlier?.firstSeen ?? date
  const due = earlier?.due ?? addWorkdays(firstSeen, daysToExplain[severity])
  const id = findingId({ kind, lane, seq, detail })
  const place = { kind, severity, lane, seq, toSeq, detail, meaning: says, action }
  const disposition = earlier?.disposition ?? null
  return explain({ id, ...place, firstSeen, lastSeen: date, due, isOverdue: false, disposition }, sources)
}

/** With the newest disposition; overdue where there is none and its day has passed. */
function explain(finding: ReportFinding, { dispositions, date }: FindingSources): ReportFinding {
  const newest = dispositions.findLast((one) => one.finding === finding.id)
  const { finding: _finding, ...decided } = newest ?? { finding: '' }
  const disposition = newest ? (decided as NonNullable<ReportFinding['disposition']>) : finding.disposition
  return { ...finding, disposition, isOverdue: disposition === null && finding.due < date }
}

/** A condition that was not found again is over; so is an intent whose outcome has come. */
function hasPassed({ kind, lane, seq }: ReportFinding, { period }: FindingSources): boolean {
  if (meanings[kind].passes) return true
  const isThere = (one: { lane: string; seq: number }) => one.lane === lane && one.seq === seq
  return kind === 'dangling_intent' && period !== null && (period.late.some(isThere) || period.early.some(isThere))
}
