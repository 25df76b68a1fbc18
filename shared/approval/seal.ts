import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { encodeFields } from '../audit/chain.ts'

/** What a seal covers: whose row it is, what it asks for and where it stands, as the table holds them. */
export interface SealedFields {
  readonly tid: string
  readonly id: string
  readonly request: Uint8Array
  readonly progress: string
}

/** A MAC and the id of the key that made it. */
export interface Seal {
  readonly kid: string
  readonly mac: Uint8Array
}

/** The vault's keys of the chain: the current one, and any that was; null for an id that there never was. */
export interface SealKeys {
  readonly current: () => Promise<{ readonly kid: string; readonly key: KeyObject }>
  readonly find: (kid: string) => Promise<{ readonly key: KeyObject } | null>
}

/** HMAC-SHA-256(key, PAE("approval-row/v1", kid, tid, id, request, progress)), 32 bytes; no row of the chain encodes so. */
export function sealRow({ kid, key }: { kid: string; key: KeyObject }, fields: SealedFields): Seal {
  const { tid, id, request, progress } = fields
  const message = encodeFields(['approval-row/v1', kid, tid, id, request, progress])
  return { kid, mac: createHmac('sha256', key).update(message).digest() }
}

/** Whether the seal is that of these very fields. */
export function isSealed(key: KeyObject, seal: Seal, fields: SealedFields): boolean {
  const { mac } = sealRow({ kid: seal.kid, key }, fields)
  return mac.length === seal.mac.length && timingSafeEqual(mac, seal.mac)
}
