import type { ProblemCode } from '../errors/problem.ts'
import { delegationPaths } from './delegation-paths.ts'
import { honestySchema } from './honesty-schema.ts'
import { bodyCodes, describeFailures, groupCodes, tokenCodes } from './responses.ts'

type Node = Readonly<Record<string, unknown>>

const time = { type: 'string', format: 'date-time' }
const states = ['pending', 'approved', 'rejected', 'cancelled', 'claimed', 'spent', 'revoked', 'expired']

const texts = { type: 'array', items: { type: 'string' } }

const summary = {
  id: { type: 'string' },
  state: { type: 'string', enum: states },
  digest: { type: 'string', description: 'SHA-256 of what would run; the vote carries it back.' },
  requester: {
    type: 'object',
    properties: { tid: { type: 'string' }, oid: { type: 'string' }, actor: { type: 'string' } },
  },
  backend: { type: 'string' },
  operation: { type: 'string' },
  effect: { type: 'string', enum: ['read', 'write', 'delete', 'admin'] },
  rules: texts,
  requestedAt: time,
  decideBy: time,
  useBy: { ...time, nullable: true },
  escalatesAt: { ...time, nullable: true, description: 'When the second group of a rule is asked as well.' },
  missing: {
    type: 'array',
    description: 'What is still missing, by group.',
    items: {
      type: 'object',
      properties: { group: { type: 'string' }, count: { type: 'integer' }, rules: texts },
    },
  },
  grant: {
    type: 'object',
    nullable: true,
    description: 'So many calls like this one, within so many minutes of the last vote; null where it is for one call.',
    properties: {
      minutes: { type: 'integer' },
      calls: { type: 'integer' },
      left: { type: 'integer' },
      varies: { ...texts, description: 'Pointers to inputs that may have any value.' },
    },
  },
}

/** The schemas of approvals, for the components of the document. */
export const approvalSchemas = {
  ApprovalSummary: { type: 'object', required: Object.keys(summary), properties: summary },
  Approval: {
    type: 'object',
    required: [...Object.keys(summary), 'inputs', 'statement', 'hidden'],
    properties: {
      ...summary,
      inputs: { type: 'object' },
      statement: { type: 'string', nullable: true },
      hidden: { ...texts, description: 'Pointers to inputs that are not shown, or not whole.' },
      hiddenFor: { ...texts, description: 'Labels for whose sake.' },
      escaped: { ...texts, description: 'Pointers to inputs with characters that would not be seen.' },
      purpose: {
        type: 'object',
        nullable: true,
        description: 'Why, as the agent wrote it; nobody has checked it.',
        properties: { text: { type: 'string' }, note: { type: 'string' } },
      },
      preview: {
        type: 'object',
        nullable: true,
        description: 'An estimate of the rows that it touches, of when it was asked for.',
        properties: {
          kind: { type: 'string', enum: ['planner', 'count'] },
          rows: { type: 'integer', nullable: true },
          takenAt: time,
          note: { type: 'string' },
        },
      },
      content: { type: 'string', enum: ['bound', 'not_bound'] },
      contentNote: { type: 'string', nullable: true },
      backends: honestySchema,
      approvers: texts,
      votes: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            decision: { type: 'string', enum: ['approve', 'reject'] },
            voter: { type: 'string' },
            inSteadOf: { type: 'string', nullable: true, description: 'Whose vote it is, where that was lent.' },
            at: time,
            justification: { type: 'string' },
          },
        },
      },
      justification: { type: 'string', nullable: true },
      decisionId: { type: 'string', nullable: true, description: 'The decision that has claimed it.' },
    },
  },
}

const vote = {
  type: 'object',
  required: ['decision', 'digest'],
  additionalProperties: false,
  properties: {
    decision: { type: 'string', enum: ['approve', 'reject'] },
    digest: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    justification: {
      type: 'string',
      minLength: 1,
      maxLength: 1000,
      description: 'May be left out where Countersign-Resume brings it.',
    },
  },
}

const one = ok({ $ref: '#/components/schemas/Approval' }, 'The approval as it is now')
const many = ok(
  {
    type: 'object',
    required: ['approvals'],
    properties: { approvals: { type: 'array', items: { $ref: '#/components/schemas/ApprovalSummary' } } },
  },
  'Requests of the last 24 hours: own ones, and at the console those that this person could decide',
)

const reading: readonly ProblemCode[] = [...tokenCodes, ...groupCodes, 'human_required']
const single: readonly ProblemCode[] = [...reading, 'operation_unknown', 'approval_mismatch']
/** What a change may come too late for. */
const closed: readonly ProblemCode[] = ['policy_denied', 'approval_rejected', 'approval_expired', 'approval_used']
const voting: readonly ProblemCode[] = [...single, ...closed, ...bodyCodes, 'guest_not_allowed', 'step_up_unsupported']

const id = {
  name: 'id',
  in: 'path',
  required: true,
  schema: { type: 'string', pattern: '^apr_[0-9a-f]{32}(-\\d{1,6})?$' },
}
const wait = {
  name: 'wait',
  in: 'query',
  required: false,
  description: 'Seconds to wait for a decision; answered at once where there is one.',
  schema: { type: 'integer', minimum: 0, maximum: 30 },
}

const resume = {
  name: 'Countersign-Resume',
  in: 'header',
  required: false,
  description:
    'The `resume` of a challenge to this very vote, at most 15 minutes old: it brings the justification back.',
  schema: { type: 'string' },
}

/** The routes of approvals. */
export const approvalPaths: readonly (readonly [string, Node])[] = [
  ['/api/approvals', { get: route('approvals', 'Requests that concern this person', { 200: many, codes: reading }) }],
  [
    '/api/approvals/{id}',
    {
      get: {
        ...route('approval', 'One request, or a wait for its decision', {
          200: one,
          codes: [...single, 'input_invalid'],
        }),
        parameters: [id, wait],
      },
    },
  ],
  [
    '/api/approvals/{id}/decision',
    {
      post: {
        ...route('decideApproval', 'Approve or reject, at the console after a strong sign-in', {
          200: one,
          codes: voting,
        }),
        parameters: [id, resume],
        requestBody: { required: true, content: { 'application/json': { schema: vote } } },
      },
    },
  ],
  [
    '/api/approvals/{id}/cancel',
    {
      post: {
        ...route('cancelApproval', 'The requester takes it back', { 200: one, codes: [...single, ...closed] }),
        parameters: [id],
      },
    },
  ],
  [
    '/api/approvals/{id}/revoke',
    {
      post: {
        ...route('revokeApproval', 'An approver takes an unused approval back', {
          200: one,
          codes: [...single, ...closed, 'guest_not_allowed'],
        }),
        parameters: [id],
      },
    },
  ],
  ...delegationPaths,
]

function ok(schema: Node, description: string): Node {
  return { description, content: { 'application/json': { schema } } }
}

function route(
  operationId: string,
  text: string,
  { codes, 200: success }: { readonly 200: Node; readonly codes: readonly ProblemCode[] },
): Node {
  return { operationId, summary: text, responses: { 200: success, ...describeFailures(codes) } }
}
