/** `/{tenant}/oauth2/v2.0/token`: the client first, then planted faults, then the grant. */
import { tenants } from '../personas.ts'
import { authenticateClient } from './client-authentication.ts'
import { grantClientCredentials } from './client-credentials.ts'
import type { EntraContext } from './context.ts'
import { transportReply } from './faults.ts'
import { exchangeOnBehalfOf, plantedFault, refusalOf, type TokenRequest } from './on-behalf-of.ts'
import { redeemCode } from './sign-in-page.ts'
import { isRefusal, type Refusal, stsReply } from './sts-errors.ts'
import type { Endpoint, Reply, Request } from './wire.ts'

type Grant = (context: EntraContext, request: TokenRequest) => Reply | Refusal

/** By `grant_type`, of clients that prove themselves. */
const grants: Readonly<Record<string, Grant>> = {
  'urn:ietf:params:oauth:grant-type:jwt-bearer': exchangeOnBehalfOf,
  client_credentials: grantClientCredentials,
}

const knownTenants: readonly string[] = [...Object.values(tenants), 'common', 'organizations']

function busy(context: EntraContext, correlation: string | undefined): unknown {
  return stsReply({ refused: 90033 }, context.now(), correlation).body
}

function grantFor(form: URLSearchParams): Grant | undefined {
  const type = form.get('grant_type') ?? ''
  return Object.hasOwn(grants, type) ? grants[type] : undefined
}

function decide(context: EntraContext, tenant: string, form: URLSearchParams): Reply | Refusal {
  if (!knownTenants.includes(tenant)) return { refused: 90002 }
  const client = authenticateClient(context, form)
  if (isRefusal(client)) return client
  const grant = grantFor(form)
  if (!grant) return { refused: 70003 }
  const request = { tenant, form, client }
  const fault = plantedFault(context, request)
  if (!fault) return grant(context, request)
  return refusalOf(fault, context.now()) ?? transportReply(fault, busy(context, undefined))
}

function answer(context: EntraContext, request: Request): Reply {
  const form = new URLSearchParams(request.body)
  const correlation = form.get('client-request-id') ?? request.url.searchParams.get('client-request-id') ?? undefined
  if (form.get('grant_type') === 'authorization_code') return redeemCode(context, form)
  const outcome = decide(context, request.path[0] ?? '', form)
  return isRefusal(outcome) ? stsReply(outcome, context.now(), correlation) : outcome
}

export function tokenEndpoints(context: EntraContext): Endpoint[] {
  const pattern = /^\/([\w-]+)\/oauth2\/v2\.0\/token$/
  return [{ method: 'POST', pattern, handle: (request) => answer(context, request) }]
}
