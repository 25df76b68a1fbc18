import type { JsonObject } from './json-object.ts'
import type { AssertedPerson } from './saml-assertion.ts'
import { readAssertion } from './saml-assertion.ts'

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const saml2 = 'urn:ietf:params:oauth:token-type:saml2'

/** What the on-behalf-of request for a SAML assertion says. */
export interface SamlRequest {
  readonly clientId: string
  /** The federated credential's token. */
  readonly clientAssertion: string
  /** The caller's own token. */
  readonly assertion: string
  readonly scope: string
  readonly claims?: string | undefined
  readonly correlationId: string
}

/** The form of the request ("SAML assertions obtained with an OAuth2.0 OBO flow"), which MSAL has no words for. */
export function samlForm(request: SamlRequest): URLSearchParams {
  const { clientId, clientAssertion, assertion, scope, claims, correlationId } = request
  return new URLSearchParams({
    grant_type: jwtBearer,
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: clientAssertion,
    assertion,
    scope,
    requested_token_use: 'on_behalf_of',
    requested_token_type: saml2,
    'client-request-id': correlationId,
    ...(claims === undefined ? {} : { claims }),
  })
}

/** The assertion in an answer, still encoded, and whom it is about; null where there is none of that kind. */
export function samlResult(answer: JsonObject): (AssertedPerson & { readonly value: string }) | null {
  const value = answer.access_token
  if (answer.issued_token_type !== saml2 || typeof value !== 'string') return null
  const person = readAssertion(value)
  return person === null ? null : { ...person, value }
}
