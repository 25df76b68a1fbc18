import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { permit, resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const key = z
  .string()
  .min(1)
  .max(1000)
  .regex(/^[^%/\\]+$/)
const label = z.string().max(200).optional()
const pattern = z.string().max(1000).optional().describe('A key, or its beginning and *')
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const etag = z
  .string()
  .regex(/^"[!#-~]{1,98}"$/)
  .describe('ETag as it was read')
const fixedQuery = { 'api-version': '2024-09-01' }
const one = { path: '/kv/{key}', parameters: ['key'], query: ['label'], fixedQuery } as const
const page = { from: { pointer: '/@nextLink' }, into: 'link' } as const

serve(
  defineBackend({
    name: 'azure-app-configuration',
    title: 'Azure App Configuration',
    ...permit(resources.appConfiguration, ['KeyValue.Read', 'KeyValue.Write', 'KeyValue.Delete', 'Snapshot.Write']),
    hostSuffixes: { public: ['.azconfig.io'], usgov: ['.azconfig.azure.us'], china: ['.azconfig.azure.cn'] },
    honesty: 'yes',
    notes: [
      'Roles are judged for the person on the whole store.',
      'References to Key Vault are shown as they stand and never resolved; connection strings and keys within values are taken out where they can be recognised.',
    ],
    records: ['x-ms-correlation-request-id', 'sync-token'],
    operations: {
      listSettings: {
        summary: 'List settings',
        effect: 'read',
        inputs: () => z.strictObject({ key: pattern, label, cursor }),
        call: rest({ method: 'GET', path: '/kv', parameters: [], query: ['key', 'label'], fixedQuery, page }),
      },
      getSetting: {
        summary: 'Read one setting',
        effect: 'read',
        inputs: () => z.strictObject({ key, label }),
        call: rest({ method: 'GET', ...one }),
      },
      setSetting: {
        summary: 'Change one setting, only if it is still as it was read',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            key,
            label,
            ifMatch: etag,
            value: z.string().max(10_000),
            content_type: z.string().max(200).optional(),
            tags: z.record(z.string(), z.string().max(1000)).optional(),
          }),
        call: rest({
          method: 'PUT',
          ...one,
          headers: { 'if-match': '{ifMatch}', 'content-type': 'application/vnd.microsoft.appconfig.kv+json' },
          body: ['value', 'content_type', 'tags'],
        }),
      },
      deleteSetting: {
        summary: 'Delete one setting, only if it is still as it was read',
        effect: 'delete',
        inputs: () => z.strictObject({ key, label, ifMatch: etag }),
        call: rest({ method: 'DELETE', ...one, headers: { 'if-match': '{ifMatch}' } }),
      },
      lockSetting: {
        summary: 'Lock one setting against changes',
        effect: 'admin',
        inputs: () => z.strictObject({ key, label }),
        call: rest({ method: 'PUT', path: '/locks/{key}', parameters: ['key'], query: ['label'], fixedQuery }),
      },
      listRevisions: {
        summary: 'Earlier values of settings',
        effect: 'read',
        inputs: () => z.strictObject({ key: pattern, label, cursor }),
        call: rest({ method: 'GET', path: '/revisions', parameters: [], query: ['key', 'label'], fixedQuery, page }),
      },
      createSnapshot: {
        summary: 'Keep the present values under a name',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            name: z.string().regex(/^[\w.-]{1,256}$/),
            filters: z
              .array(z.strictObject({ key: z.string().max(1000), label: z.string().max(200).optional() }))
              .min(1)
              .max(3),
          }),
        call: rest({
          method: 'PUT',
          path: '/snapshots/{name}',
          parameters: ['name'],
          fixedQuery,
          headers: { 'content-type': 'application/vnd.microsoft.appconfig.snapshot+json' },
          body: ['filters'],
          longRunning: {
            poll: { header: 'operation-location' },
            state: '/status',
            done: ['Succeeded'],
            failed: ['Failed'],
          },
        }),
      },
    },
  }),
)
