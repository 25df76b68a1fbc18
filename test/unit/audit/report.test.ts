import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { findingId } from '../../../shared/audit/finding-id.ts'
import type { NightlyFacts } from '../../../shared/audit/nightly.ts'
import { createPeriod } from '../../../shared/audit/period.ts'
import type { PeriodEvent, PeriodFacts } from '../../../shared/audit/period-facts.ts'
import { buildReport, encodeReport } from '../../../shared/audit/report.ts'
import { summarizeReport } from '../../../shared/audit/report-history.ts'
import { meanings } from '../../../shared/audit/report-meanings.ts'
import { type Report, reportJsonSchema, reportSchema } from '../../../shared/audit/report-schema.ts'
import { exceptions, type Finding, findingKinds } from '../../../shared/audit/verify-findings.ts'
import { addWorkdays } from '../../../shared/audit/workdays.ts'
import { makeReportWeek, quietFacts, type ReportWeek } from '../../support/report-week.ts'

const empty = createPeriod().facts()
const night = (date: string, more: Partial<NightlyFacts> = {}) => quietFacts(date, { period: empty, ...more })
const edited: Finding = { kind: 'edited', lane: 'L01', seq: 7, detail: 'the content does not match its MAC' }
const dangling: Finding = { kind: 'dangling_intent', lane: 'L01', seq: 9, detail: 'decision d9 has no outcome' }

function event(kind: PeriodEvent['kind'], detail: PeriodEvent['detail']): PeriodEvent {
  return { kind, time: '2026-11-19T09:00:00.000Z', lane: 'L01', seq: 1, detail }
}

const withEvents = (...events: PeriodEvent[]): PeriodFacts => ({ ...empty, events })

/** Reports of one night after the other. */
function follow(...nights: readonly NightlyFacts[]): Report[] {
  const reports: Report[] = []
  for (const facts of nights) reports.push(buildReport(facts, reports.map(summarizeReport)))
  return reports
}

const judged: [string, Partial<NightlyFacts>, string, string[]][] = [
  ['nothing to say', {}, 'PASS', []],
  ['a row that was changed', { findings: [edited] }, 'FAIL', ['edited']],
  ['a dangling intent', { findings: [dangling] }, 'PASS WITH EXCEPTIONS', ['dangling_intent']],
  ['both', { findings: [dangling, edited] }, 'FAIL', ['edited', 'dangling_intent']],
  [
    'nothing verified',
    { rows: { expected: 0, found: 0, verified: 0, notAnchored: 0 } },
    'INCOMPLETE',
    ['nothing_verified'],
  ],
  [
    'fewer rows than expected',
    { rows: { expected: 9, found: 8, verified: 8, notAnchored: 0 } },
    'FAIL',
    ['population_short'],
  ],
  [
    'rows that could not be verified',
    { rows: { expected: 9, found: 9, verified: 8, notAnchored: 0 } },
    'INCOMPLETE',
    ['not_verified'],
  ],
  [
    'a segment without a result',
    { segments: { expected: 2, checked: 1, missing: ['L01|000002'] } },
    'INCOMPLETE',
    ['segment_unanswered'],
  ],
  ['a note that something was not read', { notes: ['the vault did not answer'] }, 'INCOMPLETE', ['note']],
  ['no anchors', { checkpoint: { before: null, now: null, consistent: null } }, 'INCOMPLETE', ['not_anchored']],
  [
    'an anchor log that does not continue the last one',
    { checkpoint: { ...night('2026-11-18').checkpoint, consistent: false } },
    'FAIL',
    ['checkpoint_inconsistent'],
  ],
  [
    'an anchor log that nobody compared',
    { checkpoint: { ...night('2026-11-18').checkpoint, consistent: null } },
    'INCOMPLETE',
    ['not_compared'],
  ],
  [
    'a policy that is not locked',
    { immutability: [{ container: 'evidence', state: 'unlocked', days: 400, allowsAppends: true }] },
    'PASS WITH EXCEPTIONS',
    ['not_immutable'],
  ],
  ['a clock that is off', { clockOffsetMs: -2500 }, 'PASS WITH EXCEPTIONS', ['clock_offset']],
  ['rows of which nothing was collected', { period: null }, 'PASS WITH EXCEPTIONS', ['activity_not_collected']],
  [
    'a log that could not be compared',
    { reconciliation: [{ backend: 'x', source: 's', status: 'failed', window: null, counts: null, note: '' }] },
    'PASS WITH EXCEPTIONS',
    ['reconciliation_failed'],
  ],
  [
    'a backend without a log',
    { reconciliation: [{ backend: 'x', source: null, status: 'not_reconcilable', window: null, counts: null }] },
    'PASS',
    [],
  ],
  ['a tail that is not anchored yet', { rows: { expected: 9, found: 9, verified: 9, notAnchored: 4 } }, 'PASS', []],
]

