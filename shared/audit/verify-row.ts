import type { KeyObject } from 'node:crypto'
import { decodeText, parseCanonicalText } from './canonical.ts'
import { genesisDigest, isSameDigest } from './chain.ts'
import type { RowDocument, StoredEntity } from './record.ts'
import type { FindingKind } from './verify-findings.ts'
import { isRowMac } from './verify-mac.ts'
import { factsOf, findColumnMismatches, isRowDocument, type RowFacts, scanRow } from './verify-schema.ts'

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
  /** Null where the content is not canonical, or no row. */
  readonly facts: RowFacts | null
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
export function readRow({ rowKey, properties: columns }: StoredEntity): ReadRow {
  const bytes = joinContent(columns)
  const content = readContent(bytes, columns.kind)
  const facts = typeof content === 'object' ? content : null
  return {
    seq: rowKey.length === 17 && /^r\d{16}$/.test(rowKey) ? Number(rowKey.slice(1)) : null,
    rowKey,
    bytes,
    facts,
    isMalformed: content === 'malformed',
    kid: typeof columns.kid === 'string' ? columns.kid : (facts?.kid ?? ''),
    prev: bytesOf(columns.prev),
    mac: bytesOf(columns.mac),
    columns,
  }
}

// The kind column only says which form to try first: what is not read that way is parsed.
function readContent(bytes: Uint8Array, kind: unknown): RowFacts | 'not canonical' | 'malformed' {
  const text = decodeText(bytes)
  if (text === null) return 'not canonical'
  const scanned = scanRow(text, kind)
  if (scanned) return scanned
  const value = parseCanonicalText(text)
  if (value === null) return 'not canonical'
  return isRowDocument(value) ? factsOf(value as unknown as RowDocument) : 'malformed'
}

/**
 * What is wrong with the content of one row, taken by itself: first its MAC (has the content changed?), then what an
 * authentic row can still have wrong (its place, its form, its columns, its key).
 */
export function checkContent(row: ReadRow, key: VerifyKey | null, expected: Expected): RowFault | null {
  if (key === null) return { kind: 'unknown_key', detail: `key ${row.kid} is not known` }
  const claim = { kid: row.kid, prev: row.prev, content: row.bytes, mac: row.mac }
  if (!isRowMac(key.key, claim)) {
    const isPrev = expected.prev !== null && isRowMac(key.key, { ...claim, prev: expected.prev })
    return { kind: 'edited', detail: isPrev ? 'the prev column was changed' : 'the content does not match its MAC' }
  }
  if (row.facts === null) {
    const kind = row.isMalformed ? 'malformed' : 'not_canonical'
    return { kind, detail: 'the bytes are authentic but not a row of this format' }
  }
  return checkPlace(row, row.facts, expected) ?? checkMembers(row, row.facts, key)
}

/** Whether a lane's first row begins from the opening that it states. */
export function isGenesis(row: ReadRow): boolean {
  const { facts } = row
  const nonce = facts?.detail?.nonce
  if (facts?.kind !== 'lane-open' || typeof nonce !== 'string') return false
  return isSameDigest(genesisDigest({ origin: facts.origin, lane: facts.lane, nonce }), row.prev)
}

function checkPlace(row: ReadRow, facts: RowFacts, expected: Expected): RowFault | null {
  const { origin, lane, segment, seq } = facts
  if (lane !== expected.lane || (expected.origin !== null && origin !== expected.origin)) {
    return { kind: 'inserted', detail: `an authentic row of ${origin} ${lane} ${seq}` }
  }
  if (seq === row.seq && segment === expected.segment) return null
  return { kind: 'reordered', detail: `an authentic row whose place is segment ${segment} row ${seq}` }
}

function checkMembers(row: ReadRow, facts: RowFacts, key: VerifyKey): RowFault | null {
  const mismatches = findColumnMismatches(facts, row.columns)
  if (mismatches.length > 0) return { kind: 'column_mismatch', detail: `columns ${mismatches.join(', ')}` }
  if (key.retiredAt !== undefined && facts.time > key.retiredAt) {
    return { kind: 'retired_key', detail: `key ${row.kid} was retired at ${key.retiredAt}` }
  }
  return null
}

/** A row's content: one property, or the chunks of a larger one joined. */
export function joinContent(columns: Readonly<Record<string, unknown>>): Uint8Array {
  if (columns.c0 === undefined) return bytesOf(columns.c)
  const chunks: Uint8Array[] = []
  for (let at = 0; columns[`c${at}`] instanceof Uint8Array; at++) chunks.push(columns[`c${at}`] as Uint8Array)
  return Buffer.concat(chunks)
}

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : none
}
