import { issuersOf, makeBearerCheck, type TokenRules } from '../entra/bearer-check.ts'

/** Application id of Azure Databricks, the same in every tenant and cloud: the audience of its tokens. */
export const databricksAudience = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d'

/** Makes the workspace's check of tokens, which must be delegated. Resolves with the object id, or null for what does not hold. */
export function makeTokenCheck(rules: TokenRules): (authorization: string | undefined) => Promise<string | null> {
  const accepted = { audience: databricksAudience, issuer: issuersOf(rules.tenant), requiredClaims: ['scp'] }
  const check = makeBearerCheck(rules, accepted)
  return async (authorization) => {
    const claims = await check(authorization)
    const isDelegated = typeof claims?.scp === 'string' && claims.scp.split(' ').includes('user_impersonation')
    return isDelegated ? (claims?.oid ?? null) : null
  }
}
