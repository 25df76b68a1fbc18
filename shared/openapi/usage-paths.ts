import type { ProblemCode } from '../errors/problem.ts'
import { honestySchema } from './honesty-schema.ts'
import { bodyCodes, describeFailures, tokenCodes } from './responses.ts'

type Node = Readonly<Record<string, unknown>>

const text = { type: 'string' }
const guid = { type: 'string', format: 'uuid' }
const time = { type: 'string', format: 'date-time' }
const date = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\d$' }
const reason = { type: 'string', minLength: 1, maxLength: 1000 }
const texts = { type: 'array', items: text }
const totals = Object.fromEntries(
  ['calls', 'refused', 'rows', 'bytes', 'tokens', 'cost'].map((name) => [name, { type: 'number', minimum: 0 }]),
)

const thing = { person: guid, agent: guid, backend: text, operation: text }

/** The schema of a suspension, for the components of the document. */
export const usageSchemas = {
  Suspension: {
    type: 'object',
    required: ['id', 'tenant', 'cause', 'reason', 'by', 'at', 'until'],
    properties: {
      id: text,
      tenant: { ...text, description: "A tenant's id, or `all`." },
      cause: { type: 'string', enum: ['operator', 'own', 'not-me'] },
      ...thing,
      ...{ reason, by: guid, at: time, until: { ...time, nullable: true } },
    },
  },
}

const suspension = { $ref: '#/components/schemas/Suspension' }
const suspending = {
  type: 'object',
  required: ['reason'],
  additionalProperties: false,
  properties: { ...thing, tenant: text, reason, until: time },
}
const stopped = {
  voided: { ...texts, description: 'Approvals and requests that were taken back.' },
  unsettled: { ...texts, description: 'Those that could not be; the suspension stops their use.' },
  inFlight: { type: 'array', items: { type: 'object' }, description: 'Calls that are with a backend and not stopped.' },
  inFlightKnownUpTo: { ...time, nullable: true, description: 'What other instances began later is not known.' },
}
const lines = {
  type: 'object',
  required: ['from', 'to', 'by', 'usage'],
  properties: {
    ...{ from: date, to: date, by: texts, tenant: text, note: text },
    usage: { type: 'array', items: { type: 'object', properties: totals } },
  },
}
const activity = {
  type: 'object',
  required: ['activity', 'next', 'indexedUpTo'],
  properties: {
    activity: { type: 'array', items: { type: 'object' } },
    next: { ...text, nullable: true },
    indexedUpTo: { ...time, nullable: true },
    backends: honestySchema,
  },
}

const person: readonly ProblemCode[] = [...tokenCodes, 'human_required', 'policy_unavailable']
const operator: readonly ProblemCode[] = [...person, 'guest_not_allowed', 'policy_denied']
const strong: readonly ProblemCode[] = ['claims_challenge', 'access_denied', 'step_up_unsupported']

const inPath = (schema: Node, name = 'id') => ({ name, in: 'path', required: true, schema })
const inQuery = (name: string, schema: Node, description: string) => {
  return { name, in: 'query', required: false, description, schema }
}
const body = (schema: Node) => ({ required: true, content: { 'application/json': { schema } } })
const days = [
  inQuery('from', date, 'First day; 30 days before the last where it is left out.'),
  inQuery('to', date, 'Last day; today where it is left out.'),
]

const suspensions = {
  get: route('suspensions', 'What is suspended', {
    200: ok({ type: 'object', properties: { suspensions: { type: 'array', items: suspension } } }),
    codes: operator,
  }),
  post: {
    ...route('suspend', 'Stop a person, an agent, a backend, an operation, or some of them together', {
      200: ok(suspension),
      codes: [...operator, ...bodyCodes],
    }),
    requestBody: body(suspending),
  },
}

const lift = {
  ...route('liftSuspension', 'Lift a suspension, after a strong sign-in', {
    200: ok({ type: 'object', properties: { id: text, lifted: { type: 'boolean' } } }),
    codes: [...operator, ...strong, 'operation_unknown'],
  }),
  parameters: [inPath(text)],
}

const usage = {
  ...route('usage', 'Who used how much', {
    200: { ...ok(lines), content: { 'application/json': { schema: lines }, 'text/csv': { schema: text } } },
    codes: [...operator, 'input_invalid'],
  }),
  parameters: [
    ...days,
    inQuery('by', text, 'Some of person, agent, backend, operation, unit, day, joined by commas; person.'),
    inQuery('tenant', text, "A tenant's id, or `all`: for operators of the tenant that runs the deployment."),
    inQuery('format', { type: 'string', enum: ['json', 'csv'] }, 'json'),
  ],
}

const myActivity = {
  ...route('myActivity', 'What agents did as me', { 200: ok(activity), codes: [...person, 'input_invalid'] }),
  parameters: [
    inQuery('agent', guid, 'Of this agent only.'),
    inQuery('backend', text, 'At this backend only.'),
    inQuery('from', text, 'A date or a time.'),
    inQuery('to', text, 'A date or a time.'),
    inQuery('limit', { type: 'integer', minimum: 1, maximum: 200 }, 'Most calls of one page.'),
    inQuery('cursor', text, 'Goes on after the last page.'),
  ],
}

const notMe = {
  ...route('notMe', 'This was not me: it is on record, and the agent is suspended for me', {
    200: ok({
      type: 'object',
      properties: { decisionId: guid, agent: guid, suspended: { type: 'boolean' }, ...stopped },
    }),
    codes: [...person, ...bodyCodes, 'operation_unknown'],
  }),
  parameters: [inPath(guid)],
  requestBody: body({
    type: 'object',
    required: ['comment'],
    additionalProperties: false,
    properties: { comment: reason },
  }),
}

const switchAgent = {
  ...route('switchAgent', 'My own switch for one agent', {
    200: ok({
      type: 'object',
      required: ['agent', 'enabled'],
      properties: { agent: guid, enabled: { type: 'boolean' }, reasons: texts, ...stopped },
    }),
    codes: [...person, ...strong, ...bodyCodes],
  }),
  parameters: [inPath(guid)],
  requestBody: body({
    type: 'object',
    required: ['enabled'],
    additionalProperties: false,
    properties: { enabled: { type: 'boolean' } },
  }),
}

/** The routes of suspensions, of usage, and of people about themselves. */
export const usagePaths: readonly (readonly [string, Node])[] = [
  ['/api/me/activity', { get: myActivity }],
  ['/api/me/activity/{id}/not-me', { post: notMe }],
  ['/api/me/agents/{id}', { put: switchAgent }],
  ['/api/suspensions', suspensions],
  ['/api/suspensions/{id}', { delete: lift }],
  ['/api/usage', { get: usage }],
]

function ok(schema: Node) {
  return { description: 'At the console', content: { 'application/json': { schema } } }
}

function route(
  operationId: string,
  summary: string,
  { codes, 200: success }: { readonly 200: Node; readonly codes: readonly ProblemCode[] },
): Node {
  return { operationId, summary, responses: { 200: success, ...describeFailures([...new Set(codes)]) } }
}
