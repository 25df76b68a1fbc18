import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { arm } from '../shared/backend/define-clouds.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const subscriptionId = z.guid()
// Azure's own rule for the names of resource groups.
const resourceGroup = z.string().regex(/^[\w().-]{0,89}[\w()-]$/)
const provider = z
  .string()
  .regex(/^[A-Za-z]+(\.[A-Za-z0-9]+)+$/)
  .describe('Namespace, such as Microsoft.Storage')
const resource = z
  .string()
  .max(500)
  .regex(/^[A-Za-z]+(\/[\w().-]+)(\/[A-Za-z]+\/[\w().-]+){0,4}$/)
  .describe('Type and name, such as storageAccounts/reports; pairs for nested ones')
const apiVersion = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d(-preview)?$/)
  .describe('Version of the provider’s API')
const filter = z.string().max(500).optional().describe("OData condition, such as tagName eq 'env'")
const top = z.int().min(1).max(1000).default(100)
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const one = { subscriptionId, resourceGroup, provider, resource, apiVersion }
const path = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/{provider}/{+resource}'
const parameters = ['subscriptionId', 'resourceGroup', 'provider', 'resource'] as const
const version = { 'api-version': '{apiVersion}' }
const resourcesVersion = { 'api-version': '2025-04-01' }
const page = { from: { pointer: '/nextLink' }, into: 'link' } as const
// Keys and connection strings that some providers show to whoever may read the resource.
const drop = ['connectionString', 'ConnectionString', 'InstrumentationKey', 'instrumentationKey', 'sharedKey']
  .concat(['primaryKey', 'secondaryKey', 'primaryConnectionString', 'secondaryConnectionString'])
  .map((member) => `/**/${member}`)
const template = z
  .record(z.string(), z.unknown())
  .describe('An ARM template; linked templates are fetched by Azure itself')
const deployment = {
  subscriptionId,
  resourceGroup,
  name: z.string().regex(/^[\w().-]{1,64}$/),
  template,
  parameters: z.record(z.string(), z.strictObject({ value: z.unknown() })).default({}),
}
const deploymentPath =
  '/subscriptions/{subscriptionId}/resourcegroups/{resourceGroup}/providers/Microsoft.Resources/deployments/{name}'
const deploymentParameters = ['subscriptionId', 'resourceGroup', 'name'] as const
// Complete would delete whatever the template does not name.
const body = { properties: { mode: 'Incremental', template: '{template}', parameters: '{parameters}' } }
const states = { state: '/status', done: ['Succeeded'], failed: ['Failed', 'Canceled'] }
const asynchronous = { poll: { header: 'azure-asyncoperation' }, ...states } as const

serve(
  defineBackend({
    name: 'azure-resource-manager',
    title: 'Azure Resource Manager',
    ...resources.arm,
    ...arm,
    honesty: 'yes',
    notes: [
      'Role assignments, deny assignments and Privileged Identity Management are judged by Azure for the person.',
      'Actions that give out keys (listKeys, listSecrets, regenerateKey) are not offered: a key is nobody in particular.',
      'A deployment runs as the person; what it deploys may run with an identity of its own, and a nested one may go into any group that the person may write.',
      'Connection strings and keys within the definition of a resource are left out.',
    ],
    limits: { subscriptionId: '!subscriptions', resourceGroup: 'resourceGroups', provider: 'providers' },
    records: ['x-ms-correlation-request-id'],
    operations: {
      listResourceGroups: {
        summary: 'List the resource groups of a subscription that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ subscriptionId, filter, top, cursor }),
        call: rest({
          method: 'GET',
          path: '/subscriptions/{subscriptionId}/resourcegroups',
          parameters: ['subscriptionId'],
          query: { $filter: 'filter', $top: 'top' },
          fixedQuery: resourcesVersion,
          pageSize: 'top',
          page,
        }),
      },
      listResources: {
        summary: 'List the resources of a subscription that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ subscriptionId, filter, top, cursor }),
        call: rest({
          method: 'GET',
          path: '/subscriptions/{subscriptionId}/resources',
          parameters: ['subscriptionId'],
          query: { $filter: 'filter', $top: 'top' },
          fixedQuery: resourcesVersion,
          pageSize: 'top',
          page,
        }),
      },
      getResource: {
        summary: 'Read the definition of one resource',
        effect: 'read',
        inputs: () => z.strictObject(one),
        call: rest({ method: 'GET', path, parameters, fixedQuery: version, drop }),
      },
      updateTags: {
        summary: 'Add tags to a resource, or give them new values',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            subscriptionId,
            resourceGroup,
            provider,
            resource,
            tags: z.record(z.string().min(1).max(512), z.string().max(256)),
          }),
        call: rest({
          method: 'PATCH',
          path: `${path}/providers/Microsoft.Resources/tags/default`,
          parameters,
          fixedQuery: { 'api-version': '2021-04-01' },
          template: { operation: 'Merge', properties: { tags: '{tags}' } },
        }),
      },
      whatIfDeployment: {
        summary: 'What a template would change in a resource group; nothing is deployed',
        effect: 'read',
        inputs: () => z.strictObject(deployment),
        call: rest({
          method: 'POST',
          path: `${deploymentPath}/whatIf`,
          parameters: deploymentParameters,
          fixedQuery: resourcesVersion,
          template: body,
          longRunning: { poll: { header: 'location' } },
        }),
      },
      createOrUpdateDeployment: {
        summary: 'Deploy a template into a resource group, incrementally',
        effect: 'admin',
        inputs: () => z.strictObject(deployment),
        call: rest({
          method: 'PUT',
          path: deploymentPath,
          parameters: deploymentParameters,
          fixedQuery: resourcesVersion,
          template: body,
          longRunning: asynchronous,
        }),
      },
      deleteResource: {
        summary: 'Delete one resource',
        effect: 'delete',
        inputs: () => z.strictObject(one),
        call: rest({
          method: 'DELETE',
          path,
          parameters,
          fixedQuery: version,
          longRunning: { poll: { header: 'location' } },
        }),
      },
      listRoleAssignments: {
        summary: 'List who has which role in a resource group',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            subscriptionId,
            resourceGroup,
            filter: z
              .string()
              .regex(/^(atScope\(\)|assignedTo\('[0-9a-f-]{36}'\)|principalId eq '[0-9a-f-]{36}')$/)
              .optional(),
            cursor,
          }),
        call: rest({
          method: 'GET',
          path: '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Authorization/roleAssignments',
          parameters: ['subscriptionId', 'resourceGroup'],
          query: { $filter: 'filter' },
          fixedQuery: { 'api-version': '2022-04-01' },
          page,
        }),
      },
    },
  }),
)
