import { describe, expect, it } from 'vitest'
import { createCallRate } from '../../../shared/quota/call-rate.ts'

function atClock(perMinute: number) {
  const clock = { now: 1_000_000 }
  return { clock, rate: createCallRate({ perMinute, now: () => clock.now }) }
}

describe('call rate', () => {
  it('grants so many in a minute and no more', () => {
    const { rate } = atClock(3)
    expect([1, 2, 3, 4].map(() => rate.reserve('a').granted)).toEqual([true, true, true, false])
  })

  it.each([
    [0, 60],
    [1, 60],
    [59_000, 1],
    [59_999, 1],
  ])('says after %i ms to wait %i s', (passed, retryAfter) => {
    const { clock, rate } = atClock(1)
    rate.reserve('a')
    clock.now += passed
    expect(rate.reserve('a')).toEqual({ granted: false, retryAfter })
  })

  it('opens again after a minute, and a refused call does not put that off', () => {
    const { clock, rate } = atClock(1)
    rate.reserve('a')
    clock.now += 59_999
    rate.reserve('a')
    clock.now += 1
    expect(rate.reserve('a')).toEqual({ granted: true })
  })

  it('keeps keys apart', () => {
    const { rate } = atClock(1)
    rate.reserve('a')
    expect([rate.reserve('a').granted, rate.reserve('b').granted]).toEqual([false, true])
  })

  it('takes nothing by looking', () => {
    const { rate } = atClock(1)
    expect([rate.check('a'), rate.check('a'), rate.reserve('a'), rate.check('a')].map((each) => each.granted)).toEqual([
      true,
      true,
      true,
      false,
    ])
  })

  it('forgets the oldest windows first once 50,000 are open', () => {
    const { rate } = atClock(1)
    for (let key = 0; key < 50_000; key++) rate.reserve(`key-${key}`)
    expect(rate.check('key-0').granted).toBe(false)
    rate.reserve('one more')
    expect([rate.check('key-1').granted, rate.check('key-49999').granted]).toEqual([false, false])
    expect(rate.check('key-0').granted).toBe(true)
  })
})
