import type { KeyObject } from 'node:crypto'
import type { AnchorStore } from './anchor-log.ts'
import { parseCheckpoint } from './checkpoint.ts'
import { partitionKey, rowKey } from './segment.ts'
import type { RowStore } from './store.ts'
import { type AnchoredBook, openAnchorLog } from './verify-anchor-log.ts'
import { splitLines } from './verify-bundle-files.ts'
import type { AnchoredSegment } from './verify-bundle-rows.ts'
import { joinContent } from './verify-row.ts'

/** Where evidence is read from: the anchor log and sealed segments that cannot be changed, and the table of the open ones. */
export interface EvidenceSource {
  readonly log: Pick<AnchorStore, 'readLines' | 'readCheckpoint'>
  /** Rows of a sealed segment as NDJSON by its partition key (`L01|000001`), null where it was not kept. */
  readonly readSegment: (name: string) => Promise<Uint8Array | null>
  readonly rows: Pick<RowStore, 'list'>
  /** The log's key. */
  readonly publicKey: KeyObject
}

/** The anchor log under its newest checkpoint, checked. */
export interface Evidence {
  readonly source: EvidenceSource
  readonly book: AnchoredBook
  readonly origin: string
  /** The newest checkpoint's note, and its signature by the log's key (DER). */
  readonly note: string
  readonly signature: Uint8Array
  /** The records that the checkpoint covers, one canonical line each. */
  readonly lines: readonly string[]
}

/** Opens the evidence. Throws Error where nothing is anchored yet, and where the log is not what its key signed. */
export async function openEvidence(source: EvidenceSource): Promise<Evidence> {
  const note = await source.log.readCheckpoint()
  const signed = note === null ? null : parseCheckpoint(note)
  if (note === null || signed === null) throw new Error('nothing is anchored yet')
  const { origin, size } = signed.checkpoint
  const lines = (await source.log.readLines()).slice(0, size)
  const opened = openAnchorLog({ lines, note, origin, publicKey: source.publicKey })
  if (!opened.ok) throw new Error(`the anchor log is not what was signed: ${opened.fault} at ${opened.index}`)
  const own = signed.signatures.find(({ name }) => name === origin)
  return { source, book: opened.book, origin, note, lines, signature: own?.signature ?? new Uint8Array() }
}

/** Rows of a segment up to where it is anchored: the sealed copy, else the table; null where neither has any. */
export async function readAnchoredRows(source: EvidenceSource, { part, size }: AnchoredSegment) {
  const { lane, segment, first } = part
  const name = partitionKey(lane, segment)
  const sealed = 'count' in part ? await source.readSegment(name) : null
  if (sealed !== null) return splitLines(sealed)
  const rows: Uint8Array[] = []
  const range = { partitionKey: name, from: rowKey(first), to: rowKey(first + size - 1) }
  for await (const page of source.rows.list('rows', range))
    rows.push(...page.map(({ properties }) => joinContent(properties)))
  return rows.length > 0 ? rows : null
}
