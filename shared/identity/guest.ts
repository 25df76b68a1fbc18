import { wordsOf } from './claim-rules.ts'
import { type Cloud, cloudFacts, issuerOf } from './cloud.ts'
import type { JsonObject } from './json-object.ts'

const member = '1'
const guest = '5'

function comesFromElsewhere(idp: unknown, tid: string, cloud: Cloud): boolean {
  if (idp === undefined) return false
  return idp !== `${cloudFacts(cloud).legacyIssuer}/${tid}/` && idp !== issuerOf(cloud, tid)
}

/**
 * False only where the token proves a member: `acct` 0 or a member's `xms_idrel`, and nothing that says otherwise, an
 * `acct` of any other value included. A missing `idp` proves nothing: a guest with a local password has the tenant's own.
 */
export function isGuest(claims: JsonObject, tid: string, cloud: Cloud): boolean {
  const relations = wordsOf(claims.xms_idrel)
  const { acct, idp } = claims
  const foreign = (acct !== undefined && acct !== 0) || relations.has(guest) || comesFromElsewhere(idp, tid, cloud)
  const proven = acct === 0 || relations.has(member)
  return foreign || !proven
}
