import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { arm } from '../shared/backend/define-clouds.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const subscriptionId = z.guid()
const resource = z
  .string()
  .max(500)
  .regex(/^subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[\w().-]+\/providers\/[\w.]+(\/[\w.-]+){2,6}$/i)
  .describe('Id of the resource, without the first slash')
const timespan = z
  .string()
  .regex(/^[\dPTHMSDWZ:./+-]{3,80}$/)
  .describe('ISO 8601: begin/end')
const interval = z
  .string()
  .regex(/^P[\dTHMSDW]{2,12}$/)
  .default('PT5M')
const names = z
  .string()
  .regex(/^[\w ./,%()-]{1,500}$/)
  .describe('Names of metrics, with commas')
const aggregation = z
  .string()
  .regex(/^(Average|Count|Maximum|Minimum|Total)(,(Average|Count|Maximum|Minimum|Total)){0,4}$/)
  .default('Average')
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const page = { from: { pointer: '/nextLink' }, into: 'link' } as const
const metrics = { 'api-version': '2024-02-01' }
const alerts = { 'api-version': '2019-05-05-preview' }

serve(
  defineBackend({
    name: 'azure-monitor-metrics',
    title: 'Azure Monitor metrics and Activity Log',
    ...resources.arm,
    ...arm,
    honesty: 'yes',
    notes: [
      'Rights are those of the person on each resource.',
      'The Activity Log holds what people did: who may read it is Azure’s decision, and it is classified as personal.',
    ],
    limits: { subscriptionId: 'subscriptions', resource: 'resources' },
    records: ['x-ms-correlation-request-id'],
    operations: {
      listActivityLog: {
        summary: 'What was done to the resources of a subscription, and by whom',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            subscriptionId,
            filter: z
              .string()
              .max(500)
              .regex(/^eventTimestamp ge '[^']+'( and [\w ']+[^;]*)?$/)
              .describe("Begins with eventTimestamp ge '<time>', at most 90 days back"),
            select: z
              .string()
              .regex(/^[\w,]{1,300}$/)
              .optional(),
            cursor,
          }),
        call: rest({
          method: 'GET',
          path: '/subscriptions/{subscriptionId}/providers/Microsoft.Insights/eventtypes/management/values',
          parameters: ['subscriptionId'],
          query: { $filter: 'filter', $select: 'select' },
          fixedQuery: { 'api-version': '2015-04-01' },
          page,
        }),
        labels: {
          '/value/*': 'none',
          '/value/*/caller': 'pii.contact',
          '/value/*/claims': 'pii.contact',
          '/value/*/httpRequest': 'pii.network',
        },
      },
      getMetrics: {
        summary: 'Values of metrics of one resource',
        effect: 'read',
        inputs: () => z.strictObject({ resource, metricnames: names, timespan, interval, aggregation }),
        call: rest({
          method: 'GET',
          path: '/{+resource}/providers/Microsoft.Insights/metrics',
          parameters: ['resource'],
          query: ['metricnames', 'timespan', 'interval', 'aggregation'],
          fixedQuery: metrics,
        }),
      },
      listMetricDefinitions: {
        summary: 'Which metrics a resource has',
        effect: 'read',
        inputs: () => z.strictObject({ resource }),
        call: rest({
          method: 'GET',
          path: '/{+resource}/providers/Microsoft.Insights/metricDefinitions',
          parameters: ['resource'],
          fixedQuery: metrics,
        }),
      },
      getMetricsBatch: {
        summary: 'Values of metrics of several resources of one subscription',
        effect: 'read',
        unsupported:
          'Batches are an API of their own, for which no delegated permission is published: ask resource by resource.',
        inputs: () =>
          z.strictObject({
            subscriptionId,
            resourceids: z.array(z.string().max(500).startsWith('/subscriptions/')).min(1).max(50),
            metricnames: names,
            metricnamespace: z.string().regex(/^[\w./]{1,200}$/),
            starttime: z.iso.datetime(),
            endtime: z.iso.datetime(),
            interval,
            aggregation,
          }),
        call: rest({
          method: 'POST',
          path: '/subscriptions/{subscriptionId}/metrics:getBatch',
          parameters: ['subscriptionId'],
          query: ['metricnames', 'metricnamespace', 'starttime', 'endtime', 'interval', 'aggregation'],
          fixedQuery: metrics,
          body: ['resourceids'],
        }),
      },
      listAlerts: {
        summary: 'Alerts of a subscription',
        effect: 'read',
        inputs: () => z.strictObject({ subscriptionId, cursor }),
        call: rest({
          method: 'GET',
          path: '/subscriptions/{subscriptionId}/providers/Microsoft.AlertsManagement/alerts',
          parameters: ['subscriptionId'],
          fixedQuery: alerts,
          page,
        }),
      },
      changeAlertState: {
        summary: 'Acknowledge or close an alert',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            subscriptionId,
            alert: z.guid(),
            newState: z.enum(['New', 'Acknowledged', 'Closed']),
            comments: z.string().max(1000).optional(),
          }),
        call: rest({
          method: 'POST',
          path: '/subscriptions/{subscriptionId}/providers/Microsoft.AlertsManagement/alerts/{alert}/changestate',
          parameters: ['subscriptionId', 'alert'],
          query: ['newState'],
          fixedQuery: alerts,
          body: ['comments'],
        }),
      },
    },
  }),
)
