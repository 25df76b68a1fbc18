import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const dashboard = z
  .string()
  .regex(/^[0-9a-f]{1,64}$/)
  .describe('As listDashboards gives it')
const schedule = z.string().regex(/^[\w-]{1,64}$/)
const title = z.string().min(1).max(200)
const content = z.string().min(2).max(1_000_000).describe('The dashboard as JSON text, as getDashboard gives it')
const warehouse = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)
const pageSize = z.int().min(1).max(100).default(50)
const cursor = z.string().max(4_000).optional()
const page = { from: { pointer: '/next_page_token' }, into: { query: 'page_token' } } as const
const dashboards = '/api/2.0/lakeview/dashboards'
const cron = z
  .string()
  .max(100)
  .regex(/^[\d*?,/LW# A-Z-]{9,100}$/)
  .describe('Quartz: 0 0 8 * * ?')

// What is published with its publisher's credentials shows the publisher's data to whoever gets it.
const published = {
  definition: { operation: 'getPublishedDashboard', inputs: { dashboard: 'dashboard' } },
  own: { at: '/embed_credentials', values: [false] },
  effect: 'write',
  content: [''],
} as const

serve(
  defineBackend({
    name: 'databricks-aibi',
    title: 'Databricks AI/BI dashboards',
    ...resources.databricks,
    honesty: 'conditional',
    notes: [
      'There is no call that runs a dashboard: its queries are in its definition, and databricks-sql runs them as the person.',
      "A dashboard may be published with its publisher's credentials: whoever sees it then sees the publisher's data. Countersign never publishes one like that, and takes what is sent of such a one for somebody else's work.",
      'Where Databricks does not say whether credentials are kept, Countersign takes it that they are.',
    ],
    hostSuffixes: {
      public: ['.azuredatabricks.net'],
      usgov: ['.databricks.azure.us'],
      china: ['.databricks.azure.cn'],
    },
    identityProbe: { method: 'request', path: '/api/2.0/preview/scim/v2/Me', oid: '/externalId' },
    correlation: { 'user-agent': 'Countersign/1.0 decision/{decisionId}' },
    records: ['x-databricks-org-id'],
    limits: { dashboard: 'dashboards' },
    operations: {
      listDashboards: {
        summary: 'List the dashboards that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ pageSize, cursor }),
        call: rest({
          ...{ method: 'GET', path: dashboards, parameters: [], pageSize: 'pageSize', page },
          query: { page_size: 'pageSize' },
        }),
      },
      getDashboard: {
        summary: 'Read one dashboard with its queries, as its editors see it',
        effect: 'read',
        untrusted: true,
        inputs: () => z.strictObject({ dashboard }),
        call: rest({ method: 'GET', path: `${dashboards}/{dashboard}`, parameters: ['dashboard'] }),
      },
      getPublishedDashboard: {
        summary: "Read how one dashboard is published, and whether with its publisher's credentials",
        effect: 'read',
        inputs: () => z.strictObject({ dashboard }),
        call: rest({ method: 'GET', path: `${dashboards}/{dashboard}/published`, parameters: ['dashboard'] }),
      },
      createDashboard: {
        summary: 'Create a draft of a dashboard',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            title,
            content,
            warehouse,
            folder: z
              .string()
              .regex(/^\/[^\n\\]{1,500}$/)
              .optional(),
          }),
        call: rest({
          ...{ method: 'POST', path: dashboards, parameters: [] },
          template: {
            ...{ display_name: '{title}', serialized_dashboard: '{content}' },
            ...{ warehouse_id: '{warehouse}', parent_path: '{folder}' },
          },
        }),
      },
      updateDashboard: {
        summary: 'Replace the draft of a dashboard, if nobody else has changed it since',
        effect: 'write',
        inputs: () => z.strictObject({ dashboard, content, etag: z.string().min(1).max(200) }),
        call: rest({
          ...{ method: 'PATCH', path: `${dashboards}/{dashboard}`, parameters: ['dashboard'] },
          template: { serialized_dashboard: '{content}', etag: '{etag}' },
        }),
      },
      publishDashboard: {
        summary: 'Publish a dashboard, so that each viewer sees it with rights of their own',
        effect: 'admin',
        inputs: () => z.strictObject({ dashboard, warehouse }),
        call: rest({
          ...{ method: 'POST', path: `${dashboards}/{dashboard}/published`, parameters: ['dashboard'] },
          template: { embed_credentials: false, warehouse_id: '{warehouse}' },
        }),
      },
      trashDashboard: {
        summary: 'Put a dashboard into the bin, where it stays for a month',
        effect: 'delete',
        inputs: () => z.strictObject({ dashboard }),
        call: rest({ method: 'DELETE', path: `${dashboards}/{dashboard}`, parameters: ['dashboard'] }),
      },
      listSchedules: {
        summary: 'List when a dashboard is refreshed and sent',
        effect: 'read',
        inputs: () => z.strictObject({ dashboard, pageSize, cursor }),
        call: rest({
          ...{ method: 'GET', path: `${dashboards}/{dashboard}/schedules`, parameters: ['dashboard'], page },
          ...{ query: { page_size: 'pageSize' }, pageSize: 'pageSize' },
        }),
      },
      createSchedule: {
        summary: 'Have a published dashboard refreshed at set times',
        effect: 'admin',
        runsAs: published,
        inputs: () => z.strictObject({ dashboard, title, cron, timezone: z.string().regex(/^[\w+/-]{1,64}$/) }),
        call: rest({
          ...{ method: 'POST', path: `${dashboards}/{dashboard}/schedules`, parameters: ['dashboard'] },
          template: {
            display_name: '{title}',
            cron_schedule: { quartz_cron_expression: '{cron}', timezone_id: '{timezone}' },
          },
        }),
      },
      createSubscription: {
        summary: 'Have pictures of a dashboard sent to a user of the workspace at the times of a schedule',
        effect: 'admin',
        runsAs: published,
        egress: true,
        inputs: () => z.strictObject({ dashboard, schedule, user: z.string().regex(/^\d{1,20}$/) }),
        call: rest({
          method: 'POST',
          path: `${dashboards}/{dashboard}/schedules/{schedule}/subscriptions`,
          parameters: ['dashboard', 'schedule'],
          template: { subscriber: { user_subscriber: { user_id: '{user}' } } },
        }),
      },
      getEmbeddingToken: {
        summary: 'Hand out what lets people outside see a published dashboard',
        effect: 'admin',
        unsupported:
          'It is made for people who are no users of the workspace, by a service principal that stands for all of them.',
        inputs: () => z.strictObject({ dashboard }),
        call: rest({ method: 'GET', path: `${dashboards}/{dashboard}/published/tokeninfo`, parameters: ['dashboard'] }),
      },
    },
  }),
)
