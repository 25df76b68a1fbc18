import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { arm } from '../shared/backend/define-clouds.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const id = z.string().regex(/^[A-Za-z0-9][\w-]{0,254}$/)
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const page = { from: { pointer: '/nextLink' }, into: 'link' } as const
const workspace =
  '/subscriptions/{@subscription}/resourceGroups/{@resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/{@workspace}'
const fixedQuery = { 'api-version': '2022-10-01' }
const job = z.strictObject({
  id,
  displayName: z.string().max(255).optional(),
  experimentName: z.string().max(255).default('Default'),
  command: z.string().min(1).max(10_000),
  environmentId: z.string().max(500),
  computeId: z.string().max(500),
  inputs: z.record(z.string(), z.unknown()).optional(),
  outputs: z.record(z.string(), z.unknown()).optional(),
})

serve(
  defineBackend({
    name: 'azure-machine-learning',
    title: 'Azure Machine Learning',
    ...resources.arm,
    ...arm,
    endpoints: {
      scoring: {
        permission: {
          resource: '18a66f5f-dbdf-4c17-9dd7-1634712a9cbe',
          name: 'Azure Machine Learning Services',
          scopes: ['user_impersonation'],
        },
        scope: {
          public: 'https://ml.azure.com/.default',
          usgov: 'https://ml.azure.us/.default',
          china: 'https://ml.azure.cn/.default',
        },
        hostSuffixes: {
          public: ['.inference.ml.azure.com'],
          usgov: ['.inference.ml.azure.us'],
          china: ['.inference.ml.azure.cn'],
        },
      },
    },
    honesty: 'conditional',
    notes: [
      'Jobs are submitted with the identity type UserIdentity, so that they read data as the person; what a compute instance was given of its own is not ours to see.',
      'An online endpoint knows the person only where it was made with Entra tokens as its sign-in; keys and endpoint tokens are not offered.',
      'Online endpoints answer by a model that runs with the endpoint’s own identity.',
    ],
    values: {
      subscription: { description: 'Subscription of the workspace' },
      resourceGroup: { description: 'Resource group of the workspace' },
      workspace: { description: 'Name of the workspace' },
    },
    records: ['x-ms-correlation-request-id', 'azureml-model-deployment'],
    operations: {
      listJobs: {
        summary: 'List the jobs of the workspace',
        effect: 'read',
        inputs: () => z.strictObject({ cursor }),
        call: rest({ method: 'GET', path: `${workspace}/jobs`, parameters: [], fixedQuery, page }),
      },
      getJob: {
        summary: 'Read one job',
        effect: 'read',
        inputs: () => z.strictObject({ id }),
        call: rest({ method: 'GET', path: `${workspace}/jobs/{id}`, parameters: ['id'], fixedQuery }),
      },
      submitJob: {
        summary: 'Run a command as a job of the person',
        effect: 'admin',
        note: 'A command is code that nothing here can read: it counts as the worst that it could do.',
        inputs: () => job,
        call: rest({
          method: 'PUT',
          path: `${workspace}/jobs/{id}`,
          parameters: ['id'],
          fixedQuery,
          template: {
            properties: {
              jobType: 'Command',
              displayName: '{displayName}',
              experimentName: '{experimentName}',
              command: '{command}',
              environmentId: '{environmentId}',
              computeId: '{computeId}',
              inputs: '{inputs}',
              outputs: '{outputs}',
              identity: { identityType: 'UserIdentity' },
            },
          },
        }),
      },
      cancelJob: {
        summary: 'Cancel a job',
        effect: 'delete',
        inputs: () => z.strictObject({ id }),
        call: rest({
          method: 'POST',
          path: `${workspace}/jobs/{id}/cancel`,
          parameters: ['id'],
          fixedQuery,
          longRunning: { poll: { header: 'location' } },
        }),
      },
      listOnlineEndpoints: {
        summary: 'List the online endpoints of the workspace',
        effect: 'read',
        inputs: () => z.strictObject({ cursor }),
        call: rest({ method: 'GET', path: `${workspace}/onlineEndpoints`, parameters: [], fixedQuery, page }),
      },
      scoreEndpoint: {
        summary: 'Ask the model behind the configured online endpoint',
        effect: 'read',
        at: 'scoring',
        runsAs: 'other',
        untrusted: true,
        inputs: () => z.strictObject({ input: z.record(z.string(), z.unknown()).describe('What the model takes') }),
        call: rest({ method: 'POST', path: '/score', parameters: [], document: 'input' }),
      },
      deleteOnlineEndpoint: {
        summary: 'Delete an online endpoint with its deployments',
        effect: 'delete',
        inputs: () => z.strictObject({ id }),
        call: rest({
          method: 'DELETE',
          path: `${workspace}/onlineEndpoints/{id}`,
          parameters: ['id'],
          fixedQuery,
          longRunning: { poll: { header: 'location' } },
        }),
      },
    },
  }),
)
