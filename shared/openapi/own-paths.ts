import type { ProblemCode } from '../errors/problem.ts'
import { approvalPaths } from './approval-paths.ts'
import { auditPaths } from './audit-paths.ts'
import { breakGlassPaths } from './break-glass-paths.ts'
import { policyPaths } from './policy-paths.ts'
import { recordingPaths } from './recording-paths.ts'
import { bodyCodes, describeFailures, groupCodes, tokenCodes } from './responses.ts'
import { usagePaths } from './usage-paths.ts'

type Node = Readonly<Record<string, unknown>>

const json = (schema: Node) => ({ 'application/json': { schema } })
const answer = (description: string, schema: Node = { type: 'object' }) => ({ description, content: json(schema) })

/** The routes that are no backend's, with the problems that each may answer. */
export function ownPaths(): readonly (readonly [string, Node])[] {
  return [
    ['/api/operations', { get: operations }],
    ['/api/explain', { post: explain }],
    ...approvalPaths,
    ...breakGlassPaths,
    ...auditPaths,
    ...recordingPaths,
    ...policyPaths,
    ...usagePaths,
    ['/mcp', { post: mcp('mcp', 'Every operation that this principal may use, as tools', []) }],
    ['/mcp/{backend}', { post: mcp('mcpOfBackend', 'The tools of one backend', ['backend_not_configured']) }],
  ]
}

const texts = { type: 'array', items: { type: 'string' } }

const operations = {
  operationId: 'operations',
  summary: 'The operations that this principal may use',
  responses: { 200: answer('What could be permitted'), ...describeFailures([...tokenCodes, ...groupCodes]) },
}

const question = {
  type: 'object',
  required: ['backend', 'operation'],
  additionalProperties: false,
  properties: {
    backend: { type: 'string', maxLength: 64 },
    operation: { type: 'string', maxLength: 64 },
    inputs: { type: 'object' },
  },
}

const verdict = {
  type: 'object',
  required: ['decision', 'reasons', 'obligations', 'understood', 'wouldPassIf'],
  properties: {
    decision: { type: 'string', enum: ['permit', 'deny'] },
    reasons: texts,
    rules: texts,
    obligations: { type: 'array', items: { type: 'object' } },
    shadow: { ...texts, description: 'Policies that are only watched and would have changed this.' },
    understood: {
      type: 'object',
      properties: {
        ...{ effect: { type: 'string' }, reads: texts, writes: texts, dangers: texts },
        runsAs: { enum: ['person', 'other'], description: 'Where a definition was read to know' },
        runner: { type: 'string', description: 'Why' },
      },
    },
    wouldPassIf: { type: 'array', items: { type: 'object' } },
  },
}

const explain = {
  operationId: 'explain',
  summary: 'The decision for a call, without calling',
  description:
    'Where the call is judged by something that has to be read first, that is read as the person, with rows of its own.',
  requestBody: { required: true, content: json(question) },
  responses: {
    200: answer('What would be decided, and why', verdict),
    ...describeFailures([...tokenCodes, ...groupCodes, ...bodyCodes, 'operation_unknown', 'backend_not_configured']),
  },
}

/** One JSON-RPC message a request; refusals of a tool are results of the tool, not HTTP. */
function mcp(operationId: string, summary: string, more: readonly ProblemCode[]): Node {
  const message = {
    type: 'object',
    required: ['jsonrpc', 'method'],
    properties: {
      jsonrpc: { type: 'string', enum: ['2.0'] },
      method: { type: 'string' },
      params: { type: 'object' },
    },
  }
  const reply = { type: 'object', required: ['jsonrpc'], properties: { jsonrpc: { type: 'string', enum: ['2.0'] } } }
  return {
    operationId,
    summary,
    description: 'Model Context Protocol, Streamable HTTP, revision 2026-07-28 and those of 2025; without sessions.',
    ...(operationId === 'mcp' ? {} : { parameters: [backendParameter] }),
    requestBody: { required: true, content: json(message) },
    responses: {
      200: { description: 'A JSON-RPC reply', content: { ...json(reply), 'text/event-stream': { schema: stream } } },
      202: { description: 'A notification was taken' },
      406: { description: 'Accept has to name application/json and text/event-stream' },
      ...describeFailures([...tokenCodes, ...bodyCodes, ...more]),
    },
  }
}

const stream = { type: 'string', description: 'The reply as one server-sent event, for clients of 2025.' }
const backendParameter = { name: 'backend', in: 'path', required: true, schema: { type: 'string' } }
