import type { Night, Report, ReportFinding } from './report-schema.ts'

type GlassUse = NonNullable<NonNullable<Report['activity']>['breakGlass']>['uses'][number]

/** What tonight's report needs of an earlier one. */
export interface ReportSummary {
  readonly date: string
  readonly night: Night
  readonly trend: readonly Night[]
  readonly findings: readonly ReportFinding[]
  /** Reports that nobody had reviewed then, without that report itself. */
  readonly pending: readonly string[]
  /** Uses of emergency access that nobody had reviewed then. */
  readonly glass: readonly GlassUse[]
  /** Digests that were in force, as `digestId` names them; null where they were not collected. */
  readonly inForce: readonly string[] | null
}

/** The summary of a report that was published. */
export function summarizeReport(report: Report): ReportSummary {
  const { date, findings, changes, activity } = report
  return {
    date,
    night: nightOf(report),
    trend: report.trend,
    findings: [...findings.integrity, ...findings.unresolved, ...findings.operations, ...findings.explained],
    pending: report.reviews.pending.map((one) => one.date),
    glass: activity?.breakGlass?.pending.map(({ due: _due, isOverdue: _late, ...use }) => use) ?? [],
    inForce: changes?.inForce.map(digestId) ?? null,
  }
}

/** Names a digest in force. */
export function digestId({ what, of, digest }: { what: string; of: string; digest: string }): string {
  return `${what}\n${of}\n${digest}`
}

/** A night of the trend. */
export function nightOf({ date, verdict, activity }: Pick<Report, 'date' | 'verdict' | 'activity'>): Night {
  const { result, counts } = verdict
  return { date, result, rows: counts.verified, calls: activity?.calls.total ?? null, findings: counts.exceptions }
}

/** The newest report before `date`, or null for the first. */
export function newestBefore(history: readonly ReportSummary[], date: string): ReportSummary | null {
  const earlier = history.filter((summary) => summary.date < date)
  return earlier.reduce<ReportSummary | null>((best, one) => (best && best.date > one.date ? best : one), null)
}

const nights = 30
const dayMs = 24 * 60 * 60 * 1000

/** 30 nights up to tonight, oldest first; a night without report has no result. It begins with the first report. */
export function drawTrend(history: readonly ReportSummary[], tonight: Night): Night[] {
  const known = new Map<string, Night>()
  for (const { trend } of history) for (const night of trend) known.set(night.date, night)
  // What a report says of itself counts more than what a later one did not know.
  for (const { date, night } of history) known.set(date, night)
  known.set(tonight.date, tonight)
  const first = [...known.keys()].sort()[0] ?? tonight.date
  const end = Date.parse(`${tonight.date}T00:00:00.000Z`)
  const dates = Array.from({ length: nights }, (_, back) => {
    return new Date(end - (nights - 1 - back) * dayMs).toISOString().slice(0, 10)
  })
  return dates.filter((date) => date >= first).map((date) => known.get(date) ?? missedNight(date))
}

function missedNight(date: string): Night {
  return { date, result: null, rows: 0, calls: null, findings: 0 }
}
