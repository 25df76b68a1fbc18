import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { tenantDefined } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const bucket = z.string().regex(/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/)
const object = z.string().min(1).max(900).describe('Name of the object; slashes part it')
const generation = z.string().regex(/^\d{1,20}$/)
const maxResults = z.int().min(1).max(1000).default(100)
const cursor = z.string().max(4000).optional().describe('As the page before gave it')
// Objects go by the XML interface, whose paths may hold slashes and whose conditions are headers.
const one = { path: '/{bucket}/{+object}', parameters: ['bucket', 'object'] } as const
const page = { from: { pointer: '/nextPageToken' }, into: { query: 'pageToken' } } as const
const about = {
  etag: 'etag',
  'last-modified': 'lastModified',
  'content-type': 'contentType',
  'x-goog-generation': 'generation',
  'x-goog-metageneration': 'metageneration',
  'x-goog-storage-class': 'storageClass',
} as const
const google = { public: ['.googleapis.com'], usgov: ['.googleapis.com'], china: null }

serve(
  defineBackend({
    name: 'google-cloud-storage',
    title: 'Google Cloud Storage (workforce identity federation)',
    ...tenantDefined('The registration that the workforce pool’s provider trusts'),
    hostSuffixes: google,
    base: { public: 'https://storage.googleapis.com', usgov: null, china: null },
    tokenService: 'google',
    endpoints: {
      tokens: {
        scope: { public: null, usgov: null, china: null },
        hostSuffixes: google,
        base: { public: 'https://sts.googleapis.com', usgov: 'https://sts.googleapis.com', china: null },
      },
    },
    honesty: 'by-token-service',
    notes: [
      'Google’s token service turns the person’s token into one of the same person in the workforce pool; the bucket’s grants are judged for that principal.',
      'Google documents ID tokens and SAML for this exchange; that it takes access tokens of a registration whose id is the provider’s client id is widely used, and has to be tried where it is installed.',
      'Nothing in its answers says whom it saw, so that a call rests on the token’s proof. Its own Data Access log says it, which is off unless the company turns it on.',
      'No link that carries its own access is ever made or passed on.',
    ],
    values: {
      project: { description: 'Project whose buckets are listed', pattern: /^[a-z][a-z0-9-]{2,61}[a-z0-9]$/ },
      userProject: { description: 'Project whose quota is used', pattern: /^[a-z0-9-]{4,63}$/ },
      pool: { description: 'Id of the workforce pool', pattern: /^[a-z][a-z0-9-]{3,62}$/ },
      provider: { description: 'Id of the pool’s provider', pattern: /^[a-z][a-z0-9-]{3,31}$/ },
      subjectTokenType: {
        description: 'Either `jwt` (default) or `id_token`',
        pattern: /^(jwt|id_token)$/,
        optional: true,
      },
    },
    limits: { bucket: '!buckets' },
    // Google keeps headers of this form in its own Data Access log.
    correlation: { 'x-goog-custom-audit-countersign-decision': '{decisionId}' },
    records: ['x-guploader-uploadid', 'x-goog-generation'],
    operations: {
      listObjects: {
        summary: 'List objects of one bucket',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            bucket,
            prefix: z.string().max(900).optional(),
            delimiter: z.enum(['/']).optional(),
            maxResults,
            cursor,
          }),
        object: 'bucket',
        call: rest({
          method: 'GET',
          path: '/storage/v1/b/{bucket}/o',
          parameters: ['bucket'],
          query: ['prefix', 'delimiter', 'maxResults'],
          pageSize: 'maxResults',
          page,
          drop: ['/items/*/mediaLink', '/items/*/selfLink', '/items/*/acl', '/items/*/owner'],
        }),
      },
      getObjectMetadata: {
        summary: 'Read size, type and generation of an object',
        effect: 'read',
        inputs: () => z.strictObject({ bucket, object }),
        object: 'bucket',
        call: rest({
          method: 'HEAD',
          ...one,
          answer: { kind: 'headers', members: { ...about, 'content-length': 'size' }, numbers: ['size'] },
        }),
      },
      downloadObject: {
        summary: 'Read an object, or a range of it',
        effect: 'read',
        untrusted: true,
        inputs: () =>
          z.strictObject({
            bucket,
            object,
            offset: z.int().min(0).optional(),
            length: z.int().min(1).max(1_048_576).default(1_048_576),
            generation: generation.optional().describe('Only if the object still has this generation'),
          }),
        object: 'bucket',
        call: rest({
          method: 'GET',
          ...one,
          headers: { accept: '*/*', 'x-goog-if-generation-match': '{generation}' },
          range: { offset: 'offset', length: 'length' },
          answer: { kind: 'bytes', members: about },
        }),
      },
      uploadObject: {
        summary: 'Store an object; a new one unless a generation says which one is replaced',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            bucket,
            object,
            generation: generation.default('0').describe('Of the object that is replaced; 0 where there must be none'),
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
          headers: { 'x-goog-if-generation-match': '{generation}' },
          content: { text: 'content', encoding: 'encoding', type: 'contentType' },
          answer: { kind: 'headers', members: about },
        }),
      },
      deleteObject: {
        summary: 'Delete one generation of an object',
        effect: 'delete',
        inputs: () => z.strictObject({ bucket, object, generation }),
        object: 'bucket',
        call: rest({
          method: 'DELETE',
          ...one,
          headers: { 'x-goog-if-generation-match': '{generation}' },
          answer: { kind: 'headers', members: { 'x-goog-generation': 'generation' } },
        }),
      },
    },
  }),
)
