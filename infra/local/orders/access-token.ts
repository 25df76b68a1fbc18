import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'

/** Who calls: the person of a delegated token. */
export interface Caller {
  readonly oid: string
  readonly tid: string
  readonly name: string
}

export interface TokenRules {
  /** Base address of the sign-in service's keys. */
  readonly entra: string
  readonly tenant: string
  /** Application id of this API; its tokens name it as audience, alone or as `api://<id>`. */
  readonly clientId: string
}

const scope = 'access_as_user'

/**
 * Makes a check of access tokens that trusts nobody before it: RS256 by the tenant's published keys, issuer (v1 or v2 of
 * the home tenant only), audience, times and scope. Resolves with null for every token that does not hold.
 */
export function makeTokenCheck(rules: TokenRules): (authorization: string | undefined) => Promise<Caller | null> {
  const keys = createRemoteJWKSet(new URL(`${rules.entra}/${rules.tenant}/discovery/v2.0/keys`))
  const options = {
    algorithms: ['RS256'],
    audience: [rules.clientId, `api://${rules.clientId}`],
    issuer: [`https://login.microsoftonline.com/${rules.tenant}/v2.0`, `https://sts.windows.net/${rules.tenant}/`],
    requiredClaims: ['exp', 'nbf', 'oid', 'tid', 'scp'],
  }
  return async (authorization) => {
    const token = /^Bearer ([\w.-]+)$/.exec(authorization ?? '')?.[1]
    if (token === undefined) return null
    const verified = await jwtVerify(token, keys, options).catch(() => null)
    return verified === null ? null : readCaller(verified.payload, rules.tenant)
  }
}

function readCaller({ oid, tid, scp, name, preferred_username }: JWTPayload, tenant: string): Caller | null {
  if (typeof oid !== 'string' || tid !== tenant) return null
  if (typeof scp !== 'string' || !scp.split(' ').includes(scope)) return null
  return { oid, tid: tenant, name: String(name ?? preferred_username ?? '') }
}
