import type { KeyObject } from 'node:crypto'
import { type Json, parseCanonical } from './canonical.ts'
import { genesisDigest, isSameDigest, leafDigest, rowMac } from './chain.ts'
import type { RowDocument, StoredEntity } from './record.ts'
import type { FindingKind } from './verify-findings.ts'
import { findColumnMismatches, isRowDocument } from './verify-schema.ts'

/** A key as the verifier has it; `retiredAt` is ISO 8601 UTC. */
export interface VerifyKey {
  readonly key: KeyObject
  readonly retiredAt?: string
}

/** A stored row taken apart; nothing in it is believed yet. */
export interface ReadRow {
  /** From the row key; null where that is not one of a row. */
  readonly seq: number | null
  readonly rowKey: string
  readonly bytes: Uint8Array
  readonly document: RowDocument | null
  readonly isMalformed: boolean
  readonly kid: string
  readonly prev: Uint8Array
  readonly mac: Uint8Array
  readonly columns: Readonly<Record<string, unknown>>
}

/** Where a row should stand and what it should follow; `prev` is null where that is not known. */
export interface Expected {
  readonly origin: string | null
  readonly lane: string
  readonly segment: number
  readonly prev: Uint8Array | null
}

export interface RowFault {
  readonly kind: FindingKind
  readonly detail: string
}

const none = new Uint8Array(0)

/** Takes a stored row apart. */
export function readRow(entity: StoredEntity): ReadRow {
  const columns = entity.properties
  const bytes = joinContent(columns)
  const value = parseCanonical(bytes)
  const isMalformed = value !== null && !isRowDocument(value as Json)
  const document = value === null || isMalformed ? null : (value as unknown as RowDocument)
  return {
    seq: /^r\d{16}$/.test(entity.rowKey) ? Number(entity.rowKey.slice(1)) : null,
    rowKey: entity.rowKey,
    bytes,
    document,
    isMalformed,
    kid: typeof columns.kid === 'string' ? columns.kid : (document?.kid ?? ''),
    prev: bytesOf(columns.prev),
    mac: bytesOf(columns.mac),
    columns,
  }
}

/**
 * What is wrong with the content of one row, taken by itself: first its MAC (has the content changed?), then what an
 * authentic row can still have wrong (its place, its form, its columns, its key).
 */
export function checkContent(row: ReadRow, key: VerifyKey | null, expected: Expected): RowFault | null {
  if (key === null) return { kind: 'unknown_key', detail: `key ${row.kid} is not known` }
  const leaf = leafDigest(row.bytes)
  if (!isSameDigest(rowMac(key.key, { kid: row.kid, prev: row.prev, leaf }), row.mac)) {
    const isPrev =
      expected.prev !== null && isSameDigest(rowMac(key.key, { kid: row.kid, prev: expected.prev, leaf }), row.mac)
    return { kind: 'edited', detail: isPrev ? 'the prev column was changed' : 'the content does not match its MAC' }
  }
  if (row.document === null) {
    const kind = row.isMalformed ? 'malformed' : 'not_canonical'
    return { kind, detail: 'the bytes are authentic but not a row of this format' }
  }
  return checkPlace(row, row.document, expected) ?? checkMembers(row, row.document, key)
}

/** Whether a lane's first row begins from the opening that it states. */
export function isGenesis(row: ReadRow): boolean {
  const { document } = row
  const nonce = document?.detail?.nonce
  if (document?.kind !== 'lane-open' || typeof nonce !== 'string') return false
  return isSameDigest(genesisDigest({ origin: document.origin, lane: document.lane, nonce }), row.prev)
}

function checkPlace(row: ReadRow, document: RowDocument, expected: Expected): RowFault | null {
  const { origin, lane, segment, seq } = document
  if (lane !== expected.lane || (expected.origin !== null && origin !== expected.origin)) {
    return { kind: 'inserted', detail: `an authentic row of ${origin} ${lane} ${seq}` }
  }
  if (seq === row.seq && segment === expected.segment) return null
  return { kind: 'reordered', detail: `an authentic row whose place is segment ${segment} row ${seq}` }
}

function checkMembers(row: ReadRow, document: RowDocument, key: VerifyKey): RowFault | null {
  const mismatches = findColumnMismatches(document, row.columns)
  if (mismatches.length > 0) return { kind: 'column_mismatch', detail: `columns ${mismatches.join(', ')}` }
  if (key.retiredAt !== undefined && document.time > key.retiredAt) {
    return { kind: 'retired_key', detail: `key ${row.kid} was retired at ${key.retiredAt}` }
  }
  return null
}

function joinContent(columns: Readonly<Record<string, unknown>>): Uint8Array {
  if (columns.c0 === undefined) return bytesOf(columns.c)
  const chunks: Uint8Array[] = []
  for (let at = 0; columns[`c${at}`] instanceof Uint8Array; at++) chunks.push(columns[`c${at}`] as Uint8Array)
  return Buffer.concat(chunks)
}

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : none
}
