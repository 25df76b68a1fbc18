import type { HeadDocument, StoredEntity } from './record.ts'
import type { AnchorCheck } from './verify-anchored.ts'
import { createFindings } from './verify-findings.ts'
import { checkHead, firstOfHead, kidOfHead } from './verify-head.ts'
import { createPairs } from './verify-pairs.ts'
import { type RecordedReport, reportOfRow } from './verify-reports.ts'
import { type ReadRow, readRow, type VerifyKey } from './verify-row.ts'
import type { RowFacts } from './verify-schema.ts'
import { type Counts, closeWalk, reportAll, startWalk, type Walk, walkRow } from './verify-segment.ts'

/** What is walked: every entity of the row table in key order; rows of one segment, row keys inclusive; one head. */
export interface WalkOptions {
  readonly source: {
    pages(): AsyncIterable<readonly StoredEntity[]>
    rows(partitionKey: string, from: string, to: string): AsyncIterable<readonly StoredEntity[]>
    head(partitionKey: string): Promise<StoredEntity | null>
  }
  readonly keys: (kid: string) => Promise<VerifyKey | null>
  readonly origin?: string
}

/** One walk over a whole store, and what it has found out so far. */
export interface Run {
  readonly options: WalkOptions
  readonly findings: ReturnType<typeof createFindings>
  readonly pairs: ReturnType<typeof createPairs>
  readonly counts: Counts
  readonly keys: Map<string, VerifyKey | null>
  /** Last segment of each lane of the store. */
  readonly reached: Map<string, number>
  /** Where each lane of the store ends: one above its last row. */
  readonly ends: Map<string, number>
  /** What rows that can be believed say of nightly reports. */
  readonly reports: RecordedReport[]
  anchors: AnchorCheck | null
  origin: string | null
}

interface Cursor {
  readonly partitionKey: string
  readonly walk: Walk | null
}

interface Segment {
  readonly partitionKey: string
  readonly entities: readonly StoredEntity[]
}

/** Nothing read yet. */
export function startRun(options: WalkOptions): Run {
  const findings = createFindings((finding) => run.anchors?.declares(finding) ?? false)
  const counts = { rows: 0, verified: 0, lanes: 0, segments: 0, intents: 0, outcomes: 0, events: 0 }
  const pairs = createPairs(findings.add)
  const maps = { keys: new Map(), reached: new Map(), ends: new Map() }
  const origin = options.origin ?? null
  const run: Run = { options, findings, pairs, counts, ...maps, reports: [], anchors: null, origin }
  return run
}

/** Walks every segment in the order of keys, with its head. */
export async function walkStore(run: Run): Promise<void> {
  let cursor: Cursor | null = null
  for await (const page of run.options.source.pages()) {
    for (const entities of splitByPartition(page)) {
      const partitionKey = entities[0]?.partitionKey ?? ''
      if (cursor?.partitionKey !== partitionKey) {
        await closeSegment(run, cursor)
        cursor = await openSegment(run, cursor, { partitionKey, entities })
      }
      if (cursor.walk) await walkEntities(run, cursor.walk, entities)
    }
  }
  await closeSegment(run, cursor)
}

function* splitByPartition(page: readonly StoredEntity[]): Iterable<readonly StoredEntity[]> {
  let start = 0
  for (let at = 1; at <= page.length; at++) {
    if (page[at]?.partitionKey === page[start]?.partitionKey) continue
    yield page.slice(start, at)
    start = at
  }
}

async function openSegment(run: Run, before: Cursor | null, segment: Segment): Promise<Cursor> {
  const { partitionKey, entities } = segment
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
  else if (walk.openAt !== null) await succeedOpen(run, walk, { name, entities })
  walk.firstPrev = walk.afterBad ? null : walk.prev
  walk.first = walk.seq
  walk.segment = name.segment
  run.reached.set(name.lane, name.segment)
  return { partitionKey, walk }
}

