import { issuersOf, makeBearerCheck, type TokenRules } from '../entra/bearer-check.ts'

/** What tokens for the service name as audience, alone or with a slash. */
const audience = ['https://cognitiveservices.azure.com', 'https://cognitiveservices.azure.com/']

/** Makes the resource's check of tokens, which must be delegated. Resolves with the object id, or null for what does not hold. */
export function makeTokenCheck(rules: TokenRules): (authorization: string | undefined) => Promise<string | null> {
  const check = makeBearerCheck(rules, { audience, issuer: issuersOf(rules.tenant), requiredClaims: ['scp'] })
  return async (authorization) => {
    const claims = await check(authorization)
    const isDelegated = typeof claims?.scp === 'string' && claims.scp.split(' ').includes('user_impersonation')
    return isDelegated ? (claims?.oid ?? null) : null
  }
}
