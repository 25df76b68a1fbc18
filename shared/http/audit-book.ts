import type { ApproverRules } from '../approval/vote.ts'
import type { KeySource, RowStore } from '../audit/store.ts'
import type { ChallengeSettings } from '../identity/challenge.ts'
import type { Ports } from '../pipeline/line.ts'

/** The container of reports, as its readers see it. Rejects with `audit_unavailable`. */
export interface ReportReader {
  /** Null where there is no such file. */
  readonly read: (name: string) => Promise<Uint8Array | null>
  /** Names that begin so. */
  readonly list: (prefix: string) => Promise<readonly string[]>
}

/** The newest checkpoint: its note, and when it was kept (ISO 8601 UTC) where the store says it. */
export interface KeptCheckpoint {
  readonly note: string
  readonly time: string | null
}

/** The book as auditors' routes read it. */
export interface AuditBook {
  readonly rows: RowStore
  readonly keys: KeySource
  readonly origin: string
  readonly reports: ReportReader
  readonly checkpoint: () => Promise<KeptCheckpoint | null>
}

/** What the auditors' routes answer from. */
export interface AuditParts {
  readonly ports: Pick<Ports, 'verifyAny' | 'audit' | 'callRate' | 'now' | 'newId' | 'randomHex' | 'log'>
  readonly book: AuditBook
  readonly approvers: ApproverRules
  readonly challenge: ChallengeSettings
  /** Resolves after so many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>
}
