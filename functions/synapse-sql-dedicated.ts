import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { arm } from '../shared/backend/define-clouds.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const sql = z.string().min(1).max(32_000).describe('One T-SQL statement; values as @p1, @p2, …')
const params = z
  .array(z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]))
  .max(100)
  .default([])
  .describe('Values of @p1, @p2, …')
const name = z.string().regex(/^[A-Za-z_][\w$#]{0,127}$/)
const sessionId = z
  .string()
  .regex(/^SID\d{1,18}$/)
  .describe('As listActiveRequests names it, such as SID4711')

const statement = { input: 'sql', dialect: 'tsql' } as const
const given = { from: 'input', text: 'sql', values: 'params' } as const
const sqlInputs = () => z.strictObject({ sql, params })
const reading = { technology: 'tds', service: 'dedicated', readOnly: true } as const
const writing = { technology: 'tds', service: 'dedicated', readOnly: false } as const
const pool =
  '/subscriptions/{@subscriptionId}/resourceGroups/{@resourceGroup}/providers/Microsoft.Synapse/workspaces/{@workspace}/sqlPools/{@pool}'
const resume = {
  poll: { header: 'azure-asyncoperation' },
  state: '/status',
  done: ['Succeeded'],
  failed: ['Failed', 'Canceled'],
} as const

serve(
  defineBackend({
    name: 'synapse-sql-dedicated',
    title: 'Azure Synapse dedicated SQL pool',
    ...resources.sql,
    honesty: 'yes',
    notes: [
      'Each person signs in with a token of their own; grants and row-level security are judged by the pool for that login.',
      'Whom the pool sees is proven by the sign-in name on the same connection, before every call. It tells no SID.',
      'Reads have no transaction around them: the pool does not let its own views be asked within one. That a read only reads rests on the judgement of the statement and on the person’s grants.',
      'Each call opens a connection of its own, whose program name carries the decision, so that the pool’s log can be joined to the book.',
      'A paused pool refuses every login with 42108 or 40613. It is not resumed by itself: resuming costs money, and is an operation of its own.',
    ],
    hostSuffixes: {
      public: ['.sql.azuresynapse.net'],
      usgov: ['.sql.azuresynapse.usgovcloudapi.net'],
      china: ['.sql.azuresynapse.azure.cn'],
    },
    endpoints: {
      arm: { ...resources.arm, ...arm },
    },
    values: {
      subscriptionId: { description: 'Subscription of the workspace, to pause and resume the pool', optional: true },
      resourceGroup: { description: 'Resource group of the workspace', optional: true },
      workspace: { description: 'Name of the workspace', optional: true },
      pool: { description: 'Name of the dedicated pool', optional: true },
    },
    identityProbe: { method: 'session_user' },
    operations: {
      executeQuery: {
        summary: 'Run one SELECT, as the person',
        effect: 'read',
        inputs: sqlInputs,
        statement,
        call: { ...reading, statement: given },
      },
      executeStatement: {
        summary: 'Run one INSERT, UPDATE or MERGE, as the person',
        effect: 'write',
        inputs: sqlInputs,
        statement,
        call: { ...writing, statement: given },
      },
      executeDestructive: {
        summary: 'Run one DELETE, TRUNCATE or DROP, as the person',
        effect: 'delete',
        inputs: sqlInputs,
        statement,
        call: { ...writing, statement: given },
      },
      explainQuery: {
        summary: 'Show the distributed plan of one statement without running it',
        effect: 'read',
        inputs: () => z.strictObject({ sql: sql.describe('One T-SQL statement, without parameters') }),
        statement: { ...statement, explained: true },
        call: { ...reading, statement: { from: 'input', text: 'sql', prefix: 'EXPLAIN ' } },
      },
      listObjects: {
        summary: 'List the tables and views that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: {
          ...reading,
          statement: {
            from: 'declaration',
            text: `SELECT s.name AS [schema], o.name AS [object], o.type_desc AS [type]
              FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
              WHERE o.type IN ('U', 'V') ORDER BY s.name, o.name`,
            values: [],
          },
        },
      },
      describeTable: {
        summary: 'List the columns of one table, and how it is distributed',
        effect: 'read',
        inputs: () => z.strictObject({ schema: name, table: name }),
        call: {
          ...reading,
          statement: {
            from: 'declaration',
            text: `SELECT c.name AS [column], TYPE_NAME(c.user_type_id) AS [type], c.is_nullable AS [nullable],
                d.distribution_policy_desc AS [distribution]
              FROM sys.columns c JOIN sys.objects o ON o.object_id = c.object_id
              JOIN sys.schemas s ON s.schema_id = o.schema_id
              LEFT JOIN sys.pdw_table_distribution_properties d ON d.object_id = o.object_id
              WHERE s.name = @p1 AND o.name = @p2 ORDER BY c.column_id`,
            values: ['schema', 'table'],
          },
        },
      },
      listActiveRequests: {
        summary: 'List the requests that run or wait, without their statements',
        effect: 'read',
        note: 'Others’ requests need VIEW DATABASE STATE. Their text is left out: it may hold others’ values.',
        inputs: () => z.strictObject({}),
        call: {
          ...reading,
          statement: {
            from: 'declaration',
            text: `SELECT request_id, session_id, status, submit_time, start_time, resource_class, [label]
              FROM sys.dm_pdw_exec_requests WHERE status NOT IN ('Completed', 'Failed', 'Cancelled') ORDER BY submit_time`,
            values: [],
          },
        },
      },
      cancelRequest: {
        summary: 'End a session and whatever it is running',
        effect: 'admin',
        note: 'The session may be anybody’s, where the person has the permission to end it.',
        inputs: () => z.strictObject({ sessionId }),
        call: { ...writing, statement: { from: 'declaration', text: "KILL '{sessionId}'", values: [] } },
      },
      pausePool: {
        summary: 'Pause the pool: whatever runs on it is ended',
        effect: 'admin',
        at: 'arm',
        inputs: () => z.strictObject({}),
        call: rest({
          method: 'POST',
          path: `${pool}/pause`,
          parameters: [],
          fixedQuery: { 'api-version': '2021-06-01' },
          longRunning: resume,
        }),
      },
      resumePool: {
        summary: 'Resume the pool, which costs money from then on',
        effect: 'admin',
        at: 'arm',
        inputs: () => z.strictObject({}),
        call: rest({
          method: 'POST',
          path: `${pool}/resume`,
          parameters: [],
          fixedQuery: { 'api-version': '2021-06-01' },
          longRunning: resume,
        }),
      },
    },
  }),
)
