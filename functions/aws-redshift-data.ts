import * as z from 'zod'
import { defineBackend } from '../shared/backend/define.ts'
import { amazon, amazonNotes, amazonValues } from '../shared/backend/define-clouds.ts'
import { serve } from '../shared/serve.ts'

// Judged by the reader of another dialect: what the two read differently is refused.
const text = z
  .string()
  .min(1)
  .max(32_000)
  .regex(/^[^\\"`]+$/)
  .describe('One statement without double quotes, backslashes and backticks; values as :name')
const parameter = z.strictObject({
  name: z.string().regex(/^[A-Za-z_]\w{0,127}$/),
  value: z.string().min(1).max(10_000),
})
const parameters = z.array(parameter).max(100).default([]).describe('Values of the :name markers')
const wait = z.int().min(1).max(90).default(90).describe('Seconds after which a handle is given instead of rows')
const handle = z
  .string()
  .regex(/^[\w.-]{40,400}$/)
  .describe('As executeStatement gave it')
const name = z.string().regex(/^\w{1,127}$/)

const statement = { input: 'statement', dialect: 'databricks' } as const
const changeInputs = () => z.strictObject({ statement: text, parameters })
const call = { technology: 'warehouse', service: 'redshift' } as const
const change = { ...call, action: 'execute', inputs: { statement: 'statement', parameters: 'parameters' } } as const

serve(
  defineBackend({
    name: 'aws-redshift-data',
    title: 'Amazon Redshift Data API (IAM Identity Center)',
    ...amazon,
    notes: [
      ...amazonNotes,
      'Redshift maps the person to a user of its own by Identity Center; neither a secret nor a database user is ever named, since that would be somebody else.',
      'Where those users are named by sign-in names, set `users`: then current_user is asked with the same session before each change, and a difference refuses it.',
      'Redshift’s dialect differs from PostgreSQL’s where it matters to masks (members of SUPER columns). Statements are judged by Databricks’ reader, and what both do not read alike is refused: double-quoted names, backslashes, system tables, statements other than queries, INSERT, UPDATE, DELETE and MERGE, and functions that the reader does not know.',
    ],
    values: {
      ...amazonValues,
      workgroup: { description: 'Serverless workgroup', pattern: /^[a-z0-9-]{3,64}$/, optional: true },
      cluster: {
        description: 'Cluster, where there is no workgroup',
        pattern: /^[a-z][a-z0-9-]{0,62}$/,
        optional: true,
      },
      users: {
        description: 'Is `sign-in-names` where user names are the people’s sign-in names',
        pattern: /^sign-in-names$/,
        optional: true,
      },
    },
    limits: { schema: 'schemas' },
    records: ['x-amzn-requestid'],
    operations: {
      executeStatement: {
        summary: 'Run one query, as the person',
        effect: 'read',
        inputs: () => changeInputs().extend({ wait }),
        statement,
        call: { ...change, inputs: { ...change.inputs, wait: 'wait' } },
      },
      executeWriteStatement: {
        summary: 'Run one INSERT, UPDATE or MERGE, as the person',
        effect: 'write',
        inputs: changeInputs,
        statement,
        call: change,
      },
      executeDestructiveStatement: {
        summary: 'Run one DELETE, as the person',
        effect: 'delete',
        inputs: changeInputs,
        statement,
        call: change,
      },
      getStatementResult: {
        summary: 'Ask after a query that runs on, or fetch its result',
        effect: 'read',
        inputs: () => z.strictObject({ statement: text, handle }),
        statement,
        call: { ...call, action: 'get', inputs: { statement: 'statement', handle: 'handle' } },
      },
      cancelStatement: {
        summary: 'Cancel a query of the own that runs on',
        effect: 'write',
        inputs: () => z.strictObject({ handle }),
        call: { ...call, action: 'cancel', inputs: { handle: 'handle' } },
      },
      listTables: {
        summary: 'List the tables of a schema that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ schema: name }),
        object: 'schema',
        call: { ...call, action: 'list-tables', inputs: { schema: 'schema' } },
      },
      describeTable: {
        summary: 'Describe the columns of one table',
        effect: 'read',
        inputs: () => z.strictObject({ schema: name, table: name }),
        object: 'schema',
        call: { ...call, action: 'describe-table', inputs: { schema: 'schema', table: 'table' } },
      },
    },
  }),
)
