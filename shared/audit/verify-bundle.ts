import { hash, type KeyObject } from 'node:crypto'
import type { LaneHead, Seal } from './anchor.ts'
import { decodeText, parseCanonicalText } from './canonical.ts'
import { leafDigest } from './chain.ts'
import { growTree } from './merkle.ts'
import type { RowDocument } from './record.ts'
import { type AnchoredBook, openAnchorLog } from './verify-anchor-log.ts'
import { createFindings, type Finding } from './verify-findings.ts'
import { createPairs } from './verify-pairs.ts'
import { factsOf, isRowDocument, type RowFacts } from './verify-schema.ts'

/** What a bundle says of itself; nothing in it is believed beyond the scope that it claims. */
export interface BundleScope {
  readonly origin: string
  /** ISO 8601 UTC, inclusive. */
  readonly from: string
  readonly to: string
}

export interface BundleOptions {
  /** A file of the bundle, or null. Rejects where it cannot be read. */
  readonly read: (name: string) => Promise<Uint8Array | null>
  readonly scope: BundleScope
  /** The log's public key, pinned by the reader; one that only came with the bundle makes the verdict INCOMPLETE. */
  readonly key: { readonly publicKey: KeyObject; readonly isPinned: boolean }
  readonly since?: readonly string[]
}

export interface BundleReport {
  readonly verdict: 'PASS' | 'PASS WITH EXCEPTIONS' | 'FAIL' | 'INCOMPLETE'
  readonly counts: {
    readonly rows: number
    readonly verified: number
    readonly notAnchored: number
    readonly segments: number
    readonly intents: number
    readonly outcomes: number
    readonly findings: number
  }
  readonly anchoredUpTo: { readonly size: number; readonly root: string; readonly time: string | null } | null
  readonly findings: readonly Finding[]
  readonly notes: readonly string[]
}

/** Name of a segment's file: its rows' canonical bytes, one a line. */
export function segmentFile(lane: string, segment: number): string {
  return `rows-${lane}-${String(segment).padStart(6, '0')}.ndjson`
}

/** Checks an exported bundle without any secret: everything in it against the signed anchors, row by row. */
export async function verifyBundle(options: BundleOptions): Promise<BundleReport> {
  const { read, scope, key, since } = options
  const lines = splitLines(await read('anchors.ndjson'))
  const note = decodeText((await read('checkpoint.txt')) ?? new Uint8Array()) ?? ''
  const log = { lines, note, origin: scope.origin, publicKey: key.publicKey, ...(since ? { since } : {}) }
  const opened = openAnchorLog(log)
  const run = startRun(scope)
  if (opened.ok) await walkBook(run, { read, book: opened.book })
  else run.findings.add({ kind: opened.fault, lane: 'anchors', seq: opened.index, detail: opened.detail })
  const notes = key.isPinned ? [] : ['key_not_pinned: the bundle was judged by the key that came with it']
  return summarize(run, { book: opened.ok ? opened.book : null, notes })
}

interface Run {
  readonly scope: BundleScope
  readonly findings: ReturnType<typeof createFindings>
  readonly pairs: ReturnType<typeof createPairs>
  /** Places that were checked, `to` exclusive. */
  readonly walked: { readonly lane: string; readonly from: number; readonly to: number }[]
  readonly counts: {
    rows: number
    verified: number
    notAnchored: number
    segments: number
    intents: number
    outcomes: number
  }
}

/** A segment as the anchors know it: its rows so far, and roots of earlier lengths, by which a change is placed. */
interface Anchored {
  readonly lane: string
  readonly segment: number
  readonly first: number
  readonly count: number
  readonly from: string
  readonly to: string
  readonly roots: ReadonlyMap<number, string>
  readonly isSealed: boolean
}

function startRun(scope: BundleScope): Run {
  const findings = createFindings()
  const counts = { rows: 0, verified: 0, notAnchored: 0, segments: 0, intents: 0, outcomes: 0 }
  return { scope, findings, counts, walked: [], pairs: createPairs(findings.add) }
}

async function walkBook(run: Run, { read, book }: { read: BundleOptions['read']; book: AnchoredBook }): Promise<void> {
  for (const anchored of segmentsIn(book, run.scope)) {
    run.counts.segments++
    const bytes = await read(segmentFile(anchored.lane, anchored.segment))
    const { lane, segment, first, count } = anchored
    const detail = `segment ${segment} is anchored and not in the bundle`
    if (bytes === null)
      run.findings.add({ kind: 'segment_missing', lane, seq: first, toSeq: first + count - 1, detail })
    else walkSegment(run, anchored, splitLines(bytes))
  }
}

