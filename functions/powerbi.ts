import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { permit, resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const groupId = z.guid().describe('Id of the workspace')
const dataset = { groupId, datasetId: z.guid().describe('Id of the semantic model') }
const refresh = { ...dataset, refreshId: z.guid() }
const report = { groupId, reportId: z.guid() }
// Made by the service; it is longer than a GUID.
const exported = { ...report, exportId: z.string().regex(/^[\w+/=-]{1,500}$/) }
const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/)
  .describe('UTC; both within the same day')
const datasetPath = '/v1.0/myorg/groups/{groupId}/datasets/{datasetId}'
const datasetParameters = ['groupId', 'datasetId'] as const
const exportPath = '/v1.0/myorg/groups/{groupId}/reports/{reportId}/exports/{exportId}'
const exportParameters = ['groupId', 'reportId', 'exportId'] as const
// Links to pages that show or embed the model: of no use to an agent, and some of them carry tokens of their own.
const links = ['webUrl', 'embedUrl', 'CreateReportEmbedURL', 'createReportEmbedURL', 'QnaEmbedURL', 'qnaEmbedURL']
const without = (place: string) => links.map((name) => `${place}/${name}`)

// Power BI gives it already encoded for a URL.
const continuationToken = z
  .string()
  .max(2000)
  .regex(/^([\w.~+/=-]|%[2-7][0-9A-Fa-f])+$/)
  .transform((token) => decodeURIComponent(token))
  .optional()
  .describe('As the page before gave it, in the place of start and end')
const quoted = {
  startDateTime: "'{start}'",
  endDateTime: "'{end}'",
  continuationToken: "'{continuationToken}'",
}
const event = '/activityEventEntities/*'
const open = { [`${event}/*`]: 'none', '/continuationToken': 'none', '/lastResultSet': 'none' }
const personal = { [`${event}/UserId`]: 'pii.contact', [`${event}/ClientIP`]: 'pii.contact' }

