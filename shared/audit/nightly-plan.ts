import type { Seal } from './anchor.ts'
import type { PlannedTask } from './nightly.ts'
import { type ChosenSegment, chooseOlder, type OlderSegment } from './nightly-choice.ts'
import type { LaneState, NightState } from './nightly-state.ts'
import type { SurveyedLane, SurveyedSegment } from './nightly-survey.ts'
import { partitionKey } from './segment.ts'
import type { AnchoredUpTo } from './verify.ts'
import type { AnchoredBook, AnchoredRow } from './verify-anchor-log.ts'
import type { Finding } from './verify-findings.ts'

/** The plan of a night, as it is kept; its tasks are documents of their own. */
export interface NightPlan {
  readonly date: string
  readonly plannedAt: string
  readonly seed: string
  readonly before: NightState | null
  readonly missedNights: readonly string[]
  /** The checkpoint's note, where it could be believed. */
  readonly note: string | null
  readonly anchoredUpTo: AnchoredUpTo | null
  /** Null where there is nothing to compare. */
  readonly isConsistent: boolean | null
  /** Rows that a change of region lost, as it was declared. */
  readonly losses: readonly { readonly lane: string; readonly seq: number; readonly toSeq: number }[]
  /** `L01|000001` of segments that were removed as a whole. */
  readonly removed: readonly string[]
  readonly tasks: readonly TaskEntry[]
  /** What was found before any row was walked. */
  readonly findings: readonly Finding[]
  readonly notes: readonly string[]
}

/** A task in the list of the plan. */
export type TaskEntry = Pick<PlannedTask, 'lane' | 'segment' | 'reason' | 'fresh' | 'end'>

export interface PlanInput {
  readonly date: string
  readonly seed: string
  readonly lanes: readonly SurveyedLane[]
  readonly states: ReadonlyMap<string, LaneState>
  readonly book: AnchoredBook | null
  /** `L01|000001` of segments that were removed as a whole. */
  readonly removed: ReadonlySet<string>
  /** ISO 8601 UTC. */
  readonly plannedAt: string
}

/** A row's MAC is known at so many places of a segment at most; more would not place a change any better. */
const mostAnchored = 2000

/** The tasks of a night: what is new in each lane, then older segments by turn, by lot and in weekly nights all. */
export function planTasks(input: PlanInput): PlannedTask[] {
  const fresh = input.lanes.filter(({ isGone }) => !isGone).flatMap((lane) => planLane(input, lane))
  const taken = new Set(fresh.map(({ lane, segment }) => partitionKey(lane, segment)))
  const older = [...input.states].flatMap(([lane, state]) => listOlder(input, { lane, state, taken }))
  return [...fresh, ...chooseOlder(older, input).map((chosen) => planOlder(input, chosen))]
}

/** Lanes of which nothing is left. */
export function findGone({ lanes, states, book }: Pick<PlanInput, 'lanes' | 'states' | 'book'>): Finding[] {
  return lanes.flatMap(({ lane, isGone }) => {
    const verified = (states.get(lane)?.nextSeq ?? 0) - 1
    const toSeq = Math.max(verified, lastAnchored(book, lane))
    const range = toSeq < 0 ? {} : { toSeq }
    const detail = 'the lane is anchored, verified or listed, and not in the store'
    return isGone ? [{ kind: 'lane_missing', lane, seq: 0, ...range, detail } as const] : []
  })
}

/** Last anchored row of a lane, -1 where there is none. */
export function lastAnchored(book: AnchoredBook | null, lane: string): number {
  return book?.lanes.get(lane)?.at(-1)?.seq ?? -1
}

/** Where the walk of a lane goes on. */
interface Position {
  readonly seq: number
  readonly mac: string | null
}

function planLane(input: PlanInput, { lane, segments }: SurveyedLane): PlannedTask[] {
  const state = input.states.get(lane)
  let position: Position = state ? { seq: state.nextSeq, mac: state.mac } : { seq: 0, mac: null }
  return segments.map((segment, index) => {
    const next = segments[index + 1]
    const before = index === 0 ? position : correct(position, segment)
    const after = advance(segment, next, before)
    const task = planFresh(input, { lane, segment, before, after, isLast: next === undefined })
    position = after
    return task
  })
}

