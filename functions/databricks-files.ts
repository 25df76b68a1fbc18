import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const name = z.string().regex(/^[^\s./\\]{1,255}$/)
const volume = { catalog: name, schema: name, volume: name }
const path = z
  .string()
  .max(1_000)
  .regex(/^[^/\\\n]+(\/[^/\\\n]+)*$/)
  .refine((value) => !/(^|\/)\.{1,2}(\/|$)/.test(value))
  .describe('Within the volume, with / between its parts')
const file = { ...volume, path }
const filePath = '/api/2.0/fs/files/Volumes/{catalog}/{schema}/{volume}/{+path}'
const folderPath = '/api/2.0/fs/directories/Volumes/{catalog}/{schema}/{volume}/{+path}'
const inFile = ['catalog', 'schema', 'volume', 'path'] as const
const page = { from: { pointer: '/next_page_token' }, into: { query: 'page_token' } } as const
const listing = { pageSize: z.int().min(1).max(1000).default(100), cursor: z.string().max(4_000).optional() }
const properties = { 'content-type': 'contentType', 'last-modified': 'lastModified', 'content-length': 'size' }

serve(
  defineBackend({
    name: 'databricks-files',
    title: 'Databricks volumes and the files in them',
    ...resources.databricks,
    honesty: 'yes',
    notes: [
      'Unity Catalog judges each call by the rights that the person has on the volume; within a volume there are no further rights.',
      'Links to files that carry their own access are never asked for.',
      'The older DBFS root is not offered: it has no rights for single persons.',
    ],
    hostSuffixes: {
      public: ['.azuredatabricks.net'],
      usgov: ['.databricks.azure.us'],
      china: ['.databricks.azure.cn'],
    },
    identityProbe: { method: 'request', path: '/api/2.0/preview/scim/v2/Me', oid: '/externalId' },
    correlation: { 'user-agent': 'Countersign/1.0 decision/{decisionId}' },
    records: ['x-databricks-org-id'],
    limits: { catalog: 'catalogs', volume: 'volumes' },
    operations: {
      listVolumes: {
        summary: 'List the volumes of one schema that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ catalog: name, schema: name, ...listing }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.1/unity-catalog/volumes', parameters: [], pageSize: 'pageSize', page },
          query: { catalog_name: 'catalog', schema_name: 'schema', max_results: 'pageSize' },
          drop: ['/volumes/*/access_point', '/volumes/*/encryption_details'],
        }),
      },
      listVolume: {
        summary: 'List what is at the top of one volume',
        effect: 'read',
        inputs: () => z.strictObject({ ...volume, ...listing }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.0/fs/directories/Volumes/{catalog}/{schema}/{volume}' },
          ...{ parameters: ['catalog', 'schema', 'volume'], query: { page_size: 'pageSize' } },
          ...{ pageSize: 'pageSize', page },
        }),
      },
      listDirectory: {
        summary: 'List what is in one folder of a volume',
        effect: 'read',
        inputs: () => z.strictObject({ ...file, ...listing }),
        call: rest({
          ...{ method: 'GET', path: folderPath, parameters: inFile, query: { page_size: 'pageSize' } },
          ...{ pageSize: 'pageSize', page },
        }),
      },
      getFileMetadata: {
        summary: 'Read size, type and time of one file',
        effect: 'read',
        inputs: () => z.strictObject(file),
        call: rest({
          ...{ method: 'HEAD', path: filePath, parameters: inFile },
          answer: { kind: 'headers', members: properties, numbers: ['size'] },
        }),
      },
      downloadFile: {
        summary: 'Read one file, or a part of it',
        effect: 'read',
        untrusted: true,
        inputs: () =>
          z.strictObject({
            ...file,
            offset: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).describe('First byte'),
            length: z.int().min(1).max(1_048_576).default(1_048_576).describe('How many bytes'),
          }),
        call: rest({
          ...{ method: 'GET', path: filePath, parameters: inFile, range: { offset: 'offset', length: 'length' } },
          answer: { kind: 'bytes', members: { 'content-type': 'contentType', 'last-modified': 'lastModified' } },
          headers: { accept: '*/*' },
        }),
      },
      uploadFile: {
        summary: 'Store one file that is not there yet',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            ...file,
            content: z.string().max(1_048_576),
            encoding: z.enum(['text', 'base64']).default('text').describe('How content is written'),
            contentType: z.enum(['application/octet-stream']).default('application/octet-stream'),
          }),
        call: rest({
          ...{ method: 'PUT', path: filePath, parameters: inFile, fixedQuery: { overwrite: 'false' } },
          content: { text: 'content', encoding: 'encoding', type: 'contentType' },
        }),
      },
      createDirectory: {
        summary: 'Create one folder in a volume, and the folders above it',
        effect: 'write',
        inputs: () => z.strictObject(file),
        call: rest({ method: 'PUT', path: folderPath, parameters: inFile }),
      },
      deleteFile: {
        summary: 'Delete one file for good',
        effect: 'delete',
        inputs: () => z.strictObject(file),
        call: rest({ method: 'DELETE', path: filePath, parameters: inFile }),
      },
      deleteDirectory: {
        summary: 'Delete one empty folder',
        effect: 'delete',
        inputs: () => z.strictObject(file),
        call: rest({ method: 'DELETE', path: folderPath, parameters: inFile }),
      },
    },
  }),
)
