import type { StoredEntity } from './record.ts'
import type { AnchoredBook, OpenedAnchors } from './verify-anchor-log.ts'
import { checkAnchored } from './verify-anchored.ts'
import type { Finding } from './verify-findings.ts'
import { checkOpenings, type OpeningReader } from './verify-openings.ts'
import { checkReports, reportsOfAnchors, type StoredReport } from './verify-reports.ts'
import type { VerifyKey } from './verify-row.ts'
import { checkSealed, type SealedReader } from './verify-sealed.ts'
import type { Counts } from './verify-segment.ts'
import { type Run, startRun, walkStore } from './verify-walk.ts'

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
  /** Compares the kept copies of sealed segments with their seals. */
  readonly sealed?: SealedReader
  /** The nightly reports that are kept, compared with what was recorded of them. */
  readonly reports?: () => Promise<readonly StoredReport[]>
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
    readonly reports?: number
    /** Kept copies of sealed segments that were compared, where that was asked. */
    readonly sealed?: number
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
  const looked: Looked = { counts: {}, anchoredUpTo: null }
  const notes: string[] = []
  try {
    await lookAtAll(options, run, looked)
  } catch (cause) {
    notes.push(`not everything could be read: ${cause instanceof Error ? cause.message : 'unknown'}`)
  }
  const finish = { now: options.now, grace: options.grace ?? defaultGrace, isKnownBad: findings.covers }
  const open = notes.length === 0 ? run.pairs.finish(finish) : 0
  if (counts.verified === 0) notes.push('no row was verified')
  if (options.requireAnchors && looked.anchoredUpTo === null) notes.push('no row is anchored')
  const verdict = judge({ failures: findings.failures(), total: findings.total(), isIncomplete: notes.length > 0 })
  const more = {
    open,
    ...looked.counts,
    ...(run.anchors?.removed ? { removed: run.anchors.removed } : {}),
    notVerified: counts.rows - counts.verified,
    notAnchored: countUnanchored(run),
    findings: findings.total(),
  }
  const { anchoredUpTo } = looked
  return { verdict, counts: { ...counts, ...more }, anchoredUpTo, findings: findings.kept(), notes }
}

/** What was compared besides the rows, where that was asked, and how far the anchors reach. */
interface Looked {
  counts: { openings?: number; sealed?: number; reports?: number }
  anchoredUpTo: AnchoredUpTo | null
}

async function lookAtAll(options: VerifyOptions, run: Run, looked: Looked): Promise<void> {
  const { source, openings, sealed } = options
  // Read first: what is opened or anchored during the walk is not missing.
  const lanes = await source.lanes()
  const book = openAnchors(run, await options.anchors?.())
  if (book) looked.anchoredUpTo = describeAnchors(book)
  await walkStore(run)
  checkEnds(run, options.now)
  checkDirectory(run, lanes)
  if (openings) looked.counts.openings = await checkOpenings({ source, openings }, run.findings)
  if (sealed && book) looked.counts.sealed = await checkSealed({ source, sealed }, book, run.findings)
  if (options.reports) looked.counts.reports = lookAtReports(run, book, await options.reports())
}

// Read after the walk: whoever publishes keeps a report before a row names it.
function lookAtReports(run: Run, book: AnchoredBook | null, stored: readonly StoredReport[]): number {
  const recorded = [...run.reports, ...reportsOfAnchors(book?.records ?? [])]
  for (const finding of checkReports({ stored, recorded })) run.findings.add(finding)
  return stored.length
}

function openAnchors(run: Run, opened: OpenedAnchors | null | undefined): AnchoredBook | null {
  if (!opened) return null
  if (!opened.ok) {
    const { fault, index, detail } = opened
    run.findings.add({ kind: fault, lane: 'anchors', seq: index, detail })
    return null
  }
  run.origin ??= opened.book.checkpoint.origin
  run.anchors = checkAnchored(opened.book, (finding) => {
    if (!isToldByFork(run, finding)) run.findings.add(finding)
  })
  return opened.book
}

function describeAnchors({ checkpoint, time, lanes }: AnchoredBook): AnchoredUpTo {
  const upTo = [...lanes].map(([lane, rows]) => [lane, rows.at(-1)?.seq ?? -1])
  const root = Buffer.from(checkpoint.root).toString('hex')
  return { size: checkpoint.size, root, time, lanes: Object.fromEntries(upTo) }
}

/** A row that a key holder put between two others shows by the one that does not follow it: more exactly than by the anchors. */
function isToldByFork({ findings }: Run, { kind, lane, seq, toSeq = seq }: Finding): boolean {
  if (kind !== 'rewritten') return false
  return findings.kept().some((fork) => {
    return fork.kind === 'forked' && fork.lane === lane && fork.seq >= seq && fork.seq <= toSeq + 1
  })
}

function checkEnds({ anchors, ends }: Run, now: number): void {
  if (anchors === null) return
  for (const lane of new Set([...anchors.lanes(), ...ends.keys()])) anchors.end(lane, ends.get(lane) ?? 0)
  anchors.close(now)
}

function countUnanchored({ anchors, ends, counts }: Run): number {
  if (anchors === null) return counts.rows
  return [...ends].reduce((sum, [lane, end]) => sum + Math.max(0, end - anchors.upTo(lane) - 1), 0)
}

function checkDirectory(run: Run, lanes: Awaited<ReturnType<ChainSource['lanes']>>): void {
  for (const { lane, segment } of lanes) {
    const reached = run.reached.get(lane)
    const seq = run.ends.get(lane) ?? 0
    // What is gone below an anchor has been named already, with its rows.
    if ((reached ?? 0) >= segment || (run.anchors?.upTo(lane) ?? -1) >= seq) continue
    if (reached === undefined) {
      run.findings.add({ kind: 'lane_missing', lane, seq: 0, detail: 'the lane is listed and not in the store' })
    } else {
      const detail = `segment ${segment} is listed, the last in the store is ${reached}`
      run.findings.add({ kind: 'segment_missing', lane, seq, detail })
    }
  }
}

function judge(result: { failures: number; total: number; isIncomplete: boolean }): Verdict {
  if (result.failures > 0) return 'FAIL'
  if (result.isIncomplete) return 'INCOMPLETE'
  return result.total > 0 ? 'PASS WITH EXCEPTIONS' : 'PASS'
}