/** Where the segment before had no head to be believed, this one's says where it begins. */
function correct(position: Position, { head }: SurveyedSegment): Position {
  return position.mac === null && head ? { seq: head.first, mac: head.prev } : position
}

function advance({ head }: SurveyedSegment, next: SurveyedSegment | undefined, before: Position): Position {
  if (head) return { seq: head.nextSeq, mac: head.mac }
  return next?.head ? { seq: next.head.first, mac: next.head.prev } : { seq: before.seq, mac: null }
}

interface Fresh {
  readonly lane: string
  readonly segment: SurveyedSegment
  readonly before: Position
  readonly after: Position
  readonly isLast: boolean
}

function planFresh(input: PlanInput, part: Fresh): PlannedTask {
  const { lane, segment, before, isLast } = part
  const state = input.states.get(lane)
  const continued = state?.segment === segment.segment ? state : null
  const again = continued?.suspects.includes(segment.segment) ? segment.head : null
  const start = again ? { seq: again.first, mac: again.prev } : before
  const known = anchoredWithin(input, part, continued ? start.seq - 1 : start.seq)
  const verified = continued ? [{ seq: continued.nextSeq - 1, mac: continued.mac }] : []
  return {
    ...{ run: input.date, lane, segment: segment.segment, reason: 'new', source: 'table' },
    ...{ from: start.seq, prev: start.seq === 0 ? null : start.mac, fresh: before.seq },
    ...{ isWhole: continued === null || again !== null, isLast, seal: sealOf(input.book, lane, segment.segment) },
    end: Math.max(before.seq, isLast ? (known.at(-1)?.seq ?? -1) + 1 : 0, segment.head?.nextSeq ?? 0),
    anchored: thin([...known, ...verified].sort((a, b) => a.seq - b.seq)),
    anchoredUpTo: lastAnchored(input.book, lane),
    plannedAt: input.plannedAt,
  }
}

function anchoredWithin({ book }: PlanInput, { lane, isLast, after }: Fresh, from: number): readonly AnchoredRow[] {
  const to = isLast ? Number.POSITIVE_INFINITY : after.seq - 1
  return (book?.lanes.get(lane) ?? []).filter(({ seq }) => seq >= from && seq <= to)
}

interface Listing {
  readonly lane: string
  readonly state: LaneState
  readonly taken: ReadonlySet<string>
}

function listOlder({ book, removed }: PlanInput, { lane, state, taken }: Listing): OlderSegment[] {
  const isThere = (segment: number) => {
    const name = partitionKey(lane, segment)
    return !taken.has(name) && !removed.has(name)
  }
  return state.checks
    .filter(({ segment }) => isThere(segment))
    .map((check) => {
      const isSealed = sealOf(book, lane, check.segment) !== null
      return { lane, check, isSuspect: state.suspects.includes(check.segment), isSealed }
    })
}

function planOlder({ book, date, plannedAt }: PlanInput, { older, reason, source }: ChosenSegment): PlannedTask {
  const { lane, check } = older
  const { segment, first, prev, end, mac } = check
  const seal = sealOf(book, lane, segment)
  const known = [{ seq: end - 1, mac }, ...(seal ? [{ seq: seal.first + seal.count - 1, mac: seal.mac }] : [])]
  return {
    ...{ run: date, lane, segment, reason, source, from: first, prev, fresh: first, isWhole: true, isLast: false },
    ...{ end, seal, anchored: known.sort((a, b) => a.seq - b.seq), anchoredUpTo: lastAnchored(book, lane), plannedAt },
  }
}

function sealOf(book: AnchoredBook | null, lane: string, segment: number): Seal | null {
  return book?.seals.get(partitionKey(lane, segment)) ?? null
}

function thin(rows: readonly AnchoredRow[]): readonly AnchoredRow[] {
  const step = Math.ceil(rows.length / mostAnchored)
  return step <= 1 ? rows : rows.filter((_, index) => index % step === 0 || index === rows.length - 1)
}
