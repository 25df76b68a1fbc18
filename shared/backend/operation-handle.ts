import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto'
import type { Principal } from '../identity/principal.ts'
import type { Invocation } from '../pipeline/ports.ts'
import { canonicalInputs } from './canonical-inputs.ts'
import type { Operation } from './define.ts'

/** What a handle is for: the next page of an answer, or work that goes on. */
export type HandleKind = 'cursor' | 'work'

/** Whom and what a handle is for; it opens for nobody and nothing else. */
export interface Binding {
  readonly kind: HandleKind
  readonly tid: string
  readonly oid: string
  readonly actor: string
  readonly backend: string
  readonly operation: string
  /** SHA-256 (base64url) of the inputs. */
  readonly inputs: string
}

/** Name of the input that takes a cursor. */
export const cursorInput = 'cursor'

/** Whether a call of it may answer `{status: "running", handle}`, and go on with the handle. */
export function takesHandle({ call }: Operation): boolean {
  return call.technology === 'rest' && call.longRunning !== undefined
}

const lifeMs = 24 * 60 * 60_000
/** Most characters of a handle. */
export const longestHandle = 32_768
const marks: Readonly<Record<HandleKind, string>> = { cursor: 'cur_', work: 'op_' }

/**
 * Binds to the person, their agent, the operation and its inputs, without the cursor itself, and without a condition that
 * an approval may have added.
 */
export function bindingOf(kind: HandleKind, { tid, oid, actor }: Principal, invocation: Invocation): Binding {
  const { backend, operation, operationName, inputs } = invocation
  const condition = operation.references?.condition
  const others = Object.entries(inputs).filter(([name]) => name !== cursorInput && name !== condition)
  const digest = createHash('sha256')
    .update(canonicalInputs(Object.fromEntries(others)))
    .digest('base64url')
  return { kind, tid, oid, actor, backend: backend.name, operation: operationName, inputs: digest }
}

/**
 * Seals a text for a day: nobody can read it, change it, or use it otherwise than it is bound. `now` is epoch
 * milliseconds. AES-256-GCM with a nonce that is a MAC of what is sealed, so that no nonce is used for two texts.
 */
export function sealHandle(key: Uint8Array, text: string, { bound, now }: { bound: Binding; now: number }): string {
  const plain = Buffer.from(JSON.stringify([now + lifeMs, text]))
  const about = describe(bound)
  const { cipherKey, nonceKey } = deriveKeys(key, bound.kind)
  const nonce = createHmac('sha256', nonceKey).update(about).update(plain).digest().subarray(0, 12)
  const cipher = createCipheriv('aes-256-gcm', cipherKey, nonce).setAAD(about)
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  return marks[bound.kind] + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
}

/** The text of a handle; null where it is none of ours for this, was touched, or is older than a day. */
export function openHandle(
  key: Uint8Array,
  handle: string,
  { bound, now }: { bound: Binding; now: number },
): string | null {
  const mark = marks[bound.kind]
  if (!handle.startsWith(mark) || handle.length > longestHandle || !/^[\w-]+$/.test(handle)) return null
  const bytes = Buffer.from(handle.slice(mark.length), 'base64url')
  if (bytes.length < 29 || bytes.toString('base64url') !== handle.slice(mark.length)) return null
  const { cipherKey } = deriveKeys(key, bound.kind)
  const decipher = createDecipheriv('aes-256-gcm', cipherKey, bytes.subarray(0, 12), { authTagLength: 16 })
  decipher.setAAD(describe(bound)).setAuthTag(bytes.subarray(12, 28))
  try {
    const plain = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
    const [expiresAt, text] = JSON.parse(plain.toString()) as readonly [number, string]
    return now < expiresAt ? text : null
  } catch {
    return null
  }
}

function describe({ kind, tid, oid, actor, backend, operation, inputs }: Binding): Buffer {
  return Buffer.from(JSON.stringify([`countersign/${kind}/v1`, tid, oid, actor, backend, operation, inputs]))
}

function deriveKeys(key: Uint8Array, kind: HandleKind) {
  const both = Buffer.from(hkdfSync('sha256', key, new Uint8Array(), `countersign/${kind}/v1`, 64))
  return { cipherKey: both.subarray(0, 32), nonceKey: both.subarray(32) }
}
