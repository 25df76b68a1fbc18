import type { HeadDocument, StoredEntity } from './record.ts'
import type { ChainSource } from './verify.ts'
import type { AnchoredRow } from './verify-anchor-log.ts'
import { type AnchorCheck, checkAnchored } from './verify-anchored.ts'
import type { Finding, Report } from './verify-findings.ts'
import { checkHead, kidOfHead } from './verify-head.ts'
import type { Pairs } from './verify-pairs.ts'
import { type ReadRow, readRow, type VerifyKey } from './verify-row.ts'
import { closeWalk, reportAll, type SegmentContext, startWalk, type Walk, walkRow } from './verify-segment.ts'

/** A part of a lane: one segment, from a row on whose predecessor is known. */
export interface LanePart {
  readonly lane: string
  readonly segment: number
  readonly from: number
  /** MAC before row `from`, hex; null where it is not known, or there is none. */
  readonly prev: string | null
  /** The segment begins with row `from`. */
  readonly isWhole: boolean
  /** Rows below were counted and paired on an earlier night. */
  readonly fresh: number
  /** No later segment of the lane is known. */
  readonly isLast: boolean
  /** What rows of this part must be, in order. */
  readonly anchored: readonly AnchoredRow[]
}

export interface PartOptions {
  readonly source: Pick<ChainSource, 'rows' | 'head'>
  /** Null for a key that does not exist; rejects where that cannot be found out. */
  readonly keys: (kid: string) => Promise<VerifyKey | null>
  readonly origin: string
  readonly part: LanePart
  readonly pairs: Pick<Pairs, 'add' | 'excuse'>
  /** Each row from `fresh` on, in order; whether what it says can be believed. */
  readonly onRow: (row: ReadRow, isSound: boolean) => void
}

export interface PartReport {
  /** One above the last row; where the head ends when rows before it are missing. */
  readonly nextSeq: number
  /** MAC of row `nextSeq` - 1, hex. */
  readonly mac: string | null
  readonly isClosed: boolean
  /** Of the rows from `fresh` on. */
  readonly counts: { readonly rows: number; readonly verified: number }
  readonly findings: readonly Finding[]
}

interface Run extends PartOptions {
  readonly walk: Walk
  /** What rows are taken with, those below `fresh` and the others. */
  readonly contexts: readonly [SegmentContext, SegmentContext]
  readonly known: Map<string, VerifyKey | null>
  readonly anchors: AnchorCheck
  readonly findings: Finding[]
  readonly report: Report
}

/** Above every key of a row. */
const afterRows = '~'

/** Walks one part of a lane with the checks of `verifyChain`, but for those that need other parts. */
export async function verifyPart(options: PartOptions): Promise<PartReport> {
  const run = startRun(options)
  const { part, walk } = run
  // From its beginning on a segment is read whole: what stands beside the rows is none of its own.
  await walkRows(run, part.isWhole ? '' : rowKey(part.from), afterRows)
  const head = await closePart(run)
  const end = head !== null && head.nextSeq < part.from ? head.nextSeq : walk.seq
  const isMissing = run.findings.some(({ kind }) => kind === 'segment_missing')
  if (part.anchored.length > 0 && !isMissing) run.anchors.end(part.lane, end)
  const mac = walk.prev === null ? null : Buffer.from(walk.prev).toString('hex')
  const { rows, verified } = run.contexts[1].counts
  const isClosed = head?.state === 'closed'
  return { nextSeq: walk.seq, mac, isClosed, counts: { rows, verified }, findings: run.findings }
}

function startRun(options: PartOptions): Run {
  const { lane, segment, from, prev, anchored } = options.part
  const findings: Finding[] = []
  const report = (finding: Finding) => void findings.push(finding)
  const before = prev === null ? null : Buffer.from(prev, 'hex')
  const isMiddle = from > 0 && before !== null
  const place = { segment, seq: from, prev: from > 0 ? before : null }
  const walk: Walk = { ...startWalk(lane), ...place, first: from }
  // What was there before this part is confirmed, so that a change is placed within it.
  const isKnown = !isMiddle || anchored.some(({ seq }) => seq === from - 1)
  const expected = isKnown ? anchored : [{ seq: from - 1, mac: prev ?? '' }, ...anchored]
  const anchors = checkAnchored(bookOf(options, lane, expected), report)
  if (isMiddle) anchors.row({ lane, seq: from - 1, mac: before })
  const known = new Map<string, VerifyKey | null>()
  const context = (pairs: SegmentContext['pairs']): SegmentContext => {
    const counts = { rows: 0, verified: 0, lanes: 0, segments: 0, intents: 0, outcomes: 0, events: 0 }
    return { origin: options.origin, keys: known, counts, pairs, anchors }
  }
  const contexts = [context(nobody), context({ ...options.pairs, finish: nobody.finish })] as const
  return { ...options, walk, contexts, known, anchors, findings, report }
}

