import { describe, expect, it } from 'vitest'
import { circlesOf, missingVotes, wouldCount } from '../../shared/approval/quorum.ts'
import type { ApprovalNeed, Vote } from '../../shared/approval/terms.ts'
import { fc } from '../support/property.ts'

const groups = ['a', 'b', 'c'] as const
const needs: fc.Arbitrary<ApprovalNeed[]> = fc.array(
  fc.record({
    rule: fc.constantFrom('r', 's', 't', 'u'),
    group: fc.constantFrom(...groups),
    count: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 1, maxLength: 4 },
)
const votes: fc.Arbitrary<Vote[]> = fc
  .array(fc.record({ approve: fc.boolean(), circles: fc.subarray([...groups]) }), { maxLength: 7 })
  .map((list) =>
    list.map((one, at) => ({ ...one, voter: `p${at}`, inSteadOf: null, at, justification: { text: 'x', salt: '00' } })),
  )

const sumOf = (asked: readonly ApprovalNeed[], cast: readonly Vote[]) =>
  missingVotes(asked, cast).reduce((sum, { count }) => sum + count, 0)

/** The same by trying every way to give each vote to one circle or to none. */
function leastMissing(asked: readonly ApprovalNeed[], cast: readonly Vote[]): number {
  const circles = circlesOf(asked)
  const all = circles.reduce((sum, { count }) => sum + count, 0)
  const best = (left: readonly Vote[], room: Readonly<Record<string, number>>): number => {
    const [first, ...rest] = left
    if (first === undefined) return 0
    const ways = first.approve ? first.circles.filter((key) => (room[key] ?? 0) > 0) : []
    const taken = ways.map((key) => 1 + best(rest, { ...room, [key]: (room[key] ?? 0) - 1 }))
    return Math.max(best(rest, room), ...taken)
  }
  return all - best(cast, Object.fromEntries(circles.map(({ key, count }) => [key, count])))
}

describe('quorum', () => {
  it('lets as many votes count as any assignment could', () => {
    fc.assert(
      fc.property(needs, votes, (asked, cast) => {
        expect(sumOf(asked, cast)).toBe(leastMissing(asked, cast))
      }),
    )
  })

  it('does not depend on the order of votes or rules', () => {
    fc.assert(
      fc.property(needs, votes, (asked, cast) => {
        const other = sumOf([...asked].reverse(), [...cast].reverse())
        expect(other).toBe(sumOf(asked, cast))
      }),
    )
  })

  it('is met by no fewer people than its largest demand, and never by a rejection', () => {
    fc.assert(
      fc.property(needs, votes, (asked, cast) => {
        if (missingVotes(asked, cast).length > 0) return
        const largest = Math.max(...asked.map(({ count }) => count))
        const wanted = circlesOf(asked).reduce((sum, { count }) => sum + count, 0)
        const approving = cast.filter(({ approve }) => approve).length
        expect(approving).toBeGreaterThanOrEqual(Math.max(largest, wanted))
      }),
    )
  })

  it('takes a vote exactly where one is missing less by it', () => {
    fc.assert(
      fc.property(needs, votes, (asked, cast) => {
        const last = cast.at(-1)
        if (last === undefined) return
        const before = cast.slice(0, -1)
        expect(wouldCount(asked, before, last)).toBe(sumOf(asked, before) - sumOf(asked, cast) === 1)
      }),
    )
  })
})