function skipSegments(run: Run, walk: Walk, entities: readonly StoredEntity[]): void {
  const first = firstSeq(entities) ?? walk.seq
  const toSeq = Math.max(walk.seq, first - 1)
  const detail = `segments after ${walk.segment} are missing`
  run.findings.add({ kind: 'segment_missing', lane: walk.lane, seq: walk.seq, toSeq, detail })
  goOnAt(walk, first)
}

function goOnAt(walk: Walk, first: number): void {
  walk.seq = Math.max(walk.seq, first)
  walk.prev = null
  walk.kid = null
}

/**
 * A segment that is open has an authentic successor: its head was put back, and with it what stood between the two. Rows that
 * only pretend to be a successor say nothing about the segment before.
 */
async function succeedOpen(
  run: Run,
  walk: Walk,
  next: { name: { lane: string; segment: number }; entities: readonly StoredEntity[] },
): Promise<void> {
  const seq = walk.openAt ?? walk.seq
  const stored = next.entities.find((entity) => entity.rowKey === '!head')
  if (stored === undefined) return
  const head = checkHead(stored, await findKey(run, kidOfHead(stored)), { origin: run.origin, ...next.name })
  if ('detail' in head || head.first < walk.seq) return
  const lost = head.first > walk.seq ? { toSeq: head.first - 1 } : {}
  const detail = 'the segment is open although a later one exists'
  run.findings.add({ kind: 'head_rolled_back', lane: walk.lane, seq, ...lost, detail })
  if (head.first > walk.seq) goOnAt(walk, head.first)
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
    if (!areKeysKnown(run, row)) await findKeys(run, row)
    run.origin ??= row.facts?.origin ?? null
    walkRow(run, walk, row)
    if (row.facts?.kind === 'report' && !walk.afterBad) noteReport(run, row.facts)
  }
}

function areKeysKnown({ keys }: Run, { kid, facts }: ReadRow): boolean {
  return keys.has(kid) && (facts === null || facts.kid === kid || keys.has(facts.kid))
}

async function findKeys(run: Run, { kid, facts }: ReadRow): Promise<void> {
  await findKey(run, kid)
  if (facts !== null) await findKey(run, facts.kid)
}

function noteReport({ reports }: Run, facts: RowFacts): void {
  const report = reportOfRow(facts)
  if (report !== null) reports.push(report)
}

/** Reads the head after the rows, fetches what was appended in between, and only then compares. */
async function closeSegment(run: Run, cursor: Cursor | null): Promise<void> {
  if (!cursor?.walk) return
  const { walk, partitionKey } = cursor
  const stored = await run.options.source.head(partitionKey)
  if (stored === null) {
    reportAll(run.findings.add, closeWalk(walk, { kind: 'head_missing', detail: 'the segment has no head' }))
  } else {
    const place = { origin: run.origin, lane: walk.lane, segment: walk.segment }
    const head = checkHead(stored, await findKey(run, kidOfHead(stored)), place)
    if (!('detail' in head)) await catchUp(run, { walk, partitionKey, head })
    reportAll(run.findings.add, closeWalk(walk, head))
  }
  run.ends.set(walk.lane, walk.seq)
}

interface Closing {
  readonly walk: Walk
  readonly partitionKey: string
  readonly head: HeadDocument
}

async function catchUp(run: Run, { walk, partitionKey, head }: Closing): Promise<void> {
  if (walk.seq >= head.nextSeq) return
  const rows = run.options.source.rows(partitionKey, rowKey(walk.seq), rowKey(head.nextSeq - 1))
  for await (const page of rows) await walkEntities(run, walk, page)
}

async function findKey({ keys, options }: Run, kid: string): Promise<VerifyKey | null> {
  const known = keys.get(kid)
  if (known !== undefined) return known
  const found = await options.keys(kid)
  keys.set(kid, found)
  return found
}

function parsePartition(partitionKey: string): { lane: string; segment: number } | null {
  const match = /^(L\d{2,})\|(\d{6})$/.exec(partitionKey)
  return match?.[1] && match[2] ? { lane: match[1], segment: Number(match[2]) } : null
}

function rowKey(seq: number): string {
  return `r${String(seq).padStart(16, '0')}`
}
