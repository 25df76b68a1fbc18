import { describe, expect, it } from 'vitest'
import { Problem, type ProblemCode, problems } from '../../../shared/errors/problem.ts'
import { describeProblem } from '../../../shared/openapi/problem-page.ts'
import { answerJson, answerProblem } from '../../../shared/pipeline/respond.ts'

/** The design's table of problems: every code with its status. */
const table: Readonly<Record<number, readonly string[]>> = {
  400: ['authorization_malformed', 'input_invalid'],
  401: ['token_missing', 'token_invalid', 'claims_challenge'],
  403: [
    'scope_insufficient',
    'consent_required',
    'app_only_not_allowed',
    'actor_not_allowed',
    'tenant_not_allowed',
    'guest_not_allowed',
    'access_denied',
    'step_up_unsupported',
    'human_required',
    'policy_denied',
    'approval_pending',
    'approval_rejected',
    'approval_expired',
    'approval_mismatch',
    'approval_used',
    'no_eligible_approver',
    'suspended',
  ],
  404: ['operation_unknown', 'backend_not_configured'],
  413: ['input_too_large'],
  415: ['media_type_unsupported'],
  // The backend's own 4xx where it is one that is passed on.
  422: ['idempotency_key_reused', 'backend_rejected'],
  429: ['quota_exceeded'],
  431: ['headers_too_large'],
  500: ['internal'],
  502: ['identity_mismatch', 'backend_rejected_token', 'backend_failed', 'identity_configuration'],
  503: ['audit_unavailable', 'policy_unavailable', 'keys_unavailable', 'exchange_unavailable'],
  504: ['backend_timeout'],
}
const rows = Object.entries(table).flatMap(([status, codes]) =>
  codes.map((code) => [code as ProblemCode, Number(status)] as const),
)

const identification = {
  publicUrl: 'https://gateway.example',
  challenge: { cloud: 'public', clientId: 'client', resourceMetadata: 'https://gateway.example/metadata' },
} as const

describe('problem table', () => {
  it('has the codes of the design and no other', () => {
    expect(Object.keys(problems).sort()).toEqual(rows.map(([code]) => code).sort())
  })

  it.each(rows)('%s has status %i, a title and a page with advice', (code, status) => {
    expect(problems[code].status).toBe(status)
    expect(problems[code].title).toMatch(/^[A-Z][^\n]{5,60}[^.]$/)
    expect(describeProblem(code)).toMatchObject({ code, status, advice: expect.stringMatching(/^[A-Z`].{20,}\.$/s) })
  })

  // Clients retry 408, 409, 425 and 428 on their own or take them for something else.
  it.each([202, 408, 409, 425, 428])('uses the status %i for nothing', (status) => {
    expect(Object.values(problems).map((problem): number => problem.status)).not.toContain(status)
  })

  it.each(['', 'nothing', 'constructor', '__proto__', 'toString'])('has no page for %j', (code) => {
    expect(describeProblem(code)).toBeNull()
  })
})

describe('problem answer', () => {
  const answerOf = (problem: Problem) => {
    const answer = answerProblem(problem, identification, { decisionId: 'id-1', traceparent: 'trace-1' })
    return { ...answer, problem: JSON.parse(answer.body) as Record<string, unknown> }
  }

  it.each(rows)('%s says type, title, status and code in both shapes', (code, status) => {
    const { problem, ...answer } = answerOf(new Problem(code, 'It is so.'))
    expect(answer.status).toBe(status)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-countersign-decision': 'id-1',
      traceparent: 'trace-1',
    })
    const { retryAfter, next: _next, ...rest } = problem
    expect(retryAfter !== undefined).toBe(status === 503)
    expect(rest).toEqual({
      type: `https://gateway.example/problems/${code}`,
      title: problems[code].title,
      status,
      detail: 'It is so.',
      instance: 'urn:uuid:id-1',
      code,
      retryable: problems[code].retryable,
      error: { message: 'It is so.', type: 'countersign_problem', code, param: null },
    })
  })

  it.each(['token_missing', 'token_invalid'] as const)('%s carries a challenge', (code) => {
    expect(answerOf(new Problem(code, 'x')).headers['www-authenticate']).toContain(
      'resource_metadata="https://gateway.example/metadata"',
    )
  })

  it.each(rows.filter(([, status]) => status !== 401))('%s carries no challenge of its own', (code) => {
    expect(answerOf(new Problem(code, 'x')).headers).not.toHaveProperty('www-authenticate')
  })

  it('carries every member that the caller may see, and no reason for the log', () => {
    const members = {
      reasons: ['a'],
      faults: [{ pointer: '/a', detail: 'is wrong' }],
      approval: { id: 'apr_1', expires: 'then', url: 'https://x', pollAfter: 15 },
      claims: 'Y2xhaW1z',
      consentUrl: 'https://consent',
      retryAfter: 7,
      resume: 'r',
      next: { action: 'wait', after: 7 },
    } as const
    const { problem, headers, body } = answerOf(
      new Problem('input_invalid', 'x', { ...members, reason: 'log only', cause: new Error('cause only') }),
    )
    expect(problem).toMatchObject({ ...members, error: { param: '/a' } })
    expect(headers['retry-after']).toBe('7')
    expect(body).not.toMatch(/log only|cause only|stack/)
  })

  it("takes the backend's own status where the Problem says so", () => {
    const { status, problem } = answerOf(new Problem('backend_rejected', 'x', { status: 409 }))
    expect([status, problem.status]).toEqual([409, 409])
  })

  it('has no ids before a call has them', () => {
    const { headers, body } = answerProblem(new Problem('internal', 'x'), identification)
    expect([Object.keys(headers).sort(), JSON.parse(body)]).toEqual([
      ['cache-control', 'content-type', 'x-content-type-options'],
      expect.not.objectContaining({ instance: expect.anything() }),
    ])
  })
})

describe('JSON answer', () => {
  it('is never cached nor sniffed', () => {
    expect(answerJson(200, { a: 1 })).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
      body: '{"a":1}',
    })
  })
})
