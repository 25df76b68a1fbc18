import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { tenantDefined } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const text = z.string().min(1).max(32_000).describe('One statement; values as ?')
const parameter = z.strictObject({
  value: z.string().max(10_000).nullable(),
  type: z.enum(['TEXT', 'FIXED', 'REAL', 'BOOLEAN', 'DATE', 'TIMESTAMP_NTZ']).default('TEXT'),
})
const parameters = z.array(parameter).max(100).default([]).describe('Values of the ? markers, in their order')
const wait = z.int().min(1).max(90).default(90).describe('Seconds after which a handle is given instead of rows')
const handle = z
  .string()
  .regex(/^[\w.-]{40,400}$/)
  .describe('As executeStatement gave it')
const name = z.string().regex(/^[A-Za-z_][\w$]{0,254}$/)
const like = z.string().max(255).optional().describe('Pattern with % and _')
const showLimit = z.int().min(1).max(1000).default(200)

const statement = { input: 'statement', dialect: 'snowflake' } as const
const changeInputs = () => z.strictObject({ statement: text, parameters })
const call = { technology: 'warehouse', service: 'snowflake' } as const
const change = { ...call, action: 'execute', inputs: { statement: 'statement', parameters: 'parameters' } } as const
const headers = { 'x-snowflake-authorization-token-type': 'OAUTH' }

serve(
  defineBackend({
    name: 'snowflake',
    title: 'Snowflake (External OAuth with Entra)',
    ...tenantDefined('Snowflake OAuth Resource', ['session:role-any']),
    hostSuffixes: {
      public: ['.snowflakecomputing.com'],
      usgov: ['.snowflakecomputing.com'],
      china: ['.snowflakecomputing.cn'],
    },
    honesty: 'yes',
    notes: [
      'Snowflake itself takes the token that Entra issued for the person and maps it to their user; there is no account of the gateway’s.',
      'Its security integration decides which claim names the user. Where users are named by sign-in names, set `users`: then CURRENT_USER() is asked with the same token before each change, and a difference refuses it. Otherwise the token is the only proof.',
      'A role that the deployment names has to be granted to each person; Snowflake’s list of blocked roles keeps administrators out.',
      'Views and procedures may run with their owner’s rights; that is decided in Snowflake.',
    ],
    values: {
      warehouse: { description: 'Warehouse that statements run on; the user’s default without it', optional: true },
      role: { description: 'Role of the session; the token’s or the user’s default without it', optional: true },
      users: {
        description: 'Is `sign-in-names` where user names are the people’s sign-in names',
        pattern: /^sign-in-names$/,
        optional: true,
      },
    },
    limits: { database: 'databases' },
    records: ['x-snowflake-request-id'],
    operations: {
      executeStatement: {
        summary: 'Run one query, as the person',
        effect: 'read',
        inputs: () => changeInputs().extend({ wait }),
        statement,
        call: { ...change, inputs: { ...change.inputs, wait: 'wait' } },
      },
      executeWriteStatement: {
        summary: 'Run one INSERT, UPDATE, MERGE or CREATE, as the person',
        effect: 'write',
        inputs: changeInputs,
        statement,
        call: change,
      },
      executeDestructiveStatement: {
        summary: 'Run one DELETE, DROP or TRUNCATE, as the person',
        effect: 'delete',
        inputs: changeInputs,
        statement,
        call: change,
      },
      // A result is judged and masked by its statement: who asks for one says the statement again.
      getStatement: {
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
      listDatabases: {
        summary: 'List the databases that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ like, showLimit }),
        call: rest({ method: 'GET', path: '/api/v2/databases', parameters: [], query: ['like', 'showLimit'], headers }),
      },
      listTables: {
        summary: 'List the tables of one schema',
        effect: 'read',
        inputs: () => z.strictObject({ database: name, schema: name, like, showLimit }),
        call: rest({
          method: 'GET',
          path: '/api/v2/databases/{database}/schemas/{schema}/tables',
          parameters: ['database', 'schema'],
          query: ['like', 'showLimit'],
          headers,
        }),
      },
      cortexSearch: {
        summary: 'Search texts by a Cortex search service',
        effect: 'admin',
        untrusted: true,
        inputs: () =>
          z.strictObject({
            database: name,
            schema: name,
            service: name,
            query: z.string().min(1).max(4000),
            columns: z.array(name).min(1).max(50),
            limit: z.int().min(1).max(100).default(10),
          }),
        call: rest({
          method: 'POST',
          path: '/api/v2/databases/{database}/schemas/{schema}/cortex-search-services/{service}:query',
          parameters: ['database', 'schema', 'service'],
          body: ['query', 'columns', 'limit'],
          headers,
        }),
        note: 'A search service reads its sources with its owner’s rights: whoever may use it sees all that it indexed.',
        runsAs: 'other',
      },
      cortexAnalyst: {
        summary: 'Ask a question that Cortex Analyst turns into a statement',
        effect: 'read',
        unsupported:
          'Its statement would be made and run without having been judged: let the agent write the statement.',
        inputs: () => z.strictObject({ question: z.string().max(4000) }),
        call: rest({
          method: 'POST',
          path: '/api/v2/cortex/analyst/message',
          parameters: [],
          body: ['question'],
          headers,
        }),
      },
      resumeWarehouse: {
        summary: 'Resume a warehouse, which costs from then on',
        effect: 'write',
        inputs: () => z.strictObject({ name }),
        call: rest({ method: 'POST', path: '/api/v2/warehouses/{name}:resume', parameters: ['name'], headers }),
      },
    },
  }),
)
