import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const name = z.string().regex(/^[^\s./\\]{1,255}$/)
const maxResults = z.int().min(1).max(1000).default(100)
const cursor = z.string().max(4_000).optional()
const page = { from: { pointer: '/next_page_token' }, into: { query: 'page_token' } } as const
const parameter = z.strictObject({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/),
  value: z.string().max(10_000),
  type: z
    .string()
    .regex(/^[A-Z][A-Z_]{1,20}(\(\d{1,4}(,\s?\d{1,4})?\))?$/)
    .default('STRING'),
})

serve(
  defineBackend({
    name: 'databricks-federation',
    title: 'Databricks Lakehouse Federation: other systems as catalogs',
    ...resources.databricks,
    honesty: 'partial',
    notes: [
      'Databricks sees the person, and Unity Catalog judges the foreign catalog by the grants of the person.',
      'The system behind it sees whoever is kept in the connection: a password, a key or the sign-in of whoever made it, the same for everybody. A query of a foreign catalog therefore counts as run by somebody else.',
      'Where the other system has a backend of its own here, such as snowflake or bigquery, that one reaches it as the person.',
      'The same catalogs can be named in databricks-sql: a policy that permits tables there should name none of a foreign catalog.',
    ],
    hostSuffixes: {
      public: ['.azuredatabricks.net'],
      usgov: ['.databricks.azure.us'],
      china: ['.databricks.azure.cn'],
    },
    identityProbe: { method: 'request', path: '/api/2.0/preview/scim/v2/Me', oid: '/externalId' },
    correlation: { 'user-agent': 'Countersign/1.0 decision/{decisionId}' },
    records: ['x-databricks-org-id'],
    requires: ['warehouses'],
    limits: { connection: 'connections' },
    operations: {
      listConnections: {
        summary: 'List the connections to other systems that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ maxResults, cursor }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.1/unity-catalog/connections', parameters: [], pageSize: 'maxResults' },
          ...{ query: { max_results: 'maxResults' }, page },
          drop: ['/connections/*/options', '/connections/*/environment_settings'],
        }),
      },
      getConnection: {
        summary: 'Read what one connection leads to, and by which kind of credential',
        effect: 'read',
        inputs: () => z.strictObject({ connection: name }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.1/unity-catalog/connections/{connection}', parameters: ['connection'] },
          drop: ['/options', '/environment_settings'],
        }),
      },
      queryForeignCatalog: {
        summary: 'Run one query on a foreign catalog, by the credential of its connection',
        effect: 'read',
        runsAs: 'other',
        inputs: () =>
          z.strictObject({
            statement: z.string().min(1).max(32_000).describe('One Databricks SQL query; values as :name'),
            parameters: z.array(parameter).max(100).default([]),
          }),
        statement: { input: 'statement', dialect: 'databricks' },
        call: {
          technology: 'databricks',
          action: 'execute',
          inputs: { statement: 'statement', parameters: 'parameters' },
        },
      },
      createConnection: {
        summary: 'Connect another system',
        effect: 'admin',
        unsupported: 'It takes the credential of the other system, which no agent should ever hold.',
        inputs: () => z.strictObject({}),
        call: rest({ method: 'POST', path: '/api/2.1/unity-catalog/connections', parameters: [] }),
      },
      createForeignCatalog: {
        summary: 'Show a database of a connected system as a catalog',
        effect: 'admin',
        inputs: () => z.strictObject({ name, connection: name, database: name }),
        call: rest({
          ...{ method: 'POST', path: '/api/2.1/unity-catalog/catalogs', parameters: [] },
          template: { name: '{name}', connection_name: '{connection}', options: { database: '{database}' } },
        }),
      },
      deleteConnection: {
        summary: 'Delete a connection, which ends whatever reads through it',
        effect: 'delete',
        inputs: () => z.strictObject({ connection: name }),
        call: rest({
          ...{ method: 'DELETE', path: '/api/2.1/unity-catalog/connections/{connection}' },
          parameters: ['connection'],
        }),
      },
    },
  }),
)
