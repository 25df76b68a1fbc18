import type { JsonObject } from './json-object.ts'
import type { AssertedPerson } from './saml-assertion.ts'
import { readAssertion } from './saml-assertion.ts'

const saml2 = 'urn:ietf:params:oauth:token-type:saml2'

/** What a request for a SAML assertion says besides ("SAML assertions obtained with an OAuth2.0 OBO flow"). */
export const samlParameters = { requested_token_type: saml2 } as const

/** The assertion in an answer, still encoded, and whom it is about; null where there is none of that kind. */
export function samlResult(answer: JsonObject): (AssertedPerson & { readonly value: string }) | null {
  const value = answer.access_token
  if (answer.issued_token_type !== saml2 || typeof value !== 'string') return null
  const person = readAssertion(value)
  return person === null ? null : { ...person, value }
}
