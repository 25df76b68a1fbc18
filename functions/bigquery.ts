import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { tenantDefined } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const text = z.string().min(1).max(32_000).describe('One GoogleSQL statement; values as @name')
const parameter = z.strictObject({
  name: z.string().regex(/^[A-Za-z_]\w{0,127}$/),
  value: z.string().max(10_000).nullable(),
  type: z
    .enum(['STRING', 'INT64', 'FLOAT64', 'NUMERIC', 'BOOL', 'DATE', 'DATETIME', 'TIMESTAMP', 'BYTES'])
    .default('STRING'),
})
const parameters = z.array(parameter).max(100).default([]).describe('Values of the @name markers')
const wait = z.int().min(1).max(90).default(90).describe('Seconds after which a handle is given instead of rows')
const handle = z
  .string()
  .regex(/^[\w.-]{40,600}$/)
  .describe('As query gave it')
const id = z.string().regex(/^\w{1,1024}$/)
const tableId = z.string().regex(/^[\w -]{1,1024}$/)
const maxResults = z.int().min(1).max(1000).default(100)
const cursor = z.string().max(8000).optional().describe('As the page before gave it')
const page = { from: { pointer: '/nextPageToken' }, into: { query: 'pageToken' } } as const

const statement = { input: 'statement', dialect: 'bigquery' } as const
const changeInputs = () => z.strictObject({ statement: text, parameters })
const call = { technology: 'warehouse', service: 'bigquery' } as const
const change = { ...call, action: 'execute', inputs: { statement: 'statement', parameters: 'parameters' } } as const
const oneTable = {
  path: '/projects/{@project}/datasets/{datasetId}/tables/{tableId}',
  parameters: ['datasetId', 'tableId'],
} as const
const segment = /^[a-z][a-z0-9-]{2,61}[a-z0-9]$/
const google = { public: ['.googleapis.com'], usgov: ['.googleapis.com'], china: null }

serve(
  defineBackend({
    name: 'bigquery',
    title: 'Google BigQuery (workforce identity federation)',
    ...tenantDefined('The registration that the workforce pool’s provider trusts'),
    hostSuffixes: google,
    base: { public: 'https://bigquery.googleapis.com/bigquery/v2', usgov: null, china: null },
    tokenService: 'google',
    // Asked by the exchange alone, with the person's token and no credential of ours.
    endpoints: {
      tokens: {
        scope: { public: null, usgov: null, china: null },
        hostSuffixes: google,
        base: { public: 'https://sts.googleapis.com', usgov: 'https://sts.googleapis.com', china: null },
      },
    },
    honesty: 'by-token-service',
    notes: [
      'Google’s token service turns the person’s token into one of the same person in the workforce pool; BigQuery’s grants and row policies are judged for that principal.',
      'The pool’s provider has to map `google.subject` to the claim `oid`. SESSION_USER() is asked with the same token before each change, and any other subject refuses it.',
      'Google documents ID tokens and SAML for this exchange; that it takes access tokens of a registration whose id is the provider’s client id is widely used, and has to be tried where it is installed.',
      'Conditional Access holds when Entra issues its token. What Google made of it lives no longer than that token, and is dropped when the person’s tokens are.',
      'Authorised views and routines read with rights of their own; that is decided in BigQuery.',
    ],
    values: {
      project: { description: 'Project that queries run in', pattern: segment },
      userProject: { description: 'Project whose quota is used', pattern: /^[a-z0-9-]{4,63}$/ },
      pool: { description: 'Id of the workforce pool', pattern: /^[a-z][a-z0-9-]{3,62}$/ },
      provider: { description: 'Id of the pool’s provider', pattern: /^[a-z][a-z0-9-]{3,31}$/ },
      subjectTokenType: {
        description: 'Either `jwt` (default) or `id_token`',
        pattern: /^(jwt|id_token)$/,
        optional: true,
      },
      location: { description: 'Where jobs run, such as EU', pattern: /^[A-Za-z0-9-]{2,40}$/, optional: true },
      dataset: { description: 'Where names without a dataset are looked up', pattern: /^\w{1,1024}$/, optional: true },
      maximumBytesBilled: { description: 'Most bytes one query may read', pattern: /^\d{1,18}$/, optional: true },
    },
    limits: { datasetId: 'datasets' },
    records: ['x-goog-request-id'],
    operations: {
      query: {
        summary: 'Run one query, as the person',
        effect: 'read',
        inputs: () => changeInputs().extend({ wait }),
        statement,
        call: { ...change, inputs: { ...change.inputs, wait: 'wait' } },
      },
      // What it says are bytes and tables, no rows, so that it is no preview of a change.
      dryRunQuery: {
        summary: 'Say how much a statement would read, and of which tables, without running it',
        effect: 'read',
        inputs: changeInputs,
        statement: { ...statement, explained: true },
        call: { ...change, action: 'plan' },
      },
      insertJob: {
        summary: 'Run one INSERT, UPDATE, MERGE or CREATE, as the person',
        effect: 'write',
        inputs: changeInputs,
        statement,
        call: change,
      },
      insertDestructiveJob: {
        summary: 'Run one DELETE, DROP or TRUNCATE, as the person',
        effect: 'delete',
        inputs: changeInputs,
        statement,
        call: change,
      },
      getQueryResults: {
        summary: 'Ask after a query that runs on, or fetch its result',
        effect: 'read',
        inputs: () => z.strictObject({ statement: text, handle }),
        statement,
        call: { ...call, action: 'get', inputs: { statement: 'statement', handle: 'handle' } },
      },
      cancelJob: {
        summary: 'Cancel a query of the own that runs on',
        effect: 'write',
        inputs: () => z.strictObject({ handle }),
        call: { ...call, action: 'cancel', inputs: { handle: 'handle' } },
      },
      listDatasets: {
        summary: 'List the datasets that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ maxResults, cursor }),
        call: rest({
          method: 'GET',
          path: '/projects/{@project}/datasets',
          parameters: [],
          query: ['maxResults'],
          pageSize: 'maxResults',
          page,
        }),
      },
      listTables: {
        summary: 'List the tables of one dataset',
        effect: 'read',
        inputs: () => z.strictObject({ datasetId: id, maxResults, cursor }),
        object: 'datasetId',
        call: rest({
          method: 'GET',
          path: '/projects/{@project}/datasets/{datasetId}/tables',
          parameters: ['datasetId'],
          query: ['maxResults'],
          pageSize: 'maxResults',
          page,
        }),
      },
      getTable: {
        summary: 'Describe one table: columns, size, expiry',
        effect: 'read',
        inputs: () => z.strictObject({ datasetId: id, tableId }),
        object: 'datasetId',
        call: rest({ method: 'GET', ...oneTable, drop: ['/externalDataConfiguration'] }),
      },
      deleteTable: {
        summary: 'Delete one table with its rows',
        effect: 'delete',
        inputs: () => z.strictObject({ datasetId: id, tableId }),
        object: 'datasetId',
        call: rest({ method: 'DELETE', ...oneTable }),
      },
    },
  }),
)
