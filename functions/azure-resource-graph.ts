import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { arm } from '../shared/backend/define-clouds.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const query = z
  .string()
  .min(1)
  .max(20_000)
  .describe('One query in the Kusto language over the tables of Resource Graph')
const subscriptions = z.array(z.guid()).min(1).max(100).describe('Subscriptions to look in')
const top = z.int().min(1).max(1000).default(100)
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const statement = { input: 'query', dialect: 'kql' } as const
const options = { $top: '{top}', resultFormat: 'objectArray' }
const page = { from: { pointer: '/$skipToken' }, into: { body: '/options/$skipToken' } } as const
const answer = {
  kind: 'table',
  rows: '/data',
  members: { '/totalRecords': 'total', '/resultTruncated': 'resultTruncated' },
} as const

serve(
  defineBackend({
    name: 'azure-resource-graph',
    title: 'Azure Resource Graph',
    ...resources.arm,
    ...arm,
    honesty: 'yes',
    notes: [
      'Results hold the resources that the person may read, by Azure’s own roles, some seconds to minutes behind.',
      'Reads are not in the Activity Log: the record of them is ours alone.',
    ],
    limits: { subscriptions: 'subscriptions' },
    records: ['x-ms-correlation-request-id', 'x-ms-user-quota-remaining'],
    operations: {
      query: {
        summary: 'Query the resources that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ query, subscriptions, top, cursor }),
        statement,
        call: rest({
          method: 'POST',
          path: '/providers/Microsoft.ResourceGraph/resources',
          parameters: [],
          fixedQuery: { 'api-version': '2021-03-01' },
          template: { query: '{query}', subscriptions: '{subscriptions}', options },
          answer,
          page,
        }),
      },
      queryChanges: {
        summary: 'Changes of resources in the last 14 days',
        effect: 'read',
        inputs: () => z.strictObject({ query: query.startsWith('resourcechanges'), subscriptions, top, cursor }),
        statement,
        call: rest({
          method: 'POST',
          path: '/providers/Microsoft.ResourceGraph/resources',
          parameters: [],
          fixedQuery: { 'api-version': '2021-03-01' },
          template: { query: '{query}', subscriptions: '{subscriptions}', options },
          answer,
          page,
        }),
      },
      queryHistory: {
        summary: 'Earlier states of resources within a span of time',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            query,
            subscriptions,
            top,
            start: z.iso.datetime(),
            end: z.iso.datetime(),
          }),
        statement,
        call: rest({
          method: 'POST',
          path: '/providers/Microsoft.ResourceGraph/resourcesHistory',
          parameters: [],
          fixedQuery: { 'api-version': '2021-06-01-preview' },
          template: {
            query: '{query}',
            subscriptions: '{subscriptions}',
            options: { ...options, interval: { start: '{start}', end: '{end}' } },
          },
        }),
      },
      listResourceChangesLegacy: {
        summary: 'Changes of single resources within a span of time, by the older interface',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            resourceIds: z.array(z.string().max(1000).startsWith('/subscriptions/')).min(1).max(10),
            start: z.iso.datetime(),
            end: z.iso.datetime(),
            top,
          }),
        call: rest({
          method: 'POST',
          path: '/providers/Microsoft.ResourceGraph/resourceChanges',
          parameters: [],
          fixedQuery: { 'api-version': '2020-09-01-preview' },
          template: {
            resourceIds: '{resourceIds}',
            interval: { start: '{start}', end: '{end}' },
            $top: '{top}',
            fetchPropertyChanges: false,
          },
        }),
      },
    },
  }),
)