/** Every anchored segment that has rows within the scope. */
function segmentsIn({ records }: AnchoredBook, { from, to }: BundleScope): readonly Anchored[] {
  const found = new Map<string, Anchored>()
  for (const record of records) {
    const parts = record.kind === 'heads' ? record.heads : record.kind === 'seal' ? [record.seal] : []
    for (const part of parts) noteSegment(found, part)
  }
  return [...found.values()].filter((segment) => segment.to >= from && segment.from <= to)
}

function noteSegment(found: Map<string, Anchored>, part: LaneHead | Seal): void {
  const { lane, segment, first, from, to, root } = part
  const isSealed = 'count' in part
  const count = isSealed ? part.count : part.nextSeq - first
  const name = segmentFile(lane, segment)
  const roots = new Map(found.get(name)?.roots).set(count, root)
  found.set(name, { lane, segment, first, count, from, to, roots, isSealed })
}

function walkSegment(run: Run, anchored: Anchored, lines: readonly string[]): void {
  const { lane, first, count, roots } = anchored
  run.counts.rows += lines.length
  run.counts.notAnchored += Math.max(0, lines.length - count)
  if (lines.length > count && anchored.isSealed) {
    run.findings.add({
      kind: 'inserted',
      lane,
      seq: first + count,
      toSeq: first + lines.length - 1,
      detail: 'rows after the seal',
    })
  }
  const good = countGood(lines.slice(0, count), roots)
  if (good < count) run.findings.add({ lane, ...placeFault(anchored, { good, stored: lines.length }) })
  run.walked.push({ lane, from: first, to: first + good })
  for (let at = 0; at < good; at++) walkRow(run, anchored, { line: lines[at] ?? '', seq: first + at })
}

/** Between the last root that fits and the next that does not. */
function placeFault({ first, count, roots }: Anchored, { good, stored }: { good: number; stored: number }) {
  const next = Math.min(count, ...[...roots.keys()].filter((length) => length > good))
  const isShort = stored < next
  const [kind, detail] = isShort
    ? (['deleted', 'anchored rows are not in the bundle'] as const)
    : (['edited', 'the rows do not give the anchored root'] as const)
  return { kind, seq: first + good, toSeq: first + (isShort ? count : next) - 1, detail }
}

/** Rows from the first on that an anchored root covers. */
function countGood(lines: readonly string[], roots: ReadonlyMap<number, string>): number {
  const tree = growTree()
  let good = 0
  for (const line of lines) {
    tree.append(leafDigest(Buffer.from(line, 'utf8')))
    const root = roots.get(tree.size())
    if (root !== undefined && root === Buffer.from(tree.root()).toString('hex')) good = tree.size()
  }
  return good
}

function walkRow(run: Run, { lane, segment }: Anchored, { line, seq }: { line: string; seq: number }): void {
  const value = parseCanonicalText(line)
  const facts = value !== null && isRowDocument(value) ? factsOf(value as unknown as RowDocument) : null
  if (facts === null) {
    run.findings.add({
      kind: value === null ? 'not_canonical' : 'malformed',
      lane,
      seq,
      detail: 'no row of this format',
    })
    return
  }
  const isPlaced =
    facts.lane === lane && facts.segment === segment && facts.seq === seq && facts.origin === run.scope.origin
  if (!isPlaced) run.findings.add({ kind: 'reordered', lane, seq, detail: 'an anchored row that states another place' })
  run.counts.verified++
  countRow(run, facts)
  run.pairs.add(facts, null)
}

function countRow({ counts }: Run, { kind }: RowFacts): void {
  if (kind === 'intent') counts.intents++
  if (kind === 'outcome') counts.outcomes++
}

function summarize(run: Run, { book, notes }: { book: AnchoredBook | null; notes: string[] }): BundleReport {
  const { findings, counts, pairs, scope } = run
  // Calls at the edges of the scope have their other half outside of it; within, a half that is missing counts.
  const isOutside = (lane: string, seq: number) =>
    !run.walked.some((part) => part.lane === lane && part.from <= seq && seq < part.to)
  pairs.finish({ now: Date.parse(scope.to), grace: 900_000, isKnownBad: isOutside })
  if (counts.verified === 0) notes.push('no row was verified')
  const isIncomplete = notes.length > 0
  const calm = findings.total() > 0 ? 'PASS WITH EXCEPTIONS' : 'PASS'
  const verdict = findings.failures() > 0 ? 'FAIL' : isIncomplete ? 'INCOMPLETE' : calm
  const upTo = book && {
    size: book.checkpoint.size,
    root: Buffer.from(book.checkpoint.root).toString('hex'),
    time: book.time,
  }
  return {
    verdict,
    counts: { ...counts, findings: findings.total() },
    anchoredUpTo: upTo,
    findings: findings.kept(),
    notes,
  }
}

/** SHA-256 of a file, hex: what the manifest lists. */
export function fileDigest(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex')
}

function splitLines(bytes: Uint8Array | null): string[] {
  const text = decodeText(bytes ?? new Uint8Array()) ?? ''
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}
