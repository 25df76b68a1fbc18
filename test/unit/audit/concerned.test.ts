import { describe, expect, it } from 'vitest'
import { isConcerned } from '../../../shared/audit/concerned.ts'
import { findingId } from '../../../shared/audit/finding-id.ts'
import { createPeriod } from '../../../shared/audit/period.ts'
import type { EventFacts, RowDocument } from '../../../shared/audit/record.ts'
import { buildReport } from '../../../shared/audit/report.ts'
import { summarizeReport } from '../../../shared/audit/report-history.ts'
import type { Report } from '../../../shared/audit/report-schema.ts'
import type { Finding } from '../../../shared/audit/verify-findings.ts'
import { quietFacts } from '../../support/report-week.ts'
import { called, kid, origin, permitted } from './fixture.ts'

const tid = '11111111-1111-4111-8111-111111111111'
const ada = 'e71b4c93-8d5a-4f26-a0b9-68c7d8e9f0a1'
const robot = '5d0c2f1e-3b4a-4c9d-8e7f-a1b2c3d4e5f6'
const finding: Finding = { kind: 'dangling_intent', lane: 'L01', seq: 9, detail: 'decision d9 has no outcome' }
const said = { tid, oid: ada, azp: robot, tokenId: 't' }
const judged = { ...said, date: '2026-11-20', partition: 'p', id: 'i', comment: 'ab' }

function row(kind: RowDocument['kind'], more: Partial<RowDocument>): RowDocument {
  return { v: 1, origin, lane: 'L01', segment: 1, seq: 3, kid, kind, time: '2026-11-20T09:00:00.000Z', ...more }
}

const event = (kind: EventFacts['kind'], detail: EventFacts['detail']) => row(kind, { detail })

function call(kind: 'person' | 'app'): RowDocument {
  const { decisionId, traceId, ...facts } = permitted('d1')
  const principal = { ...facts.principal, kind, tid, oid: ada, azp: robot }
  const verdict = kind === 'app' ? 'deny' : 'permit'
  return row('intent', { decisionId, traceId, intent: { ...facts, principal, verdict, personal: {} } })
}

/** The report of a night with these rows, after one that found something. */
function reportOf(rows: readonly RowDocument[]): Report {
  const before = buildReport(quietFacts('2026-11-20', { findings: [finding] }), [])
  const period = createPeriod()
  for (const one of rows) period.add(one)
  return buildReport(quietFacts('2026-11-21', { findings: [finding], period: period.facts() }), [
    summarizeReport(before),
  ])
}

describe('a report', () => {
  it.each<[string, RowDocument[]]>([
    ['read the book', [event('read', { ...said, what: 'report', filter: 'ab', count: 1 })]],
    ['asked for the verification', [event('read', { ...said, what: 'verify', filter: 'ab', count: 0 })]],
    ['reviewed an earlier report', [event('review', { ...judged, digest: 'ab', decision: 'accepted' })]],
    [
      'explained a finding',
      [event('disposition', { ...judged, finding: findingId(finding), disposition: 'accepted' })],
    ],
  ])('does not concern who only %s, and names them', (_, rows) => {
    const report = reportOf(rows)
    expect([JSON.stringify(report).includes(ada), isConcerned(report, ada)]).toEqual([true, false])
  })

  it('concerns who got data', () => {
    const intent = { lane: 'L01', segment: 1, seq: 3, mac: 'cd'.repeat(32) }
    const answered = row('outcome', { seq: 4, decisionId: 'd1', outcome: { ...called(), intent } })
    expect(isConcerned(reportOf([call('person'), answered]), ada)).toBe(true)
  })

  it.each([
    ['person', 1],
    ['app', 0],
  ] as const)('counts a caller of kind %s as %i persons', (kind, persons) => {
    expect(reportOf([call(kind)]).activity?.calls).toMatchObject({ total: 1, persons, agents: 1 })
  })
})
