import { wordsOf } from './claim-rules.ts'
import type { JsonObject } from './json-object.ts'
import type { PrincipalKind } from './principal.ts'

/** Facets of Entra Agent ID (Microsoft: "Agent token claims"); unknown numbers mean nothing. */
const agentFacet = '11'
const agentUserFacet = '13'

/** Claims that only a person's token bears; one of them beside `roles` means an ID token, not an application. */
const personalClaims = ['nonce', 'name', 'preferred_username', 'upn', 'email', 'acct', 'amr'] as const

/**
 * An application alone: `idtyp` says so (then no scope makes it a person) or, where that claim is not issued, subject and
 * roles do.
 */
export function isApplication(claims: JsonObject): boolean {
  if (claims.idtyp === 'app') return true
  if (claims.scp !== undefined || claims.idtyp === 'user') return false
  if (personalClaims.some((name) => Object.hasOwn(claims, name))) return false
  return claims.oid === claims.sub || (Array.isArray(claims.roles) && claims.roles.length > 0)
}

/** The subject is a software's own account, or an agent itself. */
function isAgentSubject(claims: JsonObject): boolean {
  const facets = wordsOf(claims.xms_sub_fct)
  return facets.has(agentUserFacet) || facets.has(agentFacet)
}

/** An agent identity acts. A blueprint alone counts too: it narrows what the caller may do, it never widens. */
function isAgentActor(claims: JsonObject): boolean {
  return wordsOf(claims.xms_act_fct).has(agentFacet) || Object.hasOwn(claims, 'xms_par_app_azp')
}

/** The kind of a delegated token's principal; whoever is furthest from an ordinary person wins. */
export function kindOf(claims: JsonObject, guest: boolean): PrincipalKind {
  if (isAgentSubject(claims)) return 'agent-user'
  if (isAgentActor(claims)) return 'agent-for-person'
  return guest ? 'guest' : 'person'
}
