/**
 * The signing keys of the token stand-in, RSA-2048 as Entra's. Differences: two keys serve every tenant but `other`,
 * which has its own, so that a test can present a good signature by the wrong tenant's key; one key bound to the
 * consumer tenant is published beside them, as Entra does; one key is never published. No rotation by itself.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { promisify } from 'node:util'
import { tenants } from '../personas.ts'

/** The consumers' tenant of Entra (personal accounts); its key may vouch for no organisation. */
const consumerTenant = '9188040d-6c67-4c5b-b112-36a304b66dad'

export const keyNames = ['current', 'next', 'other-tenant', 'consumer', 'unknown'] as const
export type KeyName = (typeof keyNames)[number]

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly publicJwk: JsonWebKey
}

export type KeyRing = Readonly<Record<KeyName, SigningKey>>

/** Private keys as JWK, for keeping them over a restart. */
export type KeyRingState = Readonly<Record<KeyName, JsonWebKey>>

const generate = promisify(generateKeyPair)
const size = { modulusLength: 2048 } as const

function makeKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey)
  const publicJwk = publicKey.export({ format: 'jwk' })
  const kid = createHash('sha1').update(String(publicJwk.n)).digest('base64url')
  return { kid, privateKey, publicKey, publicJwk }
}

/** Needed for the first token; the others may come a moment later. */
const early: readonly KeyName[] = ['current', 'next']

const restore = (state: KeyRingState) =>
  new Map(keyNames.map((name) => [name, makeKey(createPrivateKey({ key: state[name], format: 'jwk' }))]))

async function fill(keys: Map<KeyName, SigningKey>, names: readonly KeyName[]): Promise<void> {
  for (const name of names) {
    if (keys.has(name)) continue
    const { privateKey } = await generate('rsa', size)
    if (!keys.has(name)) keys.set(name, makeKey(privateKey))
  }
}

/** A key that is wanted before the background made it is made on the spot. */
function keyAt(keys: Map<KeyName, SigningKey>, name: KeyName): SigningKey {
  const key = keys.get(name) ?? makeKey(generateKeyPairSync('rsa', size).privateKey)
  keys.set(name, key)
  return key
}

/** New keys, or those of an earlier `keyRingState`. Making one takes some 0.2 s, so only two are waited for. */
export async function makeKeyRing(state?: KeyRingState): Promise<KeyRing> {
  const keys = state ? restore(state) : new Map<KeyName, SigningKey>()
  await Promise.all(early.map((name) => fill(keys, [name])))
  void fill(keys, keyNames)
  const members = keyNames.map((name) => [name, { enumerable: true, get: () => keyAt(keys, name) }] as const)
  return Object.defineProperties({} as Record<KeyName, SigningKey>, Object.fromEntries(members))
}

/** Private keys of a ring; a secret. */
export function keyRingState(ring: KeyRing): KeyRingState {
  const entries = keyNames.map((name) => [name, ring[name].privateKey.export({ format: 'jwk' })] as const)
  return Object.fromEntries(entries) as Record<KeyName, JsonWebKey>
}

/** The key that signs this tenant's tokens today. */
export function keyOf(ring: KeyRing, tid: string): SigningKey {
  return tid === tenants.other ? ring['other-tenant'] : ring.current
}

/** Published keys with the tenant whose issuer each is bound to. */
export function publishedKeys(ring: KeyRing, tid: string): { key: SigningKey; boundTo: string }[] {
  const own = tid === tenants.other ? [ring['other-tenant']] : [ring.current, ring.next]
  return [...own.map((key) => ({ key, boundTo: tid })), { key: ring.consumer, boundTo: consumerTenant }]
}
