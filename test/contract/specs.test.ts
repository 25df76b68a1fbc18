import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type Backend, defineBackend, type Operation, rest } from '../../shared/backend/define.ts'
import type { RestCall } from '../../shared/backend/rest-call.ts'
import { type JudgeOptions, judgeOperation } from '../support/specs/judge.ts'
import { directorySpec, judgedBy, publishedSpec } from '../support/specs/sources.ts'
import { serveReplies } from '../support/specs/spec-server.ts'
import { watchTraffic } from '../support/specs/watch.ts'

const bigquery = await directorySpec('googleapis.com/bigquery')
const athena = await directorySpec('amazonaws.com/athena')
const id = z.string().min(1).max(64)

function backendOf(operation: Operation): Backend {
  const hostSuffixes = { public: [], usgov: [], china: [] }
  return defineBackend({
    name: 'rest-judged',
    title: 'A judged API',
    scope: 'configured',
    hostSuffixes,
    operations: { operation },
  })
}

const inputs = { projectId: id, query: id, maxResults: z.int().min(1).max(1_000), useLegacySql: z.boolean() }
const call = rest({
  method: 'POST',
  path: '/bigquery/v2/projects/{projectId}/queries',
  parameters: ['projectId'],
  body: ['query', 'maxResults', 'useLegacySql'],
}) as RestCall
const query: Operation = { summary: 'Run a query', effect: 'read', inputs: () => z.strictObject(inputs), call }
const listing: Operation = {
  summary: 'List the datasets of a project',
  effect: 'read',
  inputs: () => z.strictObject({ projectId: id, all: z.boolean(), maxResults: z.int().min(1).max(100) }),
  call: rest({
    method: 'GET',
    path: '/bigquery/v2/projects/{projectId}/datasets',
    parameters: ['projectId'],
    query: ['all', 'maxResults'],
  }),
}

const judge = (operation: Operation, more: Partial<JudgeOptions> = {}) =>
  judgeOperation(backendOf(operation), 'operation', { documents: [bigquery], ...more })
const changed = (more: Partial<RestCall>): Operation => ({ ...query, call: { ...call, ...more } })

describe('a judgement', () => {
  it('finds no fault with what the publisher documents, and hands out what was served', async () => {
    const judged = await judge(query, { operationId: 'bigquery.jobs.query' })
    expect(judged.faults).toEqual([])
    expect(judged.data).toEqual(judged.served?.data)
    expect(JSON.parse(judged.requests[0]?.body ?? '')).toEqual({ query: 'a', maxResults: 1, useLegacySql: true })
  })

  it.each<[string, Operation, string]>([
    [
      'a path',
      changed({ path: '/bigquery/v2/projects/{projectId}/query' }),
      'request: POST /bigquery/v2/projects/a/query is not documented',
    ],
    ['a method', changed({ method: 'PUT' }), 'request: PUT /bigquery/v2/projects/a/queries is not documented'],
    ['a query parameter', changed({ fixedQuery: { format: 'rows' } }), 'query format: is not documented'],
    [
      "a parameter's value",
      { ...listing, call: { ...(listing.call as RestCall), fixedQuery: { alt: 'xml' } } },
      'query alt: / must be equal to one of the allowed values (json,media,proto)',
    ],
    [
      "a parameter's type",
      {
        ...listing,
        inputs: () => z.strictObject({ projectId: id, all: z.literal('some'), maxResults: z.literal('few') }),
      },
      'query maxResults: / must be integer',
    ],
    [
      'a member of the body',
      { ...changed({ body: ['query', 'rows'] }), inputs: () => z.strictObject({ projectId: id, query: id, rows: id }) },
      'body /rows: is not documented',
    ],
    [
      'a type in the body',
      { ...query, inputs: () => z.strictObject({ ...inputs, maxResults: z.literal('few') }) },
      'body /maxResults must be integer',
    ],
    [
      'a body where there is none',
      { ...query, call: { ...call, method: 'POST', path: '/bigquery/v2/projects/{projectId}/jobs/a/cancel' } },
      'body: is not documented',
    ],
    [
      'a content type',
      changed({ headers: { 'content-type': 'text/csv' } }),
      'body: the content type text/csv is not documented',
    ],
  ])('names %s that the publisher does not document', async (_what, operation, fault) => {
    expect((await judge(operation)).faults).toContain(fault)
  })

  it('names a header that is missing where the publisher requires it', async () => {
    const path = '/'
    const target = { 'x-amz-target': 'AmazonAthena.StopQueryExecution', 'content-type': 'application/json' }
    const operation = {
      ...changed({ path, body: ['QueryExecutionId'], headers: target }),
      inputs: () => z.strictObject({ QueryExecutionId: id }),
    }
    const good = await judge(operation, { documents: [athena] })
    expect(good.faults).toEqual([])
    expect(good.asked).toEqual(['StopQueryExecution'])
    const without = {
      ...operation,
      call: { ...(operation.call as RestCall), headers: { 'content-type': 'application/json' } },
    }
    expect((await judge(without, { documents: [athena] })).faults).toContain('request: POST / is not documented')
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['a status', { status: 207 }, 'answer: the status 207 is not documented'],
    ['a type', { body: '{"jobComplete":"yes"}' }, 'answer /jobComplete must be boolean'],
    [
      'a content type',
      { headers: { 'content-type': 'text/csv' }, body: 'a' },
      'answer: the content type text/csv is not documented',
    ],
  ])('names %s of an answer that the publisher does not document', async (_what, reply, fault) => {
    expect((await judge(query, { reply: () => reply })).faults).toContain(fault)
  })

  it('names the problem that a call ended with', async () => {
    const judged = await judge(query, {
      reply: () => ({ status: 404 }),
      except: ['answer: the status 404 is not documented'],
    })
    expect(judged.faults).toEqual(['call: backend_rejected status_404'])
  })

  it('excepts a known fault, and names one that is excepted and does not appear', async () => {
    const operation = changed({ fixedQuery: { format: 'rows' } })
    const fault = 'query format: is not documented'
    expect((await judge(operation, { except: [fault] })).faults).toEqual([])
    expect((await judge(query, { except: [fault] })).faults).toEqual([`excepted: no such fault: ${fault}`])
  })

  it('names an operation that is not the wanted one', async () => {
    expect((await judge(query, { operationId: 'bigquery.jobs.insert' })).faults).toEqual([
      'request: is bigquery.jobs.query, not bigquery.jobs.insert',
    ])
  })
})

