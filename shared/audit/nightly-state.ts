import type { KeyMark, LaneProgress, LooseHalf, NightlyFacts } from './nightly.ts'

/** What one night leaves to the next; kept with its facts, in one document. */
export interface NightState {
  readonly date: string
  /** ISO 8601 UTC: where the report ended. */
  readonly until: string
  readonly lanes: readonly LaneState[]
  /** The newest checkpoint's note and what it says; null where there was none to believe yet. */
  readonly checkpoint: { readonly note: string; readonly size: number; readonly root: string } | null
  /** Halves of calls that wait for their other half, and the calls of approvals that are younger than a month. */
  readonly loose: readonly LooseHalf[]
  /** What the report of the next night has to know of calls whose halves lie on both sides (period.ts). */
  readonly carried?: unknown
}

/** How far a lane was verified, and what is known of its closed segments. */
export interface LaneState extends LaneProgress {
  readonly mark: KeyMark | null
  /** Where the segment begins: its first row, and the MAC before it. */
  readonly start: { readonly first: number; readonly prev: string | null }
  /** In order of the segments. */
  readonly checks: readonly SegmentCheck[]
  /** Segments in which something was found: walked every night until nothing is. */
  readonly suspects: readonly number[]
}

/** A closed segment as it was when it was verified; `date` when it last was, in the table and not from a sealed copy. */
export interface SegmentCheck {
  readonly segment: number
  readonly date: string
  readonly first: number
  /** MAC before its first row, hex; null at the beginning of a lane. */
  readonly prev: string | null
  /** One above its last row, and that row's MAC. */
  readonly end: number
  readonly mac: string
}

/** What a run came to. */
export interface NightOutcome {
  readonly facts: NightlyFacts
  readonly state: NightState
}
