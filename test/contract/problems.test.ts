import { describe, expect, it } from 'vitest'
import { Problem, type ProblemCode, problems } from '../../shared/errors/problem.ts'
import { answerProblem } from '../../shared/pipeline/respond.ts'

/** The status of every code, written down a second time: clients rely on it. */
const promised: Readonly<Record<ProblemCode, number>> = {
  token_missing: 401,
  token_invalid: 401,
  authorization_malformed: 400,
  headers_too_large: 431,
  claims_challenge: 401,
  scope_insufficient: 403,
  consent_required: 403,
  app_only_not_allowed: 403,
  actor_not_allowed: 403,
  tenant_not_allowed: 403,
  guest_not_allowed: 403,
  access_denied: 403,
  step_up_unsupported: 403,
  human_required: 403,
  operation_unknown: 404,
  backend_not_configured: 404,
  input_invalid: 400,
  input_too_large: 413,
  media_type_unsupported: 415,
  idempotency_key_reused: 422,
  policy_denied: 403,
  approval_pending: 403,
  approval_rejected: 403,
  approval_expired: 403,
  approval_mismatch: 403,
  approval_used: 403,
  no_eligible_approver: 403,
  quota_exceeded: 429,
  suspended: 403,
  identity_mismatch: 502,
  audit_unavailable: 503,
  policy_unavailable: 503,
  keys_unavailable: 503,
  exchange_unavailable: 503,
  backend_rejected: 422,
  backend_rejected_token: 502,
  backend_failed: 502,
  backend_timeout: 504,
  identity_configuration: 502,
  internal: 500,
}

const codes = Object.keys(problems) as ProblemCode[]
const identification = {
  publicUrl: 'https://gateway.example',
  challenge: {
    cloud: 'public',
    clientId: 'c0000000-0000-4000-8000-000000000001',
    resourceMetadata: 'https://gateway.example/.well-known/oauth-protected-resource',
  },
} as const

function answerOf(code: ProblemCode) {
  const { status, headers, body } = answerProblem(new Problem(code, 'A sentence.'), identification, {
    instance: 'id-1',
  })
  return { status, headers, body: JSON.parse(String(body)) as Record<string, unknown> }
}

describe('problem', () => {
  it.each(codes)('%s has the status that clients rely on, and every member of the contract', (code) => {
    const { status, headers, body } = answerOf(code)
    expect(status).toBe(promised[code])
    expect(headers['content-type']).toBe('application/problem+json')
    expect(body).toMatchObject({
      type: `https://gateway.example/problems/${code}`,
      title: expect.stringMatching(/^[A-Z]/),
      status,
      detail: 'A sentence.',
      instance: 'urn:uuid:id-1',
      code,
      retryable: expect.any(Boolean),
      error: { message: 'A sentence.', type: 'countersign_problem', code, param: null },
    })
  })

  it.each(codes.filter((code) => promised[code] === 503))('%s says when to come again', (code) => {
    const { headers, body } = answerOf(code)
    expect([headers['retry-after'], body.retryAfter, body.retryable]).toEqual(['5', 5, true])
  })

  it.each(['token_missing', 'token_invalid'] as const)('%s names the resource metadata', (code) => {
    expect(answerOf(code).headers['www-authenticate']).toContain('resource_metadata=')
  })
})
