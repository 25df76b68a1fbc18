import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

// Azure's own rules for names, without the containers of the service itself ($root, $web, $logs).
const container = z
  .string()
  .min(3)
  .max(63)
  .regex(/^[a-z0-9](-?[a-z0-9])+$/)
const blob = z
  .string()
  .max(1024)
  .regex(/^[^/\\]+(\/[^/\\]+){0,253}$/)
  // Segments of dots lead elsewhere; Azure's tools lose a dot at the end of one.
  .refine((name) => !/\.(\/|$)/.test(name))
  .describe('Name of the blob, with / between its parts')
const version = z.string().regex(/^"[!#-~]{1,98}"$/)
const etag = z.string().regex(/^(\*|"[!#-~]{1,98}")$/)
const marker = z.string().max(2048).optional().describe('nextMarker of the page before')
const maxresults = z.int().min(1).max(1000).default(100)
const prefix = z.string().max(1024).optional()
const condition = `"[\\w +./:=-]{1,128}" ?(=|<|<=|>|>=) ?'[\\w +./:=-]{0,256}'`
const where = z
  .string()
  .max(1000)
  .regex(new RegExp(`^${condition}( AND ${condition}){0,9}$`))
  .describe(`Conditions on index tags, such as "project" = 'alpha' AND "year" >= '2025'`)
const offset = z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe('First byte; default 0')
const length = z.int().min(1).max(1_048_576).optional().describe('How many bytes; default and most 1,048,576')
const target = { container, blob }
const conditions = {
  ifMatch: etag.optional().describe('Only if this is the ETag of what is there'),
  ifNoneMatch: etag.optional().describe('Only if this is not the ETag of what is there; * = only if nothing is'),
}
// An ETag that is not there, or any that is, would let a write replace what nobody has looked at.
const creation = {
  ifMatch: version.optional().describe('Replace the blob, only if this is its ETag'),
  ifNoneMatch: z.enum(['*']).optional().describe('Only if there is no such blob; the default without ifMatch'),
}
const content = {
  content: z.string().max(1_048_576),
  encoding: z.enum(['text', 'base64']).default('text').describe('How content is written'),
  contentType: z
    .string()
    .max(200)
    .regex(/^[\w.+-]+\/[\w.+-]+(; ?[\w.-]+=[\w.-]+)*$/)
    .default('application/octet-stream'),
}

const headers = { 'x-ms-version': '2026-04-06', accept: 'application/xml' }
const matching = { 'if-match': '{ifMatch}', 'if-none-match': '{ifNoneMatch}' }
const at = { path: '/{container}/{+blob}', parameters: ['container', 'blob'] } as const
const state = { etag: 'etag', 'last-modified': 'lastModified', 'x-ms-version-id': 'versionId' }
const typed = { ...state, 'content-type': 'contentType', 'content-encoding': 'contentEncoding' }
const described = {
  ...typed,
  'content-length': 'size',
  'x-ms-blob-type': 'blobType',
  'x-ms-access-tier': 'accessTier',
  'x-ms-creation-time': 'created',
  'x-ms-tag-count': 'tagCount',
  'x-ms-lease-state': 'leaseState',
}
const properties = {
  kind: 'headers',
  members: described,
  numbers: ['size', 'tagCount'],
  prefixed: { member: 'metadata', prefix: 'x-ms-meta-' },
} as const
const listed = {
  name: 'Name',
  size: 'Properties/Content-Length',
  contentType: 'Properties/Content-Type',
  etag: 'Properties/Etag',
  lastModified: 'Properties/Last-Modified',
}

const tag = { path: 'Tags/TagSet/Tag', members: { key: 'Key', value: 'Value' } }
const listing = { kind: 'xml', root: 'EnumerationResults' } as const
const page = { ...listing, members: { nextMarker: 'NextMarker' } } as const
const containers = { name: 'Name', etag: 'Properties/Etag', lastModified: 'Properties/Last-Modified' }
const containerPage = {
  ...listing,
  more: 'NextMarker',
  lists: { containers: { path: 'Containers/Container', members: containers, etag: 'etag', object: 'name' } },
}
const blobPage = {
  ...page,
  lists: {
    blobs: { path: 'Blobs/Blob', members: listed, numbers: ['size'], etag: 'etag' },
    prefixes: { path: 'Blobs/BlobPrefix', members: { name: 'Name' } },
  },
}
const tagPage = {
  ...page,
  lists: {
    blobs: {
      path: 'Blobs/Blob',
      members: { container: 'ContainerName', name: 'Name', tags: tag },
      object: 'container',
    },
  },
}

/** Judged before anybody is asked to approve it: decoders skip what is no base64, and something else would be stored. */
const isBase64 = (text: string) => Buffer.from(text, 'base64').toString('base64') === text

/** Data for anybody, until the deployment's classification says otherwise of `<container>.<member>`. */
const open = (place: string, members: readonly string[]) =>
  Object.fromEntries(members.map((member) => [`${place}/${member}`, 'none']))