const exitCodes: Readonly<Record<string, number>> = { PASS: 0, FAIL: 1, 'PASS WITH EXCEPTIONS': 2, INCOMPLETE: 3 }

describe('a verdict', () => {
  it.each(judged)('follows from %s', (...[, facts, result, codes]) => {
    const { verdict } = buildReport(night('2026-11-18', facts), [])
    expect([verdict.result, verdict.exitCode, verdict.because.map(({ code }) => code).sort()]).toEqual([
      result,
      exitCodes[result],
      [...codes].sort(),
    ])
  })

  it('is an exception where a backend saw somebody else, or somebody approved their own call', () => {
    const tallies = {
      ...empty.tallies,
      identity: [[['pg', 'backend', 'current_user', 'no'], 1]] as const,
      approvedBy: [[['t', 'bob', 'bob'], 1]] as const,
    }
    const { verdict } = buildReport(night('2026-11-18', { period: { ...empty, tallies } }), [])
    expect(verdict.because.map(({ code }) => code)).toEqual(['identity_mismatch', 'approved_own'])
  })

  it('names what it cannot see, and says that there were no calls', () => {
    const reconciliation = [{ backend: 'files', source: null, status: 'not_reconcilable', window: null, counts: null }]
    const { remarks } = buildReport(night('2026-11-18', { reconciliation }), []).verdict
    expect([remarks[0], remarks[1]?.includes('files')]).toEqual(['No calls were made.', true])
  })

  it('counts expected, verified, not verified and exceptions', () => {
    const rows = { expected: 12, found: 10, verified: 9, notAnchored: 0 }
    const { counts } = buildReport(night('2026-11-18', { rows, findings: [edited, dangling] }), []).verdict
    expect(counts).toEqual({ expected: 12, verified: 9, notVerified: 3, exceptions: 2 })
  })
})

const mark = (decision: string) =>
  event('disposition', { finding: findingId(edited), disposition: decision, oid: 'ada', owner: 'bob' })

