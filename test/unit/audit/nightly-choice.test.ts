import { describe, expect, it } from 'vitest'
import { chooseOlder, nightSeed, type OlderSegment } from '../../../shared/audit/nightly-choice.ts'
import { findDue, nightNumber, nightsBetween } from '../../../shared/audit/nightly-due.ts'

describe('what is due', () => {
  it.each([
    ['before the hour, with last night done', '2026-11-23T00:59:59.999Z', '2026-11-22', null],
    ['at the hour', '2026-11-23T01:00:00.000Z', '2026-11-22', '2026-11-23'],
    ['at any time of the day', '2026-11-23T23:30:00.000Z', '2026-11-22', '2026-11-23'],
    ['when tonight was begun', '2026-11-23T01:15:00.000Z', '2026-11-23', null],
    ['after three missed nights, which is one run', '2026-11-26T05:00:00.000Z', '2026-11-22', '2026-11-26'],
    ['at the very first wake', '2026-11-23T12:00:00.000Z', null, '2026-11-23'],
    ['with a clock that was put back', '2026-11-20T12:00:00.000Z', '2026-11-23', null],
  ])('%s', (...[, now, begun, date]) => {
    expect(findDue({ now: Date.parse(now), hour: 1, begun })).toBe(date)
  })

  it.each([
    ['2026-11-22', '2026-11-23', []],
    ['2026-11-22', '2026-11-25', ['2026-11-23', '2026-11-24']],
    ['2026-02-27', '2026-03-02', ['2026-02-28', '2026-03-01']],
  ])('leaves out the nights between %s and %s', (last, date, nights) => {
    expect(nightsBetween(last, date)).toEqual(nights)
  })

  it('gives a night a number', () => {
    expect(nightNumber('2026-11-22')).toBe(20261122)
  })
})

const saturday = '2026-11-28'
const sunday = '2026-11-29'

/** So many segments of one lane, each read on the given date. */
function segments(count: number, date: string, more: Partial<OlderSegment> = {}): OlderSegment[] {
  return Array.from({ length: count }, (_, index) => {
    const check = { segment: index + 1, date, first: index * 10, prev: null, end: index * 10 + 10, mac: '' }
    return { lane: 'L01', check, isSuspect: false, isSealed: true, ...more }
  })
}

const choose = (older: readonly OlderSegment[], date = saturday, seed = 's') => chooseOlder(older, { date, seed })

describe('the choice of older segments', () => {
  it('takes each at most once', () => {
    for (const date of [saturday, sunday]) {
      const chosen = choose(segments(500, '2026-11-27'), date).map(({ older }) => older.check.segment)
      expect(new Set(chosen).size).toBe(chosen.length)
    }
  })

  it.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [99, 1],
    [500, 5],
  ])('of %i draws %i by lot', (count, sample) => {
    const chosen = choose(segments(count, '2026-11-27')).filter(({ reason }) => reason === 'sample')
    expect(chosen).toHaveLength(sample)
  })

  it('draws by the seed, which needs the root of tonight', () => {
    const draw = (seed: string) =>
      choose(segments(1000, '2026-11-27'), saturday, seed)
        .filter(({ reason }) => reason === 'sample')
        .map(({ older }) => older.check.segment)
    expect(draw(nightSeed('aa', saturday))).toEqual(draw(nightSeed('aa', saturday)))
    expect(draw(nightSeed('aa', saturday))).not.toEqual(draw(nightSeed('ab', saturday)))
    expect(nightSeed('aa', saturday)).not.toBe(nightSeed('aa', sunday))
  })

  it('reads every sealed copy in a weekly night', () => {
    const chosen = choose(segments(40, '2026-11-27'), sunday)
    expect(chosen.every(({ reason, source }) => reason === 'weekly' && source === 'sealed')).toBe(true)
    expect(chosen).toHaveLength(40)
  })

  it('walks what was suspicious every night, from the table', () => {
    const older = [...segments(40, '2026-11-27'), ...segments(1, '2026-11-27', { lane: 'L02', isSuspect: true })]
    for (const date of [saturday, sunday]) {
      const suspect = choose(older, date).find((one) => one.older.isSuspect)
      expect(suspect).toMatchObject({ reason: 'rolling', source: 'table' })
    }
  })

  it.each([1, 7, 29, 30, 31, 365, 1000])('reads each of %i segments of the table within thirty nights', (count) => {
    let older = segments(count, '2026-11-01')
    for (let night = 1; night <= 30; night++) {
      const date = new Date(Date.UTC(2026, 10, 1 + night)).toISOString().slice(0, 10)
      const read = new Set(choose(older, date, date).flatMap((one) => (one.source === 'table' ? [one.older] : [])))
      older = older.map((one) => (read.has(one) ? { ...one, check: { ...one.check, date } } : one))
    }
    expect(older.filter(({ check }) => check.date === '2026-11-01')).toEqual([])
  })
})
