import { type Finding, note, ok, type Place, wrong } from '../finding.ts'
import type { Patient } from './patient.ts'

const at = (check: string): Place => ({ subject: 'token', check })
const portal = 'Portal: Entra ID > App registrations > the gateway'
/** Optional claims that every token of a person has where the registration asks for them. */
const needed = ['acct', 'idtyp'] as const

/** Whether a real token of whoever looks is of the form that verification relies on; names are said, values never. */
export function checkToken({ person, deployment }: Patient): readonly Finding[] {
  if (person === null) return []
  const { claims } = person
  if (claims.ver !== '2.0') {
    const next = `${portal} > Manifest: set api.requestedAccessTokenVersion to 2; tokens that exist live on for an hour.`
    return [wrong(at('version'), { code: 'token_version', detail: 'ver is not 2.0: the gateway refuses it', next })]
  }
  if (claims.aud !== deployment.COUNTERSIGN_CLIENT_ID) {
    const next = `COUNTERSIGN_CLIENT_ID and the registration that tokens are asked of have to be the same one. ${portal}.`
    return [wrong(at('audience'), { code: 'token_audience', detail: 'aud is another application', next })]
  }
  const missing = needed.filter((name) => claims[name] === undefined)
  const next = `${portal} > Token configuration > Add optional claim > Access: without it a member counts as a guest.`
  return [
    ok(at('version'), '2.0'),
    missing.length === 0
      ? ok(at('claims'), needed.join(', '))
      : wrong(at('claims'), { code: 'token_claims_missing', detail: missing.join(', '), next }),
  ]
}

/** Why nothing was tried as a person. */
export function sayNobody(why: string, next: string): Finding {
  return note(at('person'), { code: 'not_tried_no_person', detail: why, next })
}
