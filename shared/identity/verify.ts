import type { Problem } from '../errors/problem.ts'
import { readBearer, type TokenRequest } from './authorization.ts'
import { agentScope, type ChallengeSettings, controlScope, refusalProblem } from './challenge.ts'
import { isGuid } from './claim-rules.ts'
import { issuerOf } from './cloud.ts'
import type { Assertion, Principal } from './principal.ts'
import { readPrincipal, scopeWords } from './principal-claims.ts'
import { isApplication } from './principal-kind.ts'
import { type Reading, type Refusal, tokenInvalid } from './refusal.ts'
import { bindsIssuer, type CheckSignature, type KeyLookup } from './signing-key.ts'
import { faultOfClaims, type ProvenClaims } from './token-claims.ts'
import { readToken, type UnprovenToken } from './token-header.ts'

/** Whom this deployment serves. Empty lists mean nobody; ids are GUIDs. The console's own client needs no entry. */
export interface VerifierSettings extends ChallengeSettings {
  readonly consoleClientId: string
  readonly tenants: readonly string[]
  readonly allowedActors: readonly string[]
  /** Token ids (`uti`) reported stolen; looked up at each call, so its owner may change it. */
  readonly deniedTokenIds?: ReadonlySet<string>
}

/** `now` is epoch milliseconds. */
export interface VerifierParts {
  readonly settings: VerifierSettings
  readonly keys: KeyLookup
  readonly checkSignature: CheckSignature
  readonly now: () => number
}

/** A caller whose token held. */
export interface Verified {
  readonly principal: Principal
  readonly assertion: Assertion
}

export interface Verifier {
  /** Throws Problem: 400, 401, 403, 431, or 503 `keys_unavailable`. */
  readonly verify: (request: TokenRequest) => Promise<Verified>
}

interface Lists {
  readonly tenants: ReadonlySet<string>
  readonly actors: ReadonlySet<string>
}

/** Signature under a key that Entra lets sign for this very tenant. */
async function faultOfSignature(unproven: UnprovenToken, parts: VerifierParts, lists: Lists): Promise<string | null> {
  const { tid } = unproven.claims
  if (tid === undefined) return 'claim_missing_tid'
  if (!isGuid(tid)) return 'claim_invalid_tid'
  const listed = lists.tenants.has(tid)
  const key = await parts.keys.find(listed ? tid : null, unproven.kid)
  if (key === null) return 'kid_unknown'
  // A stranger is refused in any case; his signature only decides whether he learns why.
  if (listed && !bindsIssuer(key, tid, issuerOf(parts.settings.cloud, tid))) return 'signing_key_issuer_mismatch'
  return (await parts.checkSignature(unproven.token, key)) ? null : 'bad_signature'
}

/** Scopes that count: `control` is the console's alone, in any other hands it is no scope at all. */
function scopesOf(claims: ProvenClaims, settings: VerifierSettings): readonly string[] {
  if (isApplication(claims)) return []
  const words = scopeWords(claims)
  const mayControl = claims.azp === settings.consoleClientId
  return [agentScope, ...(mayControl ? [controlScope] : [])].filter((scope) => words.has(scope))
}

function faultOfScope(claims: ProvenClaims, scopes: readonly string[]): Refusal | null {
  if (scopes.length > 0 || isApplication(claims)) return null
  const onlyRoles = claims.scp === undefined && claims.roles !== undefined
  return { code: 'scope_insufficient', reason: onlyRoles ? 'no_scope' : 'missing_scope' }
}

/** What a new token would not mend: asked last, of claims that are proven. */
function faultOfRights(claims: ProvenClaims, scopes: readonly string[], lists: Lists): Refusal | null {
  if (!lists.tenants.has(claims.tid)) return { code: 'tenant_not_allowed', reason: 'tenant_not_allowed' }
  const fault = faultOfScope(claims, scopes)
  if (fault !== null) return fault
  return lists.actors.has(claims.azp) ? null : { code: 'actor_not_allowed', reason: 'client_not_allowed' }
}

async function readVerified(token: string, parts: VerifierParts, lists: Lists): Promise<Reading<Verified>> {
  const unproven = readToken(token)
  if (unproven.refusal) return unproven
  const fault =
    (await faultOfSignature(unproven.value, parts, lists)) ??
    faultOfClaims(unproven.value.claims, {
      ...parts.settings,
      now: parts.now() / 1000,
      isRevoked: (tokenId) => parts.settings.deniedTokenIds?.has(tokenId) ?? false,
    })
  if (fault !== null) return tokenInvalid(fault)
  // The rules above proved the types; nothing between them and here can change the object.
  const claims = unproven.value.claims as ProvenClaims
  const scopes = scopesOf(claims, parts.settings)
  const refusal = faultOfRights(claims, scopes, lists)
  if (refusal !== null) return { refusal }
  const assertion = { value: token } as Assertion
  return { value: { principal: readPrincipal(claims, scopes, parts.settings.cloud), assertion } }
}

function lowerCase(settings: VerifierSettings): VerifierSettings {
  return {
    ...settings,
    clientId: settings.clientId.toLowerCase(),
    consoleClientId: settings.consoleClientId.toLowerCase(),
    tenants: settings.tenants.map((tid) => tid.toLowerCase()),
    allowedActors: settings.allowedActors.map((id) => id.toLowerCase()),
  }
}

/**
 * Makes the check of a caller's Entra access token: one bearer token, RS256 under a key bound to the tenant, version 2.0,
 * our audience, a listed tenant, the scope, a listed actor. Holds no state and caches no verdict.
 */
export function createVerifier(given: VerifierParts): Verifier {
  const parts = { ...given, settings: lowerCase(given.settings) }
  const { settings } = parts
  const lists = {
    tenants: new Set(settings.tenants),
    actors: new Set([...settings.allowedActors, settings.consoleClientId]),
  }
  const problemOf = (refusal: Refusal): Problem => refusalProblem(refusal, settings)
  return {
    verify: async (request) => {
      const bearer = readBearer(request)
      if (bearer.refusal) throw problemOf(bearer.refusal)
      const verified = await readVerified(bearer.value, parts, lists)
      if (verified.refusal) throw problemOf(verified.refusal)
      return verified.value
    },
  }
}
