/** How a resource checks a token of the stand-in: signature, key bound to issuer, times, audience. */
import { verify } from 'node:crypto'
import { issuerV1, issuerV2 } from './issuers.ts'
import { decodeJws, type Json } from './jws.ts'
import { type KeyRing, publishedKeys } from './signing-keys.ts'

type TokenFault = 'malformed' | 'signature' | 'issuer' | 'time' | 'audience'

interface CheckOptions {
  /** Audiences of which one has to match exactly. */
  readonly audience: string | readonly string[]
  /** Epoch milliseconds. */
  readonly now: number
}

const skewSeconds = 60

function checkTimes(claims: Json, now: number): TokenFault | null {
  const seconds = now / 1000
  const { exp, nbf } = claims
  if (typeof exp !== 'number' || exp + skewSeconds < seconds) return 'time'
  return typeof nbf === 'number' && nbf - skewSeconds > seconds ? 'time' : null
}

/** The claims of a good token, or the first fault found: form, signature, issuer, audience, time (Entra's order). */
export function checkToken(
  ring: KeyRing,
  token: string,
  options: CheckOptions,
): { claims: Json } | { fault: TokenFault } {
  const jws = decodeJws(token)
  if (!jws) return { fault: 'malformed' }
  const { header, claims } = jws
  const tid = String(claims.tid)
  const published = publishedKeys(ring, tid).find(({ key, boundTo }) => key.kid === header.kid && boundTo === tid)
  if (!published || header.alg !== 'RS256') return { fault: 'signature' }
  if (!verify('sha256', Buffer.from(jws.input), published.key.publicKey, jws.signature)) return { fault: 'signature' }
  if (claims.iss !== issuerV1(tid) && claims.iss !== issuerV2(tid)) return { fault: 'issuer' }
  if (![options.audience].flat().includes(String(claims.aud))) return { fault: 'audience' }
  const fault = checkTimes(claims, options.now)
  return fault ? { fault } : { claims }
}
