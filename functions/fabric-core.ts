import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { permit, resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const workspaceId = z.guid().describe('Id of the workspace')
const itemId = z.guid().describe('Id of the item')
const type = z.string().regex(/^[A-Z][A-Za-z]{1,63}$/)
const cursor = z.string().max(4000).optional().describe('As the page before gave it')
const displayName = z.string().min(1).max(256)
const description = z.string().max(4000).optional()
const part = z.strictObject({
  path: z
    .string()
    .max(400)
    .regex(/^[^/\\]+(\/[^/\\]+){0,20}$/),
  payload: z.base64().max(900_000),
  payloadType: z.enum(['InlineBase64']).default('InlineBase64'),
})
const definition = z.strictObject({
  format: z.string().max(60).optional(),
  parts: z.array(part).min(1).max(50),
})
const jobType = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/)
  .describe('RunNotebook, Pipeline, sparkjob, …')
const item = { workspaceId, itemId }
const job = { ...item, jobInstanceId: z.guid() }
const itemPath = '/workspaces/{workspaceId}/items/{itemId}'
const itemParameters = ['workspaceId', 'itemId'] as const
const jobPath = '/workspaces/{workspaceId}/items/{itemId}/jobs/instances/{jobInstanceId}'
const jobParameters = ['workspaceId', 'itemId', 'jobInstanceId'] as const
// The link is followed only where it leads to the same list; its token is the same in other words.
const paged = { page: { from: { pointer: '/continuationUri' }, into: 'link' }, drop: ['/continuationToken'] } as const
const operation = {
  poll: { header: 'location' },
  state: '/status',
  done: ['Succeeded'],
  failed: ['Failed'],
} as const
const ended = ['Completed', 'Failed', 'Cancelled', 'Deduped']

