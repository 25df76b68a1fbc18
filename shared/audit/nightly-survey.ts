import { mapSome } from './index-work.ts'
import { listLeases } from './lease.ts'
import type { LaneState } from './nightly-state.ts'
import type { HeadDocument, StoredEntity } from './record.ts'
import { headKey, laneName, laneNumber, partitionKey } from './segment.ts'
import type { RowStore } from './store.ts'
import type { AnchoredBook } from './verify-anchor-log.ts'
import { checkHead, kidOfHead } from './verify-head.ts'
import type { VerifyKey } from './verify-row.ts'

/** A segment as the store has it: its head where that is authentic. */
export interface SurveyedSegment {
  readonly segment: number
  readonly head: HeadDocument | null
}

/** What is to be walked of a lane: its segments from the one where the last night ended. */
export interface SurveyedLane {
  readonly lane: string
  readonly segments: readonly SurveyedSegment[]
  /** Nothing of the lane is in the store, though something should be. */
  readonly isGone: boolean
}

export interface SurveyInput {
  readonly rows: RowStore
  readonly keys: (kid: string) => Promise<VerifyKey | null>
  readonly origin: string
  readonly states: ReadonlyMap<string, LaneState>
  readonly book: AnchoredBook | null
}

/** Lanes behind the last known that are looked for: one that is in no directory must not be overlooked. */
const beyond = 16
const maxSegments = 1_000_000
/** Lanes and segments that only the directory names, which anybody with the account may write: no more of them. */
const mostLanes = 2000
const aheadOfHeads = 16
const atOnce = 64

/** Looks which segments each lane has, by the heads; rejects where the store does not answer. */
export async function surveyLanes(input: SurveyInput): Promise<SurveyedLane[]> {
  const leases = (await listLeases(input.rows)).filter(({ segment }) => segment > 0)
  const reached = new Map(leases.map(({ lane, segment }) => [lane, segment]))
  for (const [lane, segment] of trustedSegments(input)) raise(reached, lane, segment)
  for (const lane of await findUnlisted(input, reached)) raise(reached, lane, 1)
  const lanes: SurveyedLane[] = []
  for (const [lane, last] of [...reached].sort()) lanes.push(await surveyLane(input, lane, last))
  return lanes
}

/** `L01|000001` of the segments that were removed as a whole, and anchored as that. */
export function removedSegments(book: AnchoredBook | null): ReadonlySet<string> {
  const removed = (book?.records ?? []).flatMap((record) =>
    record.kind === 'retention' ? [partitionKey(record.lane, record.segment)] : [],
  )
  return new Set(removed)
}

function anchoredSegments(book: AnchoredBook | null): [string, number][] {
  return (book?.records ?? []).flatMap((record) => {
    if (record.kind === 'seal') return [[record.seal.lane, record.seal.segment]] as [string, number][]
    return record.kind === 'heads' ? record.heads.map(({ lane, segment }): [string, number] => [lane, segment]) : []
  })
}

/** How far anchors and the last night say that lanes have come. */
function trustedSegments({ book, states }: SurveyInput): [string, number][] {
  return [...anchoredSegments(book), ...[...states].map(([lane, { segment }]): [string, number] => [lane, segment])]
}

function raise(reached: Map<string, number>, lane: string, segment: number): void {
  reached.set(lane, Math.max(segment, reached.get(lane) ?? 0))
}

async function findUnlisted({ rows }: SurveyInput, reached: ReadonlyMap<string, number>): Promise<string[]> {
  const last = Math.min(mostLanes, Math.max(0, ...[...reached.keys()].map(laneNumber).filter(Number.isFinite)))
  const names = Array.from({ length: last + beyond }, (_, index) => laneName(index + 1))
  const absent = names.filter((lane) => !reached.has(lane))
  const heads = await mapSome(absent, atOnce, (lane) => rows.read('rows', partitionKey(lane, 1), headKey))
  return absent.filter((_, index) => heads[index] !== null)
}

async function surveyLane(input: SurveyInput, lane: string, last: number): Promise<SurveyedLane> {
  const segments: SurveyedSegment[] = []
  let found = 0
  const trusted = trustedSegment(input, lane)
  const isBeyond = (segment: number) => segment > Math.min(last, Math.max(trusted, found) + aheadOfHeads)
  for (const segment of keptSegments(input, lane)) {
    const stored = await input.rows.read('rows', partitionKey(lane, segment), headKey)
    if (stored === null && isBeyond(segment)) break
    if (stored !== null) found = segment
    segments.push({ segment, head: stored && (await openHead(input, stored, { lane, segment })) })
  }
  return { lane, segments, isGone: found === 0 && (await isLaneGone(input, lane, segments)) }
}

/** Numbers of the segments from the one where the last night ended, without those that were removed. */
function* keptSegments({ book, states }: SurveyInput, lane: string): Iterable<number> {
  const removed = removedSegments(book)
  for (let segment = states.get(lane)?.segment ?? 1; segment < maxSegments; segment++)
    if (!removed.has(partitionKey(lane, segment))) yield segment
}

async function isLaneGone(input: SurveyInput, lane: string, segments: readonly SurveyedSegment[]): Promise<boolean> {
  return segments.length > 0 && !(await hasTraces(input, lane, segments))
}

/** The furthest segment of a lane that does not stand in its directory alone. */
function trustedSegment(input: SurveyInput, lane: string): number {
  const own = trustedSegments(input).filter(([name]) => name === lane)
  return Math.max(1, ...own.map(([, segment]) => segment))
}

async function openHead(
  { keys, origin }: SurveyInput,
  stored: StoredEntity,
  place: { readonly lane: string; readonly segment: number },
): Promise<HeadDocument | null> {
  const head = checkHead(stored, await keys(kidOfHead(stored)), { origin, ...place })
  return 'detail' in head ? null : head
}

/** Rows without heads, or an earlier segment: the lane is not gone, but damaged. */
async function hasTraces(input: SurveyInput, lane: string, segments: readonly SurveyedSegment[]): Promise<boolean> {
  const earlier = input.states.get(lane)?.checks.map(({ segment }) => segment) ?? []
  const removed = removedSegments(input.book)
  for (const segment of [...segments.map((one) => one.segment), ...earlier]) {
    if (removed.has(partitionKey(lane, segment))) continue
    for await (const page of input.rows.list('rows', { partitionKey: partitionKey(lane, segment) })) {
      if (page.length > 0) return true
    }
  }
  return false
}
