import type { KeyObject } from 'node:crypto'
import { Problem } from '../errors/problem.ts'
import type { AnchorFacts, LaneHead } from './anchor.ts'
import { type AnchorStore, formatRecords, type NoteSigner, signLog } from './anchor-log.ts'
import { type AnchorMemory, createAnchorMemory, followAnchors } from './anchor-memory.ts'
import { listLeases } from './lease.ts'
import { type Gathered, gatherLane, startGathering } from './sealer-lanes.ts'
import type { SealRefusal, SegmentProgress } from './segment-seal.ts'
import type { RowStore } from './store.ts'
import type { VerifyKey } from './verify-row.ts'

/** What a process keeps from run to run, so that a run reads only what is new. One run at a time may use it. */
export interface SealerMemory {
  /** What was read of open segments, by `L01|000001`. */
  readonly segments: Map<string, SegmentProgress>
  log: AnchorMemory | null
}

export interface SealerOptions {
  readonly rows: RowStore
  readonly keys: (kid: string) => Promise<VerifyKey | null>
  readonly store: AnchorStore
  readonly sign: NoteSigner
  readonly publicKey: KeyObject
  readonly origin: string
  readonly clock: () => number
  readonly memory?: SealerMemory
  /** Why the store must not be used now, or null: where its immutability is not in force. */
  readonly objection?: () => Promise<string | null>
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

/** Nothing known yet. */
export function createSealerMemory(): SealerMemory {
  return { segments: new Map(), log: null }
}

/**
 * One run: keeps and anchors every closed segment, then anchors how far each lane has come. Any number of sealers may
 * run; the log's length decides. Nothing that does not verify is anchored, and nothing that goes back behind an anchor.
 */
export async function runSealer(options: SealerOptions): Promise<SealerRun> {
  const objection = (await options.objection?.()) ?? null
  if (objection !== null) return { ...nothing, refused: [{ lane: 'evidence', segment: 0, seq: 0, detail: objection }] }
  const memory = options.memory ?? createSealerMemory()
  try {
    const log = await openLog(options, memory)
    const found = startGathering()
    const reading = { ...options, log, segments: memory.segments, putSegment: options.store.putSegment }
    const listed = (await listLeases(options.rows)).map(({ lane }) => lane)
    for (const lane of new Set([...listed, ...log.lanes()])) await gatherLane(reading, lane, found)
    const isLost = !(await appendFacts(options, log, factsOf(options, log, found)))
    // What was read and not anchored must be read again: it may say more than how far the lane is.
    if (isLost) memory.segments.clear()
    const { heads, sealed, refused } = found
    return isLost ? { ...nothing, refused, isLost } : { anchored: heads, sealed, refused, isLost }
  } catch (cause) {
    memory.segments.clear()
    // A store that is away says nothing about what is known; a log that is not right is read anew each time.
    if (!(cause instanceof Problem)) memory.log = null
    throw cause
  }
}

const nothing = { anchored: [], sealed: [], refused: [], isLost: false } as const satisfies SealerRun

/** The log at its end, and signed: what was appended before a crash must not wait for the next record. */
async function openLog(options: SealerOptions, memory: SealerMemory): Promise<AnchorMemory> {
  memory.log ??= createAnchorMemory(options.origin)
  if (!(await followAnchors(memory.log, options))) await signEnd(options, memory.log)
  return memory.log
}

/** False where somebody else appended meanwhile. */
export async function appendFacts(
  options: Pick<SealerOptions, 'store' | 'sign' | 'origin' | 'clock'>,
  log: AnchorMemory,
  facts: readonly AnchorFacts[],
): Promise<boolean> {
  if (facts.length === 0) return true
  const place = { at: log.size(), time: log.time(), origin: options.origin, now: options.clock() }
  const lines = formatRecords(facts, place)
  if (!(await options.store.appendLines(log.size(), lines))) return false
  log.take(lines)
  await signEnd(options, log)
  return true
}

/** Signs the log as it is known. */
export async function signEnd(
  options: Pick<SealerOptions, 'store' | 'sign' | 'origin'>,
  log: AnchorMemory,
): Promise<void> {
  const end = { size: log.size(), root: log.root() }
  await signLog(options, end)
  log.confirm({ origin: options.origin, ...end })
}

function factsOf(options: SealerOptions, log: AnchorMemory, found: Gathered): AnchorFacts[] {
  const { openings, seals, erasures, heads } = found
  const isQuiet = heads.length === 0 && Date.parse(log.time()) + (options.quietMs ?? quietMs) > options.clock()
  const facts = [...openings, ...activeKeys(log, found), ...seals, ...erasures]
  return [...facts, ...(isQuiet ? [] : [{ kind: 'heads', heads } as const]), ...retiredKeys(log, found)]
}

function activeKeys(log: AnchorMemory, { seen, newest }: Gathered): AnchorFacts[] {
  const kids = new Set([...seen, ...newest])
  return [...kids].filter((kid) => !log.active().has(kid)).map((kid) => ({ kind: 'key', kid, state: 'active' }))
}

/** A key is retired when no lane's newest row is under it, which can be told only where every lane could be read. */
function retiredKeys(log: AnchorMemory, { newest, refused }: Gathered): AnchorFacts[] {
  if (refused.length > 0 || newest.size === 0) return []
  return [...log.active()].filter((kid) => !newest.has(kid)).map((kid) => ({ kind: 'key', kid, state: 'retired' }))
}
