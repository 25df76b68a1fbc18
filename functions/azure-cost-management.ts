import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { arm } from '../shared/backend/define-clouds.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const scope = z
  .string()
  .max(300)
  .regex(
    /^(subscriptions\/[0-9a-f-]{36}(\/resourceGroups\/[\w().-]+)?|providers\/Microsoft\.(Management\/managementGroups|Billing\/billingAccounts)\/[\w:.-]+)$/,
  )
  .describe('What the costs are of, such as subscriptions/<id> or subscriptions/<id>/resourceGroups/<name>')
const day = z.iso.datetime()
const timeframe = z.enum([
  'MonthToDate',
  'BillingMonthToDate',
  'TheLastMonth',
  'TheLastBillingMonth',
  'WeekToDate',
  'Custom',
])
const timePeriod = z.strictObject({ from: day, to: day }).optional().describe('For timeframe Custom')
const name = z.string().regex(/^[\w .:-]{1,100}$/)
const dataset = z.strictObject({
  granularity: z.enum(['Daily', 'Monthly', 'None']).default('None'),
  aggregation: z.record(name, z.strictObject({ name, function: z.enum(['Sum']).default('Sum') })),
  grouping: z
    .array(z.strictObject({ type: z.enum(['Dimension', 'TagKey']), name }))
    .max(2)
    .default([]),
})
const type = z.enum(['ActualCost', 'AmortizedCost', 'Usage']).default('ActualCost')
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const on = { parameters: ['scope'] as const, fixedQuery: { 'api-version': '2022-10-01' } }
const page = { from: { pointer: '/properties/nextLink' }, into: 'link' } as const
const answer = {
  kind: 'table',
  columns: '/properties/columns/*/name',
  rows: '/properties/rows',
} as const

serve(
  defineBackend({
    name: 'azure-cost-management',
    title: 'Azure Cost Management',
    ...resources.arm,
    ...arm,
    honesty: 'yes',
    notes: [
      'Costs are of resources and tags, never of the person who caused them; use per person is in Countersign’s own usage.',
      'Figures are one to two days behind.',
    ],
    limits: { scope: 'scopes' },
    records: ['x-ms-correlation-request-id'],
    correlation: { clienttype: 'countersign' },
    operations: {
      queryUsage: {
        summary: 'Costs of a scope, grouped as asked',
        effect: 'read',
        inputs: () => z.strictObject({ scope, type, timeframe, timePeriod, dataset, cursor }),
        call: rest({
          method: 'POST',
          path: '/{+scope}/providers/Microsoft.CostManagement/query',
          ...on,
          body: ['type', 'timeframe', 'timePeriod', 'dataset'],
          answer,
          page,
        }),
      },
      forecast: {
        summary: 'What a scope is expected to cost',
        effect: 'read',
        inputs: () => z.strictObject({ scope, type, timeframe: z.enum(['Custom']), timePeriod, dataset, cursor }),
        call: rest({
          method: 'POST',
          path: '/{+scope}/providers/Microsoft.CostManagement/forecast',
          ...on,
          body: ['type', 'timeframe', 'timePeriod', 'dataset'],
          answer,
          page,
        }),
      },
      listDimensions: {
        summary: 'By what the costs of a scope can be grouped',
        effect: 'read',
        inputs: () => z.strictObject({ scope }),
        call: rest({ method: 'GET', path: '/{+scope}/providers/Microsoft.CostManagement/dimensions', ...on }),
      },
      generateCostDetails: {
        summary: 'Write the single charges of a scope into a file',
        effect: 'read',
        inputs: () => z.strictObject({ scope, metric: z.enum(['ActualCost', 'AmortizedCost']), timePeriod }),
        unsupported: 'The report is a file behind a signed link, which anybody could read who has it: use queryUsage.',
        call: rest({
          method: 'POST',
          path: '/{+scope}/providers/Microsoft.CostManagement/generateCostDetailsReport',
          ...on,
          body: ['metric', 'timePeriod'],
        }),
      },
      listAlerts: {
        summary: 'Cost alerts of a scope',
        effect: 'read',
        inputs: () => z.strictObject({ scope }),
        call: rest({ method: 'GET', path: '/{+scope}/providers/Microsoft.CostManagement/alerts', ...on }),
      },
      listBudgets: {
        summary: 'Budgets of a scope',
        effect: 'read',
        inputs: () => z.strictObject({ scope, cursor }),
        call: rest({
          method: 'GET',
          path: '/{+scope}/providers/Microsoft.Consumption/budgets',
          parameters: ['scope'],
          fixedQuery: { 'api-version': '2023-11-01' },
          page: { from: { pointer: '/nextLink' }, into: 'link' },
        }),
      },
    },
  }),
)
