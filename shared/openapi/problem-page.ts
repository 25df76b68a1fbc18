import { type ProblemCode, problems } from '../errors/problem.ts'

/** What each problem means for the caller, for `/problems/{code}`: one sentence on the cause, one on the way out. */
const advice: Readonly<Record<ProblemCode, string>> = {
  token_missing: 'Send `Authorization: Bearer <access token>`; the WWW-Authenticate header says where to get one.',
  token_invalid:
    'Get a new access token for the audience, scope and version named in the detail. Most often a token for another API (such as Microsoft Graph) was sent.',
  authorization_malformed: 'Send exactly one Authorization header, and no token in the URL or in a form.',
  headers_too_large: 'Send a token of at most 12 KiB; fewer group or role claims make it smaller.',
  claims_challenge:
    'Ask for a new token for Countersign with the given claims (base64 of JSON), then repeat the call once.',
  scope_insufficient: 'Ask for the scope named in WWW-Authenticate.',
  consent_required: 'An administrator or the person opens the consent address once.',
  app_only_not_allowed:
    'Sign in as a person. Applications without a person may only read the catalogue and ask for explanations.',
  actor_not_allowed: 'An operator adds the application id of this agent to the list of allowed actors.',
  tenant_not_allowed: 'This deployment serves other tenants. A new token will not help.',
  guest_not_allowed: 'This is not open to guests.',
  access_denied: 'A sign-in rule of the organisation forbids this; signing in again will not help.',
  step_up_unsupported:
    'The call needs a stronger sign-in, and the agent did not declare that it can answer a challenge (client capability cp1).',
  human_required: 'Only a person may do this, not an agent.',
  operation_unknown: 'Look the operation up in /api/operations.',
  backend_not_configured: 'This deployment does not have that backend. /api/operations lists those it has.',
  input_invalid: 'Correct the inputs at the given JSON pointers.',
  input_too_large: 'Send less: at most 1 MiB.',
  media_type_unsupported: 'Send the inputs as application/json in UTF-8.',
  idempotency_key_reused: 'Use a new Idempotency-Key for another call.',
  policy_denied: 'The reasons say which rule decided; /api/explain says what would pass.',
  approval_pending: 'Wait for the second person, then repeat exactly this call.',
  approval_rejected: 'The second person refused. Stop.',
  approval_expired: 'Nobody decided, or the approval was not used in time. Repeat the call to ask again.',
  approval_mismatch:
    'The approval is for other inputs, another person or another policy. Repeat the call to ask for one of its own.',
  approval_used: 'An approval works once. A quarter of an hour after it was given, repeat the call to ask again.',
  no_eligible_approver: 'Nobody could approve this call. Stop, and tell the policy owner.',
  quota_exceeded: 'Wait for Retry-After seconds.',
  suspended: 'An operator, or the person, has switched this off.',
  identity_mismatch: 'The backend saw somebody other than the person; nothing was returned, and operators were told.',
  audit_unavailable: 'Nothing happens that cannot be recorded. Wait for Retry-After seconds and repeat.',
  policy_unavailable: 'Nothing happens that cannot be decided. Wait for Retry-After seconds and repeat.',
  keys_unavailable: 'The signing keys could not be fetched, so no token can be judged. Wait and repeat.',
  exchange_unavailable: 'The sign-in service could not exchange the token. Wait and repeat.',
  backend_rejected: 'The backend refused this call for this person; the status is its own.',
  backend_rejected_token: 'The backend does not accept tokens from here for this person. Tell the operators.',
  backend_failed: 'The backend failed. A read may be repeated; look before you repeat a change.',
  backend_timeout: 'The backend did not answer in time. Whether a change was made is not known.',
  identity_configuration: 'The registration of Countersign or of the backend is wrong. Tell the operators.',
  internal: 'A fault of Countersign. The decision id helps the operators to find it.',
}

/** The documentation of one problem as JSON, or null for a code that does not exist. */
export function describeProblem(code: string): Readonly<Record<string, unknown>> | null {
  if (!Object.hasOwn(problems, code)) return null
  const known = code as ProblemCode
  return { code, ...problems[known], advice: advice[known] }
}
