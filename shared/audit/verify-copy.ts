import type { Seal } from './anchor.ts'
import { decodeText, parseCanonicalText } from './canonical.ts'
import { leafDigest } from './chain.ts'
import { growTree } from './merkle.ts'
import type { RowDocument, StoredEntity } from './record.ts'
import type { ChainSource } from './verify.ts'
import type { Finding } from './verify-findings.ts'
import { joinContent } from './verify-row.ts'
import { factsOf, isRowDocument } from './verify-schema.ts'

/** The copy of a segment that was kept when it was sealed: one canonical row a line; null where it is not there. */
export interface SealedCopy {
  readonly bytes: Uint8Array | null
  readonly seal: Seal
  readonly origin: string
  /** The same rows in the table, by which a change is placed. */
  readonly source: Pick<ChainSource, 'rows'>
}

export interface CopyReport {
  readonly counts: { readonly rows: number; readonly verified: number }
  readonly findings: readonly Finding[]
}

/** Checks a sealed copy against its anchored seal, and that each line states its own place. Needs no secret. */
export async function verifyCopy(copy: SealedCopy): Promise<CopyReport> {
  const { lane, segment, first, count, root } = copy.seal
  const toSeq = first + count - 1
  if (copy.bytes === null) {
    const detail = `the sealed copy of segment ${segment} is gone`
    return {
      counts: { rows: 0, verified: 0 },
      findings: [{ kind: 'segment_missing', lane, seq: first, toSeq, detail }],
    }
  }
  const lines = splitLines(copy.bytes)
  if (lines.length === count && rootOf(lines) === root) {
    const findings = lines.flatMap((line, offset) => checkLine(copy, line, first + offset))
    return { counts: { rows: count, verified: count - findings.length }, findings }
  }
  const place = await placeChange(copy, lines)
  const detail = `the sealed copy of segment ${segment} does not give the anchored root`
  const kind = lines.length < count ? 'deleted' : lines.length > count ? 'inserted' : 'edited'
  return { counts: { rows: lines.length, verified: 0 }, findings: [{ kind, lane, ...place, detail }] }
}

function rootOf(lines: readonly Buffer[]): string {
  const tree = growTree()
  for (const line of lines) tree.append(leafDigest(line))
  return Buffer.from(tree.root()).toString('hex')
}

function splitLines(bytes: Uint8Array): Buffer[] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const lines: Buffer[] = []
  for (let at = 0; at < all.length; ) {
    const end = all.indexOf('\n', at)
    const stop = end < 0 ? all.length : end
    lines.push(all.subarray(at, stop))
    at = stop + 1
  }
  return lines
}

function checkLine({ seal, origin }: SealedCopy, line: Buffer, seq: number): Finding[] {
  const { lane, segment } = seal
  const value = parseCanonicalText(decodeText(line) ?? '')
  if (value === null) return [{ kind: 'not_canonical', lane, seq, detail: 'no canonical line in a sealed copy' }]
  if (!isRowDocument(value)) return [{ kind: 'malformed', lane, seq, detail: 'no row of this format in a sealed copy' }]
  const facts = factsOf(value as unknown as RowDocument)
  const isPlaced = facts.lane === lane && facts.segment === segment && facts.seq === seq && facts.origin === origin
  return isPlaced ? [] : [{ kind: 'reordered', lane, seq, detail: 'a sealed row that states another place' }]
}

/** From the first to the last line that the table has otherwise; the whole segment where the table has the same. */
async function placeChange({ seal, source }: SealedCopy, lines: readonly Buffer[]) {
  const { lane, segment, first, count } = seal
  const toSeq = first + count - 1
  const stored: Uint8Array[] = []
  const name = `${lane}|${String(segment).padStart(6, '0')}`
  for await (const page of source.rows(name, rowKey(first), rowKey(toSeq))) stored.push(...page.map(contentOf))
  const differs = (offset: number) => !isSame(lines[offset], stored[offset])
  const offsets = Array.from({ length: count }, (_, offset) => offset)
  const low = offsets.find(differs)
  const high = offsets.findLast(differs)
  return low === undefined || high === undefined ? { seq: first, toSeq } : { seq: first + low, toSeq: first + high }
}

function contentOf({ properties }: StoredEntity): Uint8Array {
  return joinContent(properties)
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0
}

function rowKey(seq: number): string {
  return `r${String(seq).padStart(16, '0')}`
}
