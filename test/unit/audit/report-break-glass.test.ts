import { describe, expect, it } from 'vitest'
import { createPeriod } from '../../../shared/audit/period.ts'
import type { RowDocument } from '../../../shared/audit/record.ts'
import { describeGlass, findUnreviewed } from '../../../shared/audit/report-break-glass.ts'
import type { ReportSummary } from '../../../shared/audit/report-history.ts'

// A Friday.
const since = '2026-11-20T22:00:00.000Z'
const use = { id: 'bg_1', tid: 't', oid: 'p', since, until: '2026-11-20T22:30:00.000Z' }

function periodOf(...details: readonly Record<string, string>[]) {
  const period = createPeriod()
  for (const [seq, detail] of details.entries()) {
    const row = { v: 1, origin: 'o', lane: 'L01', segment: 1, seq, kid: 'k', kind: 'break-glass', time: since, detail }
    period.add(row as RowDocument)
  }
  return period.facts()
}

const earlier = (glass: ReportSummary['glass']) => ({ glass }) as ReportSummary
const waiting = { ...use, lane: 'L01', seq: 0 }

describe('emergency access in the report', () => {
  it('is listed where it began, and waits for its review', () => {
    const glass = describeGlass(periodOf({ step: 'activate', ...use }), null, '2026-11-21')
    expect(glass).toEqual({
      uses: [waiting],
      reviews: [],
      pending: [{ ...waiting, due: '2026-11-24', isOverdue: false }],
      forged: 0,
    })
  })

  it('waits from night to night until it was reviewed', () => {
    const later = describeGlass(periodOf(), earlier([waiting]), '2026-11-23')
    expect(later.pending.map(({ id }) => id)).toEqual(['bg_1'])
    const review = { step: 'review', id: 'bg_1', tid: 't', oid: 'auditor', of: 'p' }
    const done = describeGlass(periodOf(review), earlier([waiting]), '2026-11-24')
    expect([done.pending, done.reviews]).toEqual([[], [{ id: 'bg_1', by: 'auditor', at: since, lane: 'L01', seq: 0 }]])
  })

  it.each([
    ['2026-11-24', 0],
    ['2026-11-25', 1],
    ['2026-12-25', 1],
  ])('is a finding on %s: %i, once two working days are over', (date, findings) => {
    const glass = describeGlass(periodOf(), earlier([waiting]), date)
    expect(findUnreviewed(glass).map(({ kind, lane, seq }) => [kind, lane, seq])).toEqual(
      Array.from({ length: findings }, () => ['break_glass_unreviewed', 'L01', 0]),
    )
  })

  it('says how many rows somebody forged, and nothing where there is no period', () => {
    expect(describeGlass(periodOf({ step: 'forged' }, { step: 'end', id: 'bg_1' }), null, '2026-11-21').forged).toBe(1)
    expect(findUnreviewed(null)).toEqual([])
  })
})
