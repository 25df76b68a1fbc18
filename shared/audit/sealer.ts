import type { KeyObject } from 'node:crypto'
import type { AnchorFacts, LaneHead } from './anchor.ts'
import { type AnchorStore, type AnchorWriter, type NoteSigner, openAnchorWriter } from './anchor-log.ts'
import { listLeases } from './lease.ts'
import type { HeadDocument } from './record.ts'
import { headKey, partitionKey } from './segment.ts'
import { advanceSegment, type SealRefusal, type SegmentProgress, sealSegment, startSegment } from './segment-seal.ts'
import type { RowStore } from './store.ts'
import { type AnchoredRow, openAnchorLog } from './verify-anchor-log.ts'
import { checkHead, kidOfHead } from './verify-head.ts'
import type { VerifyKey } from './verify-row.ts'

export interface SealerOptions {
  readonly rows: RowStore
  readonly keys: (kid: string) => Promise<VerifyKey | null>
  readonly store: AnchorStore
  readonly sign: NoteSigner
  readonly publicKey: KeyObject
  readonly origin: string
  readonly clock: () => number
  /** What this process has read of open segments, by `L01|000001`: the next run reads only what is new. */
  readonly memory?: Map<string, SegmentProgress>
  /** Longest time without a record though nothing happened, in ms: a log that falls silent must show. */
  readonly quietMs?: number
}

/** What one run of the sealer did, and what it refused to anchor: each refusal is an alarm. */
export interface SealerRun {
  readonly anchored: readonly LaneHead[]
  readonly sealed: readonly string[]
  readonly refused: readonly SealRefusal[]
  /** Another sealer was quicker; it has done the work. */
  readonly isLost: boolean
}

const quietMs = 600_000

/**
 * One run: keeps and anchors every closed segment, then anchors how far each lane has come. Any number of sealers may
 * run; the log's length decides. Nothing that does not verify is anchored, and nothing that goes back behind an anchor.
 */
export async function runSealer(options: SealerOptions): Promise<SealerRun> {
  const log = await openAnchorWriter(options)
  const known = await readKnown(options, log)
  const found: Gathered = { facts: [], heads: [], sealed: [], refused: [] }
  const listed = (await listLeases(options.rows)).map(({ lane }) => lane)
  for (const lane of new Set([...listed, ...known.upTo.keys()])) await gatherLane(options, { known, lane, found })
  const isQuiet = found.heads.length === 0 && Date.parse(log.time()) + (options.quietMs ?? quietMs) > options.clock()
  const facts: AnchorFacts[] = [...found.facts, ...(isQuiet ? [] : [{ kind: 'heads', heads: found.heads } as const])]
  const isLost = facts.length > 0 && !(await log.append(facts))
  const { heads, sealed, refused } = found
  return { anchored: isLost ? [] : heads, sealed: isLost ? [] : sealed, refused, isLost }
}

/** What the log says already, read with the same checks as a verifier's. */
interface Known {
  readonly upTo: ReadonlyMap<string, { readonly seq: number; readonly mac: string }>
  readonly seals: ReadonlySet<string>
}

interface Gathered {
  readonly facts: AnchorFacts[]
  readonly heads: LaneHead[]
  readonly sealed: string[]
  readonly refused: SealRefusal[]
}

/** Throws where the log is not what its own key signed: going on would give a forged log a new signature. */
async function readKnown(options: SealerOptions, log: AnchorWriter): Promise<Known> {
  const { store, origin, publicKey } = options
  const note = (await store.readCheckpoint()) ?? (await signFirst(options, log))
  if (note === null) return { upTo: new Map(), seals: new Set() }
  const opened = openAnchorLog({ lines: await store.readLines(), note, origin, publicKey })
  if (!opened.ok) throw new Error(`the anchor log is not as it was signed: ${opened.fault} at ${opened.index}`)
  if (opened.book.checkpoint.size < log.size()) {
    await log.sign()
    return readKnown(options, log)
  }
  const ends = [...opened.book.lanes].map(([lane, rows]) => [lane, rows.at(-1) ?? none] as const)
  return { upTo: new Map(ends), seals: new Set(opened.book.seals.keys()) }
}

const none: AnchoredRow = { seq: -1, mac: '' }

/** A log whose very first records were appended and not signed. */
async function signFirst({ store }: SealerOptions, log: AnchorWriter): Promise<string | null> {
  if (log.size() === 0) return null
  await log.sign()
  return store.readCheckpoint()
}

interface Gathering {
  readonly known: Known
  readonly lane: string
  readonly found: Gathered
}

/** Walks the heads of a lane from its first unsealed segment: seals the closed ones, notes how far the open one is. */
async function gatherLane(options: SealerOptions, { known, lane, found }: Gathering): Promise<void> {
  const first = firstUnsealed(known.seals, lane)
  let segment = first
  let refusal: SealRefusal | null = null
  for (let head = await readHead(options, { lane, segment }); head !== null; ) {
    refusal = 'detail' in head ? head : await anchorSegment(options, { known, head, found })
    head = refusal === null ? await readHead(options, { lane, segment: ++segment }) : null
  }
  if (segment === first && refusal === null && known.upTo.has(lane)) {
    refusal = {
      lane,
      segment,
      seq: (known.upTo.get(lane)?.seq ?? 0) + 1,
      detail: 'the lane was anchored and its head is gone',
    }
  }
  if (refusal) found.refused.push(refusal)
}

async function anchorSegment(
  options: SealerOptions,
  { known, head, found }: { known: Known; head: HeadDocument; found: Gathered },
): Promise<SealRefusal | null> {
  const { lane, segment, nextSeq, mac } = head
  const before = known.upTo.get(lane) ?? none
  if (nextSeq - 1 < before.seq && head.state === 'open') return refuse(head, 'the head is behind what was anchored')
  if (nextSeq - 1 === before.seq && mac !== before.mac)
    return refuse(head, 'the head names another row than was anchored')
  if (head.state === 'closed') {
    const sealed = await sealSegment({ rows: options.rows, keys: options.keys, head })
    if ('detail' in sealed) return sealed
    await options.store.putSegment(partitionKey(lane, segment), sealed.ndjson)
    found.facts.push({ kind: 'seal', seal: sealed.seal })
    found.sealed.push(partitionKey(lane, segment))
    options.memory?.delete(partitionKey(lane, segment))
    return null
  }
  return nextSeq - 1 > before.seq ? noteOpen(options, head, found) : null
}

async function noteOpen(options: SealerOptions, head: HeadDocument, found: Gathered): Promise<SealRefusal | null> {
  const { lane, segment, first, nextSeq, mac } = head
  const name = partitionKey(lane, segment)
  const progress = options.memory?.get(name) ?? startSegment(head)
  const refusal = await advanceSegment({ rows: options.rows, keys: options.keys, head }, progress)
  if (refusal) {
    options.memory?.delete(name)
    return refusal
  }
  options.memory?.set(name, progress)
  const { tree, from, to } = progress
  found.heads.push({ lane, segment, first, nextSeq, mac, root: Buffer.from(tree.root()).toString('hex'), from, to })
  return null
}

function firstUnsealed(seals: ReadonlySet<string>, lane: string): number {
  let segment = 1
  while (seals.has(partitionKey(lane, segment))) segment++
  return segment
}

async function readHead(
  { rows, keys, origin }: SealerOptions,
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
