import * as z from 'zod'
import { defineBackend } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const sql = z.string().min(1).max(32_000).describe('One PostgreSQL statement; values as $1, $2, …')
const params = z
  .array(z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]))
  .max(100)
  .default([])
  .describe('Values of $1, $2, …')
const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_$]{0,62}$/)

const statement = { input: 'sql', dialect: 'postgres' } as const
const given = { from: 'input', text: 'sql', values: 'params' } as const
const sqlInputs = () => z.strictObject({ sql, params })
const preview = {
  operation: 'explainChange',
  inputs: { sql: 'sql', params: 'params' },
  kind: 'planner',
  rows: '/rows/0/0/0/Plan/Plans/0/Plan Rows',
} as const

serve(
  defineBackend({
    name: 'azure-postgresql',
    title: 'Azure Database for PostgreSQL flexible server',
    ...resources.openSourceDatabases,
    honesty: 'yes',
    notes: [
      'Each person has a login of their own; row-level security and grants are judged by the server for that login.',
      'A connection outlives the token that opened it: it is closed when the token ends.',
    ],
    hostSuffixes: {
      public: ['.postgres.database.azure.com'],
      usgov: ['.postgres.database.usgovcloudapi.net'],
      china: ['.postgres.database.chinacloudapi.cn'],
    },
    identityProbe: { method: 'session_user' },
    operations: {
      executeQuery: {
        summary: 'Run one SELECT in a read-only transaction, as the person',
        effect: 'read',
        inputs: sqlInputs,
        statement,
        call: { technology: 'postgres', readOnly: true, statement: given },
      },
      executeStatement: {
        summary: 'Run one INSERT, UPDATE or MERGE, as the person',
        effect: 'write',
        inputs: sqlInputs,
        statement,
        preview,
        call: { technology: 'postgres', readOnly: false, statement: given },
      },
      executeDestructive: {
        summary: 'Run one DELETE, TRUNCATE or DROP, as the person',
        effect: 'delete',
        inputs: sqlInputs,
        statement,
        preview,
        call: { technology: 'postgres', readOnly: false, statement: given },
      },
      explainQuery: {
        summary: "Show the planner's estimate for one SELECT without running it",
        effect: 'read',
        inputs: sqlInputs,
        statement,
        call: { technology: 'postgres', readOnly: true, statement: { ...given, prefix: 'EXPLAIN (FORMAT JSON) ' } },
      },
      explainChange: {
        summary: "Show the planner's estimate for one INSERT, UPDATE, MERGE or DELETE without running it",
        effect: 'read',
        inputs: sqlInputs,
        statement: { ...statement, explained: true },
        call: { technology: 'postgres', readOnly: true, statement: { ...given, prefix: 'EXPLAIN (FORMAT JSON) ' } },
      },
      listTables: {
        summary: 'List the tables and views that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: {
          technology: 'postgres',
          readOnly: true,
          statement: {
            from: 'declaration',
            text: `SELECT table_schema AS "schema", table_name AS "table", table_type AS "type"
              FROM information_schema.tables
              WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2`,
            values: [],
          },
        },
      },
      describeTable: {
        summary: 'List the columns of one table that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ schema: name, table: name }),
        call: {
          technology: 'postgres',
          readOnly: true,
          statement: {
            from: 'declaration',
            text: `SELECT column_name AS "column", data_type AS "type", is_nullable = 'YES' AS "nullable"
              FROM information_schema.columns
              WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position`,
            values: ['schema', 'table'],
          },
        },
      },
    },
  }),
)
