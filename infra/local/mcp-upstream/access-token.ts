import { issuersOf, makeBearerCheck, type TokenRules } from '../entra/bearer-check.ts'
import type { Resource } from '../entra/resources.ts'

/** The registration of the notes server (application id); invented for the embedded stack. */
export const notesApplication = 'c0000000-0000-4000-8000-00000000000c'

/** The permission that the registration offers, and without which no tool is shown. */
export const notesScope = 'Notes.Use'

/** What the sign-in service has to know of it. */
export const notesResource: Resource = {
  id: `api://${notesApplication}`,
  audience: notesApplication,
  version: 2,
  scopes: [notesScope],
}

/**
 * Makes the server's check of tokens: issued for itself, in its tenant, delegated with its scope. Resolves with the object
 * id of the person, or null for every token that does not hold.
 */
export function makeTokenCheck(rules: TokenRules): (authorization: string | undefined) => Promise<string | null> {
  const audience = [notesApplication, `api://${notesApplication}`]
  const check = makeBearerCheck(rules, { audience, issuer: issuersOf(rules.tenant), requiredClaims: ['scp'] })
  return async (authorization) => {
    const claims = await check(authorization)
    const isDelegated = typeof claims?.scp === 'string' && claims.scp.split(' ').includes(notesScope)
    return isDelegated ? (claims?.oid ?? null) : null
  }
}
