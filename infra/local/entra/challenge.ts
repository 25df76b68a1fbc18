/**
 * Claims challenges: what a claims request asks of an access token and whether a sign-in meets it.
 * https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
import type { Json } from './jws.ts'

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A claims request from JSON text or an object; null where it is neither. */
export function parseChallenge(value: unknown): Json | null {
  if (isObject(value)) return value
  if (typeof value !== 'string') return null
  try {
    const parsed: unknown = JSON.parse(value)
    return isObject(parsed) ? parsed : null
  } catch {
    return null
  }
}

/** The values asked for of one access-token claim. */
function valuesOf(challenge: Json | null, claim: string): string[] {
  const wanted = isObject(challenge?.access_token) ? challenge.access_token[claim] : undefined
  if (!isObject(wanted)) return []
  return [wanted.value, wanted.values].flat().flatMap((one) => (one === undefined ? [] : [String(one)]))
}

export const requiredContexts = (challenge: Json | null) => valuesOf(challenge, 'acrs')

/** What only the sign-in itself can show: the ids of Conditional Access policies. */
const policyClaims = ['capolids', 'polids'] as const

/**
 * Whether a sign-in meets a challenge: its token's `acrs` for contexts, and for policies what the session met before
 * (`satisfied`, true: anything). `nbf` is met by any token issued since then.
 */
export function meets(challenge: Json, claims: Json, satisfied: Json | true | undefined): boolean {
  const held = [claims.acrs ?? []].flat().map(String)
  if (!requiredContexts(challenge).every((one) => held.includes(one))) return false
  const issuedAt = Number(claims.iat)
  if (!valuesOf(challenge, 'nbf').every((one) => issuedAt >= Number(one))) return false
  if (satisfied === true) return true
  return policyClaims.every((claim) => {
    const met = valuesOf(satisfied ?? null, claim)
    return valuesOf(challenge, claim).every((one) => met.includes(one))
  })
}
