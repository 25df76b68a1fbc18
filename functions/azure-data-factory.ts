import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { arm } from '../shared/backend/define-clouds.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const pipelineName = z.string().regex(/^[A-Za-z0-9_][^<>*#.%&:\\+?/]{0,259}$/)
const runId = z.guid()
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const time = z.iso.datetime()
const filters = z
  .array(
    z.strictObject({
      operand: z.enum(['PipelineName', 'Status', 'RunStart', 'RunEnd', 'ActivityName', 'ActivityType', 'TriggerName']),
      operator: z.enum(['Equals', 'NotEquals', 'In', 'NotIn']),
      values: z.array(z.string().max(260)).min(1).max(50),
    }),
  )
  .max(10)
  .default([])
const period = { lastUpdatedAfter: time, lastUpdatedBefore: time, filters }
const body = ['lastUpdatedAfter', 'lastUpdatedBefore', 'filters']
const fixedQuery = { 'api-version': '2018-06-01' }
const factory =
  '/subscriptions/{@subscription}/resourceGroups/{@resourceGroup}/providers/Microsoft.DataFactory/factories/{@factory}'
const token = { from: { pointer: '/continuationToken' }, into: { body: 'continuationToken' } } as const

serve(
  defineBackend({
    name: 'azure-data-factory',
    title: 'Azure Data Factory',
    ...resources.arm,
    ...arm,
    honesty: 'partial',
    notes: [
      'A pipeline runs with the factory’s own identity and with the credentials of its linked services: only its start is the person’s.',
      'Starting one is therefore denied unless a policy names it, and takes a second person.',
    ],
    values: {
      subscription: { description: 'Subscription of the factory' },
      resourceGroup: { description: 'Resource group of the factory' },
      factory: { description: 'Name of the factory' },
    },
    limits: { pipelineName: 'pipelines' },
    records: ['x-ms-correlation-request-id'],
    operations: {
      listPipelines: {
        summary: 'List the pipelines of the factory',
        effect: 'read',
        inputs: () => z.strictObject({ cursor }),
        call: rest({
          method: 'GET',
          path: `${factory}/pipelines`,
          parameters: [],
          fixedQuery,
          page: { from: { pointer: '/nextLink' }, into: 'link' },
        }),
      },
      createRun: {
        summary: 'Start a pipeline, which runs as the factory',
        effect: 'admin',
        runsAs: 'other',
        inputs: () =>
          z.strictObject({
            pipelineName,
            parameters: z.record(z.string(), z.unknown()).default({}).describe('By name'),
          }),
        call: rest({
          method: 'POST',
          path: `${factory}/pipelines/{pipelineName}/createRun`,
          parameters: ['pipelineName'],
          fixedQuery,
          document: 'parameters',
        }),
      },
      getPipelineRun: {
        summary: 'Read one run of a pipeline',
        effect: 'read',
        inputs: () => z.strictObject({ runId }),
        call: rest({ method: 'GET', path: `${factory}/pipelineruns/{runId}`, parameters: ['runId'], fixedQuery }),
      },
      queryPipelineRuns: {
        summary: 'Find runs of pipelines',
        effect: 'read',
        inputs: () => z.strictObject({ ...period, cursor }),
        call: rest({
          method: 'POST',
          path: `${factory}/queryPipelineRuns`,
          parameters: [],
          fixedQuery,
          body,
          page: token,
        }),
      },
      queryActivityRuns: {
        summary: 'Find what the activities of one run did',
        effect: 'read',
        inputs: () => z.strictObject({ runId, ...period, cursor }),
        call: rest({
          method: 'POST',
          path: `${factory}/pipelineruns/{runId}/queryActivityruns`,
          parameters: ['runId'],
          fixedQuery,
          body,
          page: token,
        }),
      },
      cancelPipelineRun: {
        summary: 'Cancel a run of a pipeline',
        effect: 'delete',
        inputs: () => z.strictObject({ runId }),
        call: rest({
          method: 'POST',
          path: `${factory}/pipelineruns/{runId}/cancel`,
          parameters: ['runId'],
          fixedQuery,
        }),
      },
      startTrigger: {
        summary: 'Start a trigger, which then starts pipelines as the factory',
        effect: 'admin',
        runsAs: 'other',
        inputs: () => z.strictObject({ triggerName: pipelineName }),
        call: rest({
          method: 'POST',
          path: `${factory}/triggers/{triggerName}/start`,
          parameters: ['triggerName'],
          fixedQuery,
          longRunning: { poll: { header: 'location' } },
        }),
      },
    },
  }),
)
