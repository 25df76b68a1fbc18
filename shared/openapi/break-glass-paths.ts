import type { ProblemCode } from '../errors/problem.ts'
import { bodyCodes, describeFailures, tokenCodes } from './responses.ts'

type Node = Readonly<Record<string, unknown>>

const time = { type: 'string', format: 'date-time' }
const codes: readonly ProblemCode[] = [
  ...tokenCodes,
  'human_required',
  'guest_not_allowed',
  'policy_denied',
  'policy_unavailable',
]
const stepUpCodes: readonly ProblemCode[] = ['claims_challenge', 'step_up_unsupported', 'access_denied']

const use = {
  type: 'object',
  properties: {
    ...{ id: { type: 'string' }, tid: { type: 'string' }, oid: { type: 'string' } },
    ...{ since: time, until: time, endedAt: { ...time, nullable: true } },
    justification: { type: 'string' },
    isOpen: { type: 'boolean' },
    due: { type: 'string', format: 'date', description: 'Until when an auditor has to review it.' },
    isOverdue: { type: 'boolean' },
    review: { type: 'object', nullable: true },
  },
}

const activation = {
  type: 'object',
  required: ['justification'],
  additionalProperties: false,
  properties: {
    justification: { type: 'string', minLength: 20, maxLength: 1000 },
    minutes: { type: 'integer', minimum: 1, maximum: 30, default: 30 },
  },
}

const review = {
  type: 'object',
  required: ['comment'],
  additionalProperties: false,
  properties: { comment: { type: 'string', minLength: 1, maxLength: 2000 } },
}

const json = (schema: Node) => ({ 'application/json': { schema } })
const answer = (description: string, schema: Node = use) => ({ description, content: json(schema) })
const uses = { type: 'object', required: ['uses'], properties: { uses: { type: 'array', items: use } } }

/** The routes of emergency access: at the console only, in the home tenant. */
export const breakGlassPaths: readonly (readonly [string, Node])[] = [
  [
    '/api/break-glass',
    {
      get: {
        operationId: 'listGlass',
        summary: 'Uses of emergency access: all for auditors and operators, else the own',
        responses: { 200: answer('The newest first', uses), ...describeFailures(codes) },
      },
      post: {
        operationId: 'breakGlass',
        summary: 'Break the glass: emergency access for at most half an hour, alarmed at once and reviewed',
        requestBody: { required: true, content: json(activation) },
        responses: {
          201: answer('It counts from now on'),
          ...describeFailures([...codes, ...stepUpCodes, ...bodyCodes]),
        },
      },
      delete: {
        operationId: 'endGlass',
        summary: 'End the own emergency access before its time',
        responses: { 200: answer('It has ended'), ...describeFailures([...codes, 'operation_unknown']) },
      },
    },
  ],
  [
    '/api/break-glass/{id}/review',
    {
      post: {
        operationId: 'reviewGlass',
        summary: 'Review a use of emergency access, as an auditor who holds no such access',
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        requestBody: { required: true, content: json(review) },
        responses: {
          200: answer('It is reviewed'),
          ...describeFailures([...codes, ...bodyCodes, 'operation_unknown']),
        },
      },
    },
  ],
]
