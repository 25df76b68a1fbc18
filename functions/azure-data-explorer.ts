import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const db = z
  .string()
  .regex(/^[\w .-]{1,260}$/)
  .describe('Database')
const csl = z.string().min(1).max(20_000)
const query = csl.describe('One query in the Kusto language')
const command = csl.describe('One management command; begins with a dot')
const show = z
  .enum([
    '.show databases',
    '.show tables',
    '.show tables details',
    '.show functions',
    '.show materialized-views',
    '.show external tables',
    '.show database schema as json',
    '.show operations',
  ])
  .describe('What to show')
const statement = { input: 'csl', dialect: 'kql' } as const
// The service itself then refuses whatever would change something.
const readOnly = { 'x-ms-readonly': 'true' }
const limits = { Options: { servertimeout: '00:03:00', truncationmaxrecords: 10_000, request_readonly: true } }
const answer = { kind: 'table', columns: '/Tables/0/Columns/*/ColumnName', rows: '/Tables/0/Rows' } as const
const manage = { method: 'POST', path: '/v1/rest/mgmt', parameters: [], body: ['db', 'csl'], answer } as const

serve(
  defineBackend({
    name: 'azure-data-explorer',
    title: 'Azure Data Explorer and Fabric Eventhouse (Kusto)',
    ...resources.kusto,
    hostSuffixes: {
      public: ['.kusto.windows.net', '.kusto.fabric.microsoft.com'],
      usgov: ['.kusto.usgovcloudapi.net'],
      china: ['.kusto.chinacloudapi.cn'],
    },
    honesty: 'yes',
    notes: [
      'Roles, row-level security and restricted views are judged by the cluster for the person.',
      'Queries are sent as read-only, which the cluster enforces beside our own reading of them.',
      'Queries that reach into other clusters, or fetch from addresses, are refused by the shipped policy, and so are management commands.',
    ],
    limits: { db: 'databases' },
    correlation: { 'x-ms-app': 'countersign' },
    records: ['x-ms-activity-id'],
    operations: {
      executeQuery: {
        summary: 'Run one query',
        effect: 'read',
        note: 'By the first version of the query interface, whose answer is one table; the second gives the same rows in frames.',
        inputs: () => z.strictObject({ db, csl: query }),
        statement,
        call: rest({
          method: 'POST',
          path: '/v1/rest/query',
          parameters: [],
          headers: readOnly,
          template: { db: '{db}', csl: '{csl}', properties: limits },
          answer,
        }),
      },
      executeShowCommand: {
        summary: 'Show databases, tables, functions, or what runs',
        effect: 'read',
        inputs: () => z.strictObject({ db, csl: show }),
        call: rest({ ...manage, headers: readOnly }),
      },
      executeIngestCommand: {
        summary: 'Append rows to a table by a management command',
        effect: 'write',
        inputs: () => z.strictObject({ db, csl: command }),
        statement,
        call: rest(manage),
      },
      executeAdminCommand: {
        summary: 'Create, change or drop tables, functions and policies',
        effect: 'admin',
        inputs: () => z.strictObject({ db, csl: command }),
        statement,
        call: rest(manage),
      },
      cancelQuery: {
        summary: 'Cancel a query that runs, by the request id that the client gave it',
        effect: 'delete',
        inputs: () => z.strictObject({ db, csl: z.string().regex(/^\.cancel query "[\w;.-]{1,200}"$/) }),
        call: rest(manage),
      },
      getAuthMetadata: {
        summary: 'Which sign-in the cluster wants',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: rest({ method: 'GET', path: '/v1/rest/auth/metadata', parameters: [] }),
      },
    },
  }),
)
