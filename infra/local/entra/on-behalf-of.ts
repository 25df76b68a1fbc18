/**
 * The on-behalf-of grant: a person's token for our API becomes that person's token for one backend. Checks and error
 * numbers follow Entra; consent, disabled accounts and Conditional Access come from planted faults, not a directory.
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow
 */
import { apps } from '../personas.ts'
import { meets, parseChallenge, requiredContexts } from './challenge.ts'
import type { Client } from './client-authentication.ts'
import type { EntraContext } from './context.ts'
import type { Fault } from './faults.ts'
import type { Json } from './jws.ts'
import { personResponse } from './person-tokens.ts'
import { type Resource, resolveScope } from './resources.ts'
import { certifyKey } from './ssh-certificates.ts'
import { isRefusal, type Refusal } from './sts-errors.ts'
import { checkToken } from './token-check.ts'
import type { Reply } from './wire.ts'

/** A token request after the client proved itself. `tenant` is the path's. */
export interface TokenRequest {
  readonly tenant: string
  readonly form: URLSearchParams
  readonly client: Client
}

const refusalOfFault = { malformed: 50013, signature: 50013, issuer: 50013, audience: 500131, time: 500133 } as const

function readAssertion(context: EntraContext, request: TokenRequest): { claims: Json } | Refusal {
  const audience = [apps.api, `api://${apps.api}`]
  const result = checkToken(context.ring, request.form.get('assertion') ?? '', { audience, now: context.now() })
  return 'fault' in result ? { refused: refusalOfFault[result.fault] } : result
}

function checkSubject(request: TokenRequest, claims: Json): Refusal | null {
  if (typeof claims.scp !== 'string' || claims.idtyp === 'app') return { refused: 7000114 }
  const multi = request.tenant === 'common' || request.tenant === 'organizations'
  if (multi ? claims.acct === 1 : claims.tid !== request.tenant) return { refused: 50020 }
  return null
}

/** Conditional Access on the request's own `claims` parameter: a context that the sign-in does not have. */
function checkRequestedClaims(request: TokenRequest, claims: Json): Refusal | null {
  const text = request.form.get('claims')
  if (text === null) return null
  const challenge = parseChallenge(text)
  if (!challenge) return { refused: 9002313 }
  const wanted = { access_token: { acrs: { essential: true, values: requiredContexts(challenge) } } }
  return meets(wanted, claims, true) ? null : { refused: 50076, claims: JSON.stringify(wanted) }
}

const planted: Readonly<Record<'claims' | 'consent', number>> = { claims: 50079, consent: 65001 }

/** A planted refusal in Entra's words; null for faults below the protocol, which answer by themselves. */
export function refusalOf(fault: Fault, now: number): Refusal | null {
  const code = fault.code ?? (fault.kind === 'claims' || fault.kind === 'consent' ? planted[fault.kind] : undefined)
  if (code === undefined) return null
  const revoked = { access_token: { nbf: { essential: true, value: String(Math.floor(now / 1000)) } } }
  const challenge = fault.claims ?? (code === 50173 ? revoked : undefined)
  return {
    refused: code,
    ...(fault.status === undefined ? {} : { status: fault.status }),
    ...(fault.suberror === undefined ? {} : { suberror: fault.suberror }),
    ...(challenge === undefined ? {} : { claims: JSON.stringify(challenge) }),
    ...(fault.retryAfter === undefined ? {} : { headers: { 'retry-after': String(fault.retryAfter) } }),
  }
}

function checkPlanted(context: EntraContext, claims: Json, scope: string): Fault | undefined {
  const satisfied = context.satisfied.get(String(claims.uti))
  return context.faults.take('token', {
    oid: claims.oid,
    scope,
    spare: (fault) => fault.claims !== undefined && meets(fault.claims, claims, satisfied),
  })
}

/** A fault that no assertion could be read for still strikes, unless it names a person. */
export function plantedFault(context: EntraContext, request: TokenRequest): Fault | undefined {
  const read = readAssertion(context, request)
  return checkPlanted(context, isRefusal(read) ? {} : read.claims, request.form.get('scope') ?? '')
}

function grant(
  context: EntraContext,
  request: TokenRequest,
): { claims: Json; resource: Resource; granted: readonly string[] } | Refusal {
  if (request.form.get('requested_token_use') !== 'on_behalf_of') return { refused: 900144 }
  const read = readAssertion(context, request)
  if (isRefusal(read)) return read
  const refusal = checkSubject(request, read.claims)
  if (refusal) return refusal
  const scope = resolveScope(context.resources, request.form.get('scope') ?? '')
  if (isRefusal(scope)) return scope
  return checkRequestedClaims(request, read.claims) ?? { ...scope, claims: read.claims }
}

/** Entra's answer to an on-behalf-of request: tokens for the backend, or the refusal. */
export function exchangeOnBehalfOf(context: EntraContext, request: TokenRequest): Reply | Refusal {
  const granted = grant(context, request)
  if (isRefusal(granted)) return granted
  if (request.form.get('token_type') === 'ssh-cert') return certifyKey(context, { ...granted, form: request.form })
  return personResponse(context, { ...granted, client: request.client, form: request.form })
}
