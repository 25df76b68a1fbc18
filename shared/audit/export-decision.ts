import type { AnchorRecord } from './anchor.ts'
import { leafDigest } from './chain.ts'
import { type Evidence, readAnchoredRows } from './evidence-source.ts'
import { type BundleFile, type Companions, finishBundle, sealManifest } from './export.ts'
import { proveInclusion } from './merkle.ts'
import { proofFile, proofMagic } from './verify-bundle-decision.ts'
import { readBundleRow } from './verify-bundle-row.ts'
import type { AnchoredSegment } from './verify-bundle-rows.ts'
import { listSegments } from './verify-bundle-segments.ts'

/** A row of a decision where it stands in the book. */
export interface FoundRow {
  readonly decisionId: string
  readonly kind: 'intent' | 'outcome'
  readonly line: Uint8Array
  readonly time: string
  readonly place: { readonly lane: string; readonly segment: number; readonly seq: number }
  /** Audit path (RFC 6962) to the root that the anchor record of this index names. */
  readonly path: readonly Uint8Array[]
  readonly anchor: number
}

/** All time. */
const always = { from: '', to: '\uffff' }

/** The anchored rows of these decisions, each with its proof, in the order of the log. Reads every segment in scope once. */
export async function findRows(
  evidence: Evidence,
  decisions: ReadonlySet<string>,
  scope: { readonly from: string; readonly to: string } = always,
): Promise<readonly FoundRow[]> {
  const found: FoundRow[] = []
  for (const segment of listSegments(evidence.book.records, scope)) {
    const lines = (await readAnchoredRows(evidence.source, segment))?.slice(0, segment.size) ?? []
    for (const [index, line] of lines.entries()) {
      const row = readHalf(line)
      if (row && decisions.has(row.decisionId)) found.push(proveRow(evidence, { segment, lines, index, row }))
    }
  }
  return found
}

/** Decision, kind and time of a line that is an intent or an outcome; null for any other. */
export function readHalf(line: Uint8Array): Pick<FoundRow, 'decisionId' | 'kind' | 'time'> | null {
  const row = readBundleRow(line)
  if (typeof row === 'string' || row.facts.decisionId === undefined) return null
  const { kind, decisionId, time } = row.facts
  return kind === 'intent' || kind === 'outcome' ? { kind, decisionId, time } : null
}

interface Proving {
  readonly segment: AnchoredSegment
  readonly lines: readonly Uint8Array[]
  readonly index: number
  readonly row: Pick<FoundRow, 'decisionId' | 'kind' | 'time'>
}

function proveRow(evidence: Evidence, { segment, lines, index, row }: Proving): FoundRow {
  const { lane, segment: number, first } = segment.part
  const { anchor, size } = chooseAnchor(evidence.book.records, segment, index)
  const path = proveInclusion(lines.slice(0, size).map(leafDigest), index)
  return {
    ...row,
    line: lines[index] as Uint8Array,
    place: { lane, segment: number, seq: first + index },
    path,
    anchor,
  }
}

/** The seal, which speaks of one lane only; of an open segment the first record that reaches this far. */
function chooseAnchor(records: readonly AnchorRecord[], { part }: AnchoredSegment, index: number) {
  const isOurs = (one: { readonly lane: string; readonly segment: number }) =>
    one.lane === part.lane && one.segment === part.segment
  const seal = records.find((record) => record.kind === 'seal' && isOurs(record.seal))
  if (seal?.kind === 'seal') return { anchor: seal.index, size: seal.seal.count }
  for (const record of records) {
    const head = record.kind === 'heads' ? record.heads.find(isOurs) : undefined
    if (head && head.nextSeq - head.first > index) return { anchor: record.index, size: head.nextSeq - head.first }
  }
  throw new RangeError('the row is not anchored')
}

/**
 * The files that prove one decision and disclose nothing else of the book but digests. Throws Error where no anchored row
 * names it.
 */
export async function exportDecision(
  evidence: Evidence,
  decision: string,
  companions: Companions = [],
): Promise<readonly BundleFile[]> {
  const rows = await findRows(evidence, new Set([decision]))
  const times = rows.map(({ time }) => time).sort()
  const [from, last] = [times[0], times.at(-1)]
  if (from === undefined || last === undefined) throw new Error('no anchored row names this decision')
  const anchored = evidence.book.time ?? last
  const scope = { from: whole(from), to: whole(anchored > last ? anchored : last) }
  const seal = sealManifest({ evidence, scope, decision })
  const parts = rows.map(({ line, path, anchor }) => ({ row: toText(line), path: path.map(toBase64), anchor }))
  const files = [seal.add('decision.json', Buffer.from(`${JSON.stringify({ rows: parts }, null, 2)}\n`))]
  for (const anchor of new Set(rows.map((row) => row.anchor)))
    files.push(seal.add(proofFile(anchor), Buffer.from(formatProof(evidence, anchor))))
  return [...files, ...finishBundle(seal, companions)]
}

/** The proof of an anchor record as https://c2sp.org/tlog-proof has it, the record itself as extra data. */
function formatProof({ lines, note }: Evidence, index: number): string {
  const leaves = lines.map((line) => leafDigest(Buffer.from(line, 'utf8')))
  const path = proveInclusion(leaves, index).map(toBase64)
  const extra = toBase64(Buffer.from(lines[index] ?? '', 'utf8'))
  return `${[proofMagic, `extra ${extra}`, `index ${index}`, ...path].join('\n')}\n\n${note}`
}

function whole(time: string): string {
  return new Date(time).toISOString()
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
