/**
 * Makes tokens as Entra does and as it never would: any header, any claims, any bytes, under any key. The keys are given,
 * so that the same rows are sent to a verifier in this process and to a gateway that trusts the stand-in's keys.
 */
import { createHmac, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { type Claims, encode, ids } from '../tokens.ts'

/** A private key under the name that a key set gives it. */
export interface ForgeKey {
  readonly kid: string
  readonly privateKey: KeyObject
}

/** Keys by what they may vouch for. */
export interface ForgeKeys {
  /** Entra's for the home tenant. */
  readonly current: ForgeKey
  /** In the home tenant's set, bound to the issuer of personal accounts. */
  readonly personal: ForgeKey
  /** In the home tenant's set, bound to the second tenant's issuer. */
  readonly foreign: ForgeKey
  /** In the home tenant's set without an issuer. */
  readonly unbound: ForgeKey
  /** The second tenant's own. */
  readonly second: ForgeKey
  /** Published by nobody. */
  readonly stranger: ForgeKey
}

export interface Order {
  readonly header?: Claims
  readonly claims?: Claims
  readonly key?: ForgeKey
  /** Digest of the signature where the header's `alg` does not say it. */
  readonly hash?: 'sha256' | 'sha512'
  /** Texts that JSON.stringify could not write. */
  readonly headerText?: string
  readonly payload?: string | Buffer
}

export interface Forge {
  /** Epoch seconds. */
  readonly now: number
  readonly keys: ForgeKeys
  /** Claims of an ordinary delegated token of Alice's; `undefined` takes a claim out. */
  readonly claims: (changes?: Claims) => Claims
  readonly mint: (order?: Order) => string
  /** A MAC in the place of a signature, over an ordinary header and claims. */
  readonly mintHmac: (secret: string | Buffer, header?: Claims) => string
}

export const issuer = (tid: string) => `https://login.microsoftonline.com/${tid}/v2.0`

const without = (claims: Claims): Claims =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))

/** Every token has its own id, so that no two share anything that is kept of one. */
let minted = 0

function nextId(): string {
  minted += 1
  return `forged-${minted}`
}

export function createForge({ now, keys }: { readonly now: () => number; readonly keys: ForgeKeys }): Forge {
  const claims = (changes: Claims = {}) => without({ ...ordinaryClaims(now()), ...changes })
  const head = ({ header = {}, key = keys.current }: Order) =>
    without({ typ: 'JWT', alg: 'RS256', kid: key.kid, ...header })
  return {
    get now() {
      return now()
    },
    keys,
    claims,
    mint: (order = {}) => {
      const { key = keys.current, hash = 'sha256' } = order
      const payload = order.payload ?? JSON.stringify(claims(order.claims))
      const signed = `${encode(order.headerText ?? head(order))}.${Buffer.from(payload).toString('base64url')}`
      return `${signed}.${sign(hash, Buffer.from(signed), key.privateKey).toString('base64url')}`
    },
    mintHmac: (secret, header = {}) => {
      const signed = `${encode(head({ header: { alg: 'HS256', ...header } }))}.${encode(claims())}`
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
    },
  }
}

function ordinaryClaims(now: number): Claims {
  return {
    aud: ids.api,
    iss: issuer(ids.home),
    iat: now - 300,
    nbf: now - 300,
    exp: now + 3600,
    groups: ['9a000000-0000-4000-8000-000000000001'],
    azp: ids.agent,
    azpacr: '1',
    acct: 0,
    idtyp: 'user',
    name: 'Alice Adler',
    oid: ids.alice,
    preferred_username: 'alice@countersign.example',
    scp: 'access_as_user',
    sub: 'pairwise-subject',
    tid: ids.home,
    uti: nextId(),
    ver: '2.0',
    xms_cc: ['cp1'],
  }
}

/** The public half as a key set carries it. */
export function jwkOfForged({ privateKey }: ForgeKey): { n: string; e: string } {
  const { n = '', e = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  return { n, e }
}

/** The public half as PEM, the text that key confusion takes for a secret. */
export function pemOf({ privateKey }: ForgeKey): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString()
}