serve(
  defineBackend({
    name: 'fabric-core',
    title: 'Microsoft Fabric workspaces and items',
    ...permit(resources.fabric, [
      'Workspace.Read.All',
      'Workspace.ReadWrite.All',
      'Item.Read.All',
      'Item.ReadWrite.All',
      'Item.Execute.All',
      'Catalog.Read.All',
    ]),
    hostSuffixes: { public: ['.fabric.microsoft.com'], usgov: null, china: null },
    base: { public: 'https://api.fabric.microsoft.com/v1', usgov: null, china: null },
    honesty: 'yes',
    notes: [
      'Every operation is documented for delegated user tokens; what a person may see is what their workspace roles and item permissions say.',
      'Where Fabric stands in the sovereign clouds is not known here, so that a deployment there is refused.',
      'A job of a notebook runs as the person who starts it; a pipeline may use the identities of its connections. Countersign cannot tell them apart and treats every job as run by somebody else.',
      'A Deduped job was not executed, because the same one was running already; it counts as failed.',
      'Fabric documents no header by which its activity log could name one of our calls; its RequestId is recorded.',
    ],
    limits: { workspaceId: 'workspaces', type: 'itemTypes', jobType: 'jobTypes' },
    records: ['requestid', 'x-ms-operation-id', 'home-cluster-uri'],
    operations: {
      listWorkspaces: {
        summary: 'List the workspaces that the person has a role in',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            roles: z
              .array(z.enum(['Admin', 'Member', 'Contributor', 'Viewer']))
              .min(1)
              .max(4)
              .optional()
              .transform((roles) => roles?.join(',')),
            cursor,
          }),
        call: rest({ method: 'GET', path: '/workspaces', parameters: [], query: ['roles'], ...paged }),
      },
      listItems: {
        summary: 'List the items of a workspace',
        effect: 'read',
        inputs: () =>
          z.strictObject({ workspaceId, type: type.optional(), recursive: z.boolean().default(true), cursor }),
        call: rest({
          method: 'GET',
          path: '/workspaces/{workspaceId}/items',
          parameters: ['workspaceId'],
          query: ['type', 'recursive'],
          ...paged,
        }),
      },
      getItem: {
        summary: 'Read what an item is called and is, without its content',
        effect: 'read',
        inputs: () => z.strictObject(item),
        call: rest({ method: 'GET', path: itemPath, parameters: itemParameters }),
      },
      searchCatalog: {
        summary: 'Search items of all workspaces by words, as the person may discover them',
        effect: 'read',
        note: 'The catalogue search is a preview of Fabric; it finds descriptions, and gives no access to data.',
        inputs: () =>
          z.strictObject({
            search: z.string().min(1).max(400),
            filter: z.string().max(1000).optional().describe("Such as Type eq 'Report' or Type eq 'Lakehouse'"),
            pageSize: z.int().min(1).max(1000).default(50),
            cursor,
          }),
        call: rest({
          method: 'POST',
          path: '/catalog/search',
          parameters: [],
          body: ['search', 'filter', 'pageSize'],
          page: { from: { pointer: '/continuationToken' }, into: { body: 'continuationToken' } },
        }),
      },
      getItemDefinition: {
        summary: 'Read the definition of an item: its files, in base64',
        effect: 'read',
        note: 'Fabric demands the permission to write the item (Item.ReadWrite.All) even to read its definition.',
        inputs: () =>
          z.strictObject({
            ...item,
            format: z
              .string()
              .regex(/^[A-Za-z0-9._-]{1,60}$/)
              .optional(),
          }),
        call: rest({
          method: 'POST',
          path: '/workspaces/{workspaceId}/items/{itemId}/getDefinition',
          parameters: itemParameters,
          query: ['format'],
          longRunning: { ...operation, result: { suffix: '/result' } },
        }),
      },
      createItem: {
        summary: 'Create an item in a workspace, empty or with a definition',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            workspaceId,
            displayName,
            type,
            description,
            folderId: z.guid().optional(),
            definition: definition.optional(),
          }),
        call: rest({
          method: 'POST',
          path: '/workspaces/{workspaceId}/items',
          parameters: ['workspaceId'],
          body: ['displayName', 'type', 'description', 'folderId', 'definition'],
          longRunning: { ...operation, result: { suffix: '/result' } },
        }),
      },
      updateItemDefinition: {
        summary: 'Replace the definition of an item',
        effect: 'write',
        note: 'What was there is lost, and schedules of the item run the new content as whoever made them.',
        references: { kind: 'object' },
        inputs: () => z.strictObject({ ...item, definition }),
        call: rest({
          method: 'POST',
          path: '/workspaces/{workspaceId}/items/{itemId}/updateDefinition',
          parameters: itemParameters,
          body: ['definition'],
          longRunning: operation,
        }),
      },
      deleteItem: {
        summary: 'Delete an item; where its type allows it, it can be restored for a while',
        effect: 'delete',
        inputs: () => z.strictObject(item),
        call: rest({ method: 'DELETE', path: itemPath, parameters: itemParameters }),
      },
      deleteItemForGood: {
        summary: 'Delete an item so that it cannot be restored',
        effect: 'admin',
        note: 'Fabric lets administrators of the workspace do this, and nobody else.',
        inputs: () => z.strictObject(item),
        call: rest({
          method: 'DELETE',
          path: itemPath,
          parameters: itemParameters,
          fixedQuery: { hardDelete: 'true' },
        }),
      },
      runItemJob: {
        summary: 'Run a job of an item, such as a notebook or pipeline, and wait for its end',
        effect: 'admin',
        runsAs: 'other',
        note: 'What the item does is not in the call, and whom its connections act as is not the person.',
        references: { kind: 'job' },
        inputs: () => z.strictObject({ ...item, jobType }),
        call: rest({
          method: 'POST',
          path: '/workspaces/{workspaceId}/items/{itemId}/jobs/{jobType}/instances',
          parameters: ['workspaceId', 'itemId', 'jobType'],
          longRunning: {
            poll: { header: 'location' },
            state: '/status',
            done: ['Completed'],
            failed: ['Failed', 'Cancelled', 'Deduped'],
          },
        }),
      },
      getJobInstance: {
        summary: 'Read the state of one run of a job',
        effect: 'read',
        inputs: () => z.strictObject(job),
        call: rest({ method: 'GET', path: jobPath, parameters: jobParameters }),
      },
      cancelJobInstance: {
        summary: 'Cancel one run of a job, whoever started it',
        effect: 'delete',
        inputs: () => z.strictObject(job),
        call: rest({
          method: 'POST',
          path: '/workspaces/{workspaceId}/items/{itemId}/jobs/instances/{jobInstanceId}/cancel',
          parameters: jobParameters,
          longRunning: { poll: { header: 'location' }, state: '/status', done: ended },
        }),
      },
      getOperationState: {
        summary: 'Read the state of a long-running operation',
        effect: 'read',
        inputs: () => z.strictObject({ operationId: z.guid() }),
        call: rest({ method: 'GET', path: '/operations/{operationId}', parameters: ['operationId'] }),
      },
      addWorkspaceRole: {
        summary: 'Give a person, group or service a role in a workspace',
        effect: 'admin',
        inputs: () =>
          z.strictObject({
            workspaceId,
            principalId: z.guid(),
            principalType: z.enum(['User', 'Group', 'ServicePrincipal']),
            role: z.enum(['Admin', 'Member', 'Contributor', 'Viewer']),
          }),
        call: rest({
          method: 'POST',
          path: '/workspaces/{workspaceId}/roleAssignments',
          parameters: ['workspaceId'],
          template: { principal: { id: '{principalId}', type: '{principalType}' }, role: '{role}' },
        }),
      },
    },
  }),
)
