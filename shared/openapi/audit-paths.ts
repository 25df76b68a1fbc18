import type { ProblemCode } from '../errors/problem.ts'
import { bodyCodes, describeFailures, tokenCodes } from './responses.ts'

type Node = Readonly<Record<string, unknown>>

const text = { type: 'string' }
const count = { type: 'integer', minimum: 0 }
const time = { type: 'string', format: 'date-time' }
const digest = { type: 'string', pattern: '^[0-9a-f]{64}$' }
const date = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\d$' }

const place = {
  type: 'object',
  required: ['lane', 'segment', 'seq'],
  properties: { lane: text, segment: count, seq: count },
}
const checked = {
  type: 'string',
  enum: ['mac', 'not_checked_here', 'failed', 'missing'],
  description: 'Whether the MAC was checked here; a row that failed is named by its place and not shown.',
}

/** The schemas of the book's records, for the components of the document. */
export const auditSchemas = {
  BookRecord: {
    type: 'object',
    required: ['place', 'checked'],
    properties: {
      place,
      checked,
      fault: text,
      kind: text,
      time,
      decisionId: text,
      traceId: text,
      mac: digest,
      intent: { type: 'object', description: 'Member `intent` of the row, without its commitments.' },
      outcome: { type: 'object', nullable: true, description: 'Member `outcome` of its outcome row, with its place.' },
      detail: { type: 'object' },
      personal: { type: 'object', description: 'With open=true: each value, or that it was erased.' },
    },
  },
}

const page = {
  type: 'object',
  required: ['records', 'next', 'population', 'indexedUpTo', 'period'],
  properties: {
    records: { type: 'array', items: { $ref: '#/components/schemas/BookRecord' } },
    next: { ...text, nullable: true, description: 'Cursor of the next page.' },
    population: { type: 'object', properties: { scanned: count, returned: count } },
    indexedUpTo: { ...time, nullable: true, description: 'What was written later may be missing.' },
    period: { type: 'object', properties: { from: time, to: time } },
  },
}

const head = {
  type: 'object',
  required: ['checkpoint', 'lanes'],
  properties: {
    checkpoint: {
      type: 'object',
      nullable: true,
      properties: { note: text, origin: text, size: count, root: text, time: { ...time, nullable: true } },
    },
    lanes: {
      type: 'array',
      items: {
        type: 'object',
        required: ['lane', 'segment', 'checked'],
        properties: { lane: text, segment: count, checked, nextSeq: count, mac: digest, state: text },
      },
    },
  },
}

const reports = {
  type: 'object',
  required: ['reports'],
  properties: {
    reports: {
      type: 'array',
      items: {
        type: 'object',
        required: ['date', 'digest', 'reviews', 'url'],
        properties: { date, digest, url: text, reviews: { type: 'array', items: { type: 'object' } } },
      },
    },
  },
}

const judged = (properties: Node) => ({ type: 'object', properties: { date, place, ...properties } })
const comment = { type: 'string', minLength: 1, maxLength: 2000 }

const review = {
  type: 'object',
  required: ['decision', 'comment'],
  additionalProperties: false,
  properties: { decision: { type: 'string', enum: ['accepted', 'rejected'] }, comment, digest },
}

const disposition = {
  type: 'object',
  required: ['disposition', 'comment'],
  additionalProperties: false,
  properties: {
    disposition: { type: 'string', enum: ['accepted', 'incident', 'false_alarm'] },
    comment,
    owner: { type: 'string', format: 'uuid', description: 'Object id of who sees to it.' },
    date,
  },
}

const filters = [
  'person',
  'agent',
  'object',
  'dataClass',
  'backend',
  'operation',
  'effect',
  'verdict',
  'status',
  'rule',
  'approval',
  'trace',
  'decision',
  'kind',
].map((name) => query(name, { type: 'string', minLength: 1, maxLength: 512 }))
const tenant = query('tenant', text, 'A tenant, or `all`: for auditors of the home tenant; else the own one.')

