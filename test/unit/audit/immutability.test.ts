import { describe, expect, it } from 'vitest'
import { judgeImmutability, rememberImmutability } from '../../../shared/audit/immutability.ts'
import type { Immutability } from '../../../shared/audit/nightly.ts'

const locked: Immutability = { container: 'evidence', state: 'locked', days: 400, allowsAppends: true }
const demand = { days: 400, appends: true }

describe('a container of evidence', () => {
  it.each([
    ['locked for long enough', {}, null],
    ['locked for longer', { days: 401 }, null],
    ['unlocked', { state: 'unlocked' }, 'is unlocked, not locked'],
    ['without a policy', { state: 'absent', days: null }, 'is absent, not locked'],
    ['of which nothing is known', { state: 'unknown', days: null }, 'is unknown, not locked'],
    ['locked for a day less', { days: 399 }, 'holds for 399 days, not for 400'],
    ['that takes no appends', { allowsAppends: false }, 'allows no protected appends'],
  ] as const)('%s is judged', (_, change, reason) => {
    const found = judgeImmutability({ ...locked, ...change }, demand)
    expect(found === null ? null : found.replace('the immutability policy of evidence ', '')).toBe(reason)
  })

  it('for reports need not take appends', () => {
    expect(judgeImmutability({ ...locked, allowsAppends: false }, { days: 400, appends: false })).toBeNull()
  })

  it('is asked about again after ten minutes, and at once where it was not known', async () => {
    const answers: Immutability[] = [locked, { ...locked, state: 'unknown' }, { ...locked, days: 500 }]
    let [now, asked] = [0, 0]
    const read = rememberImmutability({ read: async () => answers[asked++] ?? locked, clock: () => now })
    await read()
    now = 599_999
    expect([(await read()).days, asked]).toEqual([400, 1])
    now = 600_000
    expect([(await read()).state, asked]).toEqual(['unknown', 2])
    expect([(await read()).days, asked]).toEqual([500, 3])
  })
})
