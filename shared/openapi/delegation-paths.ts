import type { ProblemCode } from '../errors/problem.ts'
import { bodyCodes, describeFailures, groupCodes, tokenCodes } from './responses.ts'

type Node = Readonly<Record<string, unknown>>

const time = { type: 'string', format: 'date-time' }
const person = { type: 'string', format: 'uuid', description: 'Object id of a person of the home tenant.' }

const delegation = {
  type: 'object',
  required: ['from', 'to', 'since', 'until', 'endedAt'],
  properties: { from: person, to: person, since: time, until: time, endedAt: { ...time, nullable: true } },
}
const given = {
  type: 'object',
  required: ['to', 'until'],
  additionalProperties: false,
  properties: { to: person, until: { ...time, description: 'Within 14 days.' } },
}
const query = (name: string, required: boolean) => ({ name, in: 'query', required, schema: person })

const codes: readonly ProblemCode[] = [...tokenCodes, ...groupCodes, 'human_required', 'guest_not_allowed']

/** The routes of lent votes. */
export const delegationPaths: readonly (readonly [string, Node])[] = [
  [
    '/api/approvals/delegations',
    {
      get: {
        operationId: 'delegations',
        summary: 'Votes that this person has lent, or was lent',
        responses: {
          200: ok(
            { type: 'object', properties: { delegations: { type: 'array', items: delegation } } },
            'Those in force',
          ),
          ...describeFailures(codes),
        },
      },
      put: {
        operationId: 'delegate',
        summary: 'An approver lends their vote for a while, at the console after a strong sign-in',
        requestBody: { required: true, content: { 'application/json': { schema: given } } },
        responses: {
          200: ok(delegation, 'The delegation as it is now'),
          ...describeFailures([...codes, ...bodyCodes, 'policy_denied', 'step_up_unsupported']),
        },
      },
      delete: {
        operationId: 'endDelegation',
        summary: 'The lender takes it back, or an operator',
        parameters: [query('to', true), query('from', false)],
        responses: {
          200: ok(delegation, 'The delegation as it is now'),
          ...describeFailures([...codes, 'input_invalid', 'operation_unknown']),
        },
      },
    },
  ],
]

function ok(schema: Node, description: string): Node {
  return { description, content: { 'application/json': { schema } } }
}
