import { describe, expect, it } from 'vitest'
import {
  checkReports,
  type RecordedReport,
  reportOfRow,
  reportsOfAnchors,
} from '../../../shared/audit/verify-reports.ts'

const digest = (letter: string) => letter.repeat(64)
const row = (date: string, letter: string, seq = 7): RecordedReport => ({
  date,
  digest: digest(letter),
  lane: 'L01',
  seq,
})
const kept = (date: string, letter: string) => ({ date, digest: digest(letter) })
const places = (input: Parameters<typeof checkReports>[0]) =>
  checkReports(input).map(({ kind, lane, seq }) => [kind, lane, seq])

describe('kept reports', () => {
  it('are right where every one of them is the recorded one', () => {
    const recorded = [
      row('2026-11-20', 'a'),
      { ...row('2026-11-20', 'a', 2), lane: 'anchors' },
      row('2026-11-21', 'b', 9),
    ]
    expect(places({ stored: [kept('2026-11-20', 'a'), kept('2026-11-21', 'b')], recorded })).toEqual([])
    expect(places({ stored: [], recorded: [] })).toEqual([])
  })

  it.each([
    ['says something else', [kept('2026-11-20', 'b')], [row('2026-11-20', 'a')], [['report_altered', 'L01', 7]]],
    ['is gone', [], [row('2026-11-20', 'a')], [['report_altered', 'L01', 7]]],
    [
      'was recorded by nobody',
      [kept('2026-11-20', 'b'), kept('2026-11-21', 'a'), kept('2026-11-22', 'c')],
      [row('2026-11-21', 'a')],
      [['report_altered', 'reports', 20261120]],
    ],
    [
      'differs from the anchor alone',
      [kept('2026-11-20', 'a')],
      [row('2026-11-20', 'a'), { ...row('2026-11-20', 'b', 3), lane: 'anchors' }],
      [['report_altered', 'anchors', 3]],
    ],
    [
      'differs from row and anchor',
      [kept('2026-11-20', 'c')],
      [row('2026-11-20', 'a'), { ...row('2026-11-20', 'a', 3), lane: 'anchors' }],
      [['report_altered', 'L01', 7]],
    ],
  ] as const)('are named where one %s', (...[, stored, recorded, expected]) => {
    expect(places({ stored, recorded })).toEqual(expected)
  })

  it('name every night between two of them that has none, over the end of a month', () => {
    const stored = [kept('2026-11-29', 'a'), kept('2026-12-02', 'b')]
    const recorded = [row('2026-11-29', 'a'), row('2026-12-02', 'b')]
    expect(places({ stored, recorded })).toEqual([
      ['night_missed', 'reports', 20261130],
      ['night_missed', 'reports', 20261201],
    ])
  })
})

describe('what was recorded of a report', () => {
  it('is read from rows of its kind alone', () => {
    const detail = { date: '2026-11-20', verdict: 'PASS', digest: digest('a') }
    expect(reportOfRow({ kind: 'report', lane: 'L01', seq: 7, detail })).toEqual(row('2026-11-20', 'a'))
    expect(reportOfRow({ kind: 'read', lane: 'L01', seq: 7, detail })).toBeNull()
    expect(reportOfRow({ kind: 'report', lane: 'L01', seq: 7, detail: { date: '2026-11-20' } })).toBeNull()
  })

  it('is read from the records of the anchor log', () => {
    const place = { v: 1, origin: 'o', index: 4, time: '2026-11-20T01:00:00.000Z' }
    const records = [
      { ...place, kind: 'report', date: '2026-11-20', verdict: 'PASS', digest: digest('a') } as const,
      { ...place, index: 5, kind: 'heads', heads: [] } as const,
    ]
    expect(reportsOfAnchors(records)).toEqual([{ ...row('2026-11-20', 'a', 4), lane: 'anchors' }])
  })
})
