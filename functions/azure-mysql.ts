import * as z from 'zod'
import { defineBackend } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const sql = z.string().min(1).max(32_000).describe('One MySQL statement; a value at each ?')
const params = z
  .array(z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]))
  .max(100)
  .default([])
  .describe('Values of each ?, in order')
const name = z.string().regex(/^[A-Za-z0-9_$]{1,64}$/)

const statement = { input: 'sql', dialect: 'mysql' } as const
const given = { from: 'input', text: 'sql', values: 'params' } as const
const sqlInputs = () => z.strictObject({ sql, params })
const reading = { technology: 'mysql', login: '{@login}', readOnly: true } as const
const writing = { technology: 'mysql', login: '{@login}', readOnly: false } as const

serve(
  defineBackend({
    name: 'azure-mysql',
    title: 'Azure Database for MySQL flexible server',
    ...resources.openSourceDatabases,
    honesty: 'yes',
    notes: [
      'Each person has a user of their own at the server, to which Azure has tied their object id; grants are judged for that user. MySQL has no row-level security of its own.',
      'Names of users have 32 characters at most. People whose sign-in name is longer need users that are named by the object id without its dashes; the setting login then says oid, for everybody.',
      'The server proves on the same connection, before every call, which user it took. Where users are named by sign-in names, the proof is as good as these names; where by object ids, it is the object id.',
      'A read runs in a READ ONLY transaction. A change runs in a transaction of its own; statements that define or drop tables are kept at once, as MySQL does.',
      'The token is sent as a password in clear, within TLS whose certificate and host name have been verified, and never without.',
    ],
    values: {
      login: { description: 'How users are named: upn (the default) or oid', pattern: /^(upn|oid)$/, optional: true },
    },
    hostSuffixes: {
      public: ['.mysql.database.azure.com'],
      usgov: ['.mysql.database.usgovcloudapi.net'],
      china: ['.mysql.database.chinacloudapi.cn'],
    },
    identityProbe: { method: 'session_user' },
    operations: {
      executeQuery: {
        summary: 'Run one SELECT in a read-only transaction, as the person',
        effect: 'read',
        inputs: sqlInputs,
        statement,
        call: { ...reading, statement: given },
      },
      executeStatement: {
        summary: 'Run one INSERT or UPDATE, as the person',
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
        summary: "Show the optimizer's plan for one SELECT without running it",
        effect: 'read',
        inputs: sqlInputs,
        statement,
        call: { ...reading, statement: { ...given, prefix: 'EXPLAIN ' } },
      },
      listTables: {
        summary: 'List the tables and views that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: {
          ...reading,
          statement: {
            from: 'declaration',
            text: `SELECT table_schema AS \`schema\`, table_name AS \`table\`, table_type AS \`type\`
              FROM information_schema.tables
              WHERE table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') ORDER BY 1, 2`,
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
            text: `SELECT column_name AS \`column\`, column_type AS \`type\`, is_nullable = 'YES' AS \`nullable\`
              FROM information_schema.columns WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position`,
            values: ['schema', 'table'],
          },
        },
      },
    },
  }),
)
