/**
 * What Entra writes into tokens about an account: v2 tokens for our own APIs, v1 tokens for Microsoft's. Left out are
 * the opaque claims that nobody may rely on (`aio`, `rh`); the optional claims of our registration are always there.
 */
import { createHash, randomBytes } from 'node:crypto'
import { apps, type Persona, tenants } from '../personas.ts'
import { issuerV1, issuerV2 } from './issuers.ts'
import type { Json } from './jws.ts'

export interface TokenShape {
  readonly version: 1 | 2
  readonly audience: string
  readonly azp: string
  /** How the client proved itself: "0" not at all, "1" by secret, "2" by certificate or federated credential. */
  readonly azpacr: '0' | '1' | '2'
  /** Epoch seconds. */
  readonly now: number
  /** Seconds. */
  readonly ttl: number
}

const publicClients: readonly string[] = [apps.public, apps.console]

export const azpacrOf = (azp: string) => (publicClients.includes(azp) ? '0' : '1')

/** `sub` is pairwise: another one for each account and audience, the same each time. */
export function pairwise(oid: string, audience: string): string {
  return createHash('sha256').update(`${oid}|${audience}`).digest('base64url')
}

function envelope(shape: TokenShape, tid: string): Json {
  const common = {
    aud: shape.audience,
    iat: shape.now,
    nbf: shape.now,
    exp: shape.now + shape.ttl,
    tid,
    uti: randomBytes(16).toString('base64url'),
  }
  if (shape.version === 2) return { ...common, iss: issuerV2(tid), azp: shape.azp, azpacr: shape.azpacr, ver: '2.0' }
  return { ...common, iss: issuerV1(tid), appid: shape.azp, appidacr: shape.azpacr, ver: '1.0' }
}

function names(persona: Persona, version: 1 | 2): Json {
  const { username, displayName } = persona
  if (version === 2) return { name: displayName, preferred_username: username }
  return { name: displayName, upn: username, unique_name: username }
}

function standing(persona: Persona): Json {
  const guest = persona.kind === 'guest'
  return {
    idtyp: 'user',
    acct: guest ? 1 : 0,
    xms_idrel: guest ? '5 26' : '1 26',
    ...(guest ? { idp: issuerV1(persona.homeTenant ?? tenants.stranger) } : {}),
  }
}

/** Claims of a token for an account with a sign-in name: person, guest or an agent's own account. */
export function userClaims(persona: Persona, shape: TokenShape): Json {
  return {
    ...envelope(shape, persona.tid),
    oid: persona.oid,
    sub: pairwise(persona.oid, shape.audience),
    ...names(persona, shape.version),
    ...standing(persona),
    ...(persona.groups.length > 0 ? { groups: [...persona.groups] } : {}),
  }
}

/** Claims of an app-only token: the subject is the service principal itself. */
export function appClaims(app: { tid: string; oid: string; roles: readonly string[] }, shape: TokenShape): Json {
  const roles = app.roles.length > 0 ? { roles: [...app.roles] } : {}
  return { ...envelope(shape, app.tid), oid: app.oid, sub: app.oid, idtyp: 'app', xms_idrel: '7 26', ...roles }
}

/** The claims that mark an agent identity (Entra Agent ID). */
export function agentClaims(persona: Persona): Json {
  return {
    ...(persona.actorFacets === undefined ? {} : { xms_act_fct: persona.actorFacets }),
    ...(persona.subjectFacets === undefined ? {} : { xms_sub_fct: persona.subjectFacets }),
    ...(persona.blueprint === undefined ? {} : { xms_par_app_azp: persona.blueprint }),
  }
}

/** Too many groups for the token: a pointer to Graph instead of the list. */
export function overageClaims(tid: string, oid: string): Json {
  const endpoint = `https://graph.windows.net/${tid}/users/${oid}/getMemberObjects`
  return { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint } } }
}
