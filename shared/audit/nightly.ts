import type { AnchoredUpTo } from './verify.ts'
import type { Finding } from './verify-findings.ts'

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

/** What a task found. */
export interface SegmentResult {
  readonly task: SegmentTask
  /** One above the last row that was walked; equal to `task.from` where there was none. */
  readonly nextSeq: number
  /** MAC of the last row (hex), or `task.prev`. */
  readonly mac: string | null
  readonly counts: { readonly rows: number; readonly verified: number }
  readonly findings: readonly Finding[]
  readonly kids: readonly string[]
  /** Why not everything could be looked at; empty where it could. */
  readonly notes: readonly string[]
  /** What the rows say, for the report (period.ts). Only tasks with the reason `new` carry it. */
  readonly period: unknown
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
  readonly segments: { readonly expected: number; readonly checked: number; readonly missing: readonly string[] }
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
  readonly notes: readonly string[]
  readonly period: unknown
  /** Null: not collected. */
  readonly reconciliation: readonly unknown[] | null
  readonly clockOffsetMs: number | null
}
