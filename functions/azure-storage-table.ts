import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const table = z.string().regex(/^[A-Za-z][A-Za-z0-9]{2,62}$/)
// Quotes would end the text that the key stands in; the service's own forbidden characters besides.
const key = z
  .string()
  .max(512)
  .regex(/^[^'/\\#?\t\n\r]*$/)
const etag = z
  .string()
  .regex(/^W\/"[!#-~ ]{1,120}"$/)
  .describe('ETag of the row as it was read')
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const entity = z
  .record(z.string().regex(/^[A-Za-z_][\w@.]{0,254}$/), z.unknown())
  .describe('Members of the row; types as Member@odata.type')
const one = { table, partitionKey: key, rowKey: key }
const at = {
  path: "/{table}(PartitionKey='{partitionKey}',RowKey='{rowKey}')",
  parameters: ['table', 'partitionKey', 'rowKey'],
} as const
const headers = { 'x-ms-version': '2019-02-02', accept: 'application/json;odata=minimalmetadata' }
const changed = { kind: 'headers', members: { etag: 'etag' } } as const

serve(
  defineBackend({
    name: 'azure-storage-table',
    title: 'Azure Table Storage',
    ...resources.storage,
    hostSuffixes: {
      public: ['.table.core.windows.net'],
      usgov: ['.table.core.usgovcloudapi.net'],
      china: ['.table.core.chinacloudapi.cn'],
    },
    honesty: 'yes',
    notes: [
      'Roles are judged for the person on the account or the table, not on partitions or rows.',
      'A query answers with at most 1,000 rows and no way to the next ones: narrow it by its filter.',
      'Tables of Countersign’s own book and state are never a target.',
    ],
    limits: { table: '!tables' },
    records: ['x-ms-error-code'],
    operations: {
      listTables: {
        summary: 'List the tables of the account',
        effect: 'read',
        inputs: () => z.strictObject({ cursor }),
        call: rest({
          method: 'GET',
          path: '/Tables',
          parameters: [],
          headers,
          page: { from: { header: 'x-ms-continuation-nexttablename' }, into: { query: 'NextTableName' } },
        }),
      },
      queryEntities: {
        summary: 'Find rows of a table',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            table,
            filter: z.string().max(4000).optional().describe("OData condition, such as PartitionKey eq 'EMEA'"),
            select: z
              .string()
              .regex(/^[\w,]{1,1000}$/)
              .optional(),
            top: z.int().min(1).max(1000).default(100),
          }),
        object: 'table',
        compares: { filter: ['*'] },
        call: rest({
          method: 'GET',
          path: '/{table}()',
          parameters: ['table'],
          query: { $filter: 'filter', $select: 'select', $top: 'top' },
          pageSize: 'top',
          headers,
        }),
      },
      getEntity: {
        summary: 'Read one row',
        effect: 'read',
        inputs: () => z.strictObject(one),
        object: 'table',
        call: rest({ method: 'GET', ...at, headers }),
      },
      insertEntity: {
        summary: 'Add one row',
        effect: 'write',
        inputs: () => z.strictObject({ table, entity }),
        object: 'table',
        call: rest({
          method: 'POST',
          path: '/{table}',
          parameters: ['table'],
          document: 'entity',
          headers: { ...headers, prefer: 'return-no-content' },
          answer: changed,
        }),
      },
      mergeEntity: {
        summary: 'Change members of one row, only if it is still as it was read',
        effect: 'write',
        inputs: () => z.strictObject({ ...one, entity, ifMatch: etag }),
        object: 'table',
        call: rest({
          method: 'PATCH',
          ...at,
          document: 'entity',
          headers: { ...headers, 'if-match': '{ifMatch}' },
          answer: changed,
        }),
      },
      deleteEntity: {
        summary: 'Delete one row, only if it is still as it was read',
        effect: 'delete',
        inputs: () => z.strictObject({ ...one, ifMatch: etag }),
        object: 'table',
        call: rest({
          method: 'DELETE',
          ...at,
          headers: { ...headers, 'if-match': '{ifMatch}' },
          answer: { kind: 'headers', members: {} },
        }),
      },
      deleteTable: {
        summary: 'Delete a table with all its rows',
        effect: 'admin',
        inputs: () => z.strictObject({ table }),
        object: 'table',
        call: rest({
          method: 'DELETE',
          path: "/Tables('{table}')",
          parameters: ['table'],
          headers,
          answer: { kind: 'headers', members: {} },
        }),
      },
    },
  }),
)
