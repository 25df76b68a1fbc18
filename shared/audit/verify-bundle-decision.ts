import * as z from 'zod'
import type { AnchorRecord, LaneHead, Seal } from './anchor.ts'
import { decodeText, parseCanonical } from './canonical.ts'
import { leafDigest } from './chain.ts'
import type { Checkpoint } from './checkpoint.ts'
import { isIncluded } from './merkle.ts'
import { type BundleFiles, parseJson } from './verify-bundle-files.ts'
import type { BundleRows } from './verify-bundle-rows.ts'

/** First line of a proof by https://c2sp.org/tlog-proof. */
export const proofMagic = 'c2sp.org/tlog-proof@v1'

/** Name of the file that proves an anchor record. */
export function proofFile(index: number): string {
  return `anchor-${index}.tlog-proof`
}

const schema = () =>
  z.object({
    rows: z
      .array(z.object({ row: z.string(), path: z.array(z.base64()), anchor: z.int().min(0) }))
      .min(1)
      .max(2),
  })

type ProvenRow = z.infer<ReturnType<typeof schema>>['rows'][number]

export interface DecisionInput {
  readonly files: BundleFiles
  readonly origin: string
  readonly decision: string
  readonly checkpoint: Checkpoint
}

/**
 * Checks the proof of one decision: each of its rows stands under the root of a segment (RFC 6962 audit path), that root
 * in an anchor record, and the record under the checkpoint.
 */
export async function proveDecision(rows: BundleRows, input: DecisionInput): Promise<void> {
  const parsed = schema().safeParse(parseJson(await input.files.read('decision.json')))
  const parts = parsed.success ? parsed.data.rows : []
  if (parts.length === 0 || parts.some(({ anchor }) => anchor >= input.checkpoint.size)) {
    rows.findings.push({ kind: 'malformed', lane: 'bundle', seq: 0, detail: 'decision.json' })
    return
  }
  const records = new Map<number, AnchorRecord | null>()
  for (const index of new Set(parts.map(({ anchor }) => anchor))) {
    const record = await openRecord(input, index)
    records.set(index, record)
    if (record === null)
      rows.findings.push({ kind: 'anchor_log_altered', lane: 'anchors', seq: index, detail: proofFile(index) })
  }
  for (const [number, part] of parts.entries()) {
    rows.counts.rows++
    const record = records.get(part.anchor) ?? null
    if (record !== null) takeProven(rows, { number, part, record, decision: input.decision })
  }
}

interface Proven {
  readonly number: number
  readonly part: ProvenRow
  readonly record: AnchorRecord
  readonly decision: string
}

function takeProven(rows: BundleRows, { number, part, record, decision }: Proven): void {
  const line = Buffer.from(part.row, 'utf8')
  const place = placeOf(line, { record, path: part.path, decision })
  if (place === null) {
    rows.findings.push({ kind: 'edited', lane: 'bundle', seq: number, detail: 'decision.json' })
    return
  }
  rows.counts.segments++
  rows.takeRow(line, place, 'decision.json')
}

const rowSchema = () =>
  z.object({
    kind: z.enum(['intent', 'outcome']),
    decisionId: z.string(),
    lane: z.string(),
    segment: z.int(),
    seq: z.int(),
  })

interface RowClaim {
  readonly record: AnchorRecord
  readonly path: readonly string[]
  readonly decision: string
}

/** Where the row stands, if it is one of the decision and the anchored root covers it. */
function placeOf(line: Uint8Array, { record, path, decision }: RowClaim) {
  const row = rowSchema().safeParse(parseCanonical(line))
  if (!row.success || row.data.decisionId !== decision) return null
  const { lane, segment, seq } = row.data
  const part = partsOf(record).find((one) => one.lane === lane && one.segment === segment)
  if (part === undefined) return null
  const size = 'count' in part ? part.count : part.nextSeq - part.first
  const proof = path.map((hash) => Buffer.from(hash, 'base64'))
  const root = Buffer.from(part.root, 'hex')
  return isIncluded({ leaf: leafDigest(line), index: seq - part.first, size, proof, root })
    ? { lane, segment, seq }
    : null
}

function partsOf(record: AnchorRecord): readonly (LaneHead | Seal)[] {
  return record.kind === 'heads' ? record.heads : record.kind === 'seal' ? [record.seal] : []
}

/** The record that a proof brings as its extra data, if the checkpoint covers it. */
async function openRecord({ files, origin, checkpoint }: DecisionInput, index: number): Promise<AnchorRecord | null> {
  const text = decodeText((await files.read(proofFile(index))) ?? new Uint8Array()) ?? ''
  const note = decodeText((await files.read('checkpoint.txt')) ?? new Uint8Array())
  const end = text.indexOf('\n\n')
  if (end < 0 || text.slice(end + 2) !== note) return null
  const [magic, extra = '', place, ...path] = text.slice(0, end).split('\n')
  const isOurs = magic === proofMagic && extra.startsWith('extra ') && place === `index ${index}`
  const hashes = [extra.slice('extra '.length), ...path].map(fromBase64)
  if (!isOurs || hashes.includes(null)) return null
  const [line = new Uint8Array(), ...proof] = hashes as Uint8Array[]
  const { size, root } = checkpoint
  return isIncluded({ leaf: leafDigest(line), index, size, proof, root }) ? readRecord(line, { origin, index }) : null
}

const partSchema = z.object({ lane: z.string(), segment: z.int(), first: z.int(), root: z.string() })
const recordSchema = () =>
  z.object({
    v: z.literal(1),
    origin: z.string(),
    index: z.int(),
    kind: z.string(),
    heads: z.array(partSchema.extend({ nextSeq: z.int() }).loose()).optional(),
    seal: partSchema.extend({ count: z.int() }).loose().optional(),
  })

function readRecord(line: Uint8Array, { origin, index }: { origin: string; index: number }): AnchorRecord | null {
  const parsed = recordSchema().loose().safeParse(parseCanonical(line))
  if (!parsed.success || parsed.data.origin !== origin || parsed.data.index !== index) return null
  const { kind, heads, seal } = parsed.data
  const hasParts = (kind === 'heads' && heads !== undefined) || (kind === 'seal' && seal !== undefined)
  return hasParts ? (parsed.data as unknown as AnchorRecord) : null
}

function fromBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}
