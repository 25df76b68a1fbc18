import { describe, expect, it } from 'vitest'
import { createLocalTime } from '../../../shared/policy/local-time.ts'

describe('hour and weekday', () => {
  it.each([
    ['UTC', '2026-11-22T12:00:00Z', { hour: 12, weekday: 7 }],
    ['UTC', '2026-11-23T00:00:00Z', { hour: 0, weekday: 1 }],
    ['Europe/Brussels', '2026-07-17T22:30:00Z', { hour: 0, weekday: 6 }],
    ['Europe/Brussels', '2026-01-17T22:30:00Z', { hour: 23, weekday: 6 }],
    ['America/New_York', '2026-01-18T02:00:00Z', { hour: 21, weekday: 6 }],
  ])('are those of %s at %s', (zone, time, expected) => {
    expect(createLocalTime(zone)(Date.parse(time))).toEqual(expected)
  })
})
