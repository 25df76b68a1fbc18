import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const name = z.string().regex(/^[^\s./\\]{1,255}$/)
const fullName = z
  .string()
  .regex(/^[^\s/\\]{1,255}(\.[^\s/\\]{1,255}){0,2}$/)
  .max(766)
  .describe('catalog.schema.table, or as many parts as the object has')
const securable = z.enum(['catalog', 'schema', 'table', 'volume', 'function', 'external_location', 'connection'])
const principal = z.string().min(1).max(320).describe('E-mail address of a person, or name of a group')
const privilege = z.string().regex(/^[A-Z][A-Z_ ]{2,60}$/)
const privileges = z.array(privilege).max(40).default([])
const change = z.strictObject({ principal, add: privileges, remove: privileges })
const listing = {
  maxResults: z.int().min(1).max(1000).default(100),
  cursor: z.string().max(4_000).optional(),
}
const page = { from: { pointer: '/next_page_token' }, into: { query: 'page_token' } } as const
const pageSize = { pageSize: 'maxResults', page } as const
const catalogPath = '/api/2.1/unity-catalog'
const handedOut =
  'It hands out a key of the storage itself, which works for whoever holds it and past Unity Catalog. Read by databricks-sql instead.'
const nothing = () => z.strictObject({})

serve(
  defineBackend({
    name: 'databricks-unity-catalog',
    title: 'Databricks Unity Catalog: catalogs, tables and grants',
    ...resources.databricks,
    honesty: 'yes',
    notes: [
      'Unity Catalog judges each call by the grants of the person, who must be a user of the workspace.',
      'Lists leave out what the person may not see: that something is not listed does not mean that it does not exist.',
      'Credentials of the storage beneath are never handed out.',
    ],
    hostSuffixes: {
      public: ['.azuredatabricks.net'],
      usgov: ['.databricks.azure.us'],
      china: ['.databricks.azure.cn'],
    },
    identityProbe: { method: 'request', path: '/api/2.0/preview/scim/v2/Me', oid: '/externalId' },
    correlation: { 'user-agent': 'Countersign/1.0 decision/{decisionId}' },
    records: ['x-databricks-org-id'],
    limits: { catalog: 'catalogs' },
    operations: {
      listCatalogs: {
        summary: 'List the catalogs that the person may see',
        effect: 'read',
        inputs: () => z.strictObject(listing),
        call: rest({
          ...{ method: 'GET', path: `${catalogPath}/catalogs`, parameters: [] },
          ...{ query: { max_results: 'maxResults' }, ...pageSize, drop: ['/catalogs/*/options'] },
        }),
      },
      listSchemas: {
        summary: 'List the schemas of one catalog that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ catalog: name, ...listing }),
        call: rest({
          ...{ method: 'GET', path: `${catalogPath}/schemas`, parameters: [], ...pageSize },
          query: { catalog_name: 'catalog', max_results: 'maxResults' },
        }),
      },
      listTables: {
        summary: 'List the tables of one schema that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ catalog: name, schema: name, ...listing }),
        call: rest({
          ...{ method: 'GET', path: `${catalogPath}/tables`, parameters: [], ...pageSize },
          query: { catalog_name: 'catalog', schema_name: 'schema', max_results: 'maxResults' },
          drop: ['/tables/*/access_point', '/tables/*/encryption_details'],
        }),
      },
      getTable: {
        summary: 'Read what one table is: columns, owner, row filter and column masks',
        effect: 'read',
        inputs: () => z.strictObject({ table: fullName }),
        call: rest({
          ...{ method: 'GET', path: `${catalogPath}/tables/{table}`, parameters: ['table'] },
          drop: ['/access_point', '/encryption_details'],
        }),
      },
      listFunctions: {
        summary: 'List the functions of one schema that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ catalog: name, schema: name, ...listing }),
        call: rest({
          ...{ method: 'GET', path: `${catalogPath}/functions`, parameters: [], ...pageSize },
          query: { catalog_name: 'catalog', schema_name: 'schema', max_results: 'maxResults' },
        }),
      },
      getEffectivePermissions: {
        summary: 'Read who may do what with one object, inherited rights included',
        effect: 'read',
        inputs: () =>
          z.strictObject({ kind: securable, fullName, principal: principal.optional(), cursor: listing.cursor }),
        call: rest({
          ...{ method: 'GET', path: `${catalogPath}/effective-permissions/{kind}/{fullName}`, page },
          ...{ parameters: ['kind', 'fullName'], query: ['principal'] },
        }),
      },
      updatePermissions: {
        summary: 'Grant or revoke rights on one object',
        effect: 'admin',
        inputs: () => z.strictObject({ kind: securable, fullName, changes: z.array(change).min(1).max(50) }),
        call: rest({
          ...{ method: 'PATCH', path: `${catalogPath}/permissions/{kind}/{fullName}` },
          ...{ parameters: ['kind', 'fullName'], body: ['changes'] },
        }),
      },
      createSchema: {
        summary: 'Create a schema in one catalog',
        effect: 'write',
        inputs: () => z.strictObject({ catalog: name, name, comment: z.string().max(1_000).optional() }),
        call: rest({
          ...{ method: 'POST', path: `${catalogPath}/schemas`, parameters: [] },
          template: { catalog_name: '{catalog}', name: '{name}', comment: '{comment}' },
        }),
      },
      deleteTable: {
        summary: 'Drop one table; a managed table goes with its data',
        effect: 'delete',
        inputs: () => z.strictObject({ table: fullName }),
        call: rest({ method: 'DELETE', path: `${catalogPath}/tables/{table}`, parameters: ['table'] }),
      },
      queryVectorIndex: {
        summary: 'Find the entries of a vector search index that are nearest to a text',
        effect: 'read',
        untrusted: true,
        note: 'An index has rights of its own, without the row filters and masks of the table that it was made from.',
        inputs: () =>
          z.strictObject({
            index: fullName,
            columns: z.array(name).min(1).max(50),
            queryText: z.string().min(1).max(10_000),
            numResults: z.int().min(1).max(100).default(10),
            filters: z.string().max(4_000).optional().describe('As JSON: {"region": "EMEA"}'),
          }),
        call: rest({
          ...{ method: 'POST', path: '/api/2.0/vector-search/indexes/{index}/query', parameters: ['index'] },
          template: {
            ...{ columns: '{columns}', query_text: '{queryText}' },
            ...{ num_results: '{numResults}', filters_json: '{filters}' },
          },
          answer: { kind: 'table', columns: '/manifest/columns/*/name', rows: '/result/data_array' },
        }),
      },
      getTableCredentials: {
        summary: 'Hand out a short-lived key of the storage of one table',
        effect: 'admin',
        unsupported: handedOut,
        inputs: nothing,
        call: rest({ method: 'POST', path: '/api/2.0/unity-catalog/temporary-table-credentials', parameters: [] }),
      },
      getPathCredentials: {
        summary: 'Hand out a short-lived key of a path in the storage',
        effect: 'admin',
        unsupported: handedOut,
        inputs: nothing,
        call: rest({ method: 'POST', path: '/api/2.0/unity-catalog/temporary-path-credentials', parameters: [] }),
      },
    },
  }),
)
