import { missingVotes } from './quorum.ts'
import type { Vote, VotingTerms } from './terms.ts'

/** Where an approval stands in its table. `expired` is no entry: time alone makes it, and so does a grant's last use. */
export type StoredState = 'pending' | 'approved' | 'rejected' | 'cancelled' | 'claimed' | 'spent' | 'revoked'
export type ApprovalState = StoredState | 'expired'

/** What changes of an approval. Times are epoch milliseconds; every change is one ETag-guarded replacement. */
export interface Progress {
  readonly state: StoredState
  readonly decideBy: number
  /** Null until it is approved. */
  readonly useBy: number | null
  /** In the order in which they were cast. */
  readonly votes: readonly Vote[]
  /** Object ids of who approved. */
  readonly voters: readonly string[]
  /** The decision that claimed it, of a grant the last one; null while it is nobody's. */
  readonly decisionId: string | null
  /** Counts releases, and the uses of a grant: each round has a `spent` row of its own, and so at most one call. */
  readonly round: number
  /** Calls that a grant has left; null where the approval is for one call. */
  readonly left: number | null
}

/** A new request at `now`, to be decided within so many milliseconds. */
export function openRequest(now: number, decideMs: number): Progress {
  return {
    state: 'pending',
    decideBy: now + decideMs,
    useBy: null,
    votes: [],
    voters: [],
    decisionId: null,
    round: 0,
    left: null,
  }
}

/** The state as of `now`: nothing is decided from `decideBy` on, nothing used from `useBy` on or past a grant's number. */
export function stateAt(progress: Progress, now: number): ApprovalState {
  const { state, decideBy, useBy, left } = progress
  if (state === 'pending' && now >= decideBy) return 'expired'
  if (state === 'approved' && now >= (useBy ?? 0)) return 'expired'
  return state === 'approved' && left === 0 ? 'spent' : state
}

/** When half of the time for a decision is over, and the second group of a rule is asked as well (epoch milliseconds). */
export function escalatesAt({ requestedAt }: { readonly requestedAt: number }, { decideBy }: Progress): number {
  return requestedAt + Math.floor((decideBy - requestedAt) / 2)
}

/**
 * One rejection ends it; it is approved with the vote that leaves nothing missing, and the time for its use begins then.
 * Null where it is not open any more. Whether the vote may be cast and counts is for `castVote` to say.
 */
export function decideRequest(progress: Progress, vote: Vote, terms: VotingTerms): Progress | null {
  if (stateAt(progress, vote.at) !== 'pending') return null
  const votes = [...progress.votes, vote]
  if (!vote.approve) return { ...progress, state: 'rejected', votes }
  const voted = { ...progress, votes, voters: [...progress.voters, vote.voter] }
  if (missingVotes(terms.needs, votes).length > 0) return voted
  const { grant, useMs } = terms
  const useBy = vote.at + (grant === null ? useMs : grant.minutes * 60_000)
  return { ...voted, state: 'approved', useBy, left: grant?.calls ?? null }
}

/** The requester takes an undecided or unused request back. */
export function cancelRequest(progress: Progress, now: number): Progress | null {
  const state = stateAt(progress, now)
  return state === 'pending' || state === 'approved' ? { ...progress, state: 'cancelled' } : null
}

/** An approver takes an unused approval back, or what is left of a grant. */
export function revokeApproval(progress: Progress, now: number): Progress | null {
  return stateAt(progress, now) === 'approved' ? { ...progress, state: 'revoked' } : null
}

/** One decision takes the approval for itself, or of a grant one call: its number is the new round. */
export function claimApproval(progress: Progress, decisionId: string, now: number): Progress | null {
  if (stateAt(progress, now) !== 'approved') return null
  if (progress.left === null) return { ...progress, state: 'claimed', decisionId }
  return { ...progress, decisionId, round: progress.round + 1, left: progress.left - 1 }
}

/** The claiming decision called nothing: the approval is open for the same call again, until the same `useBy`. */
export function releaseApproval(progress: Progress, decisionId: string): Progress | null {
  if (progress.state !== 'claimed' || progress.decisionId !== decisionId) return null
  return { ...progress, state: 'approved', decisionId: null, round: progress.round + 1 }
}

/** A call of a grant that called nothing is given back; its number is not, since that may be in the book. */
export function returnUse(progress: Progress, decisionId: string): Progress | null {
  if (progress.state !== 'approved' || progress.left === null) return null
  return { ...progress, left: progress.left + 1, decisionId: `returned ${decisionId}` }
}

/** The claiming decision called, or nobody can say whether it did. */
export function burnApproval(progress: Progress, decisionId: string): Progress | null {
  if (progress.state !== 'claimed' || progress.decisionId !== decisionId) return null
  return { ...progress, state: 'spent' }
}

/**
 * Whether an approval still answers for its call when that comes without naming one. What is over, and would only repeat
 * the same refusal, gives way to a new request; so does a grant that is used up. A refusal holds its hour, so that nobody
 * is asked in a loop.
 */
export function answersFor(progress: Progress, now: number): boolean {
  const state = stateAt(progress, now)
  if (state === 'expired' || state === 'cancelled' || progress.left === 0) return false
  return now < (progress.useBy ?? progress.decideBy)
}

/** ISO 8601 UTC, of epoch milliseconds. */
export function isoTime(time: number): string {
  return new Date(time).toISOString()
}
