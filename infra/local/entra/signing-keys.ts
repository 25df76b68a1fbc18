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
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { promisify } from 'node:util'
import { tenants } from '../personas.ts'

/** The consumers' tenant of Entra (personal accounts); its key may vouch for no organisation. */
export const consumerTenant = '9188040d-6c67-4c5b-b112-36a304b66dad'

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

function makeKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey)
  const publicJwk = publicKey.export({ format: 'jwk' })
  const kid = createHash('sha1').update(String(publicJwk.n)).digest('base64url')
  return { kid, privateKey, publicKey, publicJwk }
}

/** New keys, or those of an earlier `keyRingState`. */
export async function makeKeyRing(state?: KeyRingState): Promise<KeyRing> {
  const make = async (name: KeyName) => {
    if (state) return makeKey(createPrivateKey({ key: state[name], format: 'jwk' }))
    return makeKey((await generate('rsa', { modulusLength: 2048 })).privateKey)
  }
  const entries = await Promise.all(keyNames.map(async (name) => [name, await make(name)] as const))
  return Object.fromEntries(entries) as Record<KeyName, SigningKey>
}

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
