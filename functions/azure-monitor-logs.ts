import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const workspaceId = z.guid().describe('The workspace’s own id, not that of its resource')
const query = z.string().min(1).max(20_000).describe('One query in the Kusto language')
const timespan = z
  .string()
  .regex(/^[\dPTHMSDWZ:./+-]{3,80}$/)
  .default('P1D')
  .describe('ISO 8601: a duration up to now (P1D), or begin/end')
const resource = z
  .string()
  .max(500)
  .regex(/^subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[\w().-]+\/providers\/[\w.]+(\/[\w.-]+){2,6}$/i)
const statement = { input: 'query', dialect: 'kql' } as const
const headers = { prefer: 'wait=180,include-statistics=true' }
// 200 with an error member is a part of the rows, which the agent has to know.
const answer = {
  kind: 'table',
  columns: '/tables/0/columns/*/name',
  rows: '/tables/0/rows',
  members: { '/error/code': 'partialError' },
} as const
const one = z.strictObject({ id: z.string().regex(/^\w{1,20}$/), query, timespan })

serve(
  defineBackend({
    name: 'azure-monitor-logs',
    title: 'Azure Monitor Logs (Log Analytics)',
    ...resources.logAnalytics,
    hostSuffixes: {
      public: ['api.loganalytics.io', 'api.loganalytics.azure.com'],
      usgov: ['api.loganalytics.us'],
      china: ['api.loganalytics.azure.cn'],
    },
    base: {
      public: 'https://api.loganalytics.io/v1',
      usgov: 'https://api.loganalytics.us/v1',
      china: 'https://api.loganalytics.azure.cn/v1',
    },
    honesty: 'yes',
    notes: [
      'Rights on the workspace, on the resource and on single tables are judged by Azure Monitor for the person.',
      'Queries that reach into other workspaces, or fetch from addresses, are refused by the shipped policy.',
      'Logs hold what anybody sent to an application: whoever reads them counts as having read untrusted content.',
      'Countersign’s own logs may be in a workspace: list the workspaces that agents may ask.',
    ],
    limits: { workspaceId: '!workspaces', resource: 'resources' },
    records: ['x-ms-correlation-request-id'],
    correlation: { 'x-ms-app': 'countersign' },
    operations: {
      queryWorkspace: {
        summary: 'Query the logs of a workspace',
        effect: 'read',
        untrusted: true,
        inputs: () => z.strictObject({ workspaceId, query, timespan }),
        statement,
        call: rest({
          method: 'POST',
          path: '/workspaces/{workspaceId}/query',
          parameters: ['workspaceId'],
          headers,
          body: ['query', 'timespan'],
          answer,
        }),
      },
      queryResource: {
        summary: 'Query the logs of one resource, whichever workspace holds them',
        effect: 'read',
        untrusted: true,
        inputs: () => z.strictObject({ resource, query, timespan }),
        statement,
        call: rest({
          method: 'POST',
          path: '/{+resource}/query',
          parameters: ['resource'],
          headers,
          body: ['query', 'timespan'],
          answer,
        }),
      },
      queryBatch: {
        summary: 'Several queries in one request',
        effect: 'read',
        inputs: () => z.strictObject({ workspaceId, requests: z.array(one).min(1).max(10) }),
        unsupported: 'Each query is judged by itself: ask them one after the other with queryWorkspace.',
        call: rest({ method: 'POST', path: '/$batch', parameters: [], body: ['requests', 'workspaceId'] }),
      },
      getSchema: {
        summary: 'The tables of a workspace and their columns',
        effect: 'read',
        inputs: () => z.strictObject({ workspaceId }),
        call: rest({ method: 'GET', path: '/workspaces/{workspaceId}/metadata', parameters: ['workspaceId'] }),
      },
    },
  }),
)
