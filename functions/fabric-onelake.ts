import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { permit, resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

// Ids alone: names and ids must not be mixed, and a name can be given to another workspace.
const item = { workspaceId: z.guid().describe('Id of the workspace'), itemId: z.guid().describe('Id of the item') }
// Segments of dots lead elsewhere.
const under = (pattern: RegExp) =>
  z
    .string()
    .max(1024)
    .regex(pattern)
    .refine((name) => !/(^|\/)\.+(\/|$)/.test(name))
const folder = under(/^(Files|Tables)(\/[^/\\]+){0,60}$/)
const path = under(/^(Files|Tables)(\/[^/\\]+){1,60}$/).describe('Path within the item, under Files/ or Tables/')
const file = { ...item, path }
const ifMatch = z
  .string()
  .regex(/^"[!#-~]{1,98}"$/)
  .optional()
  .describe('Only if this is the ETag of what is there')
const position = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
const offset = position.optional().describe('First byte; default 0')
const length = z.int().min(1).max(1_048_576).optional().describe('How many bytes; default and most 1,048,576')
const cursor = z.string().max(4000).optional().describe('As the page before gave it')
const headers = { 'x-ms-version': '2021-06-08' }
const at = { path: '/{workspaceId}/{itemId}/{+path}', parameters: ['workspaceId', 'itemId', 'path'] } as const
const stated = {
  operation: 'getPathProperties',
  inputs: { workspaceId: 'workspaceId', itemId: 'itemId', path: 'path' },
  at: '/etag',
}
const items = { at: 'fabric', object: 'workspaceId' } as const
const itemParameters = ['workspaceId', 'itemId'] as const
const described = {
  etag: 'etag',
  'last-modified': 'lastModified',
  'content-type': 'contentType',
  'content-length': 'size',
  'x-ms-resource-type': 'resourceType',
}
const state = { kind: 'headers', members: { etag: 'etag', 'last-modified': 'lastModified' } } as const
const paged = { page: { from: { pointer: '/continuationUri' }, into: 'link' }, drop: ['/continuationToken'] } as const
/** Judged before anybody is asked to approve it: decoders skip what is no base64, and something else would be stored. */
const isBase64 = (text: string) => Buffer.from(text, 'base64').toString('base64') === text
const text = (most: number) => z.string().min(1).max(most)
const column = z.strictObject({
  tablePath: text(400),
  columnNames: z.array(text(128)).max(1000),
  columnEffect: z.enum(['Permit']),
  columnAction: z.array(z.enum(['Read'])).max(1),
})
const row = z.strictObject({ tablePath: text(400), value: text(2000) })
const attribute = z.strictObject({
  attributeName: z.enum(['Path', 'Action']),
  attributeValueIncludedIn: z.array(text(400)).max(100),
})
const constraints = z.strictObject({ columns: z.array(column).max(100), rows: z.array(row).max(100) }).partial()
const rule = z.strictObject({
  effect: z.enum(['Permit']).default('Permit'),
  permission: z.array(attribute).length(2),
  constraints: constraints.optional(),
})
const entraMember = z.strictObject({
  tenantId: z.guid(),
  objectId: z.guid(),
  objectType: z.enum(['Group', 'User', 'ServicePrincipal', 'ManagedIdentity']).optional(),
})
const itemMember = z.strictObject({
  itemAccess: z.array(z.enum(['Read', 'Write', 'Reshare', 'Explore', 'Execute', 'ReadAll'])).max(6),
  sourcePath: z.string().regex(/^[0-9a-fA-F-]{36}\/[0-9a-fA-F-]{36}$/),
})
const members = {
  microsoftEntraMembers: z.array(entraMember).max(500),
  fabricItemMembers: z.array(itemMember).max(50),
}
const role = z.strictObject({
  name: text(128),
  kind: z.enum(['Policy']).optional(),
  decisionRules: z.array(rule).min(1).max(20),
  members: z.strictObject(members).partial().optional(),
})

/** Data for anybody, until the deployment's classification says otherwise of `<workspace>.<member>`. */
const open = (place: string, members: readonly string[]) =>
  Object.fromEntries(members.map((member) => [`${place}/${member}`, 'none']))

serve(
  defineBackend({
    name: 'fabric-onelake',
    title: 'OneLake files, shortcuts and roles',
    ...resources.storage,
    hostSuffixes: { public: ['.dfs.fabric.microsoft.com'], usgov: null, china: null },
    base: { public: 'https://onelake.dfs.fabric.microsoft.com', usgov: null, china: null },
    endpoints: {
      fabric: {
        ...permit(resources.fabric, ['OneLake.Read.All', 'OneLake.ReadWrite.All']),
        hostSuffixes: { public: ['.fabric.microsoft.com'], usgov: null, china: null },
        base: { public: 'https://api.fabric.microsoft.com/v1', usgov: null, china: null },
      },
    },
    honesty: 'conditional',
    notes: [
      "OneLake takes tokens of Azure Storage's audience alone; a token for Fabric is refused. Shortcuts and roles belong to Fabric's own API and its token.",
      'A shortcut to Amazon S3, Google Cloud Storage and the like is read with the credential of its connection, not as the person; shortcuts within OneLake are read as the person. Countersign makes only the latter.',
      'Only Files and Tables can be written; signed links (SAS) are neither made nor passed on.',
      'The global address may lead traffic out of the region: name a regional one (<region>-onelake.dfs.fabric.microsoft.com) as base URL where residence of data matters.',
      "Who read what stands in OneLake's own diagnostics, which each workspace has to switch on.",
    ],
    limits: { itemId: 'items' },
    operations: {
      listPaths: {
        summary: 'List files and folders of an item',
        effect: 'read',
        object: 'workspaceId',
        inputs: () =>
          z.strictObject({
            ...item,
            directory: folder.default('Files').describe('Folder, from Files or Tables on'),
            recursive: z.boolean().default(false),
            maxResults: z.int().min(1).max(5000).default(100),
            cursor,
          }),
        call: rest({
          method: 'GET',
          path: '/{workspaceId}',
          parameters: ['workspaceId'],
          fixedQuery: { resource: 'filesystem', directory: '{itemId}/{directory}' },
          query: ['recursive', 'maxResults'],
          pageSize: 'maxResults',
          headers,
          page: { from: { header: 'x-ms-continuation' }, into: { query: 'continuation' } },
        }),
        labels: { '/paths/*/*': 'none' },
      },
      readFile: {
        summary: 'Read a file, or a range of its bytes: text as it is, anything else as base64',
        effect: 'read',
        object: 'workspaceId',
        inputs: () => z.strictObject({ ...file, offset, length }),
        call: rest({
          ...at,
          method: 'GET',
          range: { offset: 'offset', length: 'length' },
          headers: { ...headers, accept: '*/*' },
          answer: { kind: 'bytes', members: described, numbers: ['size'] },
        }),
        labels: open('', ['content', 'encoding', 'range', ...Object.values(described)]),
        // Of masked content, range by range, what a mask leaves or tokens that match would give the whole.
        compares: { offset: ['content'], length: ['content'] },
      },
      getPathProperties: {
        summary: 'Read the properties of a file or folder without its content',
        effect: 'read',
        object: 'workspaceId',
        inputs: () => z.strictObject(file),
        call: rest({
          ...at,
          method: 'HEAD',
          headers,
          answer: { kind: 'headers', members: described, numbers: ['size'] },
        }),
        labels: open('', Object.values(described)),
      },
      createFile: {
        summary: 'Create an empty file where nothing is',
        effect: 'write',
        object: 'workspaceId',
        inputs: () => z.strictObject(file),
        call: rest({
          ...at,
          method: 'PUT',
          fixedQuery: { resource: 'file' },
          // Without a condition the service would replace whatever is there.
          headers: { ...headers, 'if-none-match': '*' },
          answer: state,
        }),
      },
      appendData: {
        summary: 'Append bytes to a file; they are there after flushData',
        effect: 'write',
        object: 'workspaceId',
        inputs: () =>
          z
            .strictObject({
              ...file,
              position: position.describe('Length of the file and of what was appended so far'),
              content: z.string().max(1_048_576),
              encoding: z.enum(['text', 'base64']).default('text').describe('How content is written'),
              contentType: z.enum(['application/octet-stream']).default('application/octet-stream'),
            })
            .refine(({ encoding, content }) => encoding === 'text' || isBase64(content), { path: ['content'] }),
        call: rest({
          ...at,
          method: 'PATCH',
          fixedQuery: { action: 'append' },
          query: ['position'],
          headers,
          content: { text: 'content', encoding: 'encoding', type: 'contentType' },
          answer: state,
        }),
      },
      flushData: {
        summary: 'Make what was appended part of the file; position is the length that it then has',
        effect: 'write',
        object: 'workspaceId',
        inputs: () => z.strictObject({ ...file, position, ifMatch }),
        call: rest({
          ...at,
          method: 'PATCH',
          fixedQuery: { action: 'flush' },
          query: ['position'],
          headers: { ...headers, 'if-match': '{ifMatch}' },
          answer: state,
        }),
      },
      deletePath: {
        summary: 'Delete a file; or, where that is said, a folder with everything in it',
        effect: 'delete',
        object: 'workspaceId',
        references: { kind: 'object', version: stated, condition: 'ifMatch' },
        inputs: () => z.strictObject({ ...file, recursive: z.boolean().default(false), ifMatch }),
        call: rest({
          ...at,
          method: 'DELETE',
          query: ['recursive'],
          headers: { ...headers, 'if-match': '{ifMatch}' },
          answer: { kind: 'headers', members: {} },
        }),
      },
      listShortcuts: {
        ...items,
        summary: 'List the shortcuts of an item, with where they lead',
        effect: 'read',
        inputs: () => z.strictObject({ ...item, parentPath: folder.optional(), cursor }),
        call: rest({
          method: 'GET',
          path: '/workspaces/{workspaceId}/items/{itemId}/shortcuts',
          parameters: itemParameters,
          query: ['parentPath'],
          ...paged,
        }),
      },
      createShortcut: {
        ...items,
        summary: 'Make a shortcut to another place in OneLake',
        effect: 'write',
        note: 'Targets outside OneLake are left out: they are read with the stored credential of a connection.',
        inputs: () =>
          z.strictObject({
            ...item,
            path: folder.describe('Folder in which the shortcut is made'),
            name: z.string().regex(/^[^/\\%+#?]{1,128}$/),
            target: z.strictObject({ workspaceId: z.guid(), itemId: z.guid(), path: folder }),
          }),
        call: rest({
          method: 'POST',
          path: '/workspaces/{workspaceId}/items/{itemId}/shortcuts',
          parameters: itemParameters,
          fixedQuery: { shortcutConflictPolicy: 'Abort' },
          template: { path: '{path}', name: '{name}', target: { oneLake: '{target}' } },
        }),
      },
      listDataAccessRoles: {
        ...items,
        summary: 'List the roles that say who may read which folders, rows and columns',
        effect: 'read',
        inputs: () => z.strictObject({ ...item, cursor }),
        call: rest({
          method: 'GET',
          path: '/workspaces/{workspaceId}/items/{itemId}/dataAccessRoles',
          parameters: itemParameters,
          ...paged,
        }),
      },
      setDataAccessRoles: {
        ...items,
        summary: 'Replace all roles of an item: those that are not named are gone',
        effect: 'admin',
        inputs: () =>
          z.strictObject({
            ...item,
            roles: z.array(role).min(1).max(250),
            dryRun: z.boolean().default(false).describe('Only check whether they would be taken'),
            ifMatch,
          }),
        call: rest({
          method: 'PUT',
          path: '/workspaces/{workspaceId}/items/{itemId}/dataAccessRoles',
          parameters: itemParameters,
          query: ['dryRun'],
          headers: { 'if-match': '{ifMatch}' },
          template: { value: '{roles}' },
          answer: { kind: 'headers', members: { etag: 'etag' } },
        }),
      },
    },
  }),
)
