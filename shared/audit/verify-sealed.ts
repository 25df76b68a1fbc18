import { hash } from 'node:crypto'
import type { AnchorRecord, Seal } from './anchor.ts'
import { leafDigest } from './chain.ts'
import { growTree } from './merkle.ts'
import type { StoredEntity } from './record.ts'
import type { AnchoredBook } from './verify-anchor-log.ts'
import type { Finding } from './verify-findings.ts'
import { joinContent } from './verify-row.ts'

/** The kept copy of a sealed segment by its name (`L01|000001`); null where there is none. Rejects where that cannot be found out. */
export type SealedReader = (name: string) => Promise<Uint8Array | null>

interface Findings {
  add(finding: Finding): void
  overlaps(lane: string, seq: number, toSeq: number): boolean
}

export interface SealedOptions {
  readonly source: { rows(partitionKey: string, from: string, to: string): AsyncIterable<readonly StoredEntity[]> }
  readonly sealed: SealedReader
}

/**
 * Compares the kept copy of every sealed segment with its seal, and, where it differs, with the rows of the table, so that
 * the place is told. A segment of which something was found already is left at that. Returns how many copies there were.
 */
export async function checkSealed(
  { source, sealed }: SealedOptions,
  book: Pick<AnchoredBook, 'seals' | 'records'>,
  findings: Findings,
): Promise<number> {
  const removed = new Set(book.records.flatMap(removedSegment))
  let compared = 0
  for (const [name, seal] of book.seals) {
    const copy = await sealed(name)
    if (copy !== null) compared++
    if (copy === null ? removed.has(name) : hash('sha256', copy, 'hex') === seal.digest) continue
    report(findings, await locate(source, seal, copy))
  }
  return compared
}

function report(findings: Findings, located: readonly Finding[]): void {
  for (const finding of located) {
    if (!findings.overlaps(finding.lane, finding.seq, finding.toSeq ?? finding.seq)) findings.add(finding)
  }
}

function removedSegment(record: AnchorRecord): string[] {
  return record.kind === 'retention' ? [partitionKey(record.lane, record.segment)] : []
}

async function locate(source: SealedOptions['source'], seal: Seal, copy: Uint8Array | null): Promise<Finding[]> {
  const { lane, first } = seal
  const whole = { lane, seq: first, toSeq: first + seal.count - 1 }
  if (copy === null) return [{ kind: 'segment_missing', ...whole, detail: 'the copy that was kept of it is gone' }]
  const rows = await readRows(source, seal)
  const detail = 'the kept copy of the segment is not the one that was sealed'
  if (rows === null) return [{ kind: 'edited', ...whole, detail }]
  const lines = linesOf(copy)
  if (!lines.some((line) => rows.includes(line))) return [{ kind: 'edited', ...whole, detail }]
  return compareLines(rows, lines).map(({ kind, seq, toSeq }) => {
    return { kind, lane, seq: first + seq, ...(toSeq === undefined ? {} : { toSeq: first + toSeq }), detail }
  })
}

/** The table's rows, base64, where they are those that were sealed. */
async function readRows(source: SealedOptions['source'], seal: Seal): Promise<readonly string[] | null> {
  const { lane, segment, first, count } = seal
  const tree = growTree()
  const rows: string[] = []
  for await (const page of source.rows(partitionKey(lane, segment), rowKey(first), rowKey(first + count - 1))) {
    for (const { properties } of page) {
      const bytes = joinContent(properties)
      tree.append(leafDigest(bytes))
      rows.push(Buffer.from(bytes).toString('base64'))
    }
  }
  return Buffer.from(tree.root()).toString('hex') === seal.root ? rows : null
}

function linesOf(copy: Uint8Array): string[] {
  const lines: string[] = []
  const bytes = Buffer.from(copy)
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(0x0a, from)
    const to = end < 0 ? bytes.length : end
    lines.push(bytes.toString('base64', from, to))
    from = to + 1
  }
  return lines
}

type Located = Omit<Finding, 'lane' | 'detail'>

/** What became of the rows in the lines: left out, changed or added, with places that count from 0. */
function compareLines(rows: readonly string[], lines: readonly string[]): Located[] {
  const places = new Map(rows.map((row, place) => [row, place]))
  const found: Located[] = []
  let row = 0
  for (const line of lines) {
    const step = compareLine(places.get(line) ?? -1, Math.min(row, rows.length))
    if (step) found.push(step)
    row = Math.max(row + 1, 1 + (places.get(line) ?? 0))
  }
  if (row < rows.length) found.push({ kind: 'deleted', seq: row, toSeq: rows.length - 1 })
  return found
}

/** A line where row `row` should stand; `place` is the row that it is, -1 for none. */
function compareLine(place: number, row: number): Located | null {
  if (place === row) return null
  if (place > row) return { kind: 'deleted', seq: row, toSeq: place - 1 }
  return { kind: place < 0 ? 'edited' : 'inserted', seq: row }
}

function partitionKey(lane: string, segment: number): string {
  return `${lane}|${String(segment).padStart(6, '0')}`
}

function rowKey(seq: number): string {
  return `r${String(seq).padStart(16, '0')}`
}