describe('a finding', () => {
  it('stays, and keeps the verdict, until somebody has explained it', () => {
    const [, second, third] = follow(
      night('2026-11-17', { findings: [edited] }),
      night('2026-11-18'),
      night('2026-11-19', { period: withEvents(mark('incident')) }),
    )
    expect(second?.verdict.result).toBe('FAIL')
    expect(second?.findings.integrity).toMatchObject([{ firstSeen: '2026-11-17', lastSeen: '2026-11-17' }])
    expect(third?.verdict.result).toBe('PASS')
    expect(third?.findings.integrity).toMatchObject([
      { disposition: { decision: 'incident', by: 'ada', owner: 'bob' } },
    ])
  })

  it('fails the night again when it is found again, whatever was decided', () => {
    const [, , third] = follow(
      night('2026-11-17', { findings: [edited] }),
      night('2026-11-18', { period: withEvents(mark('accepted')) }),
      night('2026-11-19', { findings: [edited] }),
    )
    expect(third?.verdict.result).toBe('FAIL')
    expect(third?.findings.integrity).toMatchObject([
      { firstSeen: '2026-11-17', lastSeen: '2026-11-19', disposition: { decision: 'accepted' } },
    ])
  })

  it('moves to the explained ones on the night after it was explained', () => {
    const [, , third] = follow(
      night('2026-11-17', { findings: [edited] }),
      night('2026-11-18', { period: withEvents(mark('accepted')) }),
      night('2026-11-19'),
    )
    expect([third?.findings.integrity, third?.findings.explained.map(({ kind }) => kind)]).toEqual([[], ['edited']])
  })

  it('is overdue when its day has passed without an explanation', () => {
    const reports = follow(night('2026-11-20', { findings: [edited] }), night('2026-11-23'), night('2026-11-24'))
    expect(reports.map(({ findings }) => findings.integrity[0])).toMatchObject([
      { due: '2026-11-23', isOverdue: false },
      { due: '2026-11-23', isOverdue: false },
      { due: '2026-11-23', isOverdue: true },
    ])
  })

  it.each([
    ['late', { late: [{ lane: 'L01', seq: 9, time: '2026-11-18T08:00:00.000Z' }] }],
    ['without its intent in the rows', { early: [{ lane: 'L01', seq: 9 }] as unknown as PeriodFacts['early'] }],
  ])('about an intent goes when the outcome comes %s', (_, more) => {
    const [, second] = follow(
      night('2026-11-17', { findings: [dangling] }),
      night('2026-11-18', { period: { ...empty, ...more } }),
    )
    expect(second?.findings.unresolved).toEqual([])
  })

  it('is listed once however often it is reported', () => {
    const reconciliation = [{ backend: 'x', source: 's', status: 'reconciled', findings: [edited] }]
    const report = buildReport(night('2026-11-18', { findings: [edited, edited], reconciliation }), [])
    expect(report.findings.integrity.map(({ id }) => id)).toEqual([findingId(edited)])
  })

  it.each(findingKinds)('of kind %s has a meaning, something to do, and the weight that the book gives it', (kind) => {
    const { says, action, list } = meanings[kind]
    expect([says.length > 20, action.length > 20]).toEqual([true, true])
    expect(list === 'integrity').toBe(!exceptions.has(kind))
  })
})

describe('a review', () => {
  const reviewed = (date: string) => event('review', { date, oid: 'ada', decision: 'accepted' })

  it('is due within two working days, and a finding after that', () => {
    const reports = follow(
      ...['2026-11-19', '2026-11-20', '2026-11-21', '2026-11-23', '2026-11-24'].map((date) => night(date)),
    )
    expect(reports.at(-2)?.findings.operations).toEqual([])
    expect(reports.at(-1)?.findings.operations).toMatchObject([{ kind: 'review_overdue', seq: 20261119 }])
    expect(reports.at(-1)?.verdict.result).toBe('PASS WITH EXCEPTIONS')
  })

  it('takes a report off the list', () => {
    const [, , third] = follow(
      night('2026-11-17'),
      night('2026-11-18'),
      night('2026-11-19', { period: withEvents(reviewed('2026-11-17')) }),
    )
    expect(third?.reviews.pending.map(({ date }) => date)).toEqual(['2026-11-18'])
    expect(third?.reviews.done).toMatchObject([{ date: '2026-11-17', by: 'ada', decision: 'accepted' }])
  })
})

describe('a working day', () => {
  it.each([
    ['2026-11-20', 1, '2026-11-23'],
    ['2026-11-20', 2, '2026-11-24'],
    ['2026-11-21', 1, '2026-11-23'],
    ['2026-12-31', 1, '2027-01-01'],
    ['2026-11-18', 5, '2026-11-25'],
  ])('after %s, %i later, is %s', (from, days, to) => {
    expect(addWorkdays(from, days)).toBe(to)
  })
})

