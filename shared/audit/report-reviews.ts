import type { PeriodFacts } from './period-facts.ts'
import type { ReportSummary } from './report-history.ts'
import type { Report } from './report-schema.ts'
import type { Finding } from './verify-findings.ts'
import { addWorkdays } from './workdays.ts'

type Reviews = Report['reviews']

/** Working days that a review may take. */
const daysToReview = 2

/** Which reports wait for a review, and what people decided in the period. */
export function describeReviews(date: string, before: ReportSummary | null, period: PeriodFacts | null): Reviews {
  const done = describeDone(period)
  const reviewed = new Set(done.map((review) => review.date))
  const waiting = before ? [...new Set([...before.pending, before.date])].sort() : []
  const pending = waiting.filter((one) => !reviewed.has(one)).map((one) => describePending(one, date))
  return { pending, done, dispositions: describeDispositions(period) }
}

/** A finding for each report that nobody has reviewed in time; `seq` is its date as a number. */
export function findOverdue({ pending }: Reviews): Finding[] {
  return pending
    .filter(({ isOverdue }) => isOverdue)
    .map(({ date, due }) => {
      const detail = `the report of ${date} was to be reviewed by ${due}`
      return { kind: 'review_overdue', lane: 'reports', seq: Number(date.replaceAll('-', '')), detail }
    })
}

function describePending(date: string, tonight: string): Reviews['pending'][number] {
  const due = addWorkdays(date, daysToReview)
  return { date, due, isOverdue: due < tonight }
}

function describeDone(period: PeriodFacts | null): Reviews['done'] {
  const rows = period?.events.filter(({ kind }) => kind === 'review') ?? []
  return rows.map(({ detail, time, lane, seq }) => {
    return { date: String(detail.date), by: String(detail.oid), decision: String(detail.decision), at: time, lane, seq }
  })
}

function describeDispositions(period: PeriodFacts | null): Reviews['dispositions'] {
  const rows = period?.events.filter(({ kind }) => kind === 'disposition') ?? []
  return rows.map(({ detail, time, lane, seq }) => {
    const decision = String(detail.disposition)
    const owner = detail.owner === undefined ? null : String(detail.owner)
    return { finding: String(detail.finding), decision, by: String(detail.oid), owner, at: time, lane, seq }
  })
}
