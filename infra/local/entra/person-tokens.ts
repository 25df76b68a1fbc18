/** The success answer of the token endpoint for a person: access, id and refresh token, and client info for MSAL. */
import { randomBytes } from 'node:crypto'
import { accountOf, type Persona } from '../personas.ts'
import { pairwise, type TokenShape, userClaims } from './claims.ts'
import type { Client } from './client-authentication.ts'
import { type EntraContext, secondsOf } from './context.ts'
import { issuerV2 } from './issuers.ts'
import { type Json, signJws } from './jws.ts'
import type { Resource } from './resources.ts'
import { noteSignIn } from './sign-ins.ts'
import { keyOf } from './signing-keys.ts'
import type { Reply } from './wire.ts'

export interface Grant {
  /** Claims of the assertion. */
  readonly claims: Json
  readonly resource: Resource
  readonly granted: readonly string[]
  readonly client: Client
  readonly form: URLSearchParams
}

const lifetime = 3_900

/** The account that an assertion is for: from the directory, or as the assertion itself describes it. */
function accountBehind(claims: Json): Persona {
  const known = accountOf(claims.tid, claims.oid)
  if (known) return known
  return {
    name: '',
    kind: claims.acct === 1 ? 'guest' : 'person',
    tid: String(claims.tid),
    oid: String(claims.oid),
    username: String(claims.preferred_username ?? claims.upn ?? ''),
    displayName: String(claims.name ?? ''),
    groups: [],
    roles: [],
    azp: '',
  }
}

function sign(context: EntraContext, claims: Json): string {
  const key = keyOf(context.ring, String(claims.tid))
  return signJws({ typ: 'JWT', alg: 'RS256', kid: key.kid }, claims, key.privateKey)
}

function backendToken(context: EntraContext, grant: Grant, account: Persona): string {
  const { resource, client } = grant
  const shape: TokenShape = {
    version: resource.version,
    audience: resource.audience,
    azp: client.clientId,
    azpacr: client.azpacr,
    now: secondsOf(context),
    ttl: lifetime,
  }
  const capable = /"cp1"/i.test(grant.form.get('claims') ?? '')
  const claims = {
    ...userClaims(account, shape),
    scp: grant.granted.join(' '),
    ...(grant.claims.acrs === undefined ? {} : { acrs: grant.claims.acrs }),
    ...(capable ? { xms_cc: ['cp1'] } : {}),
  }
  noteSignIn(context, claims, { correlationId: grant.form.get('client-request-id') })
  return sign(context, claims)
}

function idToken(context: EntraContext, grant: Grant, account: Persona): string {
  const now = secondsOf(context)
  const { clientId } = grant.client
  return sign(context, {
    aud: clientId,
    iss: issuerV2(account.tid),
    iat: now,
    nbf: now,
    exp: now + lifetime,
    name: account.displayName,
    oid: account.oid,
    preferred_username: account.username,
    sub: pairwise(account.oid, clientId),
    tid: account.tid,
    uti: randomBytes(16).toString('base64url'),
    ver: '2.0',
  })
}

/** Entra's answer to a granted request. Refresh tokens are given, as Entra does, and never taken back. */
export function personResponse(context: EntraContext, grant: Grant): Reply {
  const account = accountBehind(grant.claims)
  const info = JSON.stringify({ uid: account.oid, utid: account.tid })
  const body = {
    token_type: 'Bearer',
    scope: grant.granted.map((name) => `${grant.resource.id}/${name}`).join(' '),
    expires_in: lifetime,
    ext_expires_in: lifetime,
    access_token: backendToken(context, grant, account),
    refresh_token: `1.${randomBytes(64).toString('base64url')}`,
    id_token: idToken(context, grant, account),
    client_info: Buffer.from(info).toString('base64url'),
  }
  return { status: 200, body }
}
