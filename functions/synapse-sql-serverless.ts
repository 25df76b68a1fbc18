import * as z from 'zod'
import { defineBackend } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const sql = z.string().min(1).max(32_000).describe('One T-SQL statement; values as @p1, @p2, …')
const params = z
  .array(z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]))
  .max(100)
  .default([])
  .describe('Values of @p1, @p2, …')
const statement = { input: 'sql', dialect: 'tsql' } as const
const reading = { technology: 'tds', service: 'serverless', readOnly: true } as const
const writing = { technology: 'tds', service: 'serverless', readOnly: false } as const
const file = () =>
  z.strictObject({
    storageHost: z
      .string()
      .regex(/^[a-z0-9]{3,24}\.(dfs|blob)\.[a-z0-9.-]{4,60}$/)
      .describe('Such as account.dfs.core.windows.net'),
    path: z
      .string()
      .max(800)
      .regex(/^[\w$][\w$=. -]*(\/[\w$*=. -]+)*\/?$/)
      .describe('Container and path, such as data/sales/*.parquet'),
    format: z.enum(['PARQUET', 'DELTA', 'CSV']),
    top: z.int().min(1).max(1000).default(50),
  })

serve(
  defineBackend({
    name: 'synapse-sql-serverless',
    title: 'Azure Synapse serverless SQL pool',
    ...resources.sql,
    honesty: 'conditional',
    notes: [
      'Each person signs in with a token of their own. Files are read with the person’s own rights on storage only where no credential stands between: an external table or view over a data source with a DATABASE SCOPED CREDENTIAL reads as that credential, for whoever may select from it. listExternalTables says which do.',
      'Whom the pool sees is proven by the sign-in name on the same connection, before every call. It tells no SID.',
      'The pool has no transactions. That a read only reads rests on the judgement of the statement and on the person’s grants.',
      'OPENROWSET reaches any address that the person can read. It is not part of a safe read, and previewFile reads from the storage hosts that the deployment lists, and from no other.',
      'Each call opens a connection of its own, whose program name carries the decision.',
      'Reading costs money by the data that is processed; getDataProcessed tells how much it was.',
    ],
    hostSuffixes: {
      public: ['-ondemand.sql.azuresynapse.net', '.sql.azuresynapse.net'],
      usgov: ['.sql.azuresynapse.usgovcloudapi.net'],
      china: ['.sql.azuresynapse.azure.cn'],
    },
    identityProbe: { method: 'session_user' },
    limits: { storageHost: '!storageHosts' },
    operations: {
      executeQuery: {
        summary: 'Run one SELECT, as the person',
        effect: 'read',
        inputs: () => z.strictObject({ sql, params }),
        statement,
        call: { ...reading, statement: { from: 'input', text: 'sql', values: 'params' } },
      },
      previewFile: {
        summary: 'Show the first rows of files in the data lake, as the person',
        effect: 'read',
        untrusted: true,
        inputs: file,
        call: {
          ...reading,
          statement: {
            from: 'declaration',
            text: `SELECT TOP ({top}) * FROM OPENROWSET(BULK 'https://{storageHost}/{path}', FORMAT = '{format}') AS [rows]`,
            values: [],
          },
        },
      },
      listDatabases: {
        summary: 'List the databases of the pool',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: {
          ...reading,
          statement: { from: 'declaration', text: 'SELECT name FROM sys.databases ORDER BY name', values: [] },
        },
      },
      listExternalTables: {
        summary: 'List the external tables, where they read from, and as whom',
        effect: 'read',
        note: 'The column runsAs is empty where files are read with the person’s own rights.',
        inputs: () => z.strictObject({}),
        call: {
          ...reading,
          statement: {
            from: 'declaration',
            text: `SELECT SCHEMA_NAME(t.schema_id) AS [schema], t.name AS [table], d.location AS [source], t.location AS [path],
                c.name AS [runsAs]
              FROM sys.external_tables t
              JOIN sys.external_data_sources d ON d.data_source_id = t.data_source_id
              LEFT JOIN sys.database_scoped_credentials c ON c.credential_id = d.credential_id
              ORDER BY 1, 2`,
            values: [],
          },
        },
      },
      getDataProcessed: {
        summary: 'Tell how much data the pool has processed by day, week and month',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: {
          ...reading,
          statement: {
            from: 'declaration',
            text: 'SELECT type, data_processed_mb FROM sys.dm_external_data_processed',
            values: [],
          },
        },
      },
      createExternalTableAsSelect: {
        summary: 'Write the rows of one SELECT to storage as an external table',
        effect: 'admin',
        egress: true,
        note: 'Where it writes to is in the statement; with a credential of the data source it writes as that credential.',
        inputs: () => z.strictObject({ sql: sql.describe('One CREATE EXTERNAL TABLE … AS SELECT') }),
        statement,
        call: { ...writing, statement: { from: 'input', text: 'sql' } },
      },
      setCostLimit: {
        summary: 'Limit how much data the pool may process',
        effect: 'admin',
        inputs: () =>
          z.strictObject({
            type: z.enum(['daily', 'weekly', 'monthly']),
            limitTb: z.int().min(1).max(100_000).describe('Terabytes'),
          }),
        call: {
          ...writing,
          statement: {
            from: 'declaration',
            text: 'EXEC sp_set_data_processed_limit @type = @p1, @limit_tb = @p2',
            values: ['type', 'limitTb'],
          },
        },
      },
    },
  }),
)
