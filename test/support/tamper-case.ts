import type { Verdict } from '../../shared/audit/verify.ts'
import type { Finding } from '../../shared/audit/verify-findings.ts'
import type { Snapshot } from './tamper-store.ts'

/** What somebody can do: write to the tables; make MACs; both; write to the container of the anchors behind its policy; sign. */
export type Attacker = 'store' | 'store + HMAC key' | 'evidence' | 'store + evidence' | 'everything' | 'vault'

/** A place as the report gives it: kind, lane, from, to (inclusive; equal to `from` for one row or where there is no `toSeq`). */
export type Place = readonly [kind: Finding['kind'], lane: string, seq: number, toSeq?: number]

/** One manipulation and everything that verification must say about it, and nothing else. */
export interface TamperCase {
  readonly name: string
  readonly by: Attacker
  /** Changes the copy; `states` are what was stored when each checkpoint was made, the oldest first. */
  readonly tamper: (copy: Snapshot, states: readonly Snapshot[]) => unknown
  readonly finds: readonly Place[]
  /** FAIL unless it says something else. */
  readonly verdict?: Verdict
  /** Last anchored row by lane, where that is what must be right. */
  readonly anchored?: Readonly<Record<string, number>>
  /** The reader kept the checkpoint that was newest in this state. */
  readonly keeps?: number
  /** What the vault says, where that was tampered with. */
  readonly vault?: 'another secret' | 'no first key' | 'first key retired early' | 'another signing key'
}
