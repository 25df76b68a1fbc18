import { hash } from 'node:crypto'
import type { Seal } from './anchor.ts'
import { decodeText } from './canonical.ts'
import { leafDigest } from './chain.ts'
import { type GrowingTree, growTree } from './merkle.ts'
import type { HeadDocument, StoredEntity } from './record.ts'
import { partitionKey, rowKey } from './segment.ts'
import type { RowStore } from './store.ts'
import { checkContent, type ReadRow, readRow, type VerifyKey } from './verify-row.ts'

/** A closed segment, ready to be kept: the record for the anchor log, and the canonical bytes of its rows as NDJSON. */
export interface SealedSegment {
  readonly seal: Seal
  readonly ndjson: Uint8Array
}

/** Why a segment was not sealed: what is wrong with it would otherwise be given out as the truth. */
export interface SealRefusal {
  readonly lane: string
  readonly segment: number
  readonly seq: number
  readonly detail: string
}

export interface SealInput {
  readonly rows: RowStore
  /** Null for a key that does not exist; rejects where that cannot be found out. */
  readonly keys: (kid: string) => Promise<VerifyKey | null>
  /** The authentic head of a closed segment. */
  readonly head: HeadDocument
}

/** How much of a segment was read and found sound: its leaves, and the MAC of the last row. */
export interface SegmentProgress {
  readonly tree: GrowingTree
  mac: Uint8Array
  /** Times of the first and the last row, ISO 8601 UTC. */
  from: string
  to: string
}

/** Nothing read yet. */
export function startSegment(head: HeadDocument): SegmentProgress {
  return { tree: growTree(), mac: Buffer.from(head.prev, 'hex'), from: '', to: '' }
}

/**
 * Reads a closed segment from its first to its last row, checks each as the verifier does, and seals it. `see` is given
 * each sound row.
 */
export async function sealSegment(
  input: SealInput,
  see: (row: ReadRow) => void = () => undefined,
): Promise<SealedSegment | SealRefusal> {
  const { lane, segment, first, prev, mac } = input.head
  const progress = startSegment(input.head)
  const lines: Uint8Array[] = []
  const refusal = await advanceSegment(input, progress, (row) => {
    lines.push(row.bytes, newline)
    see(row)
  })
  if (refusal) return refusal
  const ndjson = Buffer.concat(lines)
  const digests = { root: hex(progress.tree.root()), prev, mac, digest: hash('sha256', ndjson, 'hex') }
  const { from, to, tree } = progress
  return { seal: { lane, segment, first, count: tree.size(), ...digests, from, to }, ndjson }
}

/** Reads on to the head, checks each row as the verifier does, and takes in its leaf; says what is wrong, if anything. */
export async function advanceSegment(
  input: SealInput,
  progress: SegmentProgress,
  see: (row: ReadRow) => void = () => undefined,
): Promise<SealRefusal | null> {
  const { head } = input
  const { tree } = progress
  const refuse = (detail: string, seq = head.first + tree.size()) => ({
    ...{ lane: head.lane, segment: head.segment },
    ...{ seq, detail },
  })
  for await (const row of readSegment(input.rows, head, head.first + tree.size())) {
    const fault = await findFault(input, { row, seq: head.first + tree.size(), prev: progress.mac })
    if (fault !== null) return refuse(fault)
    tree.append(leafDigest(row.bytes))
    see(row)
    progress.mac = row.mac
    progress.to = row.facts?.time ?? ''
    progress.from ||= progress.to
  }
  const seq = head.first + tree.size()
  if (seq !== head.nextSeq) return refuse('rows below the head are missing')
  return hex(progress.mac) === head.mac ? null : refuse('the head names another last row', seq - 1)
}

const newline = Buffer.from('\n')

async function* readSegment(rows: RowStore, head: HeadDocument, from: number): AsyncIterable<ReadRow> {
  if (from >= head.nextSeq) return
  const range = { from: rowKey(from), to: rowKey(head.nextSeq - 1) }
  for await (const page of rows.list('rows', { partitionKey: partitionKey(head.lane, head.segment), ...range })) {
    yield* page.map((entity: StoredEntity) => readRow(entity))
  }
}

interface Candidate {
  readonly row: ReadRow
  readonly seq: number
  readonly prev: Uint8Array
}

async function findFault({ keys, head }: SealInput, { row, seq, prev }: Candidate): Promise<string | null> {
  if (row.seq !== seq) return 'a row is missing, or stands where none belongs'
  // A line break inside would make two lines of one row; canonical JSON has none.
  if (decodeText(row.bytes)?.includes('\n')) return 'the row is no canonical line'
  const fault = checkContent(row, await keys(row.kid), {
    origin: head.origin,
    lane: head.lane,
    segment: head.segment,
    prev,
  })
  if (fault) return `${fault.kind}: ${fault.detail}`
  return Buffer.compare(prev, row.prev) === 0 ? null : 'the row does not follow the one before it'
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
