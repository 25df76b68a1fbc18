import type { ProblemCode } from '../errors/problem.ts'
import { describeFailures, tokenCodes } from './responses.ts'

type Node = Readonly<Record<string, unknown>>

const text = { type: 'string' }
const signer = { type: 'object', required: ['name', 'fingerprint'], properties: { name: text, fingerprint: text } }
const rule = {
  type: 'object',
  required: ['id', 'title', 'effect'],
  properties: {
    ...{ id: text, title: text, effect: { type: 'string', enum: ['permit', 'forbid'] } },
    reason: text,
    obligation: { type: 'object', required: ['kind'], properties: { kind: text } },
    shadow: { type: 'object', required: ['since', 'why'], properties: { since: text, why: text } },
  },
}

const set = {
  type: 'object',
  required: ['source', 'loaded', 'policyDigest', 'schemaDigest', 'policies'],
  properties: {
    source: { type: 'string', enum: ['package', 'release'] },
    loaded: { type: 'string', format: 'date-time' },
    version: { type: 'integer' },
    ...{ digest: text, notes: text, policyDigest: text, schemaDigest: text },
    signers: { type: 'array', items: signer },
    answers: {
      type: 'object',
      description: 'How often an answer of the engine was known already, and how often it was not.',
      properties: { hits: { type: 'integer' }, misses: { type: 'integer' } },
    },
    policies: { type: 'array', items: rule },
  },
}

const codes: readonly ProblemCode[] = [
  ...tokenCodes,
  'human_required',
  'guest_not_allowed',
  'scope_insufficient',
  'policy_denied',
  'quota_exceeded',
  'policy_unavailable',
]

/** The route of the policy set in force. */
export const policyPaths: readonly (readonly [string, Node])[] = [
  [
    '/api/policies',
    {
      get: {
        operationId: 'policies',
        summary: 'The policy set in force, for operators at the console',
        responses: {
          200: { description: 'Its rules, and where it comes from', content: { 'application/json': { schema: set } } },
          ...describeFailures(codes),
        },
      },
    },
  ],
]