serve(
  defineBackend({
    name: 'azure-storage-blob',
    title: 'Azure Blob Storage',
    ...resources.storage,
    honesty: 'yes',
    notes: ['Signed links (SAS) are neither made nor passed on: whoever holds one is nobody in particular.'],
    hostSuffixes: {
      public: ['.blob.core.windows.net'],
      usgov: ['.blob.core.usgovcloudapi.net'],
      china: ['.blob.core.chinacloudapi.cn'],
    },
    operations: {
      listContainers: {
        summary: 'List the containers that agents may reach, as the person sees them',
        effect: 'read',
        // In one page of 5,000, a prefix finds the others: the marker of a next one names a container, listed here or not.
        inputs: () => z.strictObject({ prefix }),
        call: rest({
          method: 'GET',
          path: '/',
          parameters: [],
          fixedQuery: { comp: 'list' },
          query: ['prefix'],
          headers,
          answer: containerPage,
        }),
      },
      listBlobs: {
        summary: 'List the blobs of one container; with a delimiter, one level of its names',
        effect: 'read',
        object: 'container',
        inputs: () => z.strictObject({ container, prefix, delimiter: z.enum(['/']).optional(), marker, maxresults }),
        call: rest({
          method: 'GET',
          path: '/{container}',
          parameters: ['container'],
          fixedQuery: { restype: 'container', comp: 'list' },
          query: ['prefix', 'delimiter', 'marker', 'maxresults'],
          pageSize: 'maxresults',
          headers,
          answer: blobPage,
        }),
        labels: { ...open('/blobs/*', Object.keys(listed)), '/prefixes/*/name': 'none', '/nextMarker': 'none' },
        tells: { '/nextMarker': ['name'] },
        compares: { prefix: ['name'], marker: ['name'] },
      },
      getBlob: {
        summary: 'Read a blob, or a range of its bytes: text as it is, anything else as base64',
        effect: 'read',
        object: 'container',
        inputs: () => z.strictObject({ ...target, offset, length }),
        call: rest({
          ...at,
          method: 'GET',
          range: { offset: 'offset', length: 'length' },
          headers: { ...headers, accept: '*/*' },
          answer: { kind: 'bytes', members: typed },
        }),
        labels: open('', ['content', 'encoding', 'range', ...Object.values(typed)]),
        // Of masked content, range by range, what a mask leaves or tokens that match would give the whole.
        compares: { offset: ['content'], length: ['content'] },
      },
      getBlobProperties: {
        summary: "Read a blob's properties and metadata without its content",
        effect: 'read',
        object: 'container',
        inputs: () => z.strictObject(target),
        call: rest({
          ...at,
          method: 'HEAD',
          headers,
          answer: properties,
        }),
        labels: open('', ['metadata', ...Object.values(described)]),
      },
      findBlobsByTags: {
        summary: 'Find the blobs of one container by their index tags',
        effect: 'read',
        object: 'container',
        inputs: () => z.strictObject({ container, where, marker, maxresults }),
        call: rest({
          method: 'GET',
          path: '/',
          parameters: [],
          fixedQuery: { comp: 'blobs', where: "@container='{container}' AND {where}" },
          query: ['marker', 'maxresults'],
          pageSize: 'maxresults',
          headers,
          answer: tagPage,
        }),
        labels: { ...open('/blobs/*', ['container', 'name', 'tags']), '/nextMarker': 'none' },
        tells: { '/nextMarker': ['tags', 'name'] },
        compares: { where: ['tags'], marker: ['tags', 'name'] },
      },
      putBlob: {
        summary: 'Store a blob: a new one, or in place of the version that ifMatch names',
        effect: 'write',
        object: 'container',
        // Without a condition the service would overwrite whatever is there.
        inputs: () =>
          z
            .strictObject({ ...target, ...content, ...creation })
            .refine(({ encoding, content }) => encoding === 'text' || isBase64(content), { path: ['content'] })
            .transform((put) => ((put.ifMatch ?? put.ifNoneMatch) === undefined ? { ...put, ifNoneMatch: '*' } : put)),
        call: rest({
          ...at,
          method: 'PUT',
          headers: { ...headers, ...matching, 'x-ms-blob-type': 'BlockBlob' },
          content: { text: 'content', encoding: 'encoding', type: 'contentType' },
          answer: { kind: 'headers', members: state },
        }),
      },
      deleteBlob: {
        summary: 'Delete one blob; with its snapshots only where that is said',
        effect: 'delete',
        object: 'container',
        references: {
          kind: 'object',
          version: { operation: 'getBlobProperties', inputs: { container: 'container', blob: 'blob' }, at: '/etag' },
          condition: 'ifMatch',
        },
        inputs: () => z.strictObject({ ...target, ...conditions, snapshots: z.enum(['include', 'only']).optional() }),
        call: rest({
          ...at,
          method: 'DELETE',
          headers: { ...headers, ...matching, 'x-ms-delete-snapshots': '{snapshots}' },
          answer: { kind: 'headers', members: {} },
        }),
      },
      deleteContainer: {
        summary: 'Delete one container with everything in it',
        effect: 'admin',
        object: 'container',
        inputs: () => z.strictObject({ container }),
        call: rest({
          method: 'DELETE',
          path: '/{container}',
          parameters: ['container'],
          fixedQuery: { restype: 'container' },
          headers,
          answer: { kind: 'headers', members: {} },
        }),
      },
    },
  }),
)
