import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { graph } from '../shared/backend/define-clouds.ts'
import { permit, resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

// Ids of sites have commas, those of drives and items exclamation marks.
const id = z.string().regex(/^[\w!.,-]{1,300}$/)
const item = { driveId: id, itemId: id }
const top = z.int().min(1).max(200).default(50)
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const page = { from: { pointer: '/@odata.nextLink' }, into: 'link' } as const
// Whoever has this link reads the file without signing in.
const drop = ['/**/@microsoft.graph.downloadUrl', '/**/@content.downloadUrl']
const onItem = { path: '/drives/{driveId}/items/{itemId}', parameters: ['driveId', 'itemId'] } as const
const listItems = { path: '/sites/{siteId}/lists/{listId}/items', parameters: ['siteId', 'listId'] } as const
const isBase64 = (text: string) => Buffer.from(text, 'base64').toString('base64') === text

serve(
  defineBackend({
    name: 'graph-sharepoint',
    title: 'SharePoint and OneDrive files (Microsoft Graph)',
    ...permit(resources.graph, [
      'User.Read',
      'Sites.Read.All',
      'Files.Read.All',
      'Files.ReadWrite.All',
      'AuditLog.Read.All',
    ]),
    ...graph,
    identityProbe: { method: 'request', path: '/me', oid: '/id' },
    honesty: 'yes',
    notes: [
      'SharePoint trims what it answers to what the person may read.',
      'Links that open a file without signing in are followed here and never passed on.',
      'Anybody may have written what is in a file: whoever reads one counts as having read untrusted content.',
    ],
    untrusted: true,
    limits: { siteId: 'sites', driveId: 'drives' },
    correlation: { 'client-request-id': '{decisionId}', 'return-client-request-id': 'true' },
    records: ['request-id', 'client-request-id'],
    operations: {
      search: {
        summary: 'Search files and list items that the person may read',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            queryString: z.string().min(1).max(1000),
            from: z.int().min(0).max(10_000).default(0),
            size: z.int().min(1).max(200).default(25),
          }),
        call: rest({
          method: 'POST',
          path: '/search/query',
          parameters: [],
          template: {
            requests: [
              {
                entityTypes: ['driveItem', 'listItem'],
                query: { queryString: '{queryString}' },
                from: '{from}',
                size: '{size}',
              },
            ],
          },
          drop,
        }),
      },
      searchSites: {
        summary: 'Find sites by name',
        effect: 'read',
        inputs: () => z.strictObject({ search: z.string().min(1).max(200), cursor }),
        call: rest({ method: 'GET', path: '/sites', parameters: [], query: ['search'], page }),
      },
      listItems: {
        summary: 'List the items of a list with their fields',
        effect: 'read',
        inputs: () => z.strictObject({ siteId: id, listId: id, top, cursor }),
        call: rest({
          method: 'GET',
          ...listItems,
          query: { $top: 'top' },
          fixedQuery: { $expand: 'fields' },
          pageSize: 'top',
          drop,
          page,
        }),
      },
      listChildren: {
        summary: 'List what is in a folder',
        effect: 'read',
        inputs: () => z.strictObject({ ...item, top, cursor }),
        call: rest({
          method: 'GET',
          path: '/drives/{driveId}/items/{itemId}/children',
          parameters: onItem.parameters,
          query: { $top: 'top' },
          pageSize: 'top',
          drop,
          page,
        }),
      },
      downloadFile: {
        summary: 'Read a file, or a part of it',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            ...item,
            offset: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe('First byte; default 0'),
            length: z.int().min(1).max(1_048_576).optional().describe('How many bytes; default and most 1,048,576'),
          }),
        call: rest({
          method: 'GET',
          path: '/drives/{driveId}/items/{itemId}/content',
          parameters: onItem.parameters,
          range: { offset: 'offset', length: 'length' },
          redirect: ['.sharepoint.com', '.sharepoint.us', '.sharepoint.cn', '.svc.ms'],
          answer: { kind: 'bytes', members: { etag: 'etag', 'content-type': 'contentType' } },
        }),
      },
      uploadFile: {
        summary: 'Replace the content of a file, only if it is still as it was read',
        effect: 'write',
        inputs: () =>
          z
            .strictObject({
              ...item,
              ifMatch: z
                .string()
                .regex(/^"[!#-~]{1,98}"$/)
                .describe('ETag of the file as it was read'),
              content: z.string().max(1_048_576),
              encoding: z.enum(['text', 'base64']).default('text'),
              contentType: z
                .string()
                .regex(/^[\w.+-]+\/[\w.+-]+$/)
                .default('application/octet-stream'),
            })
            .refine(({ content, encoding }) => encoding === 'text' || isBase64(content), { path: ['content'] }),
        call: rest({
          method: 'PUT',
          path: '/drives/{driveId}/items/{itemId}/content',
          parameters: onItem.parameters,
          headers: { 'if-match': '{ifMatch}' },
          content: { text: 'content', encoding: 'encoding', type: 'contentType' },
          drop,
        }),
      },
      createListItem: {
        summary: 'Add an item to a list',
        effect: 'write',
        inputs: () => z.strictObject({ siteId: id, listId: id, fields: z.record(z.string(), z.unknown()) }),
        call: rest({ method: 'POST', ...listItems, body: ['fields'] }),
      },
      deleteItem: {
        summary: 'Move a file or folder to the recycle bin',
        effect: 'delete',
        inputs: () => z.strictObject(item),
        call: rest({ method: 'DELETE', ...onItem }),
      },
      retrieveGrounding: {
        summary: 'Passages of documents that fit a question',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            queryString: z.string().min(1).max(1500),
            maximumNumberOfResults: z.int().min(1).max(25).default(10),
          }),
        call: rest({
          method: 'POST',
          path: '/copilot/retrieval',
          parameters: [],
          template: {
            queryString: '{queryString}',
            dataSource: 'sharePoint',
            maximumNumberOfResults: '{maximumNumberOfResults}',
          },
        }),
      },
      listSignIns: {
        summary: 'Sign-ins of the company’s people',
        effect: 'read',
        inputs: () =>
          z.strictObject({ filter: z.string().max(500).optional().describe('OData condition'), top, cursor }),
        call: rest({
          method: 'GET',
          path: '/auditLogs/signIns',
          parameters: [],
          query: { $filter: 'filter', $top: 'top' },
          pageSize: 'top',
          page,
        }),
        labels: { '/value/*/*': 'pii.signin' },
      },
    },
  }),
)
