import { hash } from 'node:crypto'
import type { AnchorFacts, LaneHead } from './anchor.ts'
import type { AnchorMemory } from './anchor-memory.ts'
import type { HeadDocument } from './record.ts'
import { headKey, partitionKey } from './segment.ts'
import { advanceSegment, type SealRefusal, type SegmentProgress, sealSegment, startSegment } from './segment-seal.ts'
import type { RowStore } from './store.ts'
import { checkHead, kidOfHead } from './verify-head.ts'
import type { ReadRow, VerifyKey } from './verify-row.ts'

/** What a run reads lanes with. */
export interface LaneReading {
  readonly rows: RowStore
  readonly keys: (kid: string) => Promise<VerifyKey | null>
  readonly origin: string
  readonly log: AnchorMemory
  /** What was read of open segments, by `L01|000001`. */
  readonly segments: Map<string, SegmentProgress>
  /** Keeps the rows of a closed segment, before it is anchored. */
  readonly putSegment: (name: string, ndjson: Uint8Array) => Promise<void>
}

/** What a run found out, to be anchored together. */
export interface Gathered {
  readonly openings: AnchorFacts[]
  readonly seals: AnchorFacts[]
  readonly erasures: AnchorFacts[]
  readonly heads: LaneHead[]
  readonly sealed: string[]
  readonly refused: SealRefusal[]
  /** Key ids of new rows, and of the newest row of each lane. */
  readonly seen: Set<string>
  readonly newest: Set<string>
}

export function startGathering(): Gathered {
  const lists = { openings: [], seals: [], erasures: [], heads: [], sealed: [], refused: [] }
  return { ...lists, seen: new Set(), newest: new Set() }
}

/** Walks the heads of a lane from its first unsealed segment: seals the closed ones, notes how far the open one is. */
export async function gatherLane(reading: LaneReading, lane: string, found: Gathered): Promise<void> {
  const first = firstUnsealed(reading.log, lane)
  let segment = first
  let refusal: SealRefusal | null = null
  for (let head = await readHead(reading, { lane, segment }); head !== null; ) {
    refusal = 'detail' in head ? head : await anchorSegment(reading, head, found)
    head = refusal === null ? await readHead(reading, { lane, segment: ++segment }) : null
  }
  const known = reading.log.upTo(lane)
  // A lane may end with a closed segment: its successor is made by whoever writes next.
  const isGone = segment === first && known !== undefined && known.seq > reading.log.sealedUpTo(lane)
  if (refusal === null && isGone) {
    refusal = { lane, segment, seq: known.seq + 1, detail: 'the lane was anchored and its head is gone' }
  }
  if (refusal) found.refused.push(refusal)
}

async function anchorSegment(reading: LaneReading, head: HeadDocument, found: Gathered): Promise<SealRefusal | null> {
  const { lane, segment, nextSeq, mac } = head
  const before = reading.log.upTo(lane) ?? { seq: -1, mac: null }
  if (nextSeq - 1 < before.seq && head.state === 'open') return refuse(head, 'the head is behind what was anchored')
  if (nextSeq - 1 === before.seq && before.mac !== null && mac !== before.mac) {
    return refuse(head, 'the head names another row than was anchored')
  }
  const see = (row: ReadRow) => seeRow(found, row, before.seq)
  const refusal = await (head.state === 'closed'
    ? seal(reading, head, { found, see })
    : follow(reading, head, { found, see }))
  if (refusal !== null) return refusal
  found.newest.add(head.kid)
  if (segment === 1 && !reading.log.hasOpening(lane)) found.openings.push({ kind: 'lane', lane, prev: head.prev })
  return null
}

interface Seeing {
  readonly found: Gathered
  readonly see: (row: ReadRow) => void
}

async function seal(reading: LaneReading, head: HeadDocument, { found, see }: Seeing): Promise<SealRefusal | null> {
  const name = partitionKey(head.lane, head.segment)
  const sealed = await sealSegment({ rows: reading.rows, keys: reading.keys, head }, see)
  if ('detail' in sealed) return sealed
  await reading.putSegment(name, sealed.ndjson)
  found.seals.push({ kind: 'seal', seal: sealed.seal })
  found.sealed.push(name)
  reading.segments.delete(name)
  return null
}

/** Notes how far an open segment is, where it is further than it was. */
async function follow(reading: LaneReading, head: HeadDocument, { found, see }: Seeing): Promise<SealRefusal | null> {
  const { lane, segment, first, nextSeq, mac } = head
  if (nextSeq - 1 === (reading.log.upTo(lane)?.seq ?? -1)) return null
  const name = partitionKey(lane, segment)
  const progress = reading.segments.get(name) ?? startSegment(head)
  const refusal = await advanceSegment({ rows: reading.rows, keys: reading.keys, head }, progress, see)
  if (refusal) {
    reading.segments.delete(name)
    return refusal
  }
  reading.segments.set(name, progress)
  const { tree, from, to } = progress
  found.heads.push({ lane, segment, first, nextSeq, mac, root: Buffer.from(tree.root()).toString('hex'), from, to })
  return null
}

/** What a row that was not anchored yet says that the log repeats: its key, and an erasure. */
function seeRow(found: Gathered, { facts, kid, bytes }: ReadRow, anchored: number): void {
  if (facts === null || facts.seq <= anchored) return
  found.seen.add(kid)
  if (facts.kind !== 'erasure') return
  const { decisions, ticket } = facts.detail ?? {}
  const isCommitment = typeof ticket === 'string' && /^[0-9a-f]{64}$/.test(ticket)
  found.erasures.push({
    kind: 'erasure',
    decisions: typeof decisions === 'number' && decisions >= 0 ? decisions : 0,
    ticket: isCommitment ? ticket : hash('sha256', bytes, 'hex'),
  })
}

function firstUnsealed(log: AnchorMemory, lane: string): number {
  let segment = 1
  while (log.sealOf(lane, segment) !== undefined) segment++
  return segment
}

async function readHead(
  { rows, keys, origin }: LaneReading,
  place: { lane: string; segment: number },
): Promise<HeadDocument | SealRefusal | null> {
  const entity = await rows.read('rows', partitionKey(place.lane, place.segment), headKey)
  if (entity === null) return null
  const head = checkHead(entity, await keys(kidOfHead(entity)), { origin, ...place })
  return 'detail' in head ? { ...place, seq: 0, detail: head.detail } : head
}

function refuse({ lane, segment, nextSeq }: HeadDocument, detail: string): SealRefusal {
  return { lane, segment, seq: nextSeq, detail }
}
