import type { Use } from './approval.ts'
import type { Seal, SealedFields } from './seal.ts'

/** An approval as its table has it. Nothing of it is believed before its seal was checked. */
export interface ApprovalRow extends SealedFields {
  readonly seal: Seal
  readonly etag: string
}

/** A row that is written for the first time. */
export interface NewRow extends SealedFields {
  readonly seal: Seal
  /** ISO 8601 UTC; lists select by it. */
  readonly requestedAt: string
}

/** A row that takes another's place, where the ETag still is the table's. */
export type RowChange = Omit<ApprovalRow, 'request'>

/** The table of approvals. Everything rejects with Problem `policy_unavailable` where it cannot answer. */
export interface ApprovalRows {
  readonly find: (tid: string, id: string) => Promise<ApprovalRow | null>
  /** All requests for one digest. */
  readonly ofDigest: (tid: string, digest: string) => Promise<readonly ApprovalRow[]>
  /** False where it is there already. */
  readonly insert: (row: NewRow) => Promise<boolean>
  /** The new ETag; null where somebody else changed it first. */
  readonly replace: (row: RowChange) => Promise<string | null>
  /** Insert-only: false where this round was used before. */
  readonly spend: (use: Use) => Promise<boolean>
  /** Those requested since then (epoch milliseconds). */
  readonly list: (tid: string, since: number) => Promise<readonly ApprovalRow[]>
}
