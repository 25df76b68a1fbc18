import type { Effect } from '../backend/effect.ts'
import type { ApprovalSubject } from './digest.ts'
import type { Secrecy } from './secrecy.ts'
import type { Progress } from './states.ts'

/** A demand of a rule: one member of the group that it names. */
export interface ApprovalNeed {
  readonly rule: string
  readonly group: string
}

/** What an approval is for. It never changes: another call is another approval. */
export interface ApprovalRequest {
  readonly id: string
  /** SHA-256 (hex) of the subject; what the voter's vote carries back. */
  readonly digest: string
  /** Counts requests for the same digest, from 1. */
  readonly attempt: number
  readonly subject: ApprovalSubject
  readonly effect: Effect
  readonly needs: readonly ApprovalNeed[]
  readonly secrecy: Secrecy
  /** Epoch milliseconds. */
  readonly requestedAt: number
}

/** A stored approval; the ETag guards its next change. */
export interface Approval {
  readonly request: ApprovalRequest
  readonly progress: Progress
  readonly etag: string
}

/** Names the row that a use of an approval leaves behind. */
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