const nobody: Pairs = { add: () => undefined, excuse: () => undefined, finish: () => 0 }

/** The anchors of this part in the shape of a whole book. */
function bookOf({ origin }: PartOptions, lane: string, anchored: readonly AnchoredRow[]) {
  const checkpoint = { origin, size: 0, root: new Uint8Array(32) }
  return { checkpoint, time: null, lanes: new Map([[lane, anchored]]), seals: new Map(), records: [] }
}

async function walkRows(run: Run, from: string, to: string): Promise<void> {
  for await (const page of run.source.rows(partitionKey(run.part), from, to)) {
    for (const entity of page) if (entity.rowKey !== '!head') await walkEntity(run, entity)
  }
}

async function walkEntity(run: Run, entity: StoredEntity): Promise<void> {
  const { walk, known, part } = run
  const row = readRow(entity)
  if (!known.has(row.kid)) known.set(row.kid, await run.keys(row.kid))
  const isFresh = (row.seq ?? part.fresh) >= part.fresh
  walkRow(run.contexts[isFresh ? 1 : 0], walk, row)
  if (isFresh) run.onRow(row, walk.seq === (row.seq ?? -1) + 1 && !walk.afterBad)
}

/** Reads the head after the rows, then what was appended in between; the head where it is authentic. */
async function closePart(run: Run): Promise<HeadDocument | null> {
  const { part, walk } = run
  const stored = await run.source.head(partitionKey(part))
  if (stored === null) return closeWithout(run)
  const kid = kidOfHead(stored)
  if (!run.known.has(kid)) run.known.set(kid, await run.keys(kid))
  const head = checkHead(stored, run.known.get(kid) ?? null, { ...part, origin: run.origin })
  if ('detail' in head) {
    reportAll(run.report, closeWalk(walk, head))
    return null
  }
  if (head.nextSeq < part.from) await reportShorter(run, head)
  else await closeAt(run, head)
  return head
}

async function closeAt(run: Run, head: HeadDocument): Promise<void> {
  const { part, walk } = run
  if (walk.seq < head.nextSeq) await walkRows(run, rowKey(walk.seq), rowKey(head.nextSeq - 1))
  walk.firstPrev = part.isWhole && part.from > 0 && part.prev !== null ? Buffer.from(part.prev, 'hex') : null
  reportAll(run.report, closeWalk(walk, head))
  if (head.state === 'closed' || part.isLast) return
  const detail = 'the segment is open although a later one exists'
  run.report({ kind: 'head_rolled_back', lane: part.lane, seq: head.nextSeq, detail })
}

function closeWithout({ part, walk, report }: Run): null {
  const { lane, segment, from, anchored } = part
  const detail = `segment ${segment} is not in the store`
  const last = anchored.at(-1)?.seq ?? -1
  if (walk.seq > from) reportAll(report, closeWalk(walk, { kind: 'head_missing', detail: 'the segment has no head' }))
  else report({ kind: 'segment_missing', lane, seq: from, ...(last < from ? {} : { toSeq: last }), detail })
  return null
}

/** Rows that were verified before are above the head: still there, or gone with it, which the anchors say. */
async function reportShorter(run: Run, head: HeadDocument): Promise<void> {
  const { lane, from } = run.part
  for await (const page of run.source.rows(partitionKey(run.part), rowKey(head.nextSeq), rowKey(from - 1))) {
    if (page.length === 0) continue
    const detail = 'rows that were verified before are above the head'
    run.report({ kind: 'head_rolled_back', lane, seq: head.nextSeq, toSeq: from - 1, detail })
    break
  }
}

function partitionKey({ lane, segment }: LanePart): string {
  return `${lane}|${String(segment).padStart(6, '0')}`
}

function rowKey(seq: number): string {
  return `r${String(seq).padStart(16, '0')}`
}
