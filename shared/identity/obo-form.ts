/** What every on-behalf-of request says. */
export interface OboRequest {
  readonly clientId: string
  /** The federated credential's token. */
  readonly clientAssertion: string
  /** The caller's own token. */
  readonly assertion: string
  readonly scope: string
  readonly claims?: string | undefined
  readonly correlationId: string
}

/** The form of an on-behalf-of request for something that MSAL has no words for, which `more` names. */
export function oboForm(request: OboRequest, more: Readonly<Record<string, string>>): URLSearchParams {
  const { clientId, clientAssertion, assertion, scope, claims, correlationId } = request
  return new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: clientAssertion,
    assertion,
    scope,
    requested_token_use: 'on_behalf_of',
    ...more,
    'client-request-id': correlationId,
    ...(claims === undefined ? {} : { claims }),
  })
}
