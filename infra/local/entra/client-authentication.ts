/**
 * How a client proves itself at the token endpoint: by a token of the managed identity that its federated credential
 * trusts, or by a secret where one is configured. The credential is fixed: home tenant, one identity, Entra's audience.
 * https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
 */
import { timingSafeEqual } from 'node:crypto'
import { apps, tenants } from '../personas.ts'
import type { EntraContext } from './context.ts'
import { issuerV2 } from './issuers.ts'
import { fixedAudiences } from './managed-identity.ts'
import type { Refusal } from './sts-errors.ts'
import { checkToken } from './token-check.ts'

export interface Client {
  readonly clientId: string
  readonly azpacr: '1' | '2'
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

const refusalOfFault = { malformed: 700027, signature: 700027, issuer: 700211, audience: 700212, time: 700024 } as const

function checkAssertion(context: EntraContext, assertion: string): Refusal | null {
  const result = checkToken(context.ring, assertion, { audience: fixedAudiences, now: context.now() })
  if ('fault' in result) return { refused: refusalOfFault[result.fault] }
  if (result.claims.iss !== issuerV2(tenants.home)) return { refused: 700211 }
  return result.claims.sub === context.msi.principalId ? null : { refused: 700213 }
}

function checkSecret(expected: string | undefined, given: string): Refusal | null {
  const [left, right] = [Buffer.from(expected ?? ''), Buffer.from(given)]
  const equal = expected !== undefined && left.length === right.length && timingSafeEqual(left, right)
  return equal ? null : { refused: 7000215 }
}

/** The client behind a token request, or why it is not believed. */
export function authenticateClient(context: EntraContext, form: URLSearchParams): Client | Refusal {
  const clientId = form.get('client_id') ?? ''
  const assertion = form.get('client_assertion')
  const secret = form.get('client_secret')
  if (!Object.values<string>(apps).includes(clientId)) return { refused: 700016 }
  if (assertion !== null) {
    if (form.get('client_assertion_type') !== assertionType) return { refused: 9002313 }
    // Only the gateway's registration has the federated credential.
    if (clientId !== apps.api) return { refused: 700213 }
    return checkAssertion(context, assertion) ?? { clientId, azpacr: '2' }
  }
  if (secret === null) return { refused: 7000218 }
  return checkSecret(context.clientSecrets[clientId], secret) ?? { clientId, azpacr: '1' }
}
