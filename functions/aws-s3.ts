import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { amazon, amazonNotes, amazonValues } from '../shared/backend/define-clouds.ts'
import { serve } from '../shared/serve.ts'

const bucket = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
const key = z.string().min(1).max(900).describe('Key of the object; slashes part it')
const etag = z.string().regex(/^"[\w-]{1,100}"$/)
const ifMatch = etag.optional().describe('Only if the object still has this ETag')
const one = { path: '/{bucket}/{+key}', parameters: ['bucket', 'key'] } as const
const about = {
  members: {
    etag: 'etag',
    'last-modified': 'lastModified',
    'x-amz-version-id': 'version',
    'x-amz-storage-class': 'storageClass',
    'content-type': 'contentType',
  },
} as const

serve(
  defineBackend({
    name: 'aws-s3',
    title: 'Amazon S3 (IAM Identity Center)',
    ...amazon,
    notes: [
      ...amazonNotes,
      'Bucket policies know the role, not the person: rights of single people take prefixes by context in the role’s policy. S3 Access Grants gives credentials for that, which the gateway does not ask for.',
      'No link that carries its own access is ever made or passed on.',
    ],
    values: {
      ...amazonValues,
    },
    limits: { bucket: '!buckets' },
    records: ['x-amz-request-id', 'x-amz-id-2'],
    operations: {
      listObjects: {
        summary: 'List objects of one bucket',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            bucket,
            prefix: z.string().max(900).optional(),
            startAfter: z.string().max(900).optional().describe('The last key of the page before'),
            maxKeys: z.int().min(1).max(1000).default(100),
          }),
        object: 'bucket',
        call: rest({
          method: 'GET',
          path: '/{bucket}',
          parameters: ['bucket'],
          fixedQuery: { 'list-type': '2' },
          query: { prefix: 'prefix', 'start-after': 'startAfter', 'max-keys': 'maxKeys' },
          pageSize: 'maxKeys',
          headers: { accept: 'application/xml' },
          answer: {
            kind: 'xml',
            root: 'ListBucketResult',
            lists: {
              objects: {
                path: 'Contents',
                members: { key: 'Key', size: 'Size', etag: 'ETag', lastModified: 'LastModified' },
                numbers: ['size'],
              },
            },
            more: 'NextContinuationToken',
          },
        }),
      },
      headObject: {
        summary: 'Read size, type and version of an object',
        effect: 'read',
        inputs: () => z.strictObject({ bucket, key }),
        object: 'bucket',
        call: rest({
          method: 'HEAD',
          ...one,
          answer: {
            kind: 'headers',
            members: { ...about.members, 'content-length': 'size' },
            numbers: ['size'],
          },
        }),
      },
      getObject: {
        summary: 'Read an object, or a range of it',
        effect: 'read',
        untrusted: true,
        inputs: () =>
          z.strictObject({
            bucket,
            key,
            offset: z.int().min(0).optional(),
            length: z.int().min(1).max(1_048_576).default(1_048_576),
            ifMatch,
          }),
        object: 'bucket',
        call: rest({
          method: 'GET',
          ...one,
          headers: { accept: '*/*', 'if-match': '{ifMatch}' },
          range: { offset: 'offset', length: 'length' },
          answer: { kind: 'bytes', ...about },
        }),
      },
      putObject: {
        summary: 'Store an object; a new one unless an ETag says which one is replaced',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            bucket,
            key,
            content: z.string().max(700_000),
            encoding: z.enum(['text', 'base64']).default('text'),
            contentType: z
              .string()
              .regex(/^[\w.+-]{1,100}\/[\w.+-]{1,100}$/)
              .default('text/plain'),
          }),
        object: 'bucket',
        call: rest({
          method: 'PUT',
          ...one,
          headers: { 'if-none-match': '*' },
          content: { text: 'content', encoding: 'encoding', type: 'contentType' },
          answer: { kind: 'headers', ...about },
        }),
      },
      replaceObject: {
        summary: 'Replace an object that has not changed since it was read',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            bucket,
            key,
            etag,
            content: z.string().max(700_000),
            encoding: z.enum(['text', 'base64']).default('text'),
            contentType: z
              .string()
              .regex(/^[\w.+-]{1,100}\/[\w.+-]{1,100}$/)
              .default('text/plain'),
          }),
        object: 'bucket',
        call: rest({
          method: 'PUT',
          ...one,
          headers: { 'if-match': '{etag}' },
          content: { text: 'content', encoding: 'encoding', type: 'contentType' },
          answer: { kind: 'headers', ...about },
        }),
      },
      deleteObject: {
        summary: 'Delete an object; a bucket with versions keeps the earlier ones',
        effect: 'delete',
        inputs: () => z.strictObject({ bucket, key }),
        object: 'bucket',
        call: rest({
          method: 'DELETE',
          ...one,
          answer: { kind: 'headers', members: { 'x-amz-version-id': 'version' } },
        }),
      },
      getDataAccess: {
        summary: 'Ask S3 Access Grants for credentials',
        effect: 'admin',
        unsupported: 'Its answer is credentials, which no agent gets.',
        inputs: () => z.strictObject({ bucket }),
        object: 'bucket',
        call: rest({
          method: 'GET',
          path: '/v20180820/accessgrantsinstance/dataaccess/{bucket}',
          parameters: ['bucket'],
        }),
      },
    },
  }),
)
