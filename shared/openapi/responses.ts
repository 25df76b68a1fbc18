import { type ProblemCode, problems } from '../errors/problem.ts'

type Node = Readonly<Record<string, unknown>>

const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }

/** One response a status; its description lists the problem codes behind it. */
export function describeFailures(codes: readonly ProblemCode[]): Node {
  const statuses = [...new Set(codes.map((code) => problems[code].status))].sort()
  return Object.fromEntries(
    statuses.map((status) => {
      const behind = codes.filter((code) => problems[code].status === status)
      return [status, { description: behind.join(', '), content: problem }]
    }),
  )
}

/** What every route that wants a token may answer. */
export const tokenCodes: readonly ProblemCode[] = [
  'token_missing',
  'token_invalid',
  'authorization_malformed',
  'headers_too_large',
  'scope_insufficient',
  'actor_not_allowed',
  'tenant_not_allowed',
  'quota_exceeded',
  'keys_unavailable',
  'audit_unavailable',
  'internal',
]

/** What asking the directory for a person's groups may end in, where the token cannot list them. */
export const groupCodes: readonly ProblemCode[] = [
  'claims_challenge',
  'consent_required',
  'access_denied',
  'policy_unavailable',
  'exchange_unavailable',
  'identity_configuration',
]

/** What a JSON body may be refused for. */
export const bodyCodes: readonly ProblemCode[] = ['input_invalid', 'input_too_large', 'media_type_unsupported']
