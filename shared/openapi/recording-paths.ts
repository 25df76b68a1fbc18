import type { ProblemCode } from '../errors/problem.ts'
import { describeFailures, tokenCodes } from './responses.ts'

type Node = Readonly<Record<string, unknown>>

const recording = {
  type: 'object',
  required: ['decisionId', 'digest', 'recorded'],
  properties: {
    decisionId: { type: 'string', format: 'uuid' },
    digest: { type: 'string', description: 'SHA-256 of what is kept; the outcome of the decision names it.' },
    recorded: { type: 'object', description: 'Backend, operation, inputs, and the answer as it was masked.' },
  },
}

const codes: readonly ProblemCode[] = [
  ...tokenCodes,
  'human_required',
  'guest_not_allowed',
  'policy_denied',
  'operation_unknown',
]

/** The route of recordings. */
export const recordingPaths: readonly (readonly [string, Node])[] = [
  [
    '/api/recordings/{id}',
    {
      get: {
        operationId: 'recording',
        summary: 'What was recorded of a decision, for auditors at the console',
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
        responses: {
          200: {
            description: 'The recording',
            content: { 'application/json': { schema: recording }, 'text/html': { schema: { type: 'string' } } },
          },
          ...describeFailures(codes),
        },
      },
    },
  ],
]
