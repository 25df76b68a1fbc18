import * as z from 'zod'
import { defineBackend } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const sql = z.string().min(1).max(32_000).describe('One T-SQL statement; values as @p1, @p2, …')
const value = z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()])
const params = z.array(value).max(100).default([]).describe('Values of @p1, @p2, …')
const name = z.string().regex(/^[A-Za-z_][\w$#]{0,127}$/)
const procedure = z
  .string()
  .regex(/^[A-Za-z_]\w{0,127}\.[A-Za-z_]\w{0,127}$/)
  .describe('Schema and name, such as sales.close_order')
const list = z
  .array(z.strictObject({ name: name.describe('Without @'), value }))
  .max(50)
  .default([])

const statement = { input: 'sql', dialect: 'tsql' } as const
const given = { from: 'input', text: 'sql', values: 'params' } as const
const sqlInputs = () => z.strictObject({ sql, params })
const reading = { technology: 'tds', service: 'database', readOnly: true } as const
const writing = { technology: 'tds', service: 'database', readOnly: false } as const

serve(
  defineBackend({
    name: 'azure-sql-database',
    title: 'Azure SQL Database and Managed Instance',
    ...resources.sql,
    honesty: 'yes',
    notes: [
      'Each person signs in with a token of their own; grants, row-level security and dynamic data masking are judged by the server for that login.',
      'Whom the server sees is proven on the same connection before every call: by the SID, which for an Entra user is the object id. A person who may sign in only as a member of a group is proven by the sign-in name instead.',
      'A read runs in a transaction that is rolled back. A change runs in a transaction of its own, and all of it or nothing is kept.',
      'The token is looked at when a connection is opened: a connection is closed when its token ends, serves one person alone, and is reset between calls. The decision is in the session context under the key countersign.',
      'A stored procedure may run with its owner’s rights (EXECUTE AS, ownership chains), so that it counts as running as somebody else.',
    ],
    hostSuffixes: {
      public: ['.database.windows.net'],
      usgov: ['.database.usgovcloudapi.net'],
      china: ['.database.chinacloudapi.cn'],
    },
    identityProbe: { method: 'session_user' },
    limits: { procedure: '!procedures' },
    operations: {
      executeQuery: {
        summary: 'Run one SELECT in a transaction that is rolled back, as the person',
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
      executeProcedure: {
        summary: 'Run one stored procedure that the deployment lists',
        effect: 'admin',
        runsAs: 'other',
        note: 'What a procedure does is not in its call: whoever approves it approves its name and arguments.',
        inputs: () => z.strictObject({ procedure, arguments: list }),
        call: {
          ...writing,
          statement: { from: 'declaration', text: 'EXEC {procedure}', values: [] },
          arguments: 'arguments',
        },
      },
      explainQuery: {
        summary: "Show the optimizer's plan for one statement without running it",
        effect: 'read',
        note: 'The person needs the permission SHOWPLAN. The plan is for parameters of these types, whatever their values.',
        inputs: sqlInputs,
        statement: { ...statement, explained: true },
        call: { ...reading, statement: given, planned: true },
      },
      listTables: {
        summary: 'List the tables and views that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: {
          ...reading,
          statement: {
            from: 'declaration',
            text: `SELECT TABLE_SCHEMA AS [schema], TABLE_NAME AS [table], TABLE_TYPE AS [type]
              FROM INFORMATION_SCHEMA.TABLES ORDER BY 1, 2`,
            values: [],
          },
        },
      },
      describeTable: {
        summary: 'List the columns of one table that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ schema: name, table: name }),
        call: {
          ...reading,
          statement: {
            from: 'declaration',
            text: `SELECT COLUMN_NAME AS [column], DATA_TYPE AS [type], IS_NULLABLE AS [nullable]
              FROM INFORMATION_SCHEMA.COLUMNS
              WHERE TABLE_SCHEMA = @p1 AND TABLE_NAME = @p2 ORDER BY ORDINAL_POSITION`,
            values: ['schema', 'table'],
          },
        },
      },
      listForeignKeys: {
        summary: 'List which columns of one table refer to which others',
        effect: 'read',
        inputs: () => z.strictObject({ schema: name, table: name }),
        call: {
          ...reading,
          statement: {
            from: 'declaration',
            text: `SELECT f.name AS [key], COL_NAME(c.parent_object_id, c.parent_column_id) AS [column],
                OBJECT_SCHEMA_NAME(c.referenced_object_id) AS [toSchema], OBJECT_NAME(c.referenced_object_id) AS [toTable],
                COL_NAME(c.referenced_object_id, c.referenced_column_id) AS [toColumn]
              FROM sys.foreign_keys f JOIN sys.foreign_key_columns c ON c.constraint_object_id = f.object_id
              WHERE OBJECT_SCHEMA_NAME(f.parent_object_id) = @p1 AND OBJECT_NAME(f.parent_object_id) = @p2
              ORDER BY 1, c.constraint_column_id`,
            values: ['schema', 'table'],
          },
        },
      },
    },
  }),
)
