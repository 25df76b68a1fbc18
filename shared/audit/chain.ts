import { createHmac, hash, type KeyObject, timingSafeEqual } from 'node:crypto'

const leafPrefix = 0x00
const wordSize = 8
const digestSize = 32

/**
 * Pre-authentication encoding: LE64(count), then LE64(length) and the bytes of each field. Strings are UTF-8.
 * No two lists of fields share an encoding, so a MAC cannot be carried over to another split of the same bytes.
 */
export function encodeFields(fields: readonly (string | Uint8Array)[]): Buffer {
  const parts: Uint8Array[] = [word(fields.length)]
  for (const field of fields) {
    const bytes = typeof field === 'string' ? Buffer.from(field, 'utf8') : field
    parts.push(word(bytes.length), bytes)
  }
  return Buffer.concat(parts)
}

/** SHA-256(0x00 ‖ bytes): the leaf of a row (RFC 6962 section 2.1), 32 bytes. */
export function leafDigest(bytes: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(bytes.length + 1)
  input[0] = leafPrefix
  input.set(bytes, 1)
  return sha256(input)
}

/** What a row's MAC covers; `prev` and `leaf` are 32 bytes each. */
export interface MacInput {
  readonly kid: string
  readonly prev: Uint8Array
  readonly leaf: Uint8Array
}

/** HMAC-SHA-256(key, PAE("audit-row/v1", kid, prev, leaf)), 32 bytes. */
export function rowMac(key: KeyObject, input: MacInput): Buffer {
  if (input.prev.length !== digestSize || input.leaf.length !== digestSize) return hmac(key, encodeRow(input))
  const head = rowHead(input.kid)
  const message = Buffer.allocUnsafe(head.length + 2 * (wordSize + digestSize))
  message.set(head, 0)
  message.set(digestLength, head.length)
  message.set(input.prev, head.length + wordSize)
  message.set(digestLength, head.length + wordSize + digestSize)
  message.set(input.leaf, head.length + 2 * wordSize + digestSize)
  return hmac(key, message)
}

/** HMAC-SHA-256(key, PAE("audit-head/v1", kid, bytes)) over a head's canonical bytes. */
export function headMac(key: KeyObject, kid: string, bytes: Uint8Array): Buffer {
  return hmac(key, encodeFields(['audit-head/v1', kid, bytes]))
}

/** What a lane begins from; the members of its `lane-open` row. */
export interface LaneOpening {
  readonly origin: string
  readonly lane: string
  readonly nonce: string
}

/** SHA-256(PAE("audit-lane/v1", origin, lane, nonce)): the `prev` of a lane's first row. */
export function genesisDigest(opening: LaneOpening): Buffer {
  return sha256(encodeFields(['audit-lane/v1', opening.origin, opening.lane, opening.nonce]))
}

/** SHA-256(PAE("pii/v1", salt, value)): what stands in a row for a personal value. */
export function personalCommitment(salt: Uint8Array, value: string): Buffer {
  return sha256(encodeFields(['pii/v1', salt, value]))
}

/** Compares digests without a data-dependent time. */
export function isSameDigest(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

function encodeRow(input: MacInput): Buffer {
  return encodeFields(['audit-row/v1', input.kid, input.prev, input.leaf])
}

function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer')
}

function hmac(key: KeyObject, bytes: Uint8Array): Buffer {
  return createHmac('sha256', key).update(bytes).digest()
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(wordSize)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

const digestLength = word(digestSize)
let lastHead: { readonly kid: string; readonly bytes: Buffer } | undefined

// Rows come in long runs of one key id: the part of the encoding before the digests is kept for the last one.
function rowHead(kid: string): Buffer {
  if (lastHead?.kid !== kid) {
    const name = Buffer.from('audit-row/v1', 'utf8')
    const id = Buffer.from(kid, 'utf8')
    lastHead = { kid, bytes: Buffer.concat([word(4), word(name.length), name, word(id.length), id]) }
  }
  return lastHead.bytes
}
