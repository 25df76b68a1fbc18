import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const name = z.string().regex(/^[^/\\?#%<>*&:.\s][^/\\?#%<>*&:]{0,139}$/)
const scope = z
  .string()
  .max(500)
  .regex(/^workspaces\/[\w-]{1,50}(\/(bigDataPools|integrationRuntimes|linkedServices|credentials)\/[\w -]{1,140})?$/)
  .describe('workspaces/<name>, or a part of it such as workspaces/<name>/bigDataPools/<pool>')
const instant = z.iso.datetime()
const pair = z.strictObject({
  name: z.string().regex(/^[A-Za-z_]\w{0,127}$/),
  value: z.string().max(4000),
})
const cursor = z.string().max(4000).optional().describe('As the page before gave it')
const roles = { fixedQuery: { 'api-version': '2020-12-01' } }
const version = { fixedQuery: { 'api-version': '2020-12-01' } }
const condition = z.strictObject({
  operand: z.enum(['PipelineName', 'Status', 'RunStart', 'RunEnd', 'RunGroupId', 'LatestOnly']),
  operator: z.enum(['Equals', 'NotEquals', 'In', 'NotIn']),
  values: z.array(z.string().max(200)).min(1).max(50),
})

serve(
  defineBackend({
    name: 'synapse-workspace',
    title: 'Azure Synapse workspace: roles, pipelines, notebooks',
    ...resources.synapse,
    hostSuffixes: {
      public: ['.dev.azuresynapse.net'],
      usgov: ['.dev.azuresynapse.usgovcloudapi.net'],
      china: ['.dev.azuresynapse.azure.cn'],
    },
    honesty: 'conditional',
    notes: [
      'Pipelines always run with the managed identity of the workspace or the credential of a linked service, never as the person: only the trigger is theirs. Whoever may start one may borrow rights that they do not have.',
      'The API is made for tokens of people, but Microsoft publishes no sample of an on-behalf-of exchange for it: the delegated permission has to exist in the tenant and to be consented to.',
      'A changed role can take minutes to hold.',
    ],
    limits: { pipelineName: '!pipelines' },
    operations: {
      checkAccess: {
        summary: 'Ask whether somebody may do some actions in the workspace',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            principalId: z.guid(),
            actions: z
              .array(z.strictObject({ id: z.string().regex(/^[\w./*-]{1,200}$/), isDataAction: z.boolean() }))
              .min(1)
              .max(50),
            scope,
          }),
        call: rest({
          method: 'POST',
          path: '/checkAccessSynapseRbac',
          parameters: [],
          ...roles,
          template: { subject: { principalId: '{principalId}' }, actions: '{actions}', scope: '{scope}' },
        }),
      },
      listRoleAssignments: {
        summary: 'List who has which role in the workspace',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            roleId: z.guid().optional(),
            principalId: z.guid().optional(),
            scope: scope.optional(),
            cursor,
          }),
        call: rest({
          method: 'GET',
          path: '/roleAssignments',
          parameters: [],
          ...roles,
          query: ['roleId', 'principalId', 'scope'],
          page: { from: { header: 'x-ms-continuation' }, into: { header: 'x-ms-continuation' } },
        }),
      },
      createRoleAssignment: {
        summary: 'Give a person, group or service a role in the workspace',
        effect: 'admin',
        inputs: () =>
          z.strictObject({
            roleAssignmentId: z.guid().describe('A new id; the same one again changes nothing'),
            roleId: z.guid(),
            principalId: z.guid(),
            principalType: z.enum(['User', 'Group', 'ServicePrincipal']).optional(),
            scope,
          }),
        call: rest({
          method: 'PUT',
          path: '/roleAssignments/{roleAssignmentId}',
          parameters: ['roleAssignmentId'],
          ...roles,
          body: ['roleId', 'principalId', 'principalType', 'scope'],
        }),
      },
      deleteRoleAssignment: {
        summary: 'Take a role in the workspace away',
        effect: 'admin',
        inputs: () => z.strictObject({ roleAssignmentId: z.guid(), scope: scope.optional() }),
        call: rest({
          method: 'DELETE',
          path: '/roleAssignments/{roleAssignmentId}',
          parameters: ['roleAssignmentId'],
          ...roles,
          query: ['scope'],
          answer: { kind: 'headers', members: {} },
        }),
      },
      listRoleDefinitions: {
        summary: 'List the roles that there are, with what each permits',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: rest({ method: 'GET', path: '/roleDefinitions', parameters: [], ...roles }),
      },
      listPipelines: {
        summary: 'List the pipelines of the workspace with their definitions',
        effect: 'read',
        inputs: () => z.strictObject({ cursor }),
        call: rest({
          method: 'GET',
          path: '/pipelines',
          parameters: [],
          ...version,
          page: { from: { pointer: '/nextLink' }, into: 'link' },
        }),
      },
      runPipeline: {
        summary: 'Run a pipeline, with the identity of the workspace; then ask getPipelineRun',
        effect: 'admin',
        runsAs: 'other',
        note: 'What the pipeline does is not in the call. The deployment has to list the pipelines that may be run.',
        references: { kind: 'job' },
        inputs: () =>
          z.strictObject({
            pipelineName: name,
            parameters: z
              .array(pair)
              .max(50)
              .default([])
              .transform((pairs) => Object.fromEntries(pairs.map(({ name, value }) => [name, value])))
              .describe('Parameters of the pipeline'),
          }),
        call: rest({
          method: 'POST',
          path: '/pipelines/{pipelineName}/createRun',
          parameters: ['pipelineName'],
          ...version,
          document: 'parameters',
        }),
      },
      getPipelineRun: {
        summary: 'Read the state of one run of a pipeline',
        effect: 'read',
        inputs: () => z.strictObject({ runId: z.guid() }),
        call: rest({ method: 'GET', path: '/pipelineruns/{runId}', parameters: ['runId'], ...version }),
      },
      queryPipelineRuns: {
        summary: 'Find runs of pipelines by time, name or state',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            lastUpdatedAfter: instant,
            lastUpdatedBefore: instant,
            filters: z.array(condition).max(10).optional(),
            cursor,
          }),
        call: rest({
          method: 'POST',
          path: '/queryPipelineRuns',
          parameters: [],
          ...version,
          body: ['lastUpdatedAfter', 'lastUpdatedBefore', 'filters'],
          page: { from: { pointer: '/continuationToken' }, into: { body: 'continuationToken' } },
        }),
      },
      cancelPipelineRun: {
        summary: 'Cancel one run of a pipeline with the runs that it started, whoever started it',
        effect: 'delete',
        inputs: () => z.strictObject({ runId: z.guid(), isRecursive: z.boolean().default(true) }),
        call: rest({
          method: 'POST',
          path: '/pipelineruns/{runId}/cancel',
          parameters: ['runId'],
          ...version,
          query: ['isRecursive'],
          answer: { kind: 'headers', members: {} },
        }),
      },
      getNotebook: {
        summary: 'Read a notebook of the workspace',
        effect: 'read',
        inputs: () => z.strictObject({ notebookName: name }),
        call: rest({
          method: 'GET',
          path: '/notebooks/{notebookName}',
          parameters: ['notebookName'],
          ...version,
        }),
      },
    },
  }),
)
