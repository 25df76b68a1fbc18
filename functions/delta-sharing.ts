import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources, tenantDefined } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const name = z.string().regex(/^[^\s./\\]{1,255}$/)
const table = { share: name, schema: name, table: name }
const privileges = z
  .array(z.enum(['SELECT']))
  .max(1)
  .default([])
const change = z.strictObject({ principal: z.string().min(1).max(320), add: privileges, remove: privileges })
const maxResults = z.int().min(1).max(500).default(100)
const cursor = z.string().max(16_384).optional()
const page = { from: { pointer: '/next_page_token' }, into: { query: 'page_token' } } as const
const protocolPage = { from: { pointer: '/nextPageToken' }, into: { query: 'pageToken' } } as const
const tablePath = '/shares/{share}/schemas/{schema}/tables/{table}'
const inTable = ['share', 'schema', 'table'] as const
const signedLinks =
  'It answers with links that carry their own access to the files of the table: whoever holds one is nobody in particular. Read shared tables by databricks-sql, in a catalog that is made of the share.'

serve(
  defineBackend({
    name: 'delta-sharing',
    title: 'Delta Sharing: shares, recipients and what they hold',
    ...resources.databricks,
    honesty: 'conditional',
    notes: [
      'Shares and recipients are managed as a user of the workspace, by the grants that the person has.',
      'The open protocol knows a person only where the recipient trusts Entra (an OIDC federation policy with the subject claim oid); recipients with a bearer token of their own are nobody in particular and are not used.',
      'Rows travel by links that carry their own access. Countersign never passes such a link on, so that of the open protocol only lists, versions and descriptions of tables are left.',
    ],
    hostSuffixes: {
      public: ['.azuredatabricks.net'],
      usgov: ['.databricks.azure.us'],
      china: ['.databricks.azure.cn'],
    },
    identityProbe: { method: 'request', path: '/api/2.0/preview/scim/v2/Me', oid: '/externalId' },
    correlation: { 'user-agent': 'Countersign/1.0 decision/{decisionId}' },
    records: ['x-databricks-org-id', 'delta-table-version'],
    // The provider's sharing server, with its prefix; the audience is that of the recipient's federation policy.
    endpoints: {
      sharing: {
        ...tenantDefined('The registration of the sharing server'),
        hostSuffixes: { public: [], usgov: [], china: [] },
      },
    },
    limits: { share: 'shares' },
    operations: {
      listShares: {
        summary: 'List the shares that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ maxResults, cursor }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.1/unity-catalog/shares', parameters: [], pageSize: 'maxResults', page },
          query: { max_results: 'maxResults' },
        }),
      },
      getShare: {
        summary: 'Read what one share holds',
        effect: 'read',
        inputs: () => z.strictObject({ share: name }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.1/unity-catalog/shares/{share}', parameters: ['share'] },
          fixedQuery: { include_shared_data: 'true' },
        }),
      },
      updateSharePermissions: {
        summary: 'Let recipients read a share, or no longer',
        effect: 'admin',
        egress: true,
        inputs: () => z.strictObject({ share: name, changes: z.array(change).min(1).max(50) }),
        call: rest({
          ...{ method: 'PATCH', path: '/api/2.1/unity-catalog/shares/{share}/permissions', parameters: ['share'] },
          body: ['changes'],
        }),
      },
      listRecipients: {
        summary: 'List to whom is shared',
        effect: 'read',
        inputs: () => z.strictObject({ maxResults, cursor }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.1/unity-catalog/recipients', parameters: [], pageSize: 'maxResults', page },
          query: { max_results: 'maxResults' },
          drop: ['/recipients/*/tokens', '/recipients/*/activation_url', '/recipients/*/sharing_code'],
        }),
      },
      createFederationPolicy: {
        summary: 'Let one person, by their Entra object id, read what a recipient is given',
        effect: 'admin',
        egress: true,
        inputs: () =>
          z.strictObject({
            ...{ recipient: name, name: z.string().regex(/^[\w-]{1,60}$/) },
            issuer: z.string().regex(/^https:\/\/login\.microsoftonline\.(com|us)\/[0-9a-f-]{36}\/v2\.0$/),
            subject: z.guid().describe("The person's object id"),
            audience: z.string().min(1).max(200),
          }),
        call: rest({
          method: 'POST',
          path: '/api/2.0/data-sharing/recipients/{recipient}/federation-policies',
          parameters: ['recipient'],
          template: {
            name: '{name}',
            oidc_policy: {
              ...{ issuer: '{issuer}', subject_claim: 'oid', subject: '{subject}', audiences: ['{audience}'] },
            },
          },
        }),
      },
      rotateRecipientToken: {
        summary: 'Make a new bearer token for a recipient',
        effect: 'admin',
        unsupported: 'It answers with a secret that works for whoever holds it.',
        inputs: () => z.strictObject({ recipient: name }),
        call: rest({
          ...{ method: 'POST', path: '/api/2.1/unity-catalog/recipients/{recipient}/rotate-token' },
          parameters: ['recipient'],
        }),
      },
      protocolListShares: {
        summary: 'List the shares of the provider that the person is a recipient of',
        effect: 'read',
        at: 'sharing',
        inputs: () => z.strictObject({ maxResults, cursor }),
        call: rest({
          ...{ method: 'GET', path: '/shares', parameters: [], query: ['maxResults'], pageSize: 'maxResults' },
          page: protocolPage,
        }),
      },
      protocolListAllTables: {
        summary: 'List all tables of one share of the provider',
        effect: 'read',
        at: 'sharing',
        inputs: () => z.strictObject({ share: name, maxResults, cursor }),
        call: rest({
          ...{ method: 'GET', path: '/shares/{share}/all-tables', parameters: ['share'], query: ['maxResults'] },
          ...{ pageSize: 'maxResults', page: protocolPage },
        }),
      },
      protocolTableVersion: {
        summary: 'Read the version that a shared table has now',
        effect: 'read',
        at: 'sharing',
        inputs: () => z.strictObject(table),
        call: rest({
          ...{ method: 'GET', path: `${tablePath}/version`, parameters: inTable },
          answer: { kind: 'headers', members: { 'delta-table-version': 'version' }, numbers: ['version'] },
        }),
      },
      protocolTableMetadata: {
        summary: 'Read the schema of a shared table, one JSON object a line',
        effect: 'read',
        untrusted: true,
        at: 'sharing',
        inputs: () => z.strictObject(table),
        call: rest({
          ...{ method: 'GET', path: `${tablePath}/metadata`, parameters: inTable },
          answer: { kind: 'bytes', members: { 'delta-table-version': 'version' }, numbers: ['version'] },
          headers: { accept: 'application/x-ndjson' },
        }),
      },
      protocolQueryTable: {
        summary: 'Get links to the files of a shared table',
        effect: 'read',
        at: 'sharing',
        unsupported: signedLinks,
        inputs: () => z.strictObject(table),
        call: rest({ method: 'POST', path: `${tablePath}/query`, parameters: inTable }),
      },
      protocolTableChanges: {
        summary: 'Get links to the files of the changes of a shared table',
        effect: 'read',
        at: 'sharing',
        unsupported: signedLinks,
        inputs: () => z.strictObject(table),
        call: rest({ method: 'GET', path: `${tablePath}/changes`, parameters: inTable }),
      },
    },
  }),
)
