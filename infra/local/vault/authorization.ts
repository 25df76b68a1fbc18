/**
 * Who may use the vault: a bearer token with a good signature for the vault's audience, and of a principal that was
 * given a role. Differs from Azure RBAC in that roles are a function of claims and request, not assignments.
 */

import type { Faults } from '../entra/faults.ts'
import { transportReply } from '../entra/faults.ts'
import type { Endpoint, Reply, Request } from '../entra/wire.ts'
import { badParameter, forbidden, throttled, unauthorized, unavailable } from './vault-errors.ts'

type Claims = Readonly<Record<string, unknown>>

export interface Gate {
  readonly challenge: string
  /** Claims of a good token; rejects otherwise. */
  readonly verify: (token: string) => Promise<Claims>
  readonly mayUse: (claims: Claims, request: Request) => boolean
  readonly faults: Faults
}

const apiVersion = /^(7\.\d(-preview\.\d)?|2025-07-01)$/

async function refuse(gate: Gate, request: Request): Promise<Reply | null> {
  const token = /^Bearer (\S+)$/i.exec(String(request.headers.authorization ?? ''))?.[1]
  if (!token) return unauthorized('AKV10000: Request is missing a Bearer or PoP token.', gate.challenge)
  const claims = await gate.verify(token).catch(() => null)
  if (!claims) return unauthorized('AKV10032: Invalid token.', gate.challenge)
  if (!gate.mayUse(claims, request))
    return forbidden('Caller is not authorized to perform action on resource.', 'ForbiddenByRbac')
  const known = apiVersion.test(request.url.searchParams.get('api-version') ?? '')
  return known ? null : badParameter('The api-version is not supported.')
}

function strike(gate: Gate, request: Request): Reply | null {
  const fault = gate.faults.take('vault', { scope: request.url.pathname })
  if (!fault) return null
  return transportReply(fault, fault.kind === 'throttle' ? throttled : unavailable)
}

/** Puts faults, caller and API version before an endpoint. */
export function guard(gate: Gate, endpoint: Endpoint): Endpoint {
  return {
    ...endpoint,
    handle: async (request) =>
      strike(gate, request) ?? (await refuse(gate, request)) ?? (await endpoint.handle(request)),
  }
}