describe("a stand-in's traffic", () => {
  it('is judged on both sides', async () => {
    const server = await serveReplies(() => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: '{"datasets":{}}',
    }))
    try {
      const watch = watchTraffic({ documents: [bigquery] })
      await watch.fetch(`${server.url}/bigquery/v2/projects/a/datasets?maxResults=few`)
      await watch.fetch(`${server.url}/bigquery/v2/elsewhere`)
      expect(watch.asked).toEqual(['bigquery.datasets.list'])
      expect(watch.faults).toEqual([
        'bigquery.datasets.list: query maxResults: / must be integer',
        'bigquery.datasets.list: answer /datasets must be array',
        'GET /bigquery/v2/elsewhere: is not documented',
      ])
    } finally {
      await server.close()
    }
  })
})

/** Every kind of document that there is, once: Fabric's many files, a list without types, OpenAPI 3.1, YAML. */
describe('publishers', () => {
  const get = (path: string, parameters: readonly [] | readonly ['workspaceId']): Operation => ({
    summary: 'Read something',
    effect: 'read',
    inputs: () => (parameters.length === 0 ? z.strictObject({}) : z.strictObject({ workspaceId: z.uuid() })),
    call: { ...(rest({ method: 'GET', path: '/', parameters: [] }) as RestCall), path },
  })
  const chat: Operation = {
    summary: 'Ask for embeddings',
    effect: 'read',
    inputs: () => z.strictObject({ model: z.literal('text-embedding-3-small'), input: id }),
    call: rest({ method: 'POST', path: '/v1/embeddings', parameters: [], body: ['model', 'input'] }),
  }
  const cases: readonly (readonly [file: string, operation: Operation, operationId: string])[] = [
    [
      'fabric/lakehouse/swagger.json',
      get('/v1/workspaces/{workspaceId}/lakehouses', ['workspaceId']),
      'Items_ListLakehouses',
    ],
    ['fabric/platform/swagger.json', get('/v1/workspaces', []), 'Workspaces_ListWorkspaces'],
    ['powerbi-swagger.json', get('/v1.0/myorg/groups', []), 'Groups_GetGroups'],
    ['openai-openapi.json', chat, 'createEmbedding'],
    ['snowflake-sqlapi.yaml', get('/api/v2/statements/{workspaceId}', ['workspaceId']), 'GetStatementStatus'],
  ]
  for (const [file, operation, operationId] of cases)
    judgedBy(file)(`find no fault with ${operationId} of ${file}`, async () => {
      const judged = await judge(operation, { documents: [await publishedSpec(file)], operationId })
      expect(judged.faults).toEqual([])
      expect(judged.data).toEqual(judged.served?.data)
    })
})
