import type { HeadDocument, StoredEntity } from './record.ts'
import type { OpenedAnchors } from './verify-anchor-log.ts'
import { type AnchorCheck, checkAnchored } from './verify-anchored.ts'
import { createFindings, type Finding } from './verify-findings.ts'
import { checkHead, firstOfHead, kidOfHead } from './verify-head.ts'
import { checkOpenings, type OpeningReader } from './verify-openings.ts'
import { createPairs } from './verify-pairs.ts'
import { readRow, type VerifyKey } from './verify-row.ts'
import { type Counts, closeWalk, reportAll, startWalk, type Walk, walkRow } from './verify-segment.ts'

/** Where the verifier reads from. Everything may reject: the verdict is INCOMPLETE then. */
export interface ChainSource {
  /** Every entity of the row table in key order, in pages. */
  pages(): AsyncIterable<readonly StoredEntity[]>
  /** Rows of one segment, row keys inclusive. */
  rows(partitionKey: string, from: string, to: string): AsyncIterable<readonly StoredEntity[]>
  head(partitionKey: string): Promise<StoredEntity | null>
  /** Lanes that must exist, each with a segment that it has reached. */
  lanes(): Promise<readonly { readonly lane: string; readonly segment: number }[]>
}

export interface VerifyOptions {
  readonly source: ChainSource
  /** Null for a key that does not exist; rejects where that cannot be found out. */
  readonly keys: (kid: string) => Promise<VerifyKey | null>
  /** Epoch milliseconds. */
  readonly now: number
  /** Milliseconds after which an intent without outcome is an exception (15 minutes unless given). */
  readonly grace?: number
  /** Rows of another origin are reported; the first row's origin counts where none is given. */
  readonly origin?: string
  /** Compares stored openings with the commitments in the rows, in a second walk. */
  readonly openings?: OpeningReader
  /** The anchor log, checked against a pinned key; null where none was ever made. Rejects where it cannot be read. */
  readonly anchors?: () => Promise<OpenedAnchors | null>
  /** Answer INCOMPLETE where there is no anchor log. */
  readonly requireAnchors?: boolean
}

export type Verdict = 'PASS' | 'FAIL' | 'PASS WITH EXCEPTIONS' | 'INCOMPLETE'

export interface VerifyReport {
  readonly verdict: Verdict
  readonly counts: Readonly<Counts> & {
    /** Intents younger than the grace time. */
    readonly open: number
    /** Openings that were compared, where that was asked. */
    readonly openings?: number
    /** Rows of segments that were removed at the end of their time, as the anchors say. */
    readonly removed?: number
    readonly notVerified: number
    readonly notAnchored: number
    readonly findings: number
  }
  /** Null where there is no anchor log, or none that can be believed. */
  readonly anchoredUpTo: AnchoredUpTo | null
  readonly findings: readonly Finding[]
  /** Why the verdict is INCOMPLETE, and what was not looked at. */
  readonly notes: readonly string[]
}

/** How far the anchors reach: the checkpoint, its newest record's time, and the last anchored row of each lane. */
export interface AnchoredUpTo {
  readonly size: number
  /** Hex. */
  readonly root: string
  readonly time: string | null
  readonly lanes: Readonly<Record<string, number>>
}

const defaultGrace = 15 * 60 * 1000

/** Walks every lane of a store, streaming, and reports what is wrong with it, where. */
export async function verifyChain(options: VerifyOptions): Promise<VerifyReport> {
  const run = startRun(options)
  const { findings, counts } = run
  let openings = 0
  const notes: string[] = []
  try {
    // Read first: what is opened or anchored during the walk is not missing.
    const lanes = await options.source.lanes()
    await openAnchors(run)
    await walkStore(run)
    checkEnds(run)
    checkDirectory(run, lanes)
    openings = await checkOpenings(options, findings)
  } catch (cause) {
    notes.push(`not everything could be read: ${cause instanceof Error ? cause.message : 'unknown'}`)
  }
  const finish = { now: options.now, grace: options.grace ?? defaultGrace, isKnownBad: findings.covers }
  const open = notes.length === 0 ? run.pairs.finish(finish) : 0
  if (counts.verified === 0) notes.push('no row was verified')
  if (options.requireAnchors && run.anchoredUpTo === null) notes.push('no row is anchored')
  const verdict = judge({ failures: findings.failures(), total: findings.total(), isIncomplete: notes.length > 0 })
  const more = {
    open,
    ...(options.openings ? { openings } : {}),
    ...(run.anchors?.removed ? { removed: run.anchors.removed } : {}),
    notVerified: counts.rows - counts.verified,
    notAnchored: countUnanchored(run),
    findings: findings.total(),
  }
  const { anchoredUpTo } = run
  return { verdict, counts: { ...counts, ...more }, anchoredUpTo, findings: findings.kept(), notes }
}

