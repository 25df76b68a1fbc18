import { createCipheriv, createDecipheriv, hash, hkdfSync } from 'node:crypto'
import { encodeFields } from './chain.ts'

/** Whom a recording is of. */
export interface RecordedPerson {
  readonly tid: string
  readonly oid: string
}

const nonceSize = 12
const tagSize = 16
const keySize = 32
const cipher = 'aes-256-gcm'

/** Partition of the erasable table with a decision's recording. */
export function recordingPartition(decisionId: string): string {
  return `rec|${decisionId}`
}

/** Partition of the erasable table with a person's wrapped keys, one a month. */
export function personKeyPartition({ tid, oid }: RecordedPerson): string {
  return `key|${hash('sha256', encodeFields(['recording-person/v1', tid, oid]), 'hex').slice(0, 40)}`
}

/** The key under which persons' keys are wrapped: HKDF-SHA-256 of the vault's secret, for nothing else. */
export function wrappingKey(secret: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), 'countersign/recording-wrap/v1', keySize))
}

/** What a ciphertext is bound to. */
export type Binding = readonly ['recording-key/v1' | 'recording/v1', string, string]

/** AES-256-GCM: nonce ‖ ciphertext ‖ tag. The nonce is 12 random bytes; the binding is authenticated, and not in it. */
export function encrypt(
  key: Uint8Array,
  plain: Uint8Array,
  { nonce, binding }: { readonly nonce: Uint8Array; readonly binding: Binding },
): Uint8Array {
  if (nonce.length !== nonceSize) throw new TypeError('a nonce has 12 bytes')
  const sealing = createCipheriv(cipher, key, nonce)
  sealing.setAAD(encodeFields(binding))
  return Buffer.concat([nonce, sealing.update(plain), sealing.final(), sealing.getAuthTag()])
}

/** Null where it was not encrypted under this key and for this binding, or is not what it was. */
export function decrypt(key: Uint8Array, sealed: Uint8Array, binding: Binding): Uint8Array | null {
  if (sealed.length < nonceSize + tagSize) return null
  const end = sealed.length - tagSize
  const opening = createDecipheriv(cipher, key, sealed.subarray(0, nonceSize), { authTagLength: tagSize })
  opening.setAAD(encodeFields(binding))
  opening.setAuthTag(sealed.subarray(end))
  try {
    return Buffer.concat([opening.update(sealed.subarray(nonceSize, end)), opening.final()])
  } catch {
    return null
  }
}
