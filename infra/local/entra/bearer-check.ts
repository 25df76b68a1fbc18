import { createRemoteJWKSet, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'

/** Where tokens come from. */
export interface TokenRules {
  /** Base address of the sign-in service's keys. */
  readonly entra: string
  readonly tenant: string
}

/** Claims of a token that holds. */
export type Claims = JWTPayload & { readonly oid: string }

/** What one API takes: audience, issuers and the claims that must be there besides `exp`, `nbf`, `oid` and `tid`. */
export interface Accepted {
  readonly audience: NonNullable<JWTVerifyOptions['audience']>
  readonly issuer: NonNullable<JWTVerifyOptions['issuer']>
  readonly requiredClaims: string[]
}

/**
 * Makes a check of access tokens for an API that trusts nobody before it: RS256 by the tenant's published keys, issuer,
 * audience, times, tenant. Resolves with the claims, or null for every header whose token does not hold.
 */
export function makeBearerCheck({ entra, tenant }: TokenRules, accepted: Accepted) {
  const keys = createRemoteJWKSet(new URL(`${entra}/${tenant}/discovery/v2.0/keys`))
  const requiredClaims = ['exp', 'nbf', 'oid', 'tid', ...accepted.requiredClaims]
  const options = { ...accepted, algorithms: ['RS256'], requiredClaims }
  return async (authorization: string | undefined): Promise<Claims | null> => {
    const token = /^Bearer ([\w.-]+)$/.exec(authorization ?? '')?.[1]
    if (token === undefined) return null
    const verified = await jwtVerify(token, keys, options).catch(() => null)
    const { oid, tid } = verified?.payload ?? {}
    return verified !== null && typeof oid === 'string' && tid === tenant ? { ...verified.payload, oid } : null
  }
}

/** Issuers of this tenant alone, of version 2 and version 1. */
export function issuersOf(tenant: string): string[] {
  return [`https://login.microsoftonline.com/${tenant}/v2.0`, `https://sts.windows.net/${tenant}/`]
}
