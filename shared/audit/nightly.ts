import type { Seal } from './anchor.ts'
import type { AnchoredUpTo } from './verify.ts'
import type { AnchoredRow } from './verify-anchor-log.ts'
import type { Finding } from './verify-findings.ts'
import type { RowFacts } from './verify-schema.ts'

/** Why a segment is walked tonight: new rows; its turn in 30 nights; drawn by lot; the weekly walk of everything. */
export type CheckReason = 'new' | 'rolling' | 'sample' | 'weekly'

/** One unit of work of a run: one queue message, and one result, however often it is done. */
export interface SegmentTask {
  /** The night, `2026-11-22`. */
  readonly run: string
  readonly lane: string
  readonly segment: number
  readonly reason: CheckReason
  /** `table`: the rows as they are stored; `sealed`: the copy that was kept immutably when the segment was sealed. */
  readonly source: 'table' | 'sealed'
  /** Sequence number from which to walk; the MAC (hex) that must stand before it, null for the lane's opening. */
  readonly from: number
  readonly prev: string | null
}

/** A task as the plan of the night keeps it, with what must be found; a message names it, and says nothing that counts. */
export interface PlannedTask extends SegmentTask {
  /** Rows below were reported on an earlier night, and are walked again because something was wrong with them. */
  readonly fresh: number
  /** The segment begins with row `from`. */
  readonly isWhole: boolean
  /** One above the last row that heads and anchors promised when the plan was made. */
  readonly end: number
  /** No later segment of the lane was there. */
  readonly isLast: boolean
  readonly seal: Seal | null
  /** Rows of the segment that were anchored, or verified on an earlier night, in order. */
  readonly anchored: readonly AnchoredRow[]
  /** Last anchored row of the lane, -1 where there is none. */
  readonly anchoredUpTo: number
  /** When the anchors were read, ISO 8601 UTC. */
  readonly plannedAt: string
}

/** Half of a call whose other half is not in the same part, as pairing needs it; `mac` is its own, hex. */
export type LooseHalf = RowFacts & { readonly mac: string }

/** What a part leaves for the pairing over all parts. */
export interface Leftovers {
  readonly loose: readonly LooseHalf[]
  /** Decisions whose outcome did not verify: reported as that, and not as missing as well. */
  readonly excused: readonly string[]
  /** Decisions that are whole: 8 bytes of their digest and 4 of their outcome's place above `task.from`, base64. */
  readonly whole: string
}

/** Key of the first row of a part, or of the last: what tells whether a change of key was announced. */
export interface KeyMark {
  readonly kid: string
  /** Of a `keychange` row: from which key to which. */
  readonly change: { readonly from: string; readonly to: string } | null
}

/** What a task found. */
export interface SegmentResult {
  readonly task: PlannedTask
  /** One above the last row that was walked; equal to `task.from` where there was none. */
  readonly nextSeq: number
  /** MAC of the last row (hex), or `task.prev`. */
  readonly mac: string | null
  /** Of the rows from `task.fresh` on. */
  readonly counts: { readonly rows: number; readonly verified: number }
  readonly findings: readonly Finding[]
  readonly kids: readonly string[]
  /** Null where there was no row. */
  readonly marks: { readonly first: KeyMark; readonly last: KeyMark } | null
  /** The head says that no row will follow. */
  readonly isClosed: boolean
  /** When the head was read, ISO 8601 UTC. */
  readonly walkedAt: string
  /** Rows above the lane's last anchor, and the time of the first of them, which its writer stated. */
  readonly unanchored: { readonly rows: number; readonly since: string | null }
  /** Why not everything could be looked at; empty where it could. */
  readonly notes: readonly string[]
  /** What the rows say, for the report (period.ts). Only tasks with the reason `new` carry it. */
  readonly period: unknown
  /** The same tasks only. */
  readonly leftovers: Leftovers | null
}

/** State of the immutability policy of a container, as it was read back. */
export interface Immutability {
  readonly container: string
  readonly state: 'locked' | 'unlocked' | 'absent' | 'unknown'
  readonly days: number | null
  readonly allowsAppends: boolean
}

/** How far a lane was verified. */
export interface LaneProgress {
  readonly lane: string
  readonly segment: number
  readonly nextSeq: number
  /** MAC of row `nextSeq` - 1, hex. */
  readonly mac: string
}

/** Everything that a night's run found out; the report is made from this and nothing else. */
export interface NightlyFacts {
  readonly date: string
  readonly runId: string
  readonly origin: string
  /** ISO 8601 UTC. `until`: what this report covers ends here; `since`: where the one before ended, null for the first. */
  readonly startedAt: string
  readonly endedAt: string
  readonly since: string | null
  readonly until: string
  readonly build: string
  readonly missedNights: readonly string[]
  readonly lanes: readonly LaneProgress[]
  /** Each counts once, for whatever reason it was walked; `missing` names those without a result, `L01|000001`. */
  readonly segments: { readonly expected: number; readonly checked: number; readonly missing: readonly string[] }
  /** Rows since the report before; what is walked again stands in `coverage`. */
  readonly rows: {
    readonly expected: number
    readonly found: number
    readonly verified: number
    readonly notAnchored: number
  }
  /** Rows walked, by reason; date of the oldest last check of any segment, null where one was never checked. */
  readonly coverage: {
    readonly byReason: Readonly<Record<CheckReason, number>>
    readonly seed: string
    readonly oldestCheck: string | null
  }
  readonly checkpoint: {
    readonly before: { readonly size: number; readonly root: string } | null
    readonly now: AnchoredUpTo | null
    /** Null where there is nothing to compare. */
    readonly consistent: boolean | null
  }
  readonly immutability: readonly Immutability[]
  readonly kids: readonly string[]
  readonly findings: readonly Finding[]
  /** Why not everything could be looked at; any of them makes the verdict INCOMPLETE. */
  readonly notes: readonly string[]
  /** Merged (period.ts). */
  readonly period: unknown
  /** Null: not collected. */
  readonly reconciliation: readonly unknown[] | null
  readonly clockOffsetMs: number | null
}