interface Run {
  readonly options: VerifyOptions
  readonly findings: ReturnType<typeof createFindings>
  readonly pairs: ReturnType<typeof createPairs>
  readonly counts: Counts
  readonly keys: Map<string, VerifyKey | null>
  readonly reached: Map<string, number>
  /** Where each lane of the store ends: one above its last row. */
  readonly ends: Map<string, number>
  anchors: AnchorCheck | null
  anchoredUpTo: AnchoredUpTo | null
  origin: string | null
}

interface Cursor {
  readonly partitionKey: string
  readonly walk: Walk | null
}

function startRun(options: VerifyOptions): Run {
  const findings = createFindings((finding) => run.anchors?.declares(finding) ?? false)
  const counts = { rows: 0, verified: 0, lanes: 0, segments: 0, intents: 0, outcomes: 0, events: 0 }
  const pairs = createPairs(findings.add)
  const maps = { keys: new Map(), reached: new Map(), ends: new Map() }
  const unread = { anchors: null, anchoredUpTo: null }
  const run: Run = { options, findings, pairs, counts, ...maps, ...unread, origin: options.origin ?? null }
  return run
}

async function openAnchors(run: Run): Promise<void> {
  const opened = await run.options.anchors?.()
  if (!opened) return
  if (!opened.ok) {
    const { fault, index, detail } = opened
    run.findings.add({ kind: fault, lane: 'anchors', seq: index, detail })
    return
  }
  const { checkpoint, time, lanes } = opened.book
  const upTo = [...lanes].map(([lane, rows]) => [lane, rows.at(-1)?.seq ?? -1])
  const root = Buffer.from(checkpoint.root).toString('hex')
  run.origin ??= checkpoint.origin
  run.anchors = checkAnchored(opened.book, run.findings.add)
  run.anchoredUpTo = { size: checkpoint.size, root, time, lanes: Object.fromEntries(upTo) }
}

function checkEnds({ anchors, ends }: Run): void {
  if (anchors === null) return
  for (const lane of new Set([...anchors.lanes(), ...ends.keys()])) anchors.end(lane, ends.get(lane) ?? 0)
  anchors.close()
}

function countUnanchored({ anchors, ends, counts }: Run): number {
  if (anchors === null) return counts.rows
  return [...ends].reduce((sum, [lane, end]) => sum + Math.max(0, end - anchors.upTo(lane) - 1), 0)
}

async function walkStore(run: Run): Promise<void> {
  let cursor: Cursor | null = null
  for await (const page of run.options.source.pages()) {
    for (const entities of splitByPartition(page)) {
      const partitionKey = entities[0]?.partitionKey ?? ''
      if (cursor?.partitionKey !== partitionKey) {
        await closeSegment(run, cursor, partitionKey)
        cursor = openSegment(run, cursor, { partitionKey, entities })
      }
      if (cursor.walk) await walkEntities(run, cursor.walk, entities)
    }
  }
  await closeSegment(run, cursor, '')
}

function* splitByPartition(page: readonly StoredEntity[]): Iterable<readonly StoredEntity[]> {
  let start = 0
  for (let at = 1; at <= page.length; at++) {
    if (page[at]?.partitionKey === page[start]?.partitionKey) continue
    yield page.slice(start, at)
    start = at
  }
}

function openSegment(run: Run, before: Cursor | null, { partitionKey, entities }: Segment): Cursor {
  const name = parsePartition(partitionKey)
  if (name === null) {
    run.findings.add({ kind: 'inserted', lane: partitionKey, seq: 0, detail: 'a partition that is no segment' })
    return { partitionKey, walk: null }
  }
  const isSameLane = before?.walk?.lane === name.lane
  const walk = isSameLane && before.walk ? before.walk : startWalk(name.lane)
  run.counts.segments++
  if (!isSameLane) run.counts.lanes++
  if (name.segment > walk.segment + 1) skipSegments(run, walk, entities)
  walk.firstPrev = walk.afterBad ? null : walk.prev
  walk.first = walk.seq
  walk.segment = name.segment
  run.reached.set(name.lane, name.segment)
  return { partitionKey, walk }
}

interface Segment {
  readonly partitionKey: string
  readonly entities: readonly StoredEntity[]
}

