/**
 * Access tokens for the gateway's own API without a sign-in: what a person's browser and consent would have led to.
 * Only the stand-in has this; the claims are those of a real v2 (or v1) access token.
 */
import { apps, type Persona } from '../personas.ts'
import { parseChallenge, requiredContexts } from './challenge.ts'
import { agentClaims, appClaims, azpacrOf, overageClaims, type TokenShape, userClaims } from './claims.ts'
import { type EntraContext, rememberSatisfied, secondsOf } from './context.ts'
import { issuerV1, issuerV2 } from './issuers.ts'
import { type Json, signJws } from './jws.ts'
import { noteSignIn } from './sign-ins.ts'
import { keyOf } from './signing-keys.ts'

/**
 * Special members; any other member replaces the claim of that name, null removes it. `control`: a fresh sign-in at
 * the console; `public`: by the public client; `satisfies`: a challenge (JSON text or object; true: any) was met.
 */
export interface MintOverrides {
  readonly version?: 1 | 2
  readonly scope?: string
  readonly control?: boolean
  readonly public?: boolean
  readonly overage?: boolean
  readonly acrs?: readonly string[] | string | null
  /** Seconds, 3600 unless given. */
  readonly ttl?: number
  readonly satisfies?: unknown
  readonly [claim: string]: unknown
}

export interface MintedToken {
  readonly token: string
  /** The same, as OAuth calls it. */
  readonly access_token: string
  readonly expires_in: number
  readonly claims: Json
}

const special = new Set(['persona', 'version', 'scope', 'control', 'public', 'overage', 'acrs', 'ttl', 'satisfies'])

const defaultTtl = 3_600
const signedInBefore = 1_800

function actorOf(persona: Persona, overrides: MintOverrides): string {
  if (typeof overrides.azp === 'string') return overrides.azp
  if (overrides.control === true) return apps.console
  return overrides.public === true ? apps.public : persona.azp
}

function contextsOf(overrides: MintOverrides): Json {
  if (overrides.acrs === null) return {}
  const asked = overrides.acrs === undefined ? [] : [overrides.acrs].flat()
  const met = requiredContexts(parseChallenge(overrides.satisfies))
  const all = [...new Set([...(overrides.control === true ? ['c1'] : []), ...asked, ...met])]
  return all.length > 0 ? { acrs: all } : {}
}

function sessionClaims(persona: Persona, overrides: MintOverrides, now: number): Json {
  const control = overrides.control === true
  return {
    scp: overrides.scope ?? (control ? 'control' : 'access_as_user'),
    auth_time: control ? now : now - signedInBefore,
    sid: persona.oid.replace(/^a/, '5'),
    xms_cc: ['cp1'],
    ...(persona.roles.length > 0 ? { roles: [...persona.roles] } : {}),
    ...agentClaims(persona),
    ...contextsOf(overrides),
  }
}

function baseClaims(persona: Persona, overrides: MintOverrides, shape: TokenShape): Json {
  if (persona.kind === 'app') return appClaims(persona, shape)
  const claims = { ...userClaims(persona, shape), ...sessionClaims(persona, overrides, shape.now) }
  if (overrides.overage !== true) return claims
  const { groups: _tooMany, ...rest } = claims
  return { ...rest, ...overageClaims(persona.tid, persona.oid) }
}

function applyOverrides(base: Json, overrides: MintOverrides, version: 1 | 2): Json {
  const replaced = Object.entries(overrides).filter(([name]) => !special.has(name))
  const tid = typeof overrides.tid === 'string' ? overrides.tid : String(base.tid)
  const issuer = version === 2 ? issuerV2(tid) : issuerV1(tid)
  const claims = { ...base, iss: issuer, ...Object.fromEntries(replaced) }
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null && value !== undefined))
}

/** An access token for a persona, signed by the current key of its tenant. */
export function mintToken(context: EntraContext, persona: Persona, overrides: MintOverrides = {}): MintedToken {
  const version = overrides.version === 1 ? 1 : 2
  const azp = actorOf(persona, overrides)
  const ttl = overrides.ttl ?? defaultTtl
  const audience = version === 2 ? apps.api : `api://${apps.api}`
  const shape = { version, audience, azp, azpacr: azpacrOf(azp), now: secondsOf(context), ttl } as const
  const claims = applyOverrides(baseClaims(persona, overrides, shape), overrides, version)
  const key = keyOf(context.ring, String(claims.tid))
  const token = signJws({ typ: 'JWT', alg: 'RS256', kid: key.kid }, claims, key.privateKey)
  noteSignIn(context, claims)
  const met = overrides.satisfies === true ? true : parseChallenge(overrides.satisfies)
  if (met) rememberSatisfied(context, String(claims.uti), met)
  return { token, access_token: token, expires_in: ttl, claims }
}
