import { describe, expect, it } from 'vitest'
import { findingId } from '../../../shared/audit/finding-id.ts'
import type { NightlyFacts } from '../../../shared/audit/nightly.ts'
import { createPeriod } from '../../../shared/audit/period.ts'
import type { PeriodEvent } from '../../../shared/audit/period-facts.ts'
import { buildReport } from '../../../shared/audit/report.ts'
import { findDisowned } from '../../../shared/audit/report-disowned.ts'
import { summarizeReport } from '../../../shared/audit/report-history.ts'
import type { Report } from '../../../shared/audit/report-schema.ts'
import { quietFacts } from '../../support/report-week.ts'

const empty = createPeriod().facts()

function event(kind: PeriodEvent['kind'], seq: number, detail: PeriodEvent['detail']): PeriodEvent {
  return { kind, time: '2026-11-19T09:00:00.000Z', lane: 'L02', seq, detail }
}

const said = { step: 'not-me', decisionId: 'd1', person: 'alice', agent: 'scout', lane: 'L01', segment: 1, seq: 42 }
const notMe = (seq: number) => event('suspension', seq, { ...said, tid: 't', oid: 'alice', comment: `salted-${seq}` })
const periodOf = (...events: PeriodEvent[]) => ({ ...empty, events })

function follow(...periods: readonly NightlyFacts['period'][]): Report[] {
  const reports: Report[] = []
  for (const [at, period] of periods.entries()) {
    const facts = quietFacts(`2026-11-${17 + at}`, { period })
    reports.push(buildReport(facts, reports.map(summarizeReport)))
  }
  return reports
}

describe('a call that its person disowned', () => {
  it('is an exception of the night, at the row of the call', () => {
    const [report] = follow(periodOf(notMe(7)))
    expect(report?.verdict.result).toBe('PASS WITH EXCEPTIONS')
    expect(report?.findings.operations).toMatchObject([
      { kind: 'disowned_call', severity: 'high', lane: 'L01', seq: 42, due: '2026-11-19', disposition: null },
    ])
    expect(report?.findings.operations[0]?.detail).toContain('d1')
  })

  it('is one finding though it was said twice', () => {
    const [first, second] = findDisowned(periodOf(notMe(7), notMe(9)))
    if (first === undefined || second === undefined) throw new Error('there are none')
    expect(findingId(first)).toBe(findingId(second))
    expect(follow(periodOf(notMe(7)), periodOf(notMe(9))).at(-1)?.findings.operations).toHaveLength(1)
  })

  it('stays, and keeps the verdict, until an auditor has explained it', () => {
    const [finding] = findDisowned(periodOf(notMe(7))).map(findingId)
    const mark = { finding: String(finding), disposition: 'incident', oid: 'ada' }
    const reports = follow(periodOf(notMe(7)), empty, periodOf(event('disposition', 3, mark)), empty)
    expect(reports.slice(0, 3).map(({ verdict }) => verdict.exitCode)).toEqual([2, 2, 0])
    expect(reports.at(-1)?.findings.explained).toMatchObject([{ kind: 'disowned_call' }])
    expect(reports.at(-1)?.verdict.because.map(({ code }) => code)).not.toContain('disowned_call')
  })

  it.each([
    ['another step of a suspension', event('suspension', 1, { ...said, step: 'suspend' })],
    ['another kind of event', event('break-glass', 1, said)],
  ])('is not %s', (_name, other) => {
    expect(findDisowned(periodOf(other))).toEqual([])
  })
})
