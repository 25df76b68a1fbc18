/**
 * Every refusal and failure that Countersign can answer with, as one closed table (RFC 9457).
 * `status` is the HTTP status, `retryable` says whether the same request may succeed later unchanged.
 */
export const problems = {
  token_missing: { status: 401, title: 'No access token', retryable: false },
  token_invalid: { status: 401, title: 'The access token is not valid here', retryable: false },
  authorization_malformed: { status: 400, title: 'The Authorization header is malformed', retryable: false },
  headers_too_large: { status: 431, title: 'The request headers are too large', retryable: false },
  claims_challenge: { status: 401, title: 'More sign-in evidence is needed', retryable: false },
  scope_insufficient: { status: 403, title: 'The token lacks a scope', retryable: false },
  consent_required: { status: 403, title: 'Consent is needed', retryable: false },
  app_only_not_allowed: { status: 403, title: 'A person is needed', retryable: false },
  actor_not_allowed: { status: 403, title: 'This agent is not allowed', retryable: false },
  tenant_not_allowed: { status: 403, title: 'This tenant is not allowed', retryable: false },
  guest_not_allowed: { status: 403, title: 'Guests are not allowed', retryable: false },
  access_denied: { status: 403, title: 'Sign-in rules forbid this', retryable: false },
  step_up_unsupported: { status: 403, title: 'The agent cannot answer a challenge', retryable: false },
  human_required: { status: 403, title: 'Only a person may do this', retryable: false },
  operation_unknown: { status: 404, title: 'No such operation', retryable: false },
  backend_not_configured: { status: 404, title: 'This backend is not configured', retryable: false },
  input_invalid: { status: 400, title: 'The inputs are not valid', retryable: false },
  input_too_large: { status: 413, title: 'The inputs are too large', retryable: false },
  media_type_unsupported: { status: 415, title: 'The media type is not supported', retryable: false },
  idempotency_key_reused: { status: 422, title: 'The idempotency key was used for another call', retryable: false },
  policy_denied: { status: 403, title: 'Policy denies this call', retryable: false },
  approval_pending: { status: 403, title: 'A second person has to approve this', retryable: true },
  approval_rejected: { status: 403, title: 'The approval was rejected', retryable: false },
  approval_expired: { status: 403, title: 'The approval has expired', retryable: false },
  approval_mismatch: { status: 403, title: 'The approval is for another call', retryable: false },
  approval_used: { status: 403, title: 'The approval was used already', retryable: false },
  no_eligible_approver: { status: 403, title: 'Nobody could approve this', retryable: false },
  quota_exceeded: { status: 429, title: 'The quota is used up', retryable: true },
  suspended: { status: 403, title: 'This is suspended', retryable: false },
  identity_mismatch: { status: 502, title: 'The backend saw somebody else', retryable: false },
  audit_unavailable: { status: 503, title: 'The audit log is unavailable', retryable: true },
  policy_unavailable: { status: 503, title: 'The policy is unavailable', retryable: true },
  keys_unavailable: { status: 503, title: 'The signing keys are unavailable', retryable: true },
  exchange_unavailable: { status: 503, title: 'The token exchange is unavailable', retryable: true },
  backend_rejected: { status: 422, title: 'The backend refused the call', retryable: false },
  backend_rejected_token: { status: 502, title: 'The backend refused the exchanged token', retryable: false },
  backend_failed: { status: 502, title: 'The backend failed', retryable: true },
  backend_timeout: { status: 504, title: 'The backend did not answer in time', retryable: true },
  identity_configuration: { status: 502, title: 'The identity configuration is wrong', retryable: false },
  internal: { status: 500, title: 'Something went wrong here', retryable: false },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>

/** The stable name of a problem. */
export type ProblemCode = keyof typeof problems

/** Where an input is wrong: an RFC 6901 pointer into the request body, and what is expected there. */
export interface InputFault {
  readonly pointer: string
  readonly detail: string
}

/** What the caller can do next. */
export interface NextStep {
  readonly action: 'sign_in' | 'consent' | 'wait' | 'change_input' | 'stop'
  readonly url?: string
  readonly after?: number
}

/** The approval that a call waits for; `expires` is ISO 8601 UTC, `pollAfter` seconds. */
export interface ApprovalReference {
  readonly id: string
  readonly expires: string
  readonly url: string
  readonly pollAfter: number
}

/** Optional members of the answer; every one of them is safe to show to the caller. */
export interface ProblemMembers {
  /** HTTP status where the code allows several (`backend_rejected` carries the backend's own 4xx). */
  readonly status?: number
  readonly reasons?: readonly string[]
  readonly faults?: readonly InputFault[]
  readonly approval?: ApprovalReference
  /** Claims challenge as base64 of the JSON that Entra asked for. */
  readonly claims?: string
  readonly consentUrl?: string
  /** Seconds. */
  readonly retryAfter?: number
  readonly resume?: string
  readonly next?: NextStep
  /** Complete WWW-Authenticate value, where the status calls for one. */
  readonly challenge?: string
}

/**
 * The one error class. `detail` goes to the caller and never names which check of a token failed, a claim's value or
 * a backend's words; `reason` is for the log and for tests, and never leaves.
 */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly detail: string
  readonly members: ProblemMembers
  readonly reason: string

  constructor(code: ProblemCode, detail: string, options: ProblemMembers & { reason?: string; cause?: unknown } = {}) {
    const { reason, cause, ...members } = options
    super(`${code}: ${detail}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.detail = detail
    this.members = members
    this.reason = reason ?? code
  }

  get status(): number {
    return this.members.status ?? problems[this.code].status
  }
}
