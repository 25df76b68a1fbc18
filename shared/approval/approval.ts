import type { Effect } from '../backend/effect.ts'
import type { ApprovalSubject } from './digest.ts'
import type { Secrecy } from './secrecy.ts'
import type { Progress } from './states.ts'
import type { VotingTerms } from './terms.ts'

/** How many rows a call would touch, looked up once as the requester; an estimate, and only of `takenAt`. */
export interface Preview {
  readonly kind: 'planner' | 'count'
  readonly rows: number | null
  /** ISO 8601 UTC. */
  readonly takenAt: string
  readonly note: string
}

/** What a port can say of a call that is about to be asked for: its impact, and whether what it refers to is bound. */
export interface CallDescription {
  readonly preview?: Preview
  readonly content: 'bound' | 'not_bound'
  readonly contentNote?: string
}

/** Durable changes of an approval that somebody may want to hear of; time alone changes nothing that is stored. */
export type ApprovalStep = 'request' | 'vote' | 'cancel' | 'revoke'

/** What an approval is for. It never changes: another call is another approval. */
export interface ApprovalRequest extends VotingTerms {
  readonly id: string
  /** SHA-256 (hex) of the subject; what the voter's vote carries back. */
  readonly digest: string
  /** Counts requests for the same digest, from 1. */
  readonly attempt: number
  readonly subject: ApprovalSubject
  readonly effect: Effect
  readonly secrecy: Secrecy
  /** Epoch milliseconds. */
  readonly requestedAt: number
  /** Canonical inputs of the call that asked, where the subject says only what all calls of a grant have in common. */
  readonly example: string | null
  /** Why, in the agent's own words, which nobody has checked. */
  readonly purpose: string | null
  readonly preview?: Preview
  readonly content?: CallDescription['content']
  readonly contentNote?: string
}

/** A stored approval; the ETag guards its next change. */
export interface Approval {
  readonly request: ApprovalRequest
  readonly progress: Progress
  readonly etag: string
}

/** An approval that one decision has taken for itself. */
export interface Claim extends Approval {
  /** Counts the calls of a grant, from 1; absent where the approval is for one call. */
  readonly use?: number
}

/** The id under which the book knows a use: that of the approval, and for a grant with the number of the call. */
export function usedId({ request, use }: Claim): string {
  return use === undefined ? request.id : `${request.id}.u${use}`
}

/** Names the row that a use of an approval leaves behind. `round` is the number of the call where it is a grant. */
export interface Use {
  readonly tid: string
  readonly id: string
  readonly round: number
  readonly decisionId: string
}

/**
 * Where approvals are kept, by tenant. Everything rejects with Problem `policy_unavailable` where the store cannot
 * answer, and a change whose fate is in doubt rejects as well.
 */
export interface ApprovalStore {
  readonly find: (tid: string, id: string) => Promise<Approval | null>
  /** The newest request for this digest. */
  readonly latest: (tid: string, digest: string) => Promise<Approval | null>
  /** False where it is there already. */
  readonly insert: (request: ApprovalRequest, progress: Progress) => Promise<boolean>
  /** The new ETag; null where somebody else changed it first. */
  readonly replace: (approval: Approval, progress: Progress) => Promise<string | null>
  /** Insert-only: false where this round was used before. Nothing ever removes such a row. */
  readonly spend: (use: Use) => Promise<boolean>
  /** Those requested since then (epoch milliseconds), newest first. */
  readonly list: (tid: string, since: number) => Promise<readonly Approval[]>
}
