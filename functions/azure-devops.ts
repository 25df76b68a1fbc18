import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const project = z.string().regex(/^[^/\\:*?"<>|;#$,+={}[\]%]{1,64}$/)
const id = z.int().min(1)
const repositoryId = z.guid()
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const version = { 'api-version': '7.1' }
const step = z.strictObject({
  op: z.enum(['add', 'replace', 'test', 'remove']),
  path: z
    .string()
    .regex(/^\/(fields\/[\w.]{1,128}|rev)$/)
    .describe('/fields/System.Title, or /rev to test'),
  value: z.unknown().optional(),
})
const steps = z.array(step).min(1).max(50)
const patch = { 'content-type': 'application/json-patch+json' }
const ref = z.string().regex(/^refs\/heads\/[\w./-]{1,200}$/)
const inProject = ['project'] as const

serve(
  defineBackend({
    name: 'azure-devops',
    title: 'Azure DevOps',
    ...resources.devops,
    hostSuffixes: { public: ['dev.azure.com'], usgov: null, china: null },
    endpoints: {
      search: {
        scope: resources.devops.scope,
        hostSuffixes: { public: ['almsearch.dev.azure.com'], usgov: null, china: null },
      },
    },
    honesty: 'yes',
    notes: [
      'Rights on projects, areas and repositories are judged for the person. Azure DevOps Server is not covered.',
      'A pipeline runs as the build service, whoever started it: starting one is denied unless a policy names it.',
      'Anybody in the organisation may have written work items and code.',
    ],
    untrusted: true,
    limits: { project: 'projects', pipelineId: 'pipelines' },
    correlation: { 'x-tfs-session': '{decisionId}' },
    records: ['activityid', 'x-vss-e2eid'],
    operations: {
      listProjects: {
        summary: 'List the projects of the organisation',
        effect: 'read',
        inputs: () => z.strictObject({ cursor }),
        call: rest({
          method: 'GET',
          path: '/_apis/projects',
          parameters: [],
          fixedQuery: version,
          page: { from: { header: 'x-ms-continuationtoken' }, into: { query: 'continuationToken' } },
        }),
      },
      queryWorkItems: {
        summary: 'Find work items by a query in WIQL; it answers with their ids',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            project,
            query: z
              .string()
              .max(8000)
              .regex(/^SELECT \[System\.Id\] FROM [Ww]ork[Ii]tems( .*)?$/s),
            top: z.int().min(1).max(1000).default(100),
          }),
        call: rest({
          method: 'POST',
          path: '/{project}/_apis/wit/wiql',
          parameters: inProject,
          query: { $top: 'top' },
          fixedQuery: version,
          body: ['query'],
        }),
      },
      getWorkItemsBatch: {
        summary: 'Read work items by their ids',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            project,
            ids: z.array(id).min(1).max(200),
            fields: z
              .array(z.string().regex(/^[\w.]{1,128}$/))
              .min(1)
              .max(50),
          }),
        call: rest({
          method: 'POST',
          path: '/{project}/_apis/wit/workitemsbatch',
          parameters: inProject,
          fixedQuery: version,
          body: ['ids', 'fields'],
        }),
      },
      createWorkItem: {
        summary: 'Create a work item',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            project,
            type: z
              .string()
              .regex(/^[\w ]{1,64}$/)
              .describe('Such as Bug'),
            steps,
          }),
        call: rest({
          method: 'POST',
          // biome-ignore lint/suspicious/noTemplateCurlyInString: the service's own path has a dollar before the type
          path: '/{project}/_apis/wit/workitems/${type}',
          parameters: ['project', 'type'],
          fixedQuery: version,
          headers: patch,
          document: 'steps',
        }),
      },
      updateWorkItem: {
        summary: 'Change a work item; test /rev to change only what was read',
        effect: 'write',
        inputs: () => z.strictObject({ project, id, steps }),
        call: rest({
          method: 'PATCH',
          path: '/{project}/_apis/wit/workitems/{id}',
          parameters: ['project', 'id'],
          fixedQuery: version,
          headers: patch,
          document: 'steps',
        }),
      },
      deleteWorkItem: {
        summary: 'Move a work item to the recycle bin',
        effect: 'delete',
        inputs: () => z.strictObject({ project, id }),
        call: rest({
          method: 'DELETE',
          path: '/{project}/_apis/wit/workitems/{id}',
          parameters: ['project', 'id'],
          fixedQuery: { ...version, destroy: 'false' },
        }),
      },
      listRepositories: {
        summary: 'List the repositories of a project',
        effect: 'read',
        inputs: () => z.strictObject({ project }),
        call: rest({
          method: 'GET',
          path: '/{project}/_apis/git/repositories',
          parameters: inProject,
          fixedQuery: version,
        }),
      },
      createPullRequest: {
        summary: 'Ask for a branch to be merged',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            project,
            repositoryId,
            sourceRefName: ref,
            targetRefName: ref,
            title: z.string().min(1).max(400),
            description: z.string().max(4000).optional(),
          }),
        call: rest({
          method: 'POST',
          path: '/{project}/_apis/git/repositories/{repositoryId}/pullrequests',
          parameters: ['project', 'repositoryId'],
          fixedQuery: version,
          body: ['sourceRefName', 'targetRefName', 'title', 'description'],
        }),
      },
      searchCode: {
        summary: 'Search the code of a project',
        effect: 'read',
        at: 'search',
        inputs: () =>
          z.strictObject({
            project,
            searchText: z.string().min(1).max(1000),
            skip: z.int().min(0).max(1000).default(0),
            top: z.int().min(1).max(200).default(25),
          }),
        call: rest({
          method: 'POST',
          path: '/{project}/_apis/search/codesearchresults',
          parameters: inProject,
          fixedQuery: version,
          template: { searchText: '{searchText}', $skip: '{skip}', $top: '{top}' },
        }),
      },
      runPipeline: {
        summary: 'Start a pipeline, which runs as the build service',
        effect: 'admin',
        runsAs: 'other',
        inputs: () =>
          z.strictObject({
            project,
            pipelineId: id,
            branch: ref.optional(),
            templateParameters: z.record(z.string(), z.string().max(4000)).optional(),
          }),
        call: rest({
          method: 'POST',
          path: '/{project}/_apis/pipelines/{pipelineId}/runs',
          parameters: ['project', 'pipelineId'],
          fixedQuery: version,
          template: {
            resources: { repositories: { self: { refName: '{branch}' } } },
            templateParameters: '{templateParameters}',
          },
        }),
      },
      getRun: {
        summary: 'Read one run of a pipeline',
        effect: 'read',
        inputs: () => z.strictObject({ project, pipelineId: id, runId: id }),
        call: rest({
          method: 'GET',
          path: '/{project}/_apis/pipelines/{pipelineId}/runs/{runId}',
          parameters: ['project', 'pipelineId', 'runId'],
          fixedQuery: version,
        }),
      },
    },
  }),
)
