import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { amazon, amazonNotes, amazonValues } from '../shared/backend/define-clouds.ts'
import { serve } from '../shared/serve.ts'

// Judged by the reader of another dialect: what the two read differently is refused.
const text = z
  .string()
  .min(1)
  .max(32_000)
  .regex(/^[^\\"`]+$/)
  .describe('One statement without double quotes, backslashes and backticks; values as ?')
const parameter = z.strictObject({
  value: z.string().max(1000).nullable(),
  type: z.enum(['STRING', 'INTEGER', 'DOUBLE', 'BOOLEAN', 'DATE', 'TIMESTAMP']).default('STRING'),
})
const parameters = z.array(parameter).max(100).default([]).describe('Values of the ? markers, in their order')
const wait = z.int().min(1).max(90).default(90).describe('Seconds after which a handle is given instead of rows')
const handle = z
  .string()
  .regex(/^[\w.-]{40,400}$/)
  .describe('As startQueryExecution gave it')
const name = z.string().regex(/^[\w-]{1,128}$/)
const cursor = z.string().max(2000).optional().describe('As the page before gave it')
const maxResults = z.int().min(1).max(50).default(50)

const statement = { input: 'statement', dialect: 'databricks' } as const
const changeInputs = () => z.strictObject({ statement: text, parameters })
const call = { technology: 'warehouse', service: 'athena' } as const
const change = { ...call, action: 'execute', inputs: { statement: 'statement', parameters: 'parameters' } } as const
const listing = (action: string) =>
  ({
    method: 'POST',
    path: '/',
    parameters: [],
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AmazonAthena.${action}` },
    page: { from: { pointer: '/NextToken' }, into: { body: 'NextToken' } },
  }) as const

serve(
  defineBackend({
    name: 'aws-athena',
    title: 'Amazon Athena (IAM Identity Center)',
    ...amazon,
    notes: [
      ...amazonNotes,
      'There is no reader for Athena’s dialect. Statements are judged by Databricks’ reader, and what both do not read alike is refused: double-quoted names, backslashes, backticks, statements other than queries, INSERT, UPDATE, DELETE and MERGE, and functions that the reader does not know.',
      'The workgroup has to enforce its own settings, so that results stay where the company wants them.',
    ],
    values: {
      ...amazonValues,
      workgroup: { description: 'Workgroup whose settings are enforced', pattern: /^[\w.-]{1,128}$/ },
    },
    limits: { catalog: 'catalogs', database: 'databases' },
    records: ['x-amzn-requestid'],
    operations: {
      startQueryExecution: {
        summary: 'Run one query, as the person',
        effect: 'read',
        inputs: () => changeInputs().extend({ wait }),
        statement,
        call: { ...change, inputs: { ...change.inputs, wait: 'wait' } },
      },
      startWriteQuery: {
        summary: 'Run one INSERT, UPDATE or MERGE, as the person',
        effect: 'write',
        inputs: changeInputs,
        statement,
        call: change,
      },
      startDestructiveQuery: {
        summary: 'Run one DELETE, as the person',
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
      stopQueryExecution: {
        summary: 'Stop a query of the own that runs on',
        effect: 'write',
        inputs: () => z.strictObject({ handle }),
        call: { ...call, action: 'cancel', inputs: { handle: 'handle' } },
      },
      listDatabases: {
        summary: 'List the databases of a catalog',
        effect: 'read',
        inputs: () => z.strictObject({ catalog: name.default('AwsDataCatalog'), maxResults, cursor }),
        call: rest({
          ...listing('ListDatabases'),
          template: { CatalogName: '{catalog}', MaxResults: '{maxResults}' },
        }),
      },
      listTableMetadata: {
        summary: 'List the tables of a database, with their columns',
        effect: 'read',
        inputs: () => z.strictObject({ catalog: name.default('AwsDataCatalog'), database: name, maxResults, cursor }),
        object: 'database',
        call: rest({
          ...listing('ListTableMetadata'),
          template: { CatalogName: '{catalog}', DatabaseName: '{database}', MaxResults: '{maxResults}' },
          drop: ['/TableMetadataList/*/Parameters'],
        }),
      },
    },
  }),
)
