import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { permit, resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const workspaceId = z.guid().describe('Id of the workspace')
const activator = { workspaceId, reflexId: z.guid().describe('Id of the activator') }
const cursor = z.string().max(4000).optional().describe('As the page before gave it')
const displayName = z.string().min(1).max(256)
const description = z.string().max(4000)
const part = z.strictObject({
  path: z.enum(['ReflexEntities.json', '.platform']),
  payload: z.base64().max(900_000),
  payloadType: z.enum(['InlineBase64']).default('InlineBase64'),
})
const definition = z
  .strictObject({ format: z.enum(['json']).optional(), parts: z.array(part).min(1).max(2) })
  .describe('ReflexEntities.json, in base64')
const path = '/workspaces/{workspaceId}/reflexes/{reflexId}'
const parameters = ['workspaceId', 'reflexId'] as const
const operation = {
  poll: { header: 'location' },
  state: '/status',
  done: ['Succeeded'],
  failed: ['Failed'],
} as const

serve(
  defineBackend({
    name: 'fabric-activator',
    title: 'Fabric Activator: definitions of its rules',
    ...permit(resources.fabric, ['Reflex.Read.All', 'Reflex.ReadWrite.All', 'Workspace.Read.All']),
    hostSuffixes: { public: ['.fabric.microsoft.com'], usgov: null, china: null },
    base: { public: 'https://api.fabric.microsoft.com/v1', usgov: null, china: null },
    honesty: 'partial',
    notes: [
      'Fabric publishes how to read and change the definitions of activators, and nothing else: no alert that was fired can be listed, and no rule started, stopped or triggered.',
      'A rule that fires does so as its owner or its connection. Only the edits of a definition can be attributed to a person, its runs cannot.',
      'Rules can send mail and messages and start items: a changed definition is to be approved with the difference before the approver.',
    ],
    limits: { workspaceId: 'workspaces' },
    records: ['requestid', 'x-ms-operation-id', 'home-cluster-uri'],
    operations: {
      listActivators: {
        summary: 'List the activators of a workspace',
        effect: 'read',
        inputs: () => z.strictObject({ workspaceId, recursive: z.boolean().default(true), cursor }),
        call: rest({
          method: 'GET',
          path: '/workspaces/{workspaceId}/reflexes',
          parameters: ['workspaceId'],
          query: ['recursive'],
          page: { from: { pointer: '/continuationUri' }, into: 'link' },
          drop: ['/continuationToken'],
        }),
      },
      getActivator: {
        summary: 'Read what an activator is called and is',
        effect: 'read',
        inputs: () => z.strictObject(activator),
        call: rest({ method: 'GET', path, parameters }),
      },
      getDefinition: {
        summary: 'Read the rules of an activator, in base64',
        effect: 'read',
        note: 'Fabric demands the permission to write the activator even to read its definition.',
        inputs: () => z.strictObject(activator),
        call: rest({
          method: 'POST',
          path: '/workspaces/{workspaceId}/reflexes/{reflexId}/getDefinition',
          parameters,
          longRunning: { ...operation, result: { suffix: '/result' } },
        }),
      },
      createActivator: {
        summary: 'Create an activator, empty or with rules',
        effect: 'write',
        runsAs: 'other',
        note: 'Its rules will act as their owner or connection whenever they fire, long after this call.',
        inputs: () =>
          z.strictObject({
            workspaceId,
            displayName,
            description: description.optional(),
            folderId: z.guid().optional(),
            definition: definition.optional(),
          }),
        call: rest({
          method: 'POST',
          path: '/workspaces/{workspaceId}/reflexes',
          parameters: ['workspaceId'],
          body: ['displayName', 'description', 'folderId', 'definition'],
          longRunning: { ...operation, result: { suffix: '/result' } },
        }),
      },
      updateActivator: {
        summary: 'Change the name or description of an activator',
        effect: 'write',
        inputs: () =>
          z.strictObject({ ...activator, displayName: displayName.optional(), description: description.optional() }),
        call: rest({ method: 'PATCH', path, parameters, body: ['displayName', 'description'] }),
      },
      updateDefinition: {
        summary: 'Replace the rules of an activator',
        effect: 'write',
        runsAs: 'other',
        note: 'Its rules will act as their owner or connection whenever they fire, long after this call.',
        references: { kind: 'object' },
        inputs: () => z.strictObject({ ...activator, definition }),
        call: rest({
          method: 'POST',
          path: '/workspaces/{workspaceId}/reflexes/{reflexId}/updateDefinition',
          parameters,
          body: ['definition'],
          longRunning: operation,
        }),
      },
      deleteActivator: {
        summary: 'Delete an activator with its rules',
        effect: 'delete',
        inputs: () => z.strictObject(activator),
        call: rest({ method: 'DELETE', path, parameters }),
      },
    },
  }),
)