describe('a trend', () => {
  it('shows a missed night as one, and begins with the first report', () => {
    const [, second] = follow(night('2026-11-17'), night('2026-11-19'))
    expect(second?.trend.map(({ date, result }) => [date, result])).toEqual([
      ['2026-11-17', 'PASS'],
      ['2026-11-18', null],
      ['2026-11-19', 'PASS'],
    ])
  })

  it('holds 30 nights, also where only the newest report is at hand', async () => {
    const { earlier, facts } = await makeReportWeek()
    const newest = summarizeReport(earlier.at(-1)!)
    const { trend } = buildReport(facts, [newest])
    expect([trend.length, trend[0]?.date, trend.at(-1)?.date]).toEqual([30, '2026-10-24', '2026-11-22'])
  })
})

describe('a report', () => {
  let week: ReportWeek
  beforeAll(async () => {
    week = await makeReportWeek()
  })

  it('keeps to its schema, with one of every finding in it', () => {
    const parsed = reportSchema.safeParse(JSON.parse(Buffer.from(encodeReport(week.report)).toString('utf8')))
    expect(parsed.error?.issues ?? []).toEqual([])
    const { integrity, unresolved, operations } = week.report.findings
    const kinds = new Set([...integrity, ...unresolved, ...operations].map(({ kind }) => kind))
    expect([...kinds].sort()).toEqual([...findingKinds].sort())
  })

  it('is the same for the same facts', () => {
    const again = encodeReport(buildReport(week.facts, week.history))
    expect(Buffer.compare(again, encodeReport(week.report))).toBe(0)
  })

  it('says who saw which class of data, through which agents', () => {
    const { byClass, byPerson } = week.report.activity!.access
    expect(byClass.find((one) => one.class === 'pii.contact')).toEqual({
      ...{ class: 'pii.contact', persons: 2, clear: 41, part: 17, withheld: 0 },
    })
    expect(byPerson.find((one) => one.class === 'pii.bank')).toMatchObject({
      withheld: 23,
      backends: ['azure-postgresql'],
    })
  })

  it('names overlaps of duties', () => {
    const { votedAndCalled, approvedEachOther, reviewedOwn, severalRoles } = week.report.activity!.separationOfDuties
    expect([votedAndCalled.length, approvedEachOther.length, reviewedOwn.length]).toEqual([2, 1, 1])
    expect(severalRoles).toMatchObject([{ roles: ['Countersign.Approver', 'Countersign.Auditor'] }])
  })

  it('says where policy and keys changed, and what is new in force', () => {
    const { keys, policy, erasures, inForce } = week.report.changes!
    expect([keys.length, policy.length, erasures.length]).toEqual([1, 1, 1])
    expect(inForce.every(({ isNew }) => isNew === false)).toBe(true)
  })

  it('has a reason for everything that it did not collect, and no zero in its place', () => {
    const bare = buildReport(quietFacts('2026-11-18', { immutability: [], clockOffsetMs: null }), [])
    const pointers = bare.notCollected.map(({ pointer }) => pointer)
    expect(pointers).toEqual([
      '/activity',
      '/changes',
      '/refusedOutside',
      '/reconciliation',
      '/method/clockOffsetMs',
      '/method/immutability',
      '/method/timeTokens',
    ])
    for (const pointer of pointers) expect(at(bare, pointer)).toBeNull()
  })

  it('has every field that a control names as evidence', () => {
    for (const { evidence } of week.report.controls) {
      for (const pointer of evidence)
        expect([pointer, at(week.report, pointer) === undefined]).toEqual([pointer, false])
    }
  })

  it('is described by the published JSON Schema', () => {
    const published = readFileSync(new URL('../../../docs/report.schema.json', import.meta.url), 'utf8')
    expect(JSON.parse(published)).toEqual(reportJsonSchema())
  })
})

function at(report: Report, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], report)
}
