import { type Claims, type TokenRules as Issuer, issuersOf, makeBearerCheck } from '../entra/bearer-check.ts'

/** Who calls: the person of a delegated token. */
export interface Caller {
  readonly oid: string
  readonly tid: string
  readonly name: string
}

export interface TokenRules extends Issuer {
  /** Application id of this API; its tokens name it as audience, alone or as `api://<id>`. */
  readonly clientId: string
}

const scope = 'access_as_user'

/** Makes this API's check of tokens, which must have its scope. Resolves with null for every token that does not hold. */
export function makeTokenCheck(rules: TokenRules): (authorization: string | undefined) => Promise<Caller | null> {
  const check = makeBearerCheck(rules, {
    audience: [rules.clientId, `api://${rules.clientId}`],
    issuer: issuersOf(rules.tenant),
    requiredClaims: ['scp'],
  })
  return async (authorization) => {
    const claims = await check(authorization)
    return claims === null ? null : readCaller(claims, rules.tenant)
  }
}

function readCaller({ oid, scp, name, preferred_username }: Claims, tenant: string): Caller | null {
  if (typeof scp !== 'string' || !scp.split(' ').includes(scope)) return null
  return { oid, tid: tenant, name: String(name ?? preferred_username ?? '') }
}
