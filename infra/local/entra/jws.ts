/**
 * Compact JWS, written by hand because the stand-in has to sign what no careful library would: wrong algorithms, odd
 * headers, `none`. Not for use in the gateway.
 */
import { constants, createHmac, type KeyObject, sign } from 'node:crypto'

export type Json = Record<string, unknown>

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }

function signBytes(alg: string, input: string, key: KeyObject): string {
  const hash = `sha${alg.slice(2)}`
  const data = Buffer.from(input)
  if (alg.startsWith('RS')) return sign(hash, data, key).toString('base64url')
  if (alg.startsWith('PS')) return sign(hash, data, { key, ...pss }).toString('base64url')
  throw new RangeError(`cannot sign with ${alg}`)
}

/** Signs exactly this header and these claims by the header's own `alg` (RS or PS 256 to 512; `none`: no signature). */
export function signJws(header: Json, claims: Json, key: KeyObject): string {
  const input = `${encode(header)}.${encode(claims)}`
  const alg = String(header.alg)
  return alg.toLowerCase() === 'none' ? `${input}.` : `${input}.${signBytes(alg, input, key)}`
}

/** Key confusion: an HMAC whose secret is the text of a public key. */
export function signWithPublicKey(header: Json, claims: Json, publicKey: KeyObject): string {
  const input = `${encode(header)}.${encode(claims)}`
  const alg = String(header.alg)
  const hash = `sha${/^HS(256|384|512)$/.exec(alg)?.[1] ?? '256'}`
  const secret = publicKey.export({ type: 'spki', format: 'pem' })
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`
}

/** The three parts of a token with header and claims decoded; null where it is no JWS of JSON objects. */
export function decodeJws(token: string): { header: Json; claims: Json; input: string; signature: Buffer } | null {
  const parts = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(token)
  if (!parts) return null
  const [, head = '', body = '', tail = ''] = parts
  try {
    const header: unknown = JSON.parse(Buffer.from(head, 'base64url').toString('utf8'))
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))
    if (!isObject(header) || !isObject(claims)) return null
    return { header, claims, input: `${head}.${body}`, signature: Buffer.from(tail, 'base64url') }
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
