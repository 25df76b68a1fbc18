import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const filesystem = z
  .string()
  .regex(/^[a-z0-9](-?[a-z0-9])+$/)
  .min(3)
  .max(63)
const path = z
  .string()
  .max(1024)
  .regex(/^[^/\\]+(\/[^/\\]+){0,62}$/)
  // Segments of dots lead elsewhere.
  .refine((name) => !/(^|\/)\.+(\/|$)/.test(name))
  .describe('Path within the file system, without a slash before it')
const version = z
  .string()
  .regex(/^"[!#-~]{1,98}"$/)
  .describe('ETag of what is there')
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const position = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
const target = { filesystem, path }
const at = { path: '/{filesystem}/{+path}', parameters: ['filesystem', 'path'] } as const
const headers = { 'x-ms-version': '2026-02-06' }
const described = {
  etag: 'etag',
  'last-modified': 'lastModified',
  'content-type': 'contentType',
  'content-length': 'size',
  'x-ms-resource-type': 'resourceType',
}
const access = { 'x-ms-owner': 'owner', 'x-ms-group': 'group', 'x-ms-permissions': 'permissions', 'x-ms-acl': 'acl' }
const state = { kind: 'headers', members: { etag: 'etag', 'last-modified': 'lastModified' } } as const
const isBase64 = (text: string) => Buffer.from(text, 'base64').toString('base64') === text
const entry = '(default:)?(user|group|mask|other):([0-9a-f-]{36})?:[r-][w-][x-]'

serve(
  defineBackend({
    name: 'azure-datalake-gen2',
    title: 'Azure Data Lake Storage',
    ...resources.storage,
    hostSuffixes: {
      public: ['.dfs.core.windows.net'],
      usgov: ['.dfs.core.usgovcloudapi.net'],
      china: ['.dfs.core.chinacloudapi.cn'],
    },
    honesty: 'yes',
    notes: [
      'Access lists of files and folders are judged for the person; roles on the account (Storage Blob Data Owner and the like) pass them by.',
      'Signed links (SAS) are neither made nor passed on.',
    ],
    limits: { filesystem: '!filesystems' },
    records: ['x-ms-error-code'],
    operations: {
      listPaths: {
        summary: 'List files and folders',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            filesystem,
            directory: path.optional(),
            recursive: z.boolean().default(false),
            maxResults: z.int().min(1).max(5000).default(100),
            cursor,
          }),
        object: 'filesystem',
        call: rest({
          method: 'GET',
          path: '/{filesystem}',
          parameters: ['filesystem'],
          query: ['directory', 'recursive', 'maxResults'],
          fixedQuery: { resource: 'filesystem' },
          pageSize: 'maxResults',
          headers,
          page: { from: { header: 'x-ms-continuation' }, into: { query: 'continuation' } },
        }),
        labels: { '/paths/*/*': 'none', '/paths/*/owner': 'none', '/paths/*/group': 'none' },
      },
      readFile: {
        summary: 'Read a file, or a part of it',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            ...target,
            offset: position.optional().describe('First byte; default 0'),
            length: z.int().min(1).max(1_048_576).optional().describe('How many bytes; default and most 1,048,576'),
          }),
        object: 'filesystem',
        call: rest({
          method: 'GET',
          ...at,
          headers,
          range: { offset: 'offset', length: 'length' },
          answer: { kind: 'bytes', members: described, numbers: ['size'] },
        }),
        labels: { '/*': 'none' },
      },
      getProperties: {
        summary: 'Properties of a file or folder, with who may do what',
        effect: 'read',
        inputs: () => z.strictObject(target),
        object: 'filesystem',
        call: rest({
          method: 'HEAD',
          ...at,
          fixedQuery: { action: 'getAccessControl' },
          headers,
          answer: { kind: 'headers', members: { ...described, ...access }, numbers: ['size'] },
        }),
      },
      createPath: {
        summary: 'Create an empty file or a folder where nothing is',
        effect: 'write',
        inputs: () => z.strictObject({ ...target, resource: z.enum(['file', 'directory']) }),
        object: 'filesystem',
        call: rest({
          method: 'PUT',
          ...at,
          query: ['resource'],
          headers: { ...headers, 'if-none-match': '*' },
          answer: state,
        }),
      },
      appendData: {
        summary: 'Append bytes to a file; they are there after flushData',
        effect: 'write',
        inputs: () =>
          z
            .strictObject({
              ...target,
              position,
              content: z.string().max(1_048_576),
              encoding: z.enum(['text', 'base64']).default('text'),
              contentType: z.enum(['application/octet-stream']).default('application/octet-stream'),
            })
            .refine(({ content, encoding }) => encoding === 'text' || isBase64(content), { path: ['content'] }),
        object: 'filesystem',
        call: rest({
          method: 'PATCH',
          ...at,
          query: ['position'],
          fixedQuery: { action: 'append' },
          headers,
          content: { text: 'content', encoding: 'encoding', type: 'contentType' },
          answer: state,
        }),
      },
      flushData: {
        summary: 'Make appended bytes part of the file, up to a length',
        effect: 'write',
        inputs: () =>
          z.strictObject({ ...target, position: position.describe('Length of the file then'), ifMatch: version }),
        object: 'filesystem',
        call: rest({
          method: 'PATCH',
          ...at,
          query: ['position'],
          fixedQuery: { action: 'flush' },
          headers: { ...headers, 'if-match': '{ifMatch}' },
          answer: state,
        }),
      },
      setAccessControl: {
        summary: 'Replace the access list of a file or folder',
        effect: 'admin',
        inputs: () =>
          z.strictObject({
            ...target,
            acl: z
              .string()
              .max(4000)
              .regex(new RegExp(`^${entry}(,${entry}){0,31}$`)),
          }),
        object: 'filesystem',
        call: rest({
          method: 'PATCH',
          ...at,
          fixedQuery: { action: 'setAccessControl' },
          headers: { ...headers, 'x-ms-acl': '{acl}' },
          answer: state,
        }),
      },
      deletePath: {
        summary: 'Delete a file, or a folder with all that is in it',
        effect: 'delete',
        inputs: () =>
          z.strictObject({ ...target, recursive: z.boolean().default(false), ifMatch: version.optional(), cursor }),
        object: 'filesystem',
        call: rest({
          method: 'DELETE',
          ...at,
          query: ['recursive'],
          headers: { ...headers, 'if-match': '{ifMatch}' },
          answer: { kind: 'headers', members: { 'x-ms-deletion-id': 'deletionId' } },
          page: { from: { header: 'x-ms-continuation' }, into: { query: 'continuation' } },
        }),
      },
    },
  }),
)