serve(
  defineBackend({
    name: 'powerbi',
    title: 'Power BI semantic models and reports',
    ...permit(resources.powerBi, [
      'Workspace.Read.All',
      'Dataset.Read.All',
      'Dataset.ReadWrite.All',
      'Report.Read.All',
      'Tenant.Read.All',
    ]),
    hostSuffixes: { public: ['.powerbi.com'], usgov: ['.powerbigov.us'], china: ['.powerbi.cn'] },
    base: { public: 'https://api.powerbi.com', usgov: 'https://api.powerbigov.us', china: 'https://api.powerbi.cn' },
    honesty: 'yes',
    notes: [
      'Row-level security of a semantic model applies to the person, because the query carries their own token; nobody can ask in the name of another, since impersonatedUserName and effective identities are never sent.',
      'A model that reads its source by a stored credential (import, or DirectQuery without single sign-on) shows what that credential may see, within the model’s own rules.',
      'A query gives one table of at most 100,000 rows or 1,000,000 values; where Power BI cuts it and says so, the answer is refused and not passed off as whole.',
      'A refresh runs with the credentials of the owner of the model, not as the person.',
      'Of the sovereign clouds the addresses are those of GCC and China; GCC High is not known here.',
      'The tenant has to allow queries by REST (Dataset Execute Queries REST API), and the person needs read and build permission on the model.',
    ],
    limits: { groupId: 'workspaces', datasetId: 'datasets' },
    records: ['requestid', 'activityid'],
    operations: {
      listWorkspaces: {
        summary: 'List the workspaces that the person may open',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            filter: z.string().max(500).optional().describe("OData condition, such as contains(name,'sales')"),
            top: z.int().min(1).max(5000).default(100),
            skip: z.int().min(0).max(1_000_000).default(0),
          }),
        call: rest({
          method: 'GET',
          path: '/v1.0/myorg/groups',
          parameters: [],
          query: { $filter: 'filter', $top: 'top', $skip: 'skip' },
          pageSize: 'top',
        }),
      },
      listDatasets: {
        summary: 'List the semantic models of a workspace',
        effect: 'read',
        inputs: () => z.strictObject({ groupId }),
        call: rest({
          method: 'GET',
          path: '/v1.0/myorg/groups/{groupId}/datasets',
          parameters: ['groupId'],
          drop: without('/value/*'),
        }),
      },
      getDataset: {
        summary: 'Read what a semantic model is called and is',
        effect: 'read',
        inputs: () => z.strictObject(dataset),
        call: rest({ method: 'GET', path: datasetPath, parameters: datasetParameters, drop: without('') }),
      },
      executeQueries: {
        summary: 'Run one DAX query on a semantic model, under the rules that hold for the person',
        effect: 'read',
        inputs: () =>
          z.strictObject({ ...dataset, query: z.string().min(1).max(32_000).describe('DAX: [DEFINE …] EVALUATE …') }),
        statement: { input: 'query', dialect: 'dax' },
        // A table that was cut comes with status 200 and this.
        fails: { '/error': [], '/results/*/error': [], '/results/*/tables/*/error': [] },
        call: rest({
          method: 'POST',
          path: '/v1.0/myorg/groups/{groupId}/datasets/{datasetId}/executeQueries',
          parameters: datasetParameters,
          template: { queries: [{ query: '{query}' }], serializerSettings: { includeNulls: true } },
          answer: { kind: 'table', rows: '/results/0/tables/0/rows' },
        }),
      },
      refreshDataset: {
        summary: 'Start a refresh of a semantic model, with the credentials of its owner',
        effect: 'admin',
        runsAs: 'other',
        note: 'Nobody is told by mail. The refresh goes on by itself: getRefreshHistory shows it by its request id.',
        inputs: () => z.strictObject(dataset),
        call: rest({
          method: 'POST',
          path: '/v1.0/myorg/groups/{groupId}/datasets/{datasetId}/refreshes',
          parameters: datasetParameters,
          template: { notifyOption: 'NoNotification' },
          answer: { kind: 'headers', members: { 'x-ms-request-id': 'requestId' } },
        }),
      },
      getRefreshHistory: {
        summary: 'List the latest refreshes of a semantic model',
        effect: 'read',
        inputs: () => z.strictObject({ ...dataset, top: z.int().min(1).max(200).default(20) }),
        call: rest({
          method: 'GET',
          path: '/v1.0/myorg/groups/{groupId}/datasets/{datasetId}/refreshes',
          parameters: datasetParameters,
          query: { $top: 'top' },
          pageSize: 'top',
        }),
      },
      getRefreshDetails: {
        summary: 'Read the state of one enhanced refresh',
        effect: 'read',
        inputs: () => z.strictObject(refresh),
        call: rest({
          method: 'GET',
          path: '/v1.0/myorg/groups/{groupId}/datasets/{datasetId}/refreshes/{refreshId}',
          parameters: ['groupId', 'datasetId', 'refreshId'],
        }),
      },
      cancelRefresh: {
        summary: 'Cancel one enhanced refresh, whoever started it',
        effect: 'delete',
        inputs: () => z.strictObject(refresh),
        call: rest({
          method: 'DELETE',
          path: '/v1.0/myorg/groups/{groupId}/datasets/{datasetId}/refreshes/{refreshId}',
          parameters: ['groupId', 'datasetId', 'refreshId'],
          answer: { kind: 'headers', members: {} },
        }),
      },
      exportReport: {
        summary: 'Start the export of a report to a file, as the person sees it; then ask getExportStatus',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            ...report,
            format: z.enum(['PDF', 'PPTX', 'PNG', 'XLSX', 'DOCX', 'CSV', 'XML', 'MHTML']).default('PDF'),
          }),
        call: rest({
          method: 'POST',
          path: '/v1.0/myorg/groups/{groupId}/reports/{reportId}/ExportTo',
          parameters: ['groupId', 'reportId'],
          body: ['format'],
          drop: ['/resourceLocation'],
        }),
      },
      getExportStatus: {
        summary: 'Read how far an export is',
        effect: 'read',
        fails: { '/status': ['Failed'] },
        inputs: () => z.strictObject(exported),
        call: rest({ method: 'GET', path: exportPath, parameters: exportParameters, drop: ['/resourceLocation'] }),
      },
      getExportFile: {
        summary: 'Read the file that an export made, its first 1,048,576 bytes',
        effect: 'read',
        note: 'The file cannot be read in ranges: of a larger one the answer says that it was cut.',
        inputs: () => z.strictObject(exported),
        call: rest({
          method: 'GET',
          path: `${exportPath}/file`,
          parameters: exportParameters,
          headers: { accept: '*/*' },
          answer: { kind: 'bytes', members: { 'content-type': 'contentType' } },
        }),
      },
      getActivityEvents: {
        summary: 'Read what everybody did in Power BI and Fabric, as an administrator of them',
        effect: 'admin',
        note: 'Power BI answers it to Fabric administrators alone, at most 200 times an hour.',
        inputs: () =>
          z.strictObject({
            start: instant.optional(),
            end: instant.optional(),
            filter: z.string().max(500).optional(),
            continuationToken,
          }),
        call: rest({
          method: 'GET',
          path: '/v1.0/myorg/admin/activityevents',
          parameters: [],
          fixedQuery: quoted,
          query: { $filter: 'filter' },
          drop: ['/continuationUri'],
        }),
        labels: { ...open, ...personal },
      },
    },
  }),
)
