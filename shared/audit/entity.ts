import type { KeyObject } from 'node:crypto'
import { canonicalBytes, type Json, parseCanonical } from './canonical.ts'
import { headMac, isSameDigest, leafDigest, rowMac } from './chain.ts'
import { placeDraft, type RowDraft, type RowPlace } from './document.ts'
import type { HeadDocument, StoredEntity } from './record.ts'
import { headKey, partitionKey, rowKey } from './segment.ts'
import type { AuditKey, Entity } from './store.ts'

const chunkSize = 64 * 1024

/** A row as it goes on the wire; `size` is its content in bytes. */
export interface SealedRow {
  readonly entity: Entity
  readonly seq: number
  readonly mac: Buffer
  readonly size: number
}

/** Makes the entity of one row: bytes, previous MAC, MAC, and the columns that copy members for queries. */
export function sealRow(draft: RowDraft, place: RowPlace, chain: { prev: Uint8Array; key: KeyObject }): SealedRow {
  const bytes = placeDraft(draft, place)
  const mac = rowMac(chain.key, { kid: place.kid, prev: chain.prev, leaf: leafDigest(bytes) })
  const properties: Record<string, string | Uint8Array> = {
    ...chunkBytes(bytes),
    prev: chain.prev,
    mac,
    kid: place.kid,
    kind: draft.kind,
    ts: place.time,
  }
  if (draft.decisionId !== undefined) properties.decisionId = draft.decisionId
  if (draft.tenant !== undefined) properties.tenant = draft.tenant
  if (draft.verdict !== undefined) properties.verdict = draft.verdict
  const entity = { partitionKey: partitionKey(place.lane, place.segment), rowKey: rowKey(place.seq), properties }
  return { entity, seq: place.seq, mac, size: bytes.length }
}

/** Computes a batch's last MAC again from the bytes that go on the wire; false where it differs from what was sealed. */
export function isBatchSound(rows: readonly SealedRow[], prev: Uint8Array, { kid, key }: AuditKey): boolean {
  let mac = prev
  for (const row of rows) {
    const bytes = joinChunks(row.entity.properties)
    mac = rowMac(key, { kid, prev: mac, leaf: leafDigest(bytes) })
  }
  const last = rows.at(-1)
  return last !== undefined && isSameDigest(mac, last.mac)
}

/** Makes a head's entity with a MAC of its own. */
export function sealHead(document: HeadDocument, key: KeyObject): Entity {
  const bytes = canonicalBytes(document as unknown as Json)
  return {
    partitionKey: partitionKey(document.lane, document.segment),
    rowKey: headKey,
    properties: {
      c: bytes,
      hmac: headMac(key, document.kid, bytes),
      kid: document.kid,
      batchId: document.batchId,
      state: document.state,
    },
  }
}

/** Reads a head; null where its bytes are not canonical, or its MAC fails under a key that the caller holds. */
export function openHead(entity: StoredEntity, held: readonly AuditKey[]): HeadDocument | null {
  const { c, hmac } = entity.properties
  if (!(c instanceof Uint8Array) || !(hmac instanceof Uint8Array)) return null
  const document = parseCanonical(c) as unknown as HeadDocument | null
  if (document === null) return null
  const key = held.find((candidate) => candidate.kid === document.kid)?.key
  return key === undefined || isSameDigest(headMac(key, document.kid, c), hmac) ? document : null
}

function chunkBytes(bytes: Uint8Array): Record<string, Uint8Array> {
  if (bytes.length <= chunkSize) return { c: bytes }
  const chunks: Record<string, Uint8Array> = {}
  for (let at = 0, chunk = 0; at < bytes.length; at += chunkSize, chunk++) {
    chunks[`c${chunk}`] = bytes.subarray(at, at + chunkSize)
  }
  return chunks
}

function joinChunks(properties: Entity['properties']): Uint8Array {
  if (properties.c instanceof Uint8Array) return properties.c
  const chunks: Uint8Array[] = []
  for (let chunk = properties.c0; chunk instanceof Uint8Array; chunk = properties[`c${chunks.length}`])
    chunks.push(chunk)
  return Buffer.concat(chunks)
}
