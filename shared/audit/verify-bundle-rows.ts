import type { LaneHead, Seal } from './anchor.ts'
import { leafDigest } from './chain.ts'
import { growTree } from './merkle.ts'
import { type BundleRow, readBundleRow } from './verify-bundle-row.ts'
import type { Finding } from './verify-findings.ts'
import { createPairs } from './verify-pairs.ts'

/** Figures of a bundle. `removed`: segments that retention took; `notAnchored`: rows that nobody vouches for. */
export interface BundleCounts {
  rows: number
  verified: number
  notAnchored: number
  segments: number
  removed: number
  intents: number
  outcomes: number
}

/** A segment as the anchors know it: the newest that they say, and every root (hex) by the number of rows under it. */
export interface AnchoredSegment {
  readonly part: LaneHead | Seal
  readonly roots: ReadonlyMap<number, ReadonlySet<string>>
  /** Rows that are anchored. */
  readonly size: number
}

/** Rows that a change of region lost, as the anchor log declares them. */
export interface DeclaredLoss {
  readonly lane: string
  readonly seq: number
  readonly toSeq: number
}

/** A row's place, as the anchors have it. */
export interface RowPlace {
  readonly lane: string
  readonly segment: number
  readonly seq: number
}

/** Rows taken so far, and what was found wrong with them; `detail` of each finding is the file that it is about. */
export interface BundleRows {
  readonly counts: BundleCounts
  readonly findings: Finding[]
  /** Digests of nightly reports by date, as rows or anchors tell them. */
  readonly reports: Map<string, string>
  readonly takeSegment: (segment: AnchoredSegment, lines: readonly Uint8Array[], from: SegmentSource) => void
  readonly takeRow: (line: Uint8Array, place: RowPlace, file: string) => void
  /** Reports halves that are missing. Where something else is wrong, that may be why: intents are then not named. */
  readonly finish: (until: string, isCalm: boolean) => void
}

export interface SegmentSource {
  readonly file: string
  readonly losses: readonly DeclaredLoss[]
}

const graceMs = 900_000

export function createBundleRows(origin: string): BundleRows {
  const counts = { rows: 0, verified: 0, notAnchored: 0, segments: 0, removed: 0, intents: 0, outcomes: 0 }
  const findings: Finding[] = []
  const reports = new Map<string, string>()
  /** The file of each row that was found sound, by lane and sequence number. */
  const walked = new Map<string, string>()
  const pairs = createPairs(({ kind, lane, seq }) =>
    findings.push({ kind, lane, seq, detail: walked.get(`${lane} ${seq}`) ?? '' }),
  )
  function takeRow(line: Uint8Array, place: RowPlace, file: string): void {
    const { lane, segment, seq } = place
    const row = readBundleRow(line)
    if (typeof row === 'string') {
      findings.push({ kind: row, lane, seq, detail: file })
      return
    }
    const { stated, facts, report } = row
    if (!isAt(stated, { origin, ...place })) findings.push({ kind: 'reordered', lane, seq, detail: file })
    walked.set(`${lane} ${seq}`, file)
    countRow(counts, facts.kind)
    if (report) reports.set(report.date, report.digest)
    if (isPaired(facts.kind)) pairs.add({ ...facts, origin, lane, segment, seq, kid: '' }, null)
  }
  return {
    ...{ counts, findings, reports, takeRow },
    takeSegment(segment, lines, { file, losses }) {
      counts.rows += lines.length
      counts.notAnchored += Math.max(0, lines.length - segment.size)
      const { good, found } = judgeSegment(segment, lines, losses)
      findings.push(...found.map((finding) => ({ ...finding, detail: file })))
      const { lane, segment: number, first } = segment.part
      for (const [at, line] of lines.slice(0, good).entries())
        takeRow(line, { lane, segment: number, seq: first + at }, file)
    },
    finish(until, isCalm) {
      const now = isCalm ? Date.parse(until) : Number.NEGATIVE_INFINITY
      pairs.finish({ now, grace: graceMs, isKnownBad: (lane, seq) => !walked.has(`${lane} ${seq}`) })
    },
  }
}

function isAt(stated: BundleRow['stated'], place: RowPlace & { readonly origin: string }): boolean {
  const { origin, lane, segment, seq } = stated
  return origin === place.origin && lane === place.lane && segment === place.segment && seq === place.seq
}

function isPaired(kind: string): boolean {
  return kind === 'intent' || kind === 'outcome' || kind === 'release'
}

function countRow(counts: BundleCounts, kind: string): void {
  counts.verified++
  if (kind === 'intent') counts.intents++
  if (kind === 'outcome') counts.outcomes++
}

type Placed = Omit<Finding, 'detail'>

/** How many rows from the first on the anchored roots cover, and what is wrong with the others. */
function judgeSegment(
  { part, roots, size }: AnchoredSegment,
  lines: readonly Uint8Array[],
  losses: readonly DeclaredLoss[],
): { good: number; found: Placed[] } {
  const { lane, first } = part
  const end = first + lines.length
  const found: Placed[] = []
  if (lines.length > size && 'count' in part) found.push({ kind: 'inserted', lane, seq: first + size, toSeq: end - 1 })
  const given = rootsOf(lines, { size, roots })
  const isRight = (length: number) => isOnly(roots.get(length), given.get(length))
  const lengths = [...roots.keys()].sort((a, b) => a - b)
  const wrong = lengths.find((length) => !isRight(length))
  if (wrong === undefined) return { good: size, found }
  const good = lengths.filter((length) => length < wrong).at(-1) ?? 0
  const last = first + size - 1
  if (lines.length < wrong) {
    const isLost = losses.some((loss) => loss.lane === lane && loss.seq <= end && last <= loss.toSeq)
    const [kind, seq] = isLost ? (['failover_loss_declared', end] as const) : (['deleted', first + good] as const)
    found.push({ kind, lane, seq, toSeq: last })
  } else {
    const kind = isRight(size) ? 'rewritten' : 'edited'
    found.push({ kind, lane, seq: first + good, toSeq: first + wrong - 1 })
  }
  return { good, found }
}

/** Roots over the first lines, for each number of rows that was anchored. */
function rootsOf(lines: readonly Uint8Array[], { size, roots }: Pick<AnchoredSegment, 'size' | 'roots'>) {
  const tree = growTree()
  const found = new Map<number, string>()
  const note = () => {
    if (roots.has(tree.size())) found.set(tree.size(), Buffer.from(tree.root()).toString('hex'))
  }
  note()
  for (const line of lines.slice(0, size)) {
    tree.append(leafDigest(line))
    note()
  }
  return found
}

function isOnly(known: ReadonlySet<string> | undefined, root: string | undefined): boolean {
  return known?.size === 1 && root !== undefined && known.has(root)
}
