import type { PlannedTask, SegmentResult } from './nightly.ts'
import type { NightPlan } from './nightly-plan.ts'
import type { LaneState, SegmentCheck } from './nightly-state.ts'
import { partitionKey } from './segment.ts'
import { exceptions } from './verify-findings.ts'

/**
 * The results for new rows that follow one another without a gap, by lane: what comes after a missing one is walked again
 * on the next night, and must not count twice.
 */
export function connectedResults(plan: NightPlan, results: readonly SegmentResult[]): Map<string, SegmentResult[]> {
  const found = new Map(results.map((result) => [nameOf(result.task), result]))
  const lanes = new Map<string, SegmentResult[]>()
  const broken = new Set<string>()
  for (const entry of plan.tasks) {
    if (entry.reason !== 'new' || broken.has(entry.lane)) continue
    const result = found.get(nameOf(entry))
    if (result) lanes.set(entry.lane, [...(lanes.get(entry.lane) ?? []), result])
    else broken.add(entry.lane)
  }
  return lanes
}

/** How far every lane was verified after this night, and when each of its closed segments last was. */
export function advanceLanes(
  plan: NightPlan,
  results: readonly SegmentResult[],
  connected: ReadonlyMap<string, readonly SegmentResult[]>,
): LaneState[] {
  const before = new Map((plan.before?.lanes ?? []).map((state) => [state.lane, state]))
  const lanes = [...new Set([...before.keys(), ...connected.keys()])].sort()
  return lanes.flatMap((lane) => {
    const moved = (connected.get(lane) ?? []).reduce(moveOn(plan), before.get(lane) ?? null)
    if (moved === null) return []
    const again = results.filter(({ task }) => task.lane === lane && task.reason !== 'new' && task.source === 'table')
    return [forgetRemoved(again.reduce(renew(plan), moved), new Set(plan.removed))]
  })
}

/** Date of the oldest last check of any closed segment; tonight's where none is closed yet, null where nothing was read. */
export function oldestCheck(plan: NightPlan, lanes: readonly LaneState[]): string | null {
  const dates = lanes.flatMap(({ checks }) => checks.map(({ date }) => date)).sort()
  return dates[0] ?? (lanes.length > 0 ? plan.date : null)
}

function moveOn({ date }: NightPlan): (state: LaneState | null, result: SegmentResult) => LaneState | null {
  return (state, result) => {
    const { task, nextSeq, mac, isClosed } = result
    const { lane, segment } = task
    if (mac === null || nextSeq === 0) return state
    const before = state ?? { segment: 0, start: null, mark: null, checks: [], suspects: [] }
    const start = startOf(task, before)
    const check = { segment, date, ...start, end: nextSeq, mac }
    return {
      ...{ lane, segment, nextSeq, mac, start },
      mark: result.marks?.last ?? before.mark,
      checks: isClosed && nextSeq > start.first ? putCheck(before.checks, check) : before.checks,
      suspects: putSuspect(before.suspects, result),
    }
  }
}

function startOf({ segment, isWhole, from, prev }: PlannedTask, before: Before): LaneState['start'] {
  return before.segment === segment && before.start && !isWhole ? before.start : { first: from, prev }
}

type Before = Pick<LaneState, 'segment'> & { readonly start: LaneState['start'] | null }

function renew({ date }: NightPlan): (state: LaneState, result: SegmentResult) => LaneState {
  return (state, result) => {
    const checks = state.checks.map((check) => (check.segment === result.task.segment ? { ...check, date } : check))
    return { ...state, checks, suspects: putSuspect(state.suspects, result) }
  }
}

function forgetRemoved(state: LaneState, removed: ReadonlySet<string>): LaneState {
  const isThere = (segment: number) => !removed.has(partitionKey(state.lane, segment))
  const suspects = state.suspects.filter(isThere)
  return { ...state, suspects, checks: state.checks.filter(({ segment }) => isThere(segment)) }
}

function putCheck(checks: readonly SegmentCheck[], check: SegmentCheck): readonly SegmentCheck[] {
  const others = checks.filter(({ segment }) => segment !== check.segment)
  return [...others, check].sort((a, b) => a.segment - b.segment)
}

function putSuspect(suspects: readonly number[], { task, findings }: SegmentResult): readonly number[] {
  const others = suspects.filter((segment) => segment !== task.segment)
  const isSound = findings.every(({ kind }) => exceptions.has(kind))
  return isSound ? others : [...others, task.segment].sort((a, b) => a - b)
}

function nameOf({ lane, segment }: { readonly lane: string; readonly segment: number }): string {
  return partitionKey(lane, segment)
}
