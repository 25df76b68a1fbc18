import { isTextList, wordsOf } from './claim-rules.ts'
import type { Cloud } from './cloud.ts'
import { isGuest } from './guest.ts'
import type { JsonObject } from './json-object.ts'
import type { Principal } from './principal.ts'
import { isApplication, kindOf } from './principal-kind.ts'
import type { ProvenClaims } from './token-claims.ts'

const longestUsername = 320

/** Null on overage: then Graph has to be asked, never "no groups". */
function groupsOf(claims: ProvenClaims): readonly string[] | null {
  const sources = claims._claim_names
  const overage = typeof sources === 'object' && sources !== null && Object.hasOwn(sources, 'groups')
  return overage || claims.hasgroups !== undefined ? null : (claims.groups ?? [])
}

function usernameOf(claims: JsonObject): string | null {
  const name = claims.upn ?? claims.preferred_username
  if (typeof name !== 'string' || name === '' || name.length > longestUsername) return null
  return /\p{Cc}/u.test(name) ? null : name
}

function canAnswerChallenge(claims: JsonObject): boolean {
  return isTextList(claims.xms_cc) && claims.xms_cc.some((capability) => capability.toLowerCase() === 'cp1')
}

function blueprintOf(claims: JsonObject): { readonly blueprint?: string } {
  return typeof claims.xms_par_app_azp === 'string' ? { blueprint: claims.xms_par_app_azp } : {}
}

/** Unproven software is public software: only a secret or a certificate (1, 2) proves a client. */
function isPublicClient(claims: JsonObject): boolean {
  return claims.azpacr !== '1' && claims.azpacr !== '2'
}

/** The principal of proven claims; `scopes` are those that count here. */
export function readPrincipal(claims: ProvenClaims, scopes: readonly string[], cloud: Cloud): Principal {
  const app = isApplication(claims)
  // An application is not a person who could be a guest.
  const guest = !app && isGuest(claims, claims.tid, cloud)
  return {
    kind: app ? 'app' : kindOf(claims, guest),
    tid: claims.tid,
    oid: claims.oid,
    actor: claims.azp,
    ...blueprintOf(claims),
    publicClient: isPublicClient(claims),
    guest,
    scopes,
    roles: claims.roles ?? [],
    groups: groupsOf(claims),
    authContexts: claims.acrs ?? [],
    canAnswerChallenge: canAnswerChallenge(claims),
    tokenId: claims.uti ?? '',
    issuedAt: claims.iat,
    expiresAt: claims.exp,
    username: app ? null : usernameOf(claims),
  }
}

/** The words of `scp`; see the verifier for those that count. */
export function scopeWords(claims: ProvenClaims): ReadonlySet<string> {
  return wordsOf(claims.scp)
}
