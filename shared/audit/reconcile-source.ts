import type { Finding } from './verify-findings.ts'

/** One access as somebody else's log has it. Times are epoch ms. */
export interface SourceEvent {
  /** Of this log; the same each time that it is read. */
  readonly id: string
  readonly time: number
  /** An object id, or the sign-in name in small letters: see `LogSource.persons`. */
  readonly person: string
  /** Application through which it came; `unknown` where the log does not say. Ours where the access bears our mark. */
  readonly clientId: string
  /** Ids by which a call of the book is found: the backend's own, and ours as the backend logged it. */
  readonly statementId?: string
  readonly decisionId?: string
  /** The statement's id is the very one that the backend answers with: another one is another statement. */
  readonly isStatementSure?: boolean
  readonly operation?: string
  readonly object?: string
  /** False where the access was refused, or only prepared. */
  readonly isEffective: boolean
}

/** From (exclusive) and to (inclusive), epoch ms. */
export interface SourceWindow {
  readonly from: number
  readonly to: number
}

/** A log of a backend, or of the service that issues its tokens. Both reads reject where it cannot be read. */
export interface LogSource {
  /** What reports call it. */
  readonly name: string
  readonly persons: 'object-id' | 'sign-in-name'
  /** Ms after which an entry can be expected to be there, once younger ones are. */
  readonly settling: number
  /** Time of its newest entry, of whomever; null where there is none. */
  readonly newest: () => Promise<number | null>
  readonly read: (window: SourceWindow) => Promise<readonly SourceEvent[]>
  /** Whether this log has entries for calls of that kind. */
  readonly records: (call: BookCall) => boolean
  /** Further backends whose calls this log has entries of too; they are found there and not looked for. */
  readonly shares?: (backend: string) => boolean
  /** Backends of one API are one to this log: by which of their names it calls them all. */
  readonly nameOf?: (backend: string) => string
}

/** A permitted decision as the book has it; `to` is null while it has no outcome. Times are epoch ms. */
export interface BookCall {
  readonly decisionId: string
  /** Place of the intent. */
  readonly lane: string
  readonly seq: number
  readonly backend: string
  readonly operation: string
  readonly oid: string
  readonly from: number
  readonly to: number | null
  readonly status: 'called' | 'not-called' | 'unknown' | null
  readonly statementId?: string
  /** It only asked after work that another call began, whose statement this is. */
  readonly isResumed?: boolean
}

export interface ReconciliationCounts {
  /**
   * Calls that the book says were made, and that the log would have; of them found, not yet to be expected, missing. One
   * that ended within two minutes of a window's edge may be counted in both windows.
   */
  readonly calls: number
  readonly confirmed: number
  readonly awaiting: number
  readonly unconfirmed: number
  /** Calls of kinds that the log does not record. */
  readonly unseen: number
  /** Entries of the log, without repeats; those with our mark and without a call; known persons' past us; others'. */
  readonly events: number
  readonly duplicates: number
  readonly unrecorded: number
  readonly bypass: number
  readonly others: number
}

/**
 * One backend's reconciliation, as the report has it. `window` (ISO 8601 UTC) is what was compared; `awaiting_source`:
 * the log is late; `not_reconcilable`: there is no log; `failed`: it could not be read, and is read again.
 */
export interface BackendReconciliation {
  readonly backend: string
  readonly source: string | null
  readonly window: { readonly from: string; readonly to: string } | null
  readonly status: 'reconciled' | 'awaiting_source' | 'not_reconcilable' | 'failed'
  readonly counts: ReconciliationCounts | null
  readonly findings: readonly Finding[]
  readonly note: string
}
