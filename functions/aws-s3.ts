import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { tenantDefined } from '../shared/backend/define-resources.ts'
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
const roleArn = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,200}$/
const amazon = { public: ['.amazonaws.com'], usgov: ['.amazonaws.com'], china: ['.amazonaws.com.cn'] }
// Asked by the exchange alone: no token of Entra's is for them.
const service = { scope: { public: null, usgov: null, china: null }, hostSuffixes: amazon }

serve(
  defineBackend({
    name: 'aws-s3',
    title: 'Amazon S3 (IAM Identity Center)',
    ...tenantDefined('The registration that Identity Center trusts as token issuer'),
    hostSuffixes: amazon,
    tokenService: 'aws',
    endpoints: { identityCenter: service, sts: service },
    honesty: 'by-token-service',
    notes: [
      'IAM Identity Center takes the person’s token by its trusted token issuer, and the role’s session carries that person’s context: grants are judged for them. A role that is assumed without it would be one account for everybody, and is refused.',
      'The gateway signs the exchange with credentials of its managed identity, whose role may do nothing but `sso-oauth:CreateTokenWithIAM`, `sts:AssumeRole` and `sts:SetContext`. They are used for nothing else.',
      'The session is checked to be of that role and this person, by a name that the gateway gave it: AWS has no call that says whom a context is of, so that the proof is the token’s.',
      'Conditional Access holds when Entra issues its token. The session that AWS made of it lives no longer than that token, and is dropped when the person’s tokens are.',
      'Bucket policies know the role, not the person: rights of single people take prefixes by context in the role’s policy. S3 Access Grants gives credentials for that, which the gateway does not ask for.',
      'No link that carries its own access is ever made or passed on.',
    ],
    values: {
      region: { description: 'Region, such as eu-central-1', pattern: /^[a-z]{2}(-[a-z]+)+-\d$/ },
      gatewayRole: { description: 'Role of the gateway’s managed identity, for the exchange alone', pattern: roleArn },
      gatewayAudience: {
        description: 'Audience that the identity provider in AWS expects',
        pattern: /^[\w:/.-]{3,200}$/,
      },
      personRole: { description: 'Role whose sessions carry the person’s context', pattern: roleArn },
      identityCenterApplication: {
        description:
          'The customer managed application of IAM Identity Center; without one a role is shared, and refused',
        pattern: /^arn:aws[a-z-]*:sso::\d{12}:application\/[\w/.-]{1,200}$/,
      },
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
