import * as z from 'zod'
import { defineBackend } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const container = z
  .string()
  .min(3)
  .max(63)
  .regex(/^[A-Za-z0-9]([-_]?[A-Za-z0-9])+$/)
// Names of dots alone lead elsewhere.
const id = z
  .string()
  .max(255)
  .regex(/^(?!\.{1,2}$)[^/\\?#]+$/)
  .describe("The item's id")
const key = z.string().min(1).max(2048)
const partitionKey = key.describe('The partition key as JSON: "EMEA", 42, or ["EMEA", "Berlin"] where it has levels')
const oneOrAll = key
  .optional()
  .describe('One partition as JSON ("EMEA"); without it all of them, where that is allowed')
const limit = z.int().min(1).max(1000).default(100).describe('Most items of one answer')
const cursor = z.string().max(16_384).optional().describe('cursor of the answer before')
const document = z.string().min(2).max(1_000_000).describe('The whole item as JSON text, with its id and partition key')
const etag = z.string().max(200).describe('etag of the item as it was read: only this version is changed')
const target = { container, id, partitionKey }
const parameter = z.strictObject({
  name: z.string().regex(/^@[A-Za-z_]\w{0,62}$/),
  value: z.string().max(10_000).describe('The value as JSON: "EMEA", 42, true, null or a list'),
})
const change = z.strictObject({
  op: z.enum(['add', 'set', 'replace', 'remove', 'incr']),
  path: z
    .string()
    .max(1000)
    .regex(/^(\/[^/]+)+$/)
    .describe('The member, as /address/city'),
  value: z.string().max(100_000).optional().describe('The new value as JSON; none to remove'),
})
const item = { container: 'container', id: 'id', partitionKey: 'partitionKey' } as const

serve(
  defineBackend({
    name: 'cosmosdb-nosql',
    title: 'Azure Cosmos DB for NoSQL (data plane)',
    ...resources.cosmos,
    honesty: 'conditional',
    notes: [
      'Tokens of people work with the data-plane roles of the account; whether the delegated permission can be granted differs by tenant, so run the consent check before relying on it.',
      'Data-plane roles end at a container. What a person may see within one is judged by this gateway alone, where the deployment sets a rule for its partitions (by person, tenant or group); who reaches the account in another way is not bound by it.',
      'Under a rule every request names one partition in full, queries over several are refused, and an item has to carry the allowed key. A person whose groups the token does not list is refused by a rule for groups.',
      'The service does not say whom it sees: reads and writes rest on the exchanged token, which is checked to be the caller’s own.',
      'Only tokens of the home tenant of the account are accepted by it.',
      'Items come back as a table, so that masks hold for renamed members too: what a query computes is masked as everything that it is made of.',
      'Databases, containers, throughput, stored procedures and triggers cannot be changed with a person’s token on the data plane, and are not offered; nor is the condition of a patch, which would compare values unseen.',
      'Items with a time to live of their own are refused in writes: they would delete themselves without the rules for deleting.',
    ],
    hostSuffixes: { public: ['.documents.azure.com'], usgov: ['.documents.azure.us'], china: ['.documents.azure.cn'] },
    values: { database: { description: 'Name of the database in the account' } },
    operations: {
      listContainers: {
        summary: 'List the containers that agents may reach, with the paths of their partition keys',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: { technology: 'cosmos', action: 'list-containers', inputs: {} },
      },
      readContainer: {
        summary: "Read one container's partition key and default time to live",
        effect: 'read',
        object: 'container',
        inputs: () => z.strictObject({ container }),
        call: { technology: 'cosmos', action: 'read-container', inputs: { container: 'container' } },
      },
      queryItems: {
        summary: 'Run one SELECT over the items of a container, as the person',
        effect: 'read',
        object: 'container',
        statement: { input: 'query', dialect: 'cosmos' },
        note: 'Over several partitions what the limit leaves out cannot be gone on with: name a partition, or ask for less.',
        inputs: () =>
          z.strictObject({
            container,
            query: z.string().min(1).max(32_000).describe('One query of Cosmos DB; values as @names'),
            parameters: z.array(parameter).max(100).default([]),
            partitionKey: oneOrAll,
            limit,
            cursor,
          }),
        call: {
          technology: 'cosmos',
          action: 'query',
          inputs: {
            ...{ container: 'container', query: 'query', parameters: 'parameters' },
            ...{ partitionKey: 'partitionKey', limit: 'limit', cursor: 'cursor' },
          },
        },
      },
      readItem: {
        summary: 'Read one item, with the etag that a change of it needs',
        effect: 'read',
        object: 'container',
        inputs: () => z.strictObject(target),
        call: { technology: 'cosmos', action: 'read', inputs: item },
        compares: { id: ['id'] },
      },
      readChangeFeed: {
        summary: 'Read which items of a container were stored, in their order; go on with the cursor',
        effect: 'read',
        object: 'container',
        note: 'The feed has the latest version of each item and says nothing of deleted ones.',
        inputs: () =>
          z.strictObject({
            container,
            partitionKey: oneOrAll,
            from: z.enum(['beginning', 'now']).default('beginning'),
            limit,
            cursor,
          }),
        call: {
          technology: 'cosmos',
          action: 'change-feed',
          inputs: {
            ...{ container: 'container', partitionKey: 'partitionKey', from: 'from' },
            ...{ limit: 'limit', cursor: 'cursor' },
          },
        },
      },
      createItem: {
        summary: 'Store a new item; one of the same id is never replaced',
        effect: 'write',
        object: 'container',
        inputs: () => z.strictObject({ container, partitionKey: oneOrAll, document }),
        call: {
          technology: 'cosmos',
          action: 'create',
          inputs: { container: 'container', partitionKey: 'partitionKey', document: 'document' },
        },
      },
      upsertItem: {
        summary: 'Store an item, in place of the one of the same id if there is one',
        effect: 'write',
        object: 'container',
        note: 'Whatever is there is replaced unseen: replaceItem changes only the version that was read.',
        inputs: () => z.strictObject({ container, partitionKey: oneOrAll, document }),
        call: {
          technology: 'cosmos',
          action: 'upsert',
          inputs: { container: 'container', partitionKey: 'partitionKey', document: 'document' },
        },
      },
      replaceItem: {
        summary: 'Replace the version of an item that was read, named by its etag',
        effect: 'write',
        object: 'container',
        inputs: () => z.strictObject({ ...target, document, ifMatch: etag }),
        call: {
          technology: 'cosmos',
          action: 'replace',
          inputs: { ...item, document: 'document', ifMatch: 'ifMatch' },
        },
      },
      patchItem: {
        summary: 'Change single members of one item, all of them or none',
        effect: 'write',
        object: 'container',
        inputs: () =>
          z.strictObject({ ...target, operations: z.array(change).min(1).max(10), ifMatch: etag.optional() }),
        call: {
          technology: 'cosmos',
          action: 'patch',
          inputs: { ...item, operations: 'operations', ifMatch: 'ifMatch' },
        },
      },
      deleteItem: {
        summary: 'Delete one item',
        effect: 'delete',
        object: 'container',
        references: {
          kind: 'object',
          version: { operation: 'readItem', inputs: item, at: '/etag' },
          condition: 'ifMatch',
        },
        inputs: () => z.strictObject({ ...target, ifMatch: etag.optional() }),
        call: { technology: 'cosmos', action: 'delete', inputs: { ...item, ifMatch: 'ifMatch' } },
      },
    },
  }),
)
