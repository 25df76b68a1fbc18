/** What verification reports. `exceptions` lists those that do not put the bytes in doubt. */
export const findingKinds = [
  'edited',
  'deleted',
  'inserted',
  'reordered',
  'forked',
  'not_canonical',
  'malformed',
  'column_mismatch',
  'unknown_key',
  'retired_key',
  'unannounced_key',
  'head_missing',
  'head_altered',
  'head_rolled_back',
  'rewritten',
  'truncated',
  'segment_missing',
  'lane_missing',
  'duplicate_decision',
  'duplicate_outcome',
  'outcome_without_intent',
  'called_without_permit',
  'release_without_intent',
  'duplicate_release',
  'outcome_without_release',
  'approval_reused',
  'opening_mismatch',
  'checkpoint_invalid',
  'anchor_log_altered',
  'anchor_log_truncated',
  'anchor_log_rewritten',
  'anchor_malformed',
  'anchors_stale',
  'dangling_intent',
  'failover_loss_declared',
  'time_implausible',
  'night_missed',
  'report_altered',
  'review_overdue',
  'break_glass_unreviewed',
  'disowned_call',
  'tool_changed',
  'bypass_access',
  'unrecorded_access',
  'unconfirmed_call',
] as const

export type FindingKind = (typeof findingKinds)[number]

export const exceptions: ReadonlySet<FindingKind> = new Set<FindingKind>([
  'dangling_intent',
  'anchors_stale',
  'failover_loss_declared',
  'night_missed',
  'review_overdue',
  'break_glass_unreviewed',
  'disowned_call',
  'tool_changed',
  'bypass_access',
  'unconfirmed_call',
])

/** One finding and its place; `seq` to `toSeq` inclusive. */
export interface Finding {
  readonly kind: FindingKind
  readonly lane: string
  readonly seq: number
  readonly toSeq?: number
  readonly detail: string
}

export type Report = (finding: Finding) => void

const maxKept = 1000
// Kinds whose neighbours are one finding from row to row; the first says nothing but that, so its words may differ.
const ranged: ReadonlySet<FindingKind> = new Set<FindingKind>(['deleted', 'unknown_key', 'retired_key'])

/** The two as one, where the second goes on where the first ends and says the same; null where they stay two. */
export function joinFindings(one: Finding | undefined, next: Finding): Finding | null {
  if (one === undefined || one.kind !== next.kind || !ranged.has(next.kind) || one.lane !== next.lane) return null
  const isNext = (one.toSeq ?? one.seq) + 1 === next.seq
  return isNext && (next.kind === 'deleted' || one.detail === next.detail)
    ? { ...one, toSeq: next.toSeq ?? next.seq }
    : null
}

/**
 * Keeps the first thousand findings and counts all, so that a ruined store cannot exhaust memory. What is declared
 * elsewhere is only remembered as a place that is not sound.
 */
export function createFindings(isDeclared: (finding: Finding) => boolean = () => false) {
  const kept: Finding[] = []
  const bad = new Map<string, [number, number][]>()
  let total = 0
  let failures = 0
  const overlaps = (lane: string, seq: number, toSeq: number): boolean =>
    (bad.get(lane) ?? []).some(([from, to]) => from <= toSeq && seq <= to)
  const mark = ({ lane, seq, toSeq = seq }: Finding): void => {
    const ranges = bad.get(lane) ?? []
    bad.set(lane, ranges)
    if (ranges.length < maxKept) ranges.push([seq, toSeq])
  }
  return {
    add(finding: Finding): void {
      mark(finding)
      if (isDeclared(finding)) return
      const joined = joinFindings(kept.at(-1), finding)
      if (joined !== null) {
        kept[kept.length - 1] = joined
        return
      }
      total++
      if (!exceptions.has(finding.kind)) failures++
      if (kept.length < maxKept) kept.push(finding)
    },
    covers: (lane: string, seq: number): boolean => overlaps(lane, seq, seq),
    overlaps,
    kept: (): readonly Finding[] => kept,
    total: () => total,
    failures: () => failures,
  }
}
