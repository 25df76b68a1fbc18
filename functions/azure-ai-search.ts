import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const indexName = z
  .string()
  .regex(/^[a-z0-9](-?[a-z0-9_]+)*$/)
  .max(128)
const key = z
  .string()
  .regex(/^[\w=-]{1,1024}$/)
  .describe('Key of the document')
const search = z.string().max(10_000).default('*')
const filter = z.string().max(4000).optional().describe('OData condition')
const fields = z
  .string()
  .regex(/^[\w,/ ]{1,1000}$/)
  .optional()
const top = z.int().min(1).max(1000).default(50)
const skip = z.int().min(0).max(100_000).optional()
const vector = z.strictObject({
  kind: z.enum(['vector', 'text']),
  fields: z.string().max(500),
  vector: z.array(z.number()).max(4096).optional(),
  text: z.string().max(10_000).optional(),
  k: z.int().min(1).max(1000).default(50),
})
const semanticConfiguration = z.string().max(128).optional()
const queryType = z.enum(['simple', 'full', 'semantic']).default('simple')
const on = { parameters: ['indexName'] as const, fixedQuery: { 'api-version': '2026-04-01' } }
const searchInputs = { indexName, search, filter, select: fields, top, skip, queryType, semanticConfiguration }

/** One action for all documents, so that the effect is that of the operation and not of what somebody wrote into one. */
const actionOn = (action: string) => z.strictObject({ '@search.action': z.enum([action]) }).catchall(z.unknown())

serve(
  defineBackend({
    name: 'azure-ai-search',
    title: 'Azure AI Search',
    ...resources.search,
    hostSuffixes: {
      public: ['.search.windows.net'],
      usgov: ['.search.azure.us'],
      china: ['.search.azure.cn'],
    },
    honesty: 'conditional',
    notes: [
      'Roles are judged for the person on the service and the index, not on each document: whoever may query an index sees every document in it.',
      'Trimming by permission fields of an index needs the person’s token in a second header, which is not sent: such documents are not found here.',
      'Roles have to be switched on for the service: one that knows only keys refuses everybody.',
    ],
    untrusted: true,
    limits: { indexName: '!indexes' },
    records: ['request-id', 'elapsed-time'],
    operations: {
      searchDocuments: {
        summary: 'Search the documents of an index',
        effect: 'read',
        inputs: () => z.strictObject({ ...searchInputs, vectorQueries: z.array(vector).max(5).optional() }),
        object: 'indexName',
        compares: { filter: ['*'], search: ['*'] },
        call: rest({
          method: 'POST',
          path: "/indexes('{indexName}')/docs/search.post.search",
          ...on,
          body: ['search', 'filter', 'select', 'top', 'skip', 'queryType', 'semanticConfiguration', 'vectorQueries'],
          pageSize: 'top',
          drop: ['/@odata.nextLink', '/@search.nextPageParameters'],
        }),
      },
      getDocument: {
        summary: 'Read one document of an index',
        effect: 'read',
        inputs: () => z.strictObject({ indexName, key }),
        object: 'indexName',
        call: rest({
          method: 'GET',
          path: "/indexes('{indexName}')/docs('{key}')",
          parameters: ['indexName', 'key'],
          fixedQuery: on.fixedQuery,
        }),
      },
      countDocuments: {
        summary: 'How many documents an index has',
        effect: 'read',
        inputs: () => z.strictObject({ indexName }),
        object: 'indexName',
        call: rest({
          method: 'GET',
          path: "/indexes('{indexName}')/docs/$count",
          ...on,
          headers: { accept: 'text/plain' },
        }),
      },
      suggest: {
        summary: 'Suggest completions of a beginning',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            indexName,
            search: z.string().min(1).max(100),
            suggesterName: z.string().max(128),
            top: z.int().min(1).max(100).default(5),
          }),
        object: 'indexName',
        call: rest({
          method: 'POST',
          path: "/indexes('{indexName}')/docs/search.post.suggest",
          ...on,
          body: ['search', 'suggesterName', 'top'],
        }),
      },
      listIndexes: {
        summary: 'List the indexes of the service',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: rest({
          method: 'GET',
          path: '/indexes',
          parameters: [],
          fixedQuery: { ...on.fixedQuery, $select: 'name' },
        }),
      },
      indexDocuments: {
        summary: 'Add documents to an index, or change members of them',
        effect: 'write',
        inputs: () => z.strictObject({ indexName, value: z.array(actionOn('mergeOrUpload')).min(1).max(1000) }),
        object: 'indexName',
        call: rest({ method: 'POST', path: "/indexes('{indexName}')/docs/search.index", ...on, body: ['value'] }),
      },
      deleteDocuments: {
        summary: 'Delete documents from an index',
        effect: 'delete',
        inputs: () => z.strictObject({ indexName, value: z.array(actionOn('delete')).min(1).max(1000) }),
        object: 'indexName',
        call: rest({ method: 'POST', path: "/indexes('{indexName}')/docs/search.index", ...on, body: ['value'] }),
      },
      deleteIndex: {
        summary: 'Delete an index with all its documents',
        effect: 'admin',
        inputs: () => z.strictObject({ indexName }),
        object: 'indexName',
        call: rest({ method: 'DELETE', path: "/indexes('{indexName}')", ...on }),
      },
    },
  }),
)
