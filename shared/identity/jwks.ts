import { parseJsonObject } from './json-object.ts'

/** An RSA public key as a key set carries it, checked. */
export interface RsaJwk {
  readonly kid: string
  readonly issuer: string | null
  readonly n: string
  readonly e: string
}

/** Entra's largest sets are a tenth of these. */
export const maxKeySetBytes = 256 * 1024
const maxKeys = 100
const leastBits = 2048
const mostBits = 8192

function bitsOf(modulus: string): number {
  const bytes = Buffer.from(modulus, 'base64url')
  const first = bytes.findIndex((byte) => byte !== 0)
  return first === -1 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first] ?? 0) + 24
}

function isBase64url(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]+$/.test(value)
}

function isStrongRsa(key: Record<string, unknown>): key is Record<string, unknown> & { n: string } {
  if (key.kty !== 'RSA' || key.e !== 'AQAB' || !isBase64url(key.n)) return false
  const bits = bitsOf(key.n)
  return bits >= leastBits && bits <= mostBits
}

function isForSigning(key: Record<string, unknown>): boolean {
  const { use, alg } = key
  return (use === undefined || use === 'sig') && (alg === undefined || alg === 'RS256')
}

function readKey(value: unknown): RsaJwk | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const key = value as Record<string, unknown>
  const { kid, issuer } = key
  if (typeof kid !== 'string' || kid === '' || kid.length > 128) return undefined
  if (!isForSigning(key) || !isStrongRsa(key)) return undefined
  return { kid, issuer: typeof issuer === 'string' ? issuer : null, n: key.n, e: 'AQAB' }
}

/**
 * The usable signing keys of a key set (RFC 7517): RSA of 2048 bits or more, exponent 65537, a kid, first of equal kids.
 * Undefined where the text is no key set or holds none, so that junk never replaces good keys.
 */
export function readKeySet(text: string): readonly RsaJwk[] | undefined {
  const keys = parseJsonObject(text)?.keys
  if (text.length > maxKeySetBytes || !Array.isArray(keys) || keys.length > maxKeys) return undefined
  const usable = keys.map(readKey).filter((key) => key !== undefined)
  const byKid = new Map(usable.toReversed().map((key) => [key.kid, key]))
  return byKid.size > 0 ? [...byKid.values()] : undefined
}
