import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { permit, resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const lakehouse = {
  workspaceId: z.guid().describe('Id of the workspace'),
  lakehouseId: z.guid().describe('Id of the lakehouse'),
}
const session = { ...lakehouse, sessionId: z.guid() }
const tableName = z.string().regex(/^(?=[0-9]*[a-zA-Z_])[a-zA-Z0-9_]{1,256}$/)
const cursor = z.string().max(4000).optional().describe('As the page before gave it')
const source = {
  ...lakehouse,
  tableName,
  relativePath: z
    .string()
    .max(1024)
    .regex(/^Files(\/[\p{L}\w]([ \p{L}\w.-]*[\p{L}\w.-])?){1,60}$/u)
    .describe('File or folder of the same lakehouse, from Files/ on'),
  pathType: z.enum(['File', 'Folder']),
  fileExtension: z
    .string()
    .regex(/^[a-zA-Z0-9_-]{1,16}$/)
    .optional(),
  recursive: z.boolean().optional(),
  format: z.enum(['Csv', 'Parquet']).default('Csv'),
}
const columns = z.array(z.string().min(1).max(128)).max(32)
const period = z.string().regex(/^(\d{1,4}:)?\d{1,2}:\d{1,2}:\d{1,2}$/)
const optimize = z.strictObject({ vOrder: z.boolean(), zOrderBy: columns.optional() })
const vacuum = z.strictObject({ retentionPeriod: period.describe('d:hh:mm:ss') })
const maintenance = {
  executionData: {
    tableName: '{tableName}',
    schemaName: '{schemaName}',
    optimizeSettings: '{optimizeSettings}',
    vacuumSettings: '{vacuumSettings}',
  },
}
const job = {
  poll: { header: 'location' },
  state: '/status',
  done: ['Completed'],
  failed: ['Failed', 'Cancelled', 'Deduped'],
} as const
const size = {
  name: z.string().regex(/^[\w .-]{1,64}$/),
  driverMemory: z
    .string()
    .regex(/^\d{1,3}g$/)
    .default('28g'),
  driverCores: z.int().min(1).max(64).default(4),
  executorMemory: z
    .string()
    .regex(/^\d{1,3}g$/)
    .default('28g'),
  executorCores: z.int().min(1).max(64).default(4),
  numExecutors: z.int().min(1).max(200).default(1),
}
const sized = ['name', 'driverMemory', 'driverCores', 'executorMemory', 'executorCores', 'numExecutors']
const code = z.string().min(1).max(100_000)
const sql = z.string().min(1).max(32_000).describe('One Spark SQL statement')
const abfss = z
  .string()
  .max(1000)
  .regex(/^abfss:\/\/[\w-]+@[\w.-]+\/[^?#\s]+$/)
  .describe('abfss://<workspace>@onelake.dfs.fabric.microsoft.com/<item>/Files/…')
const program = {
  file: abfss,
  className: z
    .string()
    .regex(/^[\w.$]{1,200}$/)
    .optional(),
  args: z.array(z.string().max(1000)).max(50).optional(),
}
const parameters = ['workspaceId', 'lakehouseId'] as const
const sessionParameters = [...parameters, 'sessionId'] as const
const root = '/workspaces/{workspaceId}/lakehouses/{lakehouseId}'
const livy = `${root}/livyApi/versions/2023-12-01` as const
const sessionPath = `${livy}/sessions/{sessionId}` as const
const statementsPath = `${sessionPath}/statements` as const
const batchPath = `${livy}/batches/{batchId}` as const
const batchParameters = [...parameters, 'batchId'] as const
const load = {
  relativePath: '{relativePath}',
  pathType: '{pathType}',
  fileExtension: '{fileExtension}',
  recursive: '{recursive}',
  formatOptions: { format: '{format}' },
}
const loading = {
  method: 'POST',
  path: `${root}/tables/{tableName}/load`,
  parameters: ['workspaceId', 'lakehouseId', 'tableName'],
  longRunning: { poll: { header: 'location' }, state: '/status', done: ['Succeeded'], failed: ['Failed'] },
} as const
const submitter = { oid: '/submitterId' }
// Whoever opened the session is who its statements run as.
const own = { oid: '/submitterId', path: sessionPath }
const statement = {
  longRunning: {
    poll: { path: `${statementsPath}/{/id}` },
    state: '/state',
    done: ['available'],
    failed: ['error', 'cancelling', 'cancelled'],
    every: 1,
  },
  drop: ['/code', '/sourceId'],
} as const
const failed = { '/output/status': ['error'] }
const table = {
  kind: 'table',
  columns: '/output/data/application~1json/schema/fields/*/name',
  rows: '/output/data/application~1json/data',
} as const
const asked = { ...statement, method: 'POST', path: statementsPath, parameters: sessionParameters } as const
const quiet = { kind: 'headers', members: {} } as const
const sqlBody = { code: '{statement}', kind: 'sql' }

serve(
  defineBackend({
    name: 'fabric-lakehouse',
    title: 'Fabric lakehouse tables and Spark (Livy)',
    ...permit(resources.fabric, [
      'Lakehouse.Read.All',
      'Lakehouse.ReadWrite.All',
      'Lakehouse.Execute.All',
      'Item.Execute.All',
      'Code.AccessStorage.All',
      'Code.AccessFabric.All',
    ]),
    hostSuffixes: { public: ['.fabric.microsoft.com'], usgov: null, china: null },
    base: { public: 'https://api.fabric.microsoft.com/v1', usgov: null, china: null },
    honesty: 'yes',
    notes: [
      'Fabric says of each session and batch who submitted it; where that is not the person, the answer is withheld, and no statement is sent into the session.',
      'Code in Python, Scala or R can do whatever the person can, and nobody can judge it beforehand: it counts as administration. Spark SQL is judged statement by statement.',
      'The permissions named Code.Access… let Spark get further tokens as the person: grant only those that are needed.',
      'A session ends after about 20 minutes without work and costs capacity until then: delete it when done.',
      'Spark settings, jars and packages cannot be given: they would change what code a session runs.',
      'Lakehouses with schemas do not answer listTables; their tables are read by Spark SQL or the SQL endpoint.',
    ],
    limits: { workspaceId: 'workspaces', lakehouseId: 'lakehouses', numExecutors: 'executors' },
    records: ['requestid', 'x-ms-operation-id', 'home-cluster-uri'],
    operations: {
      listTables: {
        summary: 'List the tables of a lakehouse',
        effect: 'read',
        inputs: () => z.strictObject({ ...lakehouse, maxResults: z.int().min(1).max(100).default(100), cursor }),
        call: rest({
          method: 'GET',
          path: `${root}/tables`,
          parameters,
          query: ['maxResults'],
          pageSize: 'maxResults',
          page: { from: { pointer: '/continuationUri' }, into: 'link' },
          drop: ['/continuationToken'],
        }),
      },
      loadTable: {
        summary: 'Append the content of a file or folder to a table, or make the table of it',
        effect: 'write',
        inputs: () => z.strictObject(source),
        call: rest({ ...loading, template: { ...load, mode: 'Append' } }),
      },
      overwriteTable: {
        summary: 'Replace the content of a table by that of a file or folder',
        effect: 'delete',
        inputs: () => z.strictObject(source),
        call: rest({ ...loading, template: { ...load, mode: 'Overwrite' } }),
      },
      runTableMaintenance: {
        summary: 'Compact the files of a table, or remove those of old versions',
        effect: 'delete',
        note: 'Removing old files (vacuum) ends travelling back to the versions that they held.',
        inputs: () =>
          z.strictObject({
            ...lakehouse,
            tableName,
            schemaName: tableName.optional(),
            optimizeSettings: optimize.optional(),
            vacuumSettings: vacuum.optional(),
          }),
        call: rest({
          method: 'POST',
          path: `${root}/jobs/tableMaintenance/instances`,
          parameters,
          template: maintenance,
          longRunning: job,
        }),
      },
      listLivySessionsMonitoring: {
        summary: 'List the Spark sessions and batches of a lakehouse, with who submitted them',
        effect: 'read',
        inputs: () => z.strictObject({ ...lakehouse, cursor }),
        call: rest({
          method: 'GET',
          path: `${root}/livySessions`,
          parameters,
          page: { from: { pointer: '/continuationUri' }, into: 'link' },
          drop: ['/continuationToken', '/value/*/livySessionItemResourceUri'],
        }),
      },
      createSession: {
        summary: 'Open a Spark session as the person; ask getSession until it is idle',
        effect: 'write',
        proves: submitter,
        inputs: () => z.strictObject({ ...lakehouse, ...size }),
        call: rest({ method: 'POST', path: `${livy}/sessions`, parameters, body: sized }),
      },
      getSession: {
        summary: 'Read the state of a Spark session of the own',
        effect: 'read',
        proves: submitter,
        inputs: () => z.strictObject(session),
        call: rest({ method: 'GET', path: sessionPath, parameters: sessionParameters, drop: ['/log', '/appInfo'] }),
      },
      runSql: {
        summary: 'Run one query in Spark SQL, as the person',
        effect: 'read',
        proves: own,
        inputs: () => z.strictObject({ ...session, statement: sql }),
        statement: { input: 'statement', dialect: 'databricks' },
        fails: failed,
        call: rest({ ...asked, template: sqlBody, answer: table }),
      },
      runChangeSql: {
        summary: 'Run one statement in Spark SQL that changes or deletes, as the person',
        effect: 'delete',
        proves: own,
        inputs: () => z.strictObject({ ...session, statement: sql }),
        statement: { input: 'statement', dialect: 'databricks' },
        fails: failed,
        call: rest({ ...asked, template: sqlBody, answer: table }),
      },
      runStatement: {
        summary: 'Run code in Python, Scala or R in a Spark session, as the person',
        effect: 'admin',
        note: 'Such code can do anything that the person can, also to masked data, and cannot be judged beforehand.',
        proves: own,
        inputs: () => z.strictObject({ ...session, code, kind: z.enum(['spark', 'pyspark', 'sparkr']) }),
        fails: failed,
        call: rest({ ...asked, body: ['code', 'kind'] }),
      },
      getStatement: {
        summary: 'Read the state of a statement, without its result',
        effect: 'read',
        note: 'Results come from the call that runs a statement, by its handle: what is masked in them depends on the statement.',
        proves: own,
        inputs: () => z.strictObject({ ...session, statementId: z.int().min(0).max(2_147_483_647) }),
        call: rest({
          method: 'GET',
          path: `${statementsPath}/{statementId}`,
          parameters: [...sessionParameters, 'statementId'],
          drop: ['/output', '/code', '/sourceId'],
        }),
      },
      deleteSession: {
        summary: 'End a Spark session of the own',
        effect: 'delete',
        proves: own,
        inputs: () => z.strictObject(session),
        call: rest({ method: 'DELETE', path: sessionPath, parameters: sessionParameters, answer: quiet }),
      },
      submitBatch: {
        summary: 'Run a program that is stored in OneLake as a Spark batch, as the person',
        effect: 'admin',
        note: 'What the program does is not in the call and can change until it runs.',
        references: { kind: 'object' },
        proves: submitter,
        inputs: () => z.strictObject({ ...lakehouse, ...size, ...program }),
        call: rest({
          method: 'POST',
          path: `${livy}/batches`,
          parameters,
          body: [...sized, 'file', 'className', 'args'],
        }),
      },
      getBatch: {
        summary: 'Read the state and result of a Spark batch of the own',
        effect: 'read',
        note: 'A state of success may stand beside a result of Failed: the result counts, and is refused as a failure.',
        proves: submitter,
        fails: { '/result': ['Failed'] },
        inputs: () => z.strictObject({ ...lakehouse, batchId: z.guid() }),
        call: rest({ method: 'GET', path: batchPath, parameters: batchParameters, drop: ['/log', '/appInfo'] }),
      },
      cancelBatch: {
        summary: 'Cancel a Spark batch of the own',
        effect: 'delete',
        proves: { oid: '/submitterId', path: batchPath },
        inputs: () => z.strictObject({ ...lakehouse, batchId: z.guid() }),
        call: rest({ method: 'DELETE', path: batchPath, parameters: batchParameters, answer: quiet }),
      },
    },
  }),
)
