import type { ApprovalNeed, Vote } from './terms.ts'

/** Who has to agree, and how many of them. Rules that name the same groups share their votes: they ask the same people. */
export interface Circle {
  readonly key: string
  readonly group: string
  readonly escalate: string | null
  readonly count: number
  readonly rules: readonly string[]
}

/** What is still missing of one circle. */
export interface Missing {
  readonly group: string
  readonly count: number
  readonly rules: readonly string[]
}

/** The circles of a request's rules, in the order of their keys; each wants what the strictest of its rules wants. */
export function circlesOf(needs: readonly ApprovalNeed[]): readonly Circle[] {
  const circles = new Map<string, Circle>()
  for (const { rule, group, count, escalate = null } of needs) {
    const key = escalate === null ? group : `${group}+${escalate}`
    const known = circles.get(key)
    const rules = [...new Set([...(known?.rules ?? []), rule])].sort()
    circles.set(key, { key, group, escalate, count: Math.max(count, known?.count ?? 0), rules })
  }
  return [...circles.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
}

/** What is still missing, one entry for each circle that is not full. */
export function missingVotes(needs: readonly ApprovalNeed[], votes: readonly Vote[]): readonly Missing[] {
  const circles = circlesOf(needs)
  const filled = fillCircles(circles, votes)
  return circles.flatMap(({ key, group, count, rules }) => {
    const left = count - (filled.get(key) ?? 0)
    return left > 0 ? [{ group, count: left, rules }] : []
  })
}

/** True where one more such vote would take a request further. */
export function wouldCount(needs: readonly ApprovalNeed[], votes: readonly Vote[], vote: Vote): boolean {
  return countMissing(needs, [...votes, vote]) < countMissing(needs, votes)
}

function countMissing(needs: readonly ApprovalNeed[], votes: readonly Vote[]): number {
  return missingVotes(needs, votes).reduce((sum, { count }) => sum + count, 0)
}

/**
 * How many votes each circle has where every vote counts for one circle at most and as many as can count do: a maximum
 * matching by augmenting paths, votes and circles taken in their order, so that the same votes always give the same. An
 * earlier vote gives way to another circle of its voter where that lets a later one count; no order of voting can lose.
 */
function fillCircles(circles: readonly Circle[], votes: readonly Vote[]): ReadonlyMap<string, number> {
  const seats = circles.flatMap(({ key, count }) => Array.from({ length: count }, () => key))
  const holders = new Map<number, Vote>()
  const seat = (vote: Vote, tried: Set<number>): boolean => {
    for (const [at, key] of seats.entries()) {
      if (tried.has(at) || !vote.circles.includes(key)) continue
      tried.add(at)
      const holder = holders.get(at)
      if (holder !== undefined && !seat(holder, tried)) continue
      holders.set(at, vote)
      return true
    }
    return false
  }
  for (const vote of votes) if (vote.approve) seat(vote, new Set())
  const filled = new Map<string, number>()
  for (const at of holders.keys()) filled.set(seats[at] ?? '', (filled.get(seats[at] ?? '') ?? 0) + 1)
  return filled
}
