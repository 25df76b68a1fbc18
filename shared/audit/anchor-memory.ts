import type { KeyObject } from 'node:crypto'
import type { AnchorRecord } from './anchor.ts'
import type { AnchorStore } from './anchor-log.ts'
import { leafDigest } from './chain.ts'
import { type Checkpoint, openCheckpoint } from './checkpoint.ts'
import { type GrowingTree, growTree } from './merkle.ts'
import { partitionKey } from './segment.ts'
import { createRecordReader } from './verify-anchor-log.ts'

/** A lane's newest anchored row; `mac` is null after a declared loss, since nothing then says which it must be. */
interface LaneEnd {
  readonly seq: number
  readonly mac: string | null
}

/** What a sealer knows of the log, so that a run reads only what is new. One run at a time may use it. */
export interface AnchorMemory {
  readonly size: () => number
  /** Time of the newest record, ISO 8601 UTC; empty where there is none. */
  readonly time: () => string
  readonly root: () => Uint8Array
  /** The newest checkpoint that was found right. */
  readonly signed: () => Checkpoint | null
  readonly upTo: (lane: string) => LaneEnd | undefined
  readonly lanes: () => Iterable<string>
  /** Root (hex) of a sealed segment. */
  readonly sealOf: (lane: string, segment: number) => string | undefined
  /** Last sealed row of a lane, -1 where there is none. */
  readonly sealedUpTo: (lane: string) => number
  readonly hasOpening: (lane: string) => boolean
  /** Key ids in use. */
  readonly active: () => ReadonlySet<string>
  /** Whether the lane's segment is recorded as removed. */
  readonly isRemoved: (lane: string, segment: number) => boolean
  /** Takes lines that stand in the log after those that are known. Throws Error for what is no record of it. */
  readonly take: (lines: readonly string[]) => void
  /** Whether the log is what this checkpoint says; remembers the newest that was. */
  readonly confirm: (checkpoint: Checkpoint) => boolean
}

/** Starts with nothing known. */
export function createAnchorMemory(origin: string): AnchorMemory {
  const read = createRecordReader(origin)
  const maps = { ends: new Map(), seals: new Map(), sealed: new Map() }
  const facts: Facts = { ...maps, openings: new Set(), active: new Set(), removed: new Set() }
  const tree = growTree()
  const last = { time: '', signed: null as Checkpoint | null }
  // Between the newest checkpoint and the log's end: enough to compute the root that any checkpoint in between names.
  let base = { size: 0, edge: [] as readonly Uint8Array[] }
  let since: Uint8Array[] = []
  return {
    size: tree.size,
    time: () => last.time,
    root: tree.root,
    signed: () => last.signed,
    upTo: (lane) => facts.ends.get(lane),
    lanes: () => facts.ends.keys(),
    sealOf: (lane, segment) => facts.seals.get(partitionKey(lane, segment)),
    sealedUpTo: (lane) => facts.sealed.get(lane) ?? -1,
    hasOpening: (lane) => facts.openings.has(lane),
    active: () => facts.active,
    isRemoved: (lane, segment) => facts.removed.has(partitionKey(lane, segment)),
    take(lines) {
      for (const line of lines) {
        const record = read(line)
        if (typeof record === 'string') throw unsigned(`anchor_malformed at ${tree.size()}: ${record}`)
        const leaf = leafDigest(Buffer.from(line, 'utf8'))
        tree.append(leaf)
        since.push(leaf)
        last.time = record.time
        noteRecord(facts, record)
      }
    },
    confirm(checkpoint) {
      const grown = growTo(base, since, checkpoint.size)
      if (grown === null || Buffer.compare(grown.root(), checkpoint.root) !== 0) return false
      since = since.slice(checkpoint.size - base.size)
      base = { size: checkpoint.size, edge: grown.edge() }
      last.signed = checkpoint
      return true
    },
  }
}

export interface FollowOptions {
  readonly store: AnchorStore
  readonly origin: string
  readonly publicKey: KeyObject
}

const maxTries = 5

/**
 * Brings the memory up to the log's end and checks it against the newest checkpoint. Throws where the log is not what its
 * own key signed: going on would give a forged log a new signature. True where the log's end is signed already.
 */
export async function followAnchors(memory: AnchorMemory, options: FollowOptions): Promise<boolean> {
  for (let tries = 0; tries < maxTries; tries++) {
    memory.take(await options.store.readLines(memory.size()))
    const checkpoint = await readNewest(memory, options)
    if (checkpoint === null) return memory.size() === 0
    // Where it names more, somebody else went on between the two readings.
    if (checkpoint.size > memory.size()) continue
    checkRoot(memory, checkpoint)
    return checkpoint.size === memory.size()
  }
  throw unsigned('anchor_log_truncated')
}

/** Null only for a log that never had a checkpoint. */
async function readNewest(memory: AnchorMemory, { store, ...key }: FollowOptions): Promise<Checkpoint | null> {
  const note = (await store.readCheckpoint(memory.size())) ?? (await store.readCheckpoint())
  if (note === null && memory.signed() === null) return null
  const checkpoint = openCheckpoint(note ?? '', key)
  if (checkpoint === null) throw unsigned('checkpoint_invalid')
  return checkpoint
}

function checkRoot(memory: AnchorMemory, checkpoint: Checkpoint): void {
  if (checkpoint.size < (memory.signed()?.size ?? 0)) throw unsigned('anchor_log_rewritten')
  if (!memory.confirm(checkpoint)) throw unsigned('anchor_log_altered')
}

function unsigned(fault: string): Error {
  return new Error(`the anchor log is not as it was signed: ${fault}`)
}

interface Facts {
  readonly ends: Map<string, LaneEnd>
  /** Roots by `L01|000001`, and the last sealed row of each lane. */
  readonly seals: Map<string, string>
  readonly sealed: Map<string, number>
  readonly openings: Set<string>
  readonly active: Set<string>
  readonly removed: Set<string>
}

function noteRecord(facts: Facts, record: AnchorRecord): void {
  const { ends, seals, sealed, openings, active, removed } = facts
  const advance = (lane: string, end: LaneEnd) => {
    if (end.seq >= (ends.get(lane)?.seq ?? -1)) ends.set(lane, end)
  }
  if (record.kind === 'lane') openings.add(record.lane)
  if (record.kind === 'heads')
    for (const { lane, nextSeq, mac } of record.heads) advance(lane, { seq: nextSeq - 1, mac })
  if (record.kind === 'seal') {
    const { lane, segment, first, count, mac, root } = record.seal
    const seq = first + count - 1
    seals.set(partitionKey(lane, segment), root)
    sealed.set(lane, seq)
    advance(lane, { seq, mac })
  }
  if (record.kind === 'key') void (record.state === 'active' ? active.add(record.kid) : active.delete(record.kid))
  if (record.kind === 'retention') removed.add(partitionKey(record.lane, record.segment))
  if (record.kind === 'failover') ends.set(record.lane, { seq: record.seq - 1, mac: null })
}

function growTo(base: { size: number; edge: readonly Uint8Array[] }, since: readonly Uint8Array[], size: number) {
  if (size < base.size || size > base.size + since.length) return null
  const tree: GrowingTree = growTree(base.size, base.edge)
  for (const leaf of since.slice(0, size - base.size)) tree.append(leaf)
  return tree
}
