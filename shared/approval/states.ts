/** Minutes that a request stays open, and that an approval may then be used. */
const decideByMs = 60 * 60_000
const useByMs = 15 * 60_000

/** Where an approval stands in its table. `expired` is no entry: time alone makes it. */
export type StoredState = 'pending' | 'approved' | 'rejected' | 'cancelled' | 'claimed' | 'spent' | 'revoked'
export type ApprovalState = StoredState | 'expired'

export interface Justification {
  readonly text: string
  readonly salt: string
}

/** What changes of an approval. Times are epoch milliseconds; every change is one ETag-guarded replacement. */
export interface Progress {
  readonly state: StoredState
  readonly decideBy: number
  /** Null until it is approved. */
  readonly useBy: number | null
  /** Object ids of who approved, within the approval's tenant. */
  readonly voters: readonly string[]
  /** Why it was decided so; the chain holds a commitment of it under this salt (hex). */
  readonly justification: Justification | null
  /** The decision that claimed it; null while it is nobody's. */
  readonly decisionId: string | null
  /** Counts releases: each round has a `spent` row of its own, and so at most one call. */
  readonly round: number
}

/** A new request at `now`. */
export function openRequest(now: number): Progress {
  return {
    state: 'pending',
    decideBy: now + decideByMs,
    useBy: null,
    voters: [],
    justification: null,
    decisionId: null,
    round: 0,
  }
}

/** The state as of `now`: nothing is decided from `decideBy` on, nothing used from `useBy` on. */
export function stateAt(progress: Progress, now: number): ApprovalState {
  const { state, decideBy, useBy } = progress
  if (state === 'pending' && now >= decideBy) return 'expired'
  return state === 'approved' && now >= (useBy ?? 0) ? 'expired' : state
}

export interface CastVote {
  readonly approve: boolean
  /** Object id of the voter. */
  readonly voter: string
  readonly justification: Justification
  readonly now: number
}

/** One vote ends it, one way or the other; null where it is not open any more. */
export function decideRequest(progress: Progress, vote: CastVote): Progress | null {
  const { approve, voter, justification, now } = vote
  if (stateAt(progress, now) !== 'pending') return null
  if (!approve) return { ...progress, state: 'rejected', justification }
  return { ...progress, state: 'approved', voters: [voter], justification, useBy: now + useByMs }
}

/** The requester takes an undecided or unused request back. */
export function cancelRequest(progress: Progress, now: number): Progress | null {
  const state = stateAt(progress, now)
  return state === 'pending' || state === 'approved' ? { ...progress, state: 'cancelled' } : null
}

/** An approver takes an unused approval back. */
export function revokeApproval(progress: Progress, now: number): Progress | null {
  return stateAt(progress, now) === 'approved' ? { ...progress, state: 'revoked' } : null
}

/** One decision takes the approval for itself. */
export function claimApproval(progress: Progress, decisionId: string, now: number): Progress | null {
  return stateAt(progress, now) === 'approved' ? { ...progress, state: 'claimed', decisionId } : null
}

/** The claiming decision called nothing: the approval is open for the same call again, until the same `useBy`. */
export function releaseApproval(progress: Progress, decisionId: string): Progress | null {
  if (progress.state !== 'claimed' || progress.decisionId !== decisionId) return null
  return { ...progress, state: 'approved', decisionId: null, round: progress.round + 1 }
}

/** The claiming decision called, or nobody can say whether it did. */
export function burnApproval(progress: Progress, decisionId: string): Progress | null {
  if (progress.state !== 'claimed' || progress.decisionId !== decisionId) return null
  return { ...progress, state: 'spent' }
}

/**
 * Whether an approval still answers for its call when that comes without naming one. What is over, and would only repeat
 * the same refusal, gives way to a new request; a refusal holds its hour, so that nobody is asked in a loop.
 */
export function answersFor(progress: Progress, now: number): boolean {
  const state = stateAt(progress, now)
  if (state === 'expired' || state === 'cancelled') return false
  return now < (progress.useBy ?? progress.decideBy)
}

/** ISO 8601 UTC, of epoch milliseconds. */
export function isoTime(time: number): string {
  return new Date(time).toISOString()
}
