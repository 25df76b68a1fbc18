import { createRemoteJWKSet, jwtVerify } from 'jose'

export interface TokenRules {
  /** Base address of the sign-in service's keys. */
  readonly entra: string
  readonly tenant: string
}

/** Azure Storage's own audience; it also takes the account's address, which nobody here asks for. */
export const storageAudience = 'https://storage.azure.com'

/**
 * Makes a check of access tokens that trusts nobody before it: RS256 by the tenant's published keys, issuer of that
 * tenant, audience, times. Resolves with the object id, or null for every token that does not hold.
 */
export function makeTokenCheck({
  entra,
  tenant,
}: TokenRules): (authorization: string | undefined) => Promise<string | null> {
  const keys = createRemoteJWKSet(new URL(`${entra}/${tenant}/discovery/v2.0/keys`))
  const options = {
    algorithms: ['RS256'],
    audience: [storageAudience, `${storageAudience}/`],
    issuer: `https://sts.windows.net/${tenant}/`,
    requiredClaims: ['exp', 'nbf', 'oid', 'tid'],
  }
  return async (authorization) => {
    const token = /^Bearer ([\w.-]+)$/.exec(authorization ?? '')?.[1]
    if (token === undefined) return null
    const verified = await jwtVerify(token, keys, options).catch(() => null)
    const { oid, tid } = verified?.payload ?? {}
    return typeof oid === 'string' && tid === tenant ? oid : null
  }
}
