import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'

/** Application id of Azure Databricks, the same in every tenant and cloud: the audience of its tokens. */
export const databricksAudience = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d'

export interface TokenRules {
  /** Base address of the sign-in service's keys. */
  readonly entra: string
  readonly tenant: string
}

/**
 * Makes the workspace's check of access tokens: RS256 by the tenant's published keys, issuer (v1 or v2 of this tenant
 * only), audience, times, and a delegated scope. Resolves with the person's object id, or null for what does not hold.
 */
export function makeTokenCheck({
  entra,
  tenant,
}: TokenRules): (authorization: string | undefined) => Promise<string | null> {
  const keys = createRemoteJWKSet(new URL(`${entra}/${tenant}/discovery/v2.0/keys`))
  const options = {
    algorithms: ['RS256'],
    audience: databricksAudience,
    issuer: [`https://login.microsoftonline.com/${tenant}/v2.0`, `https://sts.windows.net/${tenant}/`],
    requiredClaims: ['exp', 'nbf', 'oid', 'tid', 'scp'],
  }
  return async (authorization) => {
    const token = /^Bearer ([\w.-]+)$/.exec(authorization ?? '')?.[1]
    if (token === undefined) return null
    const verified = await jwtVerify(token, keys, options).catch(() => null)
    return verified === null ? null : personOf(verified.payload, tenant)
  }
}

function personOf({ oid, tid, scp }: JWTPayload, tenant: string): string | null {
  if (typeof oid !== 'string' || tid !== tenant) return null
  return typeof scp === 'string' && scp.split(' ').includes('user_impersonation') ? oid : null
}
