import { describe, expect, it } from 'vitest'
import { createDays, minuteOf } from '../../../shared/quota/window.ts'

const hour = 3_600_000

describe('minute', () => {
  it('begins on the full minute and ends with the next', () => {
    const start = Date.UTC(2026, 10, 22, 12, 34)
    expect([start, start + 59_999].map(minuteOf)).toEqual([
      { name: '2026-11-22T12:34', end: start + 60_000 },
      { name: '2026-11-22T12:34', end: start + 60_000 },
    ])
  })
})

describe('day of a deployment', () => {
  it.each([
    ['UTC', '2026-11-22T23:59:59.999Z', '2026-11-22', '2026-11-23T00:00:00.000Z'],
    ['Europe/Brussels', '2026-11-22T23:00:00.000Z', '2026-11-23', '2026-11-23T23:00:00.000Z'],
    ['Europe/Brussels', '2026-11-22T22:59:59.999Z', '2026-11-22', '2026-11-22T23:00:00.000Z'],
    ['Asia/Kolkata', '2026-11-22T18:30:00.000Z', '2026-11-23', '2026-11-23T18:30:00.000Z'],
    ['America/Sao_Paulo', '2018-11-04T02:59:59.000Z', '2018-11-03', '2018-11-04T03:00:00.000Z'],
  ])('in %s at %s is %s and ends at %s', (zone, at, ...expected) => {
    const [name, end] = expected
    const day = createDays(zone)(Date.parse(at))
    expect({ name: day.name, end: new Date(day.end).toISOString() }).toEqual({ name, end })
  })

  it.each([
    ['2026-03-29T00:30:00Z', 23],
    ['2026-10-25T00:30:00Z', 25],
    ['2026-11-22T00:30:00Z', 24],
  ])('has as many hours as its clock makes of it: %s, %i', (at, hours) => {
    const days = createDays('Europe/Brussels')
    const before = days(Date.parse(at) - 24 * hour)
    expect((days(Date.parse(at)).end - before.end) / hour).toBe(hours)
  })

  it('is looked up anew for a clock that was set back', () => {
    const days = createDays('UTC')
    const first = days(Date.UTC(2026, 10, 22, 12)).name
    days(Date.UTC(2026, 10, 23, 12))
    expect(days(Date.UTC(2026, 10, 22, 13)).name).toBe(first)
  })
})
