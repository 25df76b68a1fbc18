import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const pool = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9]{0,14}$/)
  .describe('Name of the Spark pool')
const id = z.int().min(0).max(2_147_483_647)
const session = { pool, sessionId: id }
const size = {
  name: z.string().regex(/^[\w .-]{1,64}$/),
  driverMemory: z
    .string()
    .regex(/^\d{1,3}g$/)
    .default('28g'),
  driverCores: z.int().min(1).max(80).default(4),
  executorMemory: z
    .string()
    .regex(/^\d{1,3}g$/)
    .default('28g'),
  executorCores: z.int().min(1).max(80).default(4),
  numExecutors: z.int().min(1).max(200).default(1),
}
const sized = ['name', 'driverMemory', 'driverCores', 'executorMemory', 'executorCores', 'numExecutors']
const code = z.string().min(1).max(100_000)
const sql = z.string().min(1).max(32_000).describe('One Spark SQL statement')
const abfss = z
  .string()
  .max(1000)
  .regex(/^abfss:\/\/[\w-]+@[\w.-]+\/[^?#\s]+$/)
  .describe('abfss://<container>@<account>.dfs.core.windows.net/…')
const program = {
  file: abfss,
  className: z
    .string()
    .regex(/^[\w.$]{1,200}$/)
    .optional(),
  args: z.array(z.string().max(1000)).max(50).optional(),
}
const root = '/livyApi/versions/2019-11-01-preview/sparkPools/{pool}'
const sessionPath = `${root}/sessions/{sessionId}` as const
const statementsPath = `${sessionPath}/statements` as const
const batchPath = `${root}/batches/{batchId}` as const
const sessionParameters = ['pool', 'sessionId'] as const
const statementParameters = ['pool', 'sessionId', 'statementId'] as const
const detailed = { fixedQuery: { detailed: 'true' } }
const submitter = { oid: '/submitterId' }
// Whoever opened the session is who its statements run as.
const own = { oid: '/submitterId', path: sessionPath, query: detailed.fixedQuery }
const asked = {
  method: 'POST',
  path: statementsPath,
  parameters: sessionParameters,
  longRunning: {
    poll: { path: `${statementsPath}/{/id}` },
    state: '/state',
    done: ['available'],
    failed: ['error', 'cancelling', 'cancelled'],
    every: 1,
  },
  drop: ['/code'],
} as const
const failed = { '/output/status': ['error'] }
const table = {
  kind: 'table',
  columns: '/output/data/application~1json/schema/fields/*/name',
  rows: '/output/data/application~1json/data',
} as const
const sqlBody = { code: '{statement}', kind: 'sql' }
const quiet = { kind: 'headers', members: {} } as const

serve(
  defineBackend({
    name: 'synapse-spark',
    title: 'Azure Synapse Spark: Livy sessions and batches',
    ...resources.synapse,
    hostSuffixes: {
      public: ['.dev.azuresynapse.net'],
      usgov: ['.dev.azuresynapse.usgovcloudapi.net'],
      china: ['.dev.azuresynapse.azure.cn'],
    },
    honesty: 'conditional',
    notes: [
      'The API is made for tokens of people, but Microsoft publishes no sample of an on-behalf-of exchange for it: the delegated permission has to exist in the tenant and to be consented to.',
      'Synapse says of each session and batch who submitted it; where that is not the person, the answer is withheld, and no statement is sent into the session.',
      'Inside Spark, storage is reached as the submitter while the token chain holds; a long batch can lose it and then fails.',
      'Code in Python, Scala or .NET can do whatever the person can, and nobody can judge it beforehand: it counts as administration. Spark SQL is judged statement by statement.',
      'Spark settings, jars and packages cannot be given: they would change what code a session runs.',
      'A session costs until it ends: delete it when done.',
    ],
    limits: { pool: '!pools', numExecutors: 'executors' },
    operations: {
      submitBatch: {
        summary: 'Run a stored program as a Spark batch, as the person',
        effect: 'admin',
        note: 'What the program does is not in the call and can change until it runs.',
        references: { kind: 'object' },
        proves: submitter,
        inputs: () => z.strictObject({ pool, ...size, ...program }),
        call: rest({
          method: 'POST',
          path: `${root}/batches`,
          parameters: ['pool'],
          ...detailed,
          body: [...sized, 'file', 'className', 'args'],
          drop: ['/log', '/appInfo'],
        }),
      },
      getBatch: {
        summary: 'Read the state and result of a Spark batch of the own',
        effect: 'read',
        note: 'A state of success may stand beside a result of Failed: the result counts, and is refused as a failure.',
        proves: submitter,
        fails: { '/result': ['Failed'] },
        inputs: () => z.strictObject({ pool, batchId: id }),
        call: rest({
          method: 'GET',
          path: batchPath,
          parameters: ['pool', 'batchId'],
          ...detailed,
          drop: ['/log', '/appInfo'],
        }),
      },
      listBatches: {
        summary: 'List the Spark batches of a pool, with who submitted them',
        effect: 'read',
        inputs: () => z.strictObject({ pool, from: id.default(0), size: z.int().min(1).max(20).default(20) }),
        call: rest({
          method: 'GET',
          path: `${root}/batches`,
          parameters: ['pool'],
          ...detailed,
          query: ['from', 'size'],
          drop: ['/sessions/*/log', '/sessions/*/appInfo'],
        }),
      },
      cancelBatch: {
        summary: 'Cancel a Spark batch of the own',
        effect: 'delete',
        proves: { oid: '/submitterId', path: batchPath, query: detailed.fixedQuery },
        inputs: () => z.strictObject({ pool, batchId: id }),
        call: rest({ method: 'DELETE', path: batchPath, parameters: ['pool', 'batchId'], answer: quiet }),
      },
      createSession: {
        summary: 'Open a Spark session as the person; ask getSession until it is idle',
        effect: 'write',
        proves: submitter,
        inputs: () => z.strictObject({ pool, ...size }),
        call: rest({
          method: 'POST',
          path: `${root}/sessions`,
          parameters: ['pool'],
          ...detailed,
          body: sized,
          drop: ['/log', '/appInfo'],
        }),
      },
      getSession: {
        summary: 'Read the state of a Spark session of the own',
        effect: 'read',
        proves: submitter,
        inputs: () => z.strictObject(session),
        call: rest({
          method: 'GET',
          path: sessionPath,
          parameters: sessionParameters,
          ...detailed,
          drop: ['/log', '/appInfo'],
        }),
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
        summary: 'Run code in Python, Scala or .NET in a Spark session, as the person',
        effect: 'admin',
        note: 'Such code can do anything that the person can, also to masked data, and cannot be judged beforehand.',
        proves: own,
        inputs: () => z.strictObject({ ...session, code, kind: z.enum(['spark', 'pyspark', 'dotnetspark']) }),
        fails: failed,
        call: rest({ ...asked, body: ['code', 'kind'] }),
      },
      getStatement: {
        summary: 'Read the state of a statement, without its result',
        effect: 'read',
        note: 'Results come from the call that runs a statement, by its handle: what is masked in them depends on the statement.',
        proves: own,
        inputs: () => z.strictObject({ ...session, statementId: id }),
        call: rest({
          method: 'GET',
          path: `${statementsPath}/{statementId}`,
          parameters: statementParameters,
          drop: ['/output', '/code'],
        }),
      },
      cancelStatement: {
        summary: 'Cancel a statement in a session of the own',
        effect: 'delete',
        proves: own,
        inputs: () => z.strictObject({ ...session, statementId: id }),
        call: rest({
          method: 'POST',
          path: `${statementsPath}/{statementId}/cancel`,
          parameters: statementParameters,
        }),
      },
      keepSessionAlive: {
        summary: 'Keep a session of the own from ending for want of work',
        effect: 'write',
        proves: own,
        inputs: () => z.strictObject(session),
        call: rest({
          method: 'PUT',
          path: `${sessionPath}/reset-timeout`,
          parameters: sessionParameters,
          answer: quiet,
        }),
      },
      deleteSession: {
        summary: 'End a Spark session of the own',
        effect: 'delete',
        proves: own,
        inputs: () => z.strictObject(session),
        call: rest({ method: 'DELETE', path: sessionPath, parameters: sessionParameters, answer: quiet }),
      },
    },
  }),
)
