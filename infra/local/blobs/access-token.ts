import { type Claims, makeBearerCheck, type TokenRules } from '../entra/bearer-check.ts'

/** Azure Storage's own audience; it also takes the account's address, which nobody here asks for. */
export const storageAudience = 'https://storage.azure.com'

/** Makes the check of tokens for Azure Storage (version 1). Resolves with its claims, or null for what does not hold. */
export function makeClaimsCheck(rules: TokenRules): (authorization: string | undefined) => Promise<Claims | null> {
  return makeBearerCheck(rules, {
    audience: [storageAudience, `${storageAudience}/`],
    issuer: `https://sts.windows.net/${rules.tenant}/`,
    requiredClaims: [],
  })
}

/** The same, for who needs the object id alone. */
export function makeTokenCheck(rules: TokenRules): (authorization: string | undefined) => Promise<string | null> {
  const check = makeClaimsCheck(rules)
  return async (authorization) => (await check(authorization))?.oid ?? null
}
