import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const guid = z.guid().describe('Id of the entity')
const typeName = z.string().regex(/^[A-Za-z][A-Za-z0-9_. -]{0,127}$/)
const qualifiedName = z.string().min(1).max(1000)
const direction = z.enum(['INPUT', 'OUTPUT', 'BOTH']).default('BOTH')
const limit = z.int().min(1).max(1000).default(50)
const offset = z.int().min(0).max(1_000_000).default(0)
const text = z.string().min(1).max(400)
const end = z.strictObject({ typeName, uniqueAttributes: z.strictObject({ qualifiedName }) })
const ends = z.array(end).max(100)
const entity = z.strictObject({
  typeName,
  attributes: z.strictObject({
    qualifiedName,
    name: z.string().min(1).max(400),
    description: z.string().max(4000).optional(),
    inputs: ends.optional().describe('What a process took'),
    outputs: ends.optional().describe('What a process made'),
  }),
})
const filter = z
  .strictObject({ objectType: text, assetType: text, collectionId: text, classification: text, entityType: text })
  .partial()
  .refine((given) => Object.keys(given).length === 1, 'names one condition')
const version = { 'api-version': '2023-09-01' }
const versioned = { fixedQuery: version }

serve(
  defineBackend({
    name: 'purview-datamap',
    title: 'Microsoft Purview Data Map: search, lineage, glossary',
    ...resources.purview,
    hostSuffixes: {
      public: ['.purview.azure.com', '.purview-service.microsoft.com'],
      usgov: ['.purview.azure.us'],
      china: ['.purview.azure.cn'],
    },
    honesty: 'yes',
    notes: [
      'What a person finds is what their roles on collections allow; these are Purview’s own, not those of Azure.',
      'Lineage is what scanners found and what was written into the map; it does not say who read data. That stands in the audit log, and in Countersign’s own book.',
      'Entities are written by their qualified name: one that is there already is changed without a word.',
      'The map can be answered by the account’s own address or by the tenant’s common one: the base URL says which.',
    ],
    limits: { collectionId: 'collections' },
    operations: {
      searchAssets: {
        summary: 'Search data assets by words',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            keywords: z.string().min(1).max(1000).describe('Words, or * for everything'),
            limit,
            filter: filter.optional().describe('One condition'),
            cursor: z.string().max(4000).optional().describe('As the page before gave it'),
          }),
        call: rest({
          method: 'POST',
          path: '/datamap/api/search/query',
          parameters: [],
          ...versioned,
          body: ['keywords', 'limit', 'filter'],
          page: { from: { pointer: '/continuationToken' }, into: { body: 'continuationToken' } },
        }),
      },
      getEntity: {
        summary: 'Read one asset by its id',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            guid,
            minExtInfo: z.boolean().default(true),
            ignoreRelationships: z.boolean().default(false),
          }),
        call: rest({
          method: 'GET',
          path: '/datamap/api/atlas/v2/entity/guid/{guid}',
          parameters: ['guid'],
          ...versioned,
          query: ['minExtInfo', 'ignoreRelationships'],
        }),
      },
      getEntityByQualifiedName: {
        summary: 'Read one asset by its type and qualified name',
        effect: 'read',
        inputs: () => z.strictObject({ typeName, qualifiedName, minExtInfo: z.boolean().default(true) }),
        call: rest({
          method: 'GET',
          path: '/datamap/api/atlas/v2/entity/uniqueAttribute/type/{typeName}',
          parameters: ['typeName'],
          ...versioned,
          query: { 'attr:qualifiedName': 'qualifiedName', minExtInfo: 'minExtInfo' },
        }),
      },
      getLineage: {
        summary: 'Read from what an asset was made, and what was made of it',
        effect: 'read',
        inputs: () => z.strictObject({ guid, direction, depth: z.int().min(1).max(10).default(3) }),
        call: rest({
          method: 'GET',
          path: '/datamap/api/atlas/v2/lineage/{guid}',
          parameters: ['guid'],
          ...versioned,
          query: ['direction', 'depth'],
        }),
      },
      getLineageNextPage: {
        summary: 'Read further neighbours of an asset in its lineage',
        effect: 'read',
        inputs: () => z.strictObject({ guid, direction: z.enum(['INPUT', 'OUTPUT']), offset, limit }),
        call: rest({
          method: 'GET',
          path: '/datamap/api/lineage/{guid}/next/',
          parameters: ['guid'],
          ...versioned,
          query: ['direction', 'offset', 'limit'],
          pageSize: 'limit',
        }),
      },
      getClassifications: {
        summary: 'List the classifications of an asset',
        effect: 'read',
        inputs: () => z.strictObject({ guid }),
        call: rest({
          method: 'GET',
          path: '/datamap/api/atlas/v2/entity/guid/{guid}/classifications',
          parameters: ['guid'],
          ...versioned,
        }),
      },
      listGlossaries: {
        summary: 'List the glossaries with their terms by name',
        effect: 'read',
        inputs: () => z.strictObject({ limit, offset }),
        call: rest({
          method: 'GET',
          path: '/datamap/api/atlas/v2/glossary',
          parameters: [],
          ...versioned,
          query: ['limit', 'offset'],
          pageSize: 'limit',
        }),
      },
      getTerm: {
        summary: 'Read one term of a glossary',
        effect: 'read',
        inputs: () => z.strictObject({ termId: z.guid() }),
        call: rest({
          method: 'GET',
          path: '/datamap/api/atlas/v2/glossary/term/{termId}',
          parameters: ['termId'],
          ...versioned,
        }),
      },
      upsertEntities: {
        summary: 'Write assets and processes of lineage, new ones or in place of those of the same name',
        effect: 'write',
        inputs: () => z.strictObject({ collectionId: text.optional(), entities: z.array(entity).min(1).max(50) }),
        call: rest({
          method: 'POST',
          path: '/datamap/api/atlas/v2/entity/bulk',
          parameters: [],
          ...versioned,
          query: ['collectionId'],
          body: ['entities'],
        }),
      },
      addClassifications: {
        summary: 'Classify an asset',
        effect: 'write',
        inputs: () => z.strictObject({ guid, classifications: z.array(z.strictObject({ typeName })).min(1).max(50) }),
        call: rest({
          method: 'POST',
          path: '/datamap/api/atlas/v2/entity/guid/{guid}/classifications',
          parameters: ['guid'],
          ...versioned,
          document: 'classifications',
          answer: { kind: 'headers', members: {} },
        }),
      },
      deleteEntities: {
        summary: 'Delete assets from the map; the data that they describe stays',
        effect: 'delete',
        inputs: () => z.strictObject({ guids: z.array(guid).min(1).max(50) }),
        call: rest({
          method: 'DELETE',
          path: '/datamap/api/atlas/v2/entity/bulk',
          parameters: [],
          ...versioned,
          query: { guid: 'guids' },
        }),
      },
      deleteTypeDef: {
        summary: 'Delete a type of assets or classifications',
        effect: 'admin',
        inputs: () => z.strictObject({ typeName }),
        call: rest({
          method: 'DELETE',
          path: '/datamap/api/atlas/v2/types/typedef/name/{typeName}',
          parameters: ['typeName'],
          ...versioned,
          answer: { kind: 'headers', members: {} },
        }),
      },
    },
  }),
)