const recordsParameters = [
  ...filters,
  query('from', text, 'Date or time; 31 days before the end unless given.'),
  query('to', text, 'Date or time; now unless given.'),
  tenant,
  query('open', { type: 'string', enum: ['true', 'false'] }, 'Open personal values; that is recorded.'),
  query('format', { type: 'string', enum: ['json', 'csv'] }),
  query('limit', { type: 'integer', minimum: 1, maximum: 2000 }, 'At most 200 as JSON.'),
  query('cursor', text),
]

const reading: readonly ProblemCode[] = [...tokenCodes, 'human_required', 'guest_not_allowed', 'policy_denied']
const asking: readonly ProblemCode[] = [...reading, 'input_invalid']
const judging: readonly ProblemCode[] = [...reading, ...bodyCodes, 'operation_unknown']

/** The routes of auditors. */
export const auditPaths: readonly (readonly [string, Node])[] = [
  [
    '/api/audit/records',
    {
      get: {
        ...route('auditRecords', 'Rows of the book by person, object, time and more', {
          200: content('The newest first', { ...json(page), 'text/csv': { schema: text } }),
          codes: asking,
        }),
        parameters: recordsParameters,
      },
    },
  ],
  ['/api/audit/head', { get: route('auditHead', 'How far the book has come', ok(head, reading)) }],
  [
    '/api/audit/stream',
    {
      get: {
        ...route('auditStream', 'Rows as they are written, for at most 220 seconds', {
          200: content('Events `row` with a record each; `end` at last', { 'text/event-stream': { schema: text } }),
          codes: asking,
        }),
        parameters: [tenant, { name: 'Last-Event-ID', in: 'header', required: false, schema: text }],
      },
    },
  ],
  ['/api/audit/reports', { get: route('auditReports', 'The newest nightly reports', ok(reports, reading)) }],
  [
    '/api/audit/reports/{date}',
    {
      get: {
        ...route('auditReport', 'A nightly report, as it was signed', {
          200: content('The report', { ...json({ type: 'object' }), 'text/html': { schema: text } }),
          codes: [...asking, 'operation_unknown'],
        }),
        parameters: [inPath('date', date), query('format', { type: 'string', enum: ['json', 'html'] })],
      },
    },
  ],
  [
    '/api/audit/reports/{date}/review',
    {
      post: {
        ...route('reviewReport', 'Sign a report off, or refuse to, at the console', ok(judged({ digest }), judging)),
        parameters: [inPath('date', date)],
        requestBody: { required: true, content: json(review) },
      },
    },
  ],
  [
    '/api/audit/findings/{id}/disposition',
    {
      post: {
        ...route('disposeFinding', 'Say what a finding is, at the console', ok(judged({ finding: text }), judging)),
        parameters: [inPath('id', { type: 'string', pattern: '^fnd_[0-9a-f]{24}$' })],
        requestBody: { required: true, content: json(disposition) },
      },
    },
  ],
  [
    '/api/audit/verify',
    {
      post: route(
        'verifyBook',
        'Ask for the first verification of a book before its night; each night has one report',
        ok({ type: 'object', properties: { status: text, id: text, at: time, reports: text } }, reading),
      ),
    },
  ],
]

function json(schema: Node): Node {
  return { 'application/json': { schema } }
}

function content(description: string, kinds: Node): Node {
  return { description, content: kinds }
}

interface Answers {
  readonly 200: Node
  readonly codes: readonly ProblemCode[]
}

function ok(schema: Node, codes: readonly ProblemCode[]): Answers {
  return { 200: content('As it is now', json(schema)), codes }
}

function query(name: string, schema: Node, description?: string): Node {
  return { name, in: 'query', required: false, schema, ...(description === undefined ? {} : { description }) }
}

function inPath(name: string, schema: Node): Node {
  return { name, in: 'path', required: true, schema }
}

function route(operationId: string, summary: string, { codes, 200: success }: Answers): Node {
  return { operationId, summary, responses: { 200: success, ...describeFailures(codes) } }
}
