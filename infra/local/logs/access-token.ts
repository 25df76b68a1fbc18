import { issuersOf, makeBearerCheck, type TokenRules } from '../entra/bearer-check.ts'
import { identities } from '../entra/managed-identity.ts'
import { personas } from '../personas.ts'

/** Audience of tokens for the query API of Log Analytics. */
const logsAudience = 'https://api.loganalytics.io'

/** Object ids of who may read logs: the verifier as a person starts it, and as the evidence app's managed identity. */
export const logReaders: readonly string[] = [personas.verifier.oid, identities.verifier.principalId]

/** Makes the check of tokens, which must be an application's own and of one that may read logs. */
export function makeReaderCheck(rules: TokenRules): (authorization: string | undefined) => Promise<boolean> {
  const accepted = { audience: [logsAudience, `${logsAudience}/`], issuer: issuersOf(rules.tenant), requiredClaims: [] }
  const check = makeBearerCheck(rules, accepted)
  return async (authorization) => {
    const claims = await check(authorization)
    return claims?.idtyp === 'app' && logReaders.includes(claims.oid)
  }
}
