import * as z from 'zod'
import { type DatabricksAction, defineBackend } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const text = z.string().min(1).max(32_000).describe('One Databricks SQL statement; values as :name')
const parameter = z.strictObject({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/),
  value: z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]),
  type: z
    .string()
    .regex(/^[A-Z][A-Z_]{1,20}(\(\d{1,4}(,\s?\d{1,4})?\))?$/)
    .default('STRING')
    .describe('STRING, INT, DATE, DECIMAL(10,2), …'),
})
const parameters = z.array(parameter).max(100).default([]).describe('Values of the :name markers')
const warehouse = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/)
  .optional()
  .describe('One of the warehouses that the deployment lists; its first unless given')
const wait = z.int().min(1).max(90).default(90).describe('Seconds after which a handle is given instead of rows')
const handle = z
  .string()
  .regex(/^[\w.-]{40,300}$/)
  .describe('As executeStatement gave it')

const statement = { input: 'statement', dialect: 'databricks' } as const
const changeInputs = () => z.strictObject({ statement: text, parameters, warehouse })
const change = {
  technology: 'databricks',
  action: 'execute',
  inputs: { statement: 'statement', parameters: 'parameters', warehouse: 'warehouse' },
} as const

/** A call that takes one warehouse, or none of its own inputs. */
const onWarehouse = (action: DatabricksAction) =>
  ({ technology: 'databricks', action, inputs: { warehouse: 'warehouse' } }) as const

serve(
  defineBackend({
    name: 'databricks-sql',
    title: 'Databricks SQL statement execution',
    ...resources.databricks,
    honesty: 'yes',
    notes: [
      'A warehouse reads storage by the credentials of Unity Catalog; what the person may see is judged there, by name.',
    ],
    hostSuffixes: {
      public: ['.azuredatabricks.net'],
      usgov: ['.databricks.azure.us'],
      china: ['.databricks.azure.cn'],
    },
    // Entra's provisioning writes the person's object id there. HTTP has no connection to bind the proof to: same token.
    identityProbe: { method: 'request', path: '/api/2.0/preview/scim/v2/Me', oid: '/externalId' },
    requires: ['warehouses'],
    operations: {
      executeStatement: {
        summary: 'Run one query on a SQL warehouse, as the person',
        effect: 'read',
        inputs: () => changeInputs().extend({ wait }),
        statement,
        call: { ...change, inputs: { ...change.inputs, wait: 'wait' } },
      },
      executeWriteStatement: {
        summary: 'Run one INSERT, UPDATE, MERGE or CREATE, as the person',
        effect: 'write',
        inputs: changeInputs,
        statement,
        call: change,
      },
      executeDestructiveStatement: {
        summary: 'Run one DELETE, DROP, TRUNCATE or VACUUM, as the person',
        effect: 'delete',
        inputs: changeInputs,
        statement,
        call: change,
      },
      // A result is judged and masked by its statement: who asks for one says the statement again, and the handle, which
      // only this gateway can make, binds the two together with the person.
      getStatement: {
        summary: 'Ask after a query that runs on, or fetch the first rows of its result',
        effect: 'read',
        inputs: () => z.strictObject({ statement: text, handle }),
        statement,
        call: { technology: 'databricks', action: 'get', inputs: { statement: 'statement', handle: 'handle' } },
      },
      getResultChunk: {
        summary: 'Fetch further rows of the result of a query that ran on',
        effect: 'read',
        inputs: () => z.strictObject({ statement: text, handle, chunk: z.int().min(0).max(9_999) }),
        statement,
        call: {
          technology: 'databricks',
          action: 'chunk',
          inputs: { statement: 'statement', handle: 'handle', chunk: 'chunk' },
        },
      },
      // Not a deletion: a handle stands for a query of the person's own, and nothing but its answer is lost.
      cancelStatement: {
        summary: 'Cancel a query of the own that runs on',
        effect: 'write',
        inputs: () => z.strictObject({ handle }),
        call: { technology: 'databricks', action: 'cancel', inputs: { handle: 'handle' } },
      },
      listWarehouses: {
        summary: 'List the warehouses that statements may be sent to',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: { technology: 'databricks', action: 'list-warehouses', inputs: {} },
      },
      startWarehouse: {
        summary: 'Start one of the warehouses that the deployment lists',
        effect: 'write',
        inputs: () => z.strictObject({ warehouse }),
        call: onWarehouse('start-warehouse'),
      },
      stopWarehouse: {
        summary: 'Stop a warehouse, with the statements that others run on it',
        effect: 'admin',
        inputs: () => z.strictObject({ warehouse }),
        call: onWarehouse('stop-warehouse'),
      },
      listQueryHistory: {
        summary: "List the person's own latest statements in the workspace",
        effect: 'read',
        inputs: () =>
          z.strictObject({ limit: z.int().min(1).max(100).default(25), page: z.string().max(2_000).optional() }),
        call: { technology: 'databricks', action: 'history', inputs: { limit: 'limit', page: 'page' } },
        // Texts may hold anybody's personal data, and were never judged here.
        labels: { '/queries/*/*': 'none', '/queries/*/text': 'pii.statement', '/next_page': 'none' },
      },
    },
  }),
)
