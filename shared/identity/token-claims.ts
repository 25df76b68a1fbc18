import { allow, type ClaimRule, demand, firstFault, isGuid, isText, isTextList, isTime } from './claim-rules.ts'
import { type Cloud, issuerOf } from './cloud.ts'
import type { JsonObject } from './json-object.ts'

/** What a claim set is held against. `now` is epoch seconds. */
export interface ClaimFacts {
  readonly cloud: Cloud
  readonly clientId: string
  readonly now: number
  readonly isRevoked: (tokenId: string) => boolean
}

/** Claims of an access token for this API whose types and rules held. */
export interface ProvenClaims extends JsonObject {
  readonly exp: number
  readonly iat: number
  readonly tid: string
  readonly oid: string
  readonly azp: string
  readonly scp?: string
  readonly idtyp?: 'user' | 'app'
  readonly uti?: string
  readonly roles?: readonly string[]
  readonly groups?: readonly string[]
  readonly acrs?: readonly string[]
}

const skew = 60
/** Entra's longest access token lives a day; five minutes for its habit of back-dating `iat`. */
const longestLife = 24 * 3600 + 300

type Rule = ClaimRule<ClaimFacts>

const notExpired: Rule = ({ exp }, { now }) => (now < Number(exp) + skew ? null : 'expired')
const notFromFuture: Rule = ({ iat }, { now }) => (Number(iat) <= now + skew ? null : 'issued_in_future')
const alreadyValid: Rule = ({ nbf }, { now }) => (Number(nbf) <= now + skew ? null : 'not_yet_valid')
const livesNotTooLong: Rule = ({ exp, iat }) => (Number(exp) - Number(iat) <= longestLife ? null : 'lifetime_too_long')
const version: Rule = ({ ver }) => (ver === '2.0' ? null : 'version_not_allowed')
const audience: Rule = ({ aud }, { clientId }) => (aud === clientId ? null : 'audience_mismatch')
const issuer: Rule = ({ iss, tid }, { cloud }) => (iss === issuerOf(cloud, String(tid)) ? null : 'issuer_mismatch')
// A token bound to a key of the client's proves nothing when it comes as plain bearer (RFC 9449, RFC 8705).
const notBound: Rule = (claims) => (Object.hasOwn(claims, 'cnf') ? 'sender_constrained_token_as_bearer' : null)
const notRevoked: Rule = ({ uti }, { isRevoked }) => (isText(uti) && isRevoked(uti) ? 'token_revoked' : null)

function isSubjectType(value: unknown): boolean {
  return value === 'user' || value === 'app'
}

/** In this order, so that a log names the outermost thing that is wrong. */
const rules: readonly Rule[] = [
  demand('exp', isTime),
  demand('iat', isTime),
  demand('nbf', isTime),
  notExpired,
  notFromFuture,
  alreadyValid,
  livesNotTooLong,
  demand('ver', isText),
  version,
  audience,
  issuer,
  notBound,
  demand('azp', isGuid),
  demand('oid', isGuid),
  allow('scp', isText),
  allow('idtyp', isSubjectType),
  allow('uti', isText),
  allow('roles', isTextList),
  allow('groups', isTextList),
  allow('acrs', isTextList),
  // These make a caller less than a person or a member: in a shape that nobody could read they would be lost.
  allow('xms_act_fct', isText),
  allow('xms_sub_fct', isText),
  allow('xms_par_app_azp', isText),
  allow('xms_idrel', isText),
  notRevoked,
]

/** Why this claim set is no access token for us (Microsoft: "Access tokens", "Validate tokens"), or null. */
export function faultOfClaims(claims: JsonObject, facts: ClaimFacts): string | null {
  return firstFault(rules, claims, facts)
}
