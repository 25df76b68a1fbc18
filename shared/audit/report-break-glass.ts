import type { PeriodEvent, PeriodFacts } from './period-facts.ts'
import type { ReportSummary } from './report-history.ts'
import type { Report } from './report-schema.ts'
import type { Finding } from './verify-findings.ts'
import { addWorkdays } from './workdays.ts'

type Glass = NonNullable<NonNullable<Report['activity']>['breakGlass']>

/** Working days until an auditor has reviewed a use. */
const daysToReview = 2

/** Uses of emergency access in the period, and those of any night that nobody has reviewed. */
export function describeGlass(period: PeriodFacts, before: ReportSummary | null, date: string): Glass {
  const events = period.events.filter(({ kind }) => kind === 'break-glass')
  const of = (step: string) => events.filter(({ detail }) => detail.step === step)
  const uses = of('activate').map(describeUse)
  const reviews = of('review').map(({ detail, time, lane, seq }) => {
    return { id: String(detail.id), by: String(detail.oid), at: time, lane, seq }
  })
  const reviewed = new Set(reviews.map(({ id }) => id))
  const waiting = new Map([...(before?.glass ?? []), ...uses].map((use) => [use.id, use]))
  const pending = [...waiting.values()].filter(({ id }) => !reviewed.has(id)).map((use) => waitFor(use, date))
  return { uses, reviews, pending, forged: of('forged').length }
}

/** A finding for each use that nobody has reviewed in time; it goes with the review. */
export function findUnreviewed(glass: Glass | null): Finding[] {
  const late = glass?.pending.filter(({ isOverdue }) => isOverdue) ?? []
  return late.map(({ id, since, due, lane, seq }) => {
    const detail = `emergency access ${id} of ${since} was to be reviewed by ${due}`
    return { kind: 'break_glass_unreviewed', lane, seq, detail }
  })
}

function describeUse({ detail, lane, seq }: PeriodEvent) {
  const { id, tid, oid, since, until } = detail
  return { id: String(id), tid: String(tid), oid: String(oid), since: String(since), until: String(until), lane, seq }
}

function waitFor({ id, tid, oid, since, until, lane, seq }: Glass['uses'][number], date: string) {
  const due = addWorkdays(since.slice(0, 10), daysToReview)
  return { ...{ id, tid, oid, since, until, lane, seq }, due, isOverdue: due < date }
}
