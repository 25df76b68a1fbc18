import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { permit, resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const sql = z.string().min(1).max(32_000).describe('One T-SQL statement; values as @p1, @p2, …')
const params = z
  .array(z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]))
  .max(100)
  .default([])
  .describe('Values of @p1, @p2, …')
const id = z.guid()
const cursor = z.string().max(4000).optional().describe('As the page before gave it')
const statement = { input: 'sql', dialect: 'tsql' } as const
const given = { from: 'input', text: 'sql', values: 'params' } as const
const sqlInputs = () => z.strictObject({ sql, params })
const reading = { technology: 'tds', service: 'fabric', readOnly: true } as const
const writing = { technology: 'tds', service: 'fabric', readOnly: false } as const
const page = { from: { pointer: '/continuationUri' }, into: 'link' } as const
const resume = {
  poll: { header: 'location' },
  state: '/status',
  done: ['Succeeded'],
  failed: ['Failed'],
} as const

serve(
  defineBackend({
    name: 'fabric-warehouse',
    title: 'Fabric Warehouse and SQL analytics endpoint',
    ...resources.sql,
    honesty: 'conditional',
    notes: [
      'Each person signs in with a token of their own; grants, row-level security and masks of the warehouse are judged for that login.',
      'A SQL analytics endpoint over a lakehouse can be set to read OneLake with the identity of the endpoint’s owner instead of the person’s (delegated mode). Which mode it has cannot be read here: look at it before the endpoint is configured.',
      'Whom the warehouse sees is proven by the sign-in name on the same connection, before every call. It tells no SID.',
      'A read runs in a transaction that is rolled back. Names of three parts reach other warehouses of the workspace; they are what policy sees.',
      'Each call opens a connection of its own, whose program name carries the decision.',
      'What the endpoint shows of a lakehouse may lag behind it; refreshSqlEndpointMetadata catches up.',
    ],
    hostSuffixes: { public: ['.datawarehouse.fabric.microsoft.com'], usgov: null, china: null },
    endpoints: {
      fabric: {
        ...permit(resources.fabric, ['Item.ReadWrite.All']),
        hostSuffixes: { public: ['api.fabric.microsoft.com'], usgov: null, china: null },
        base: { public: 'https://api.fabric.microsoft.com', usgov: null, china: null },
      },
    },
    identityProbe: { method: 'session_user' },
    limits: { workspaceId: 'workspaces' },
    operations: {
      executeQuery: {
        summary: 'Run one SELECT in a transaction that is rolled back, as the person',
        effect: 'read',
        inputs: sqlInputs,
        statement,
        call: { ...reading, statement: given },
      },
      executeStatement: {
        summary: 'Run one INSERT, UPDATE, MERGE or COPY INTO, as the person',
        effect: 'write',
        note: 'COPY INTO reads from storage with the person’s rights, or with a credential that its text brings.',
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
      describeSchema: {
        summary: 'List the columns of all tables and views that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: {
          ...reading,
          statement: {
            from: 'declaration',
            text: `SELECT TABLE_SCHEMA AS [schema], TABLE_NAME AS [table], COLUMN_NAME AS [column], DATA_TYPE AS [type]
              FROM INFORMATION_SCHEMA.COLUMNS ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`,
            values: [],
          },
        },
      },
      listWarehouses: {
        summary: 'List the warehouses of a workspace',
        effect: 'read',
        at: 'fabric',
        inputs: () => z.strictObject({ workspaceId: id, cursor }),
        call: rest({
          method: 'GET',
          path: '/v1/workspaces/{workspaceId}/warehouses',
          parameters: ['workspaceId'],
          page,
        }),
      },
      listSqlEndpoints: {
        summary: 'List the SQL analytics endpoints of a workspace',
        effect: 'read',
        at: 'fabric',
        inputs: () => z.strictObject({ workspaceId: id, cursor }),
        call: rest({
          method: 'GET',
          path: '/v1/workspaces/{workspaceId}/sqlEndpoints',
          parameters: ['workspaceId'],
          page,
        }),
      },
      getWarehouseAddress: {
        summary: 'Tell the host name of a warehouse, for configuring it here',
        effect: 'read',
        at: 'fabric',
        note: 'What Fabric calls the connection string is a host name without any credential.',
        inputs: () => z.strictObject({ workspaceId: id, warehouseId: id }),
        call: rest({
          method: 'GET',
          path: '/v1/workspaces/{workspaceId}/warehouses/{warehouseId}/connectionString',
          parameters: ['workspaceId', 'warehouseId'],
        }),
      },
      refreshSqlEndpointMetadata: {
        summary: 'Make a SQL analytics endpoint catch up with its lakehouse',
        effect: 'write',
        at: 'fabric',
        inputs: () => z.strictObject({ workspaceId: id, sqlEndpointId: id }),
        call: rest({
          method: 'POST',
          path: '/v1/workspaces/{workspaceId}/sqlEndpoints/{sqlEndpointId}/refreshMetadata',
          parameters: ['workspaceId', 'sqlEndpointId'],
          template: {},
          longRunning: { ...resume, result: { suffix: '/result' } },
        }),
      },
      createRestorePoint: {
        summary: 'Keep the present state of a warehouse as a point to go back to',
        effect: 'write',
        at: 'fabric',
        inputs: () =>
          z.strictObject({
            workspaceId: id,
            warehouseId: id,
            displayName: z.string().min(1).max(128),
            description: z.string().max(512).optional(),
          }),
        call: rest({
          method: 'POST',
          path: '/v1/workspaces/{workspaceId}/warehouses/{warehouseId}/restorePoints',
          parameters: ['workspaceId', 'warehouseId'],
          body: ['displayName', 'description'],
          longRunning: { ...resume, result: { suffix: '/result' } },
        }),
      },
      restoreInPlace: {
        summary: 'Put a warehouse back to a restore point: what came after is lost',
        effect: 'admin',
        at: 'fabric',
        inputs: () =>
          z.strictObject({ workspaceId: id, warehouseId: id, restorePointId: z.string().regex(/^\d{1,20}$/) }),
        call: rest({
          method: 'POST',
          path: '/v1/workspaces/{workspaceId}/warehouses/{warehouseId}/restorePoints/{restorePointId}/restore',
          parameters: ['workspaceId', 'warehouseId', 'restorePointId'],
          longRunning: resume,
        }),
      },
    },
  }),
)
