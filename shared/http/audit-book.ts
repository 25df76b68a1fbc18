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

interface Evidence {
  /** Names below a prefix in order, up to a slash where `folders` is set. */
  readonly list: (prefix: string, folders?: boolean) => Promise<readonly string[]>
  readonly read: (name: string) => Promise<{ readonly bytes: Uint8Array; readonly modified: string } | null>
}

/** The newest checkpoint of a container of evidence, where names are in the order of sizes; null before the first. */
export async function findCheckpoint(evidence: Evidence): Promise<KeptCheckpoint | null> {
  const folder = (await evidence.list('checkpoints/', true)).at(-1)
  const name = folder === undefined ? undefined : (await evidence.list(folder)).at(-1)
  const kept = name === undefined ? null : await evidence.read(name)
  if (kept === null) return null
  const time = Date.parse(kept.modified)
  const note = Buffer.from(kept.bytes).toString('utf8')
  return { note, time: Number.isFinite(time) ? new Date(time).toISOString() : null }
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
