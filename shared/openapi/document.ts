import type { Backend, Operation } from '../backend/define.ts'
import { longestHandle, takesHandle } from '../backend/operation-handle.ts'
import { type ProblemCode, problems } from '../errors/problem.ts'
import { approvalSchemas } from './approval-paths.ts'
import { auditSchemas } from './audit-paths.ts'
import { ownPaths } from './own-paths.ts'
import { describeFailures } from './responses.ts'
import { inputSchema } from './schema.ts'
import { usageSchemas } from './usage-paths.ts'

type Node = Readonly<Record<string, unknown>>

/** Where this deployment stands, for the document's server and sign-in. */
export interface DocumentSettings {
  readonly publicUrl: string
  readonly authorizeUrl: string
  readonly tokenUrl: string
  readonly scope: string
  readonly version: string
}

/** OpenAPI 3.0.3 of every declared operation; derived from the declarations, so it cannot fall behind them. */
export function describeApi(backends: readonly Backend[], settings: DocumentSettings): Node {
  return {
    openapi: '3.0.3',
    info: {
      title: 'Countersign',
      version: settings.version,
      description: 'Each call reaches its backend as the signed-in person, or not at all, and is recorded.',
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
    },
    servers: [{ url: settings.publicUrl }],
    security: [{ entra: [settings.scope] }],
    tags: backends.map(({ name, title }) => ({ name, description: title })),
    paths: Object.fromEntries([...backends.flatMap(describeBackend), ...ownPaths()]),
    components: {
      securitySchemes: { entra: signIn(settings) },
      schemas: {
        Problem: problemSchema,
        Meta: metaSchema,
        Running: runningSchema,
        ...approvalSchemas,
        ...auditSchemas,
        ...usageSchemas,
      },
    },
  }
}

function describeBackend(backend: Backend): [string, Node][] {
  return Object.entries(backend.operations).map(([name, operation]) => [
    `/api/${backend.name}/${name}`,
    { post: describeOperation(backend, name, operation) },
  ])
}

function describeOperation(backend: Backend, name: string, operation: Operation): Node {
  return {
    operationId: `${backend.name}.${name}`,
    tags: [backend.name],
    summary: operation.summary,
    'x-countersign-effect': operation.effect,
    parameters: takesHandle(operation) ? [...headerParameters, handleParameter] : headerParameters,
    requestBody: {
      required: true,
      content: { 'application/json': { schema: inputSchema(operation, 'openapi-3.0') } },
    },
    responses: { 200: takesHandle(operation) ? successOrRunning : success, ...failures },
  }
}

function signIn({ authorizeUrl, tokenUrl, scope }: DocumentSettings): Node {
  const flow = {
    authorizationUrl: authorizeUrl,
    tokenUrl,
    scopes: { [scope]: 'Call backends as the signed-in person' },
  }
  return { type: 'oauth2', flows: { authorizationCode: flow } }
}

function header(name: string, description: string, maxLength = 512): Node {
  return { name, in: 'header', required: false, description, schema: { type: 'string', maxLength } }
}

const headerParameters = [
  header('Countersign-Purpose', 'Why the call is made; recorded as written by the agent.'),
  header('Countersign-Agent', 'The name that the agent gives itself; recorded as claimed, never permits anything.'),
  header('Countersign-Conversation', 'The conversation that the call belongs to; recorded as claimed.'),
  header('Approval-Id', 'The approval to use; without it the one that was given for this very call.'),
  header('Idempotency-Key', 'Lets a backend that knows such keys recognise a repeat.'),
  header('traceparent', 'W3C trace context.'),
]

const handleParameter = header(
  'Operation-Handle',
  'The handle of an earlier call with the same inputs that answered `running`: asks how it stands, and begins nothing.',
  longestHandle,
)

const success = succeed('What the backend answered to this person, masked.', {})

const successOrRunning = succeed(
  'What the backend answered to this person, masked; or that the work goes on, and by which handle to ask again.',
  { anyOf: [{ $ref: '#/components/schemas/Running' }, {}] },
)

function succeed(description: string, data: Node): Node {
  const properties = { data, meta: { $ref: '#/components/schemas/Meta' } }
  const schema = { type: 'object', required: ['data', 'meta'], properties }
  return { description, content: { 'application/json': { schema } } }
}

const failures = describeFailures(Object.keys(problems) as ProblemCode[])

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'retryable', 'error'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    code: { type: 'string', enum: Object.keys(problems) },
    retryable: { type: 'boolean' },
    reasons: { type: 'array', items: { type: 'string' } },
    faults: {
      type: 'array',
      items: { type: 'object', properties: { pointer: { type: 'string' }, detail: { type: 'string' } } },
    },
    claims: { type: 'string' },
    consentUrl: { type: 'string' },
    retryAfter: { type: 'integer' },
    approval: {
      type: 'object',
      required: ['id', 'expires', 'url', 'pollAfter'],
      properties: {
        id: { type: 'string' },
        expires: { type: 'string', format: 'date-time' },
        url: { type: 'string', format: 'uri' },
        pollAfter: { type: 'integer' },
      },
    },
    next: { type: 'object' },
    error: { type: 'object' },
  },
}

const runningSchema = {
  type: 'object',
  required: ['status', 'handle'],
  properties: {
    status: { type: 'string', enum: ['running'] },
    handle: { type: 'string', maxLength: longestHandle, description: 'For the header `Operation-Handle`; a day long.' },
  },
}

const metaSchema = {
  type: 'object',
  properties: {
    traceId: { type: 'string' },
    decisionId: { type: 'string' },
    audit: { type: 'object' },
    masked: { type: 'array', items: { type: 'object' } },
    neutralised: {
      type: 'integer',
      minimum: 1,
      description: 'How many places of texts were made harmless (control characters, links that fetch); absent: none.',
    },
    truncated: { type: 'boolean' },
    rows: { type: 'integer' },
    identity: { type: 'object' },
    trust: { type: 'string', enum: ['untrusted-data'] },
  },
}