function skipSegments(run: Run, walk: Walk, entities: readonly StoredEntity[]): void {
  const first = firstSeq(entities) ?? walk.seq
  const toSeq = Math.max(walk.seq, first - 1)
  const detail = `segments after ${walk.segment} are missing`
  run.findings.add({ kind: 'segment_missing', lane: walk.lane, seq: walk.seq, toSeq, detail })
  walk.seq = Math.max(walk.seq, first)
  walk.prev = null
  walk.kid = null
}

function firstSeq(entities: readonly StoredEntity[]): number | null {
  const head = entities.find((entity) => entity.rowKey === '!head')
  const row = entities.find((entity) => /^r\d{16}$/.test(entity.rowKey))
  return (head && firstOfHead(head)) ?? (row ? Number(row.rowKey.slice(1)) : null)
}

async function walkEntities(run: Run, walk: Walk, entities: readonly StoredEntity[]): Promise<void> {
  // One row after the other: what was read of a row can go before the next one is read.
  for (const entity of entities) {
    if (entity.rowKey === '!head') continue
    const row = readRow(entity)
    if (!run.keys.has(row.kid)) await fetchKey(run, row.kid)
    run.origin ??= row.facts?.origin ?? null
    walkRow(run, walk, row)
  }
}

/** Reads the head after the rows, fetches what was appended in between, and only then compares. */
async function closeSegment(run: Run, cursor: Cursor | null, next: string): Promise<void> {
  if (!cursor?.walk) return
  const { walk, partitionKey } = cursor
  const { source } = run.options
  const stored = await source.head(partitionKey)
  if (stored === null) {
    reportAll(run.findings.add, closeWalk(walk, { kind: 'head_missing', detail: 'the segment has no head' }))
    run.ends.set(walk.lane, walk.seq)
    return
  }
  const kid = kidOfHead(stored)
  if (!run.keys.has(kid)) await fetchKey(run, kid)
  const place = { origin: run.origin, lane: walk.lane, segment: walk.segment }
  const head = checkHead(stored, run.keys.get(kid) ?? null, place)
  if (!('detail' in head)) await catchUp(run, { walk, partitionKey, head, next })
  reportAll(run.findings.add, closeWalk(walk, head))
  run.ends.set(walk.lane, walk.seq)
}

interface Closing {
  readonly walk: Walk
  readonly partitionKey: string
  readonly head: HeadDocument
  readonly next: string
}

async function catchUp(run: Run, { walk, partitionKey, head, next }: Closing): Promise<void> {
  if (walk.seq < head.nextSeq) {
    const rows = run.options.source.rows(partitionKey, rowKey(walk.seq), rowKey(head.nextSeq - 1))
    for await (const page of rows) await walkEntities(run, walk, page)
  }
  if (parsePartition(next)?.lane === walk.lane && head.state === 'open') {
    const detail = 'the segment is open although a later one exists'
    run.findings.add({ kind: 'head_rolled_back', lane: walk.lane, seq: head.nextSeq, detail })
  }
}

function checkDirectory(run: Run, lanes: Awaited<ReturnType<ChainSource['lanes']>>): void {
  for (const { lane, segment } of lanes) {
    const reached = run.reached.get(lane)
    if (reached === undefined) {
      // Anchors have named it already, with the rows that are gone.
      if ((run.anchors?.upTo(lane) ?? -1) >= 0) continue
      run.findings.add({ kind: 'lane_missing', lane, seq: 0, detail: 'the lane is listed and not in the store' })
    } else if (reached < segment) {
      const detail = `segment ${segment} is listed, the last in the store is ${reached}`
      run.findings.add({ kind: 'segment_missing', lane, seq: 0, detail })
    }
  }
}

async function fetchKey(run: Run, kid: string): Promise<void> {
  run.keys.set(kid, await run.options.keys(kid))
}

function judge(result: { failures: number; total: number; isIncomplete: boolean }): Verdict {
  if (result.failures > 0) return 'FAIL'
  if (result.isIncomplete) return 'INCOMPLETE'
  return result.total > 0 ? 'PASS WITH EXCEPTIONS' : 'PASS'
}

function parsePartition(partitionKey: string): { lane: string; segment: number } | null {
  const match = /^(L\d{2,})\|(\d{6})$/.exec(partitionKey)
  return match?.[1] && match[2] ? { lane: match[1], segment: Number(match[2]) } : null
}

function rowKey(seq: number): string {
  return `r${String(seq).padStart(16, '0')}`
}
