import type { Properties } from '../audit/store.ts'

/** A row of operational state: what it holds is in its own members, and the ETag guards its next change. */
export interface StateRow {
  readonly partition: string
  readonly key: string
  readonly etag: string
  readonly values: Properties
}

/** Where a row stands. */
export interface StatePlace {
  readonly partition: string
  readonly key: string
}

/**
 * A table of operational state (suspensions, taints, quotas …). Every member rejects with Problem `policy_unavailable`
 * where the store cannot answer, and where the fate of a change stays in doubt: who gets an answer may rely on it.
 */
export interface StateTable {
  readonly find: (place: StatePlace) => Promise<StateRow | null>
  /** The ETag of the new row; null where there is one already. */
  readonly insert: (place: StatePlace, values: Properties) => Promise<string | null>
  /** Replaces all members; the new ETag, or null where somebody else changed the row first or it is gone. */
  readonly replace: (row: Pick<StateRow, 'partition' | 'key' | 'etag'>, values: Properties) => Promise<string | null>
  /** Nothing happens where there is none. */
  readonly remove: (place: StatePlace) => Promise<void>
  /** Removes the row as it was read; one that somebody changed since stays. */
  readonly discard: (row: Pick<StateRow, 'partition' | 'key' | 'etag'>) => Promise<void>
  /** Rows in key order: of one partition, within inclusive keys where they are given; or all. */
  readonly list: (range?: StateRange) => Promise<readonly StateRow[]>
}

export interface StateRange {
  readonly partition: string
  readonly from?: string
  readonly to?: string
}
