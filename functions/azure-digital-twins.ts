import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const id = z.string().regex(/^[\w.:-]{1,128}$/)
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const etag = z
  .string()
  .regex(/^(W\/)?"[!#-~]{1,98}"$/)
  .describe('ETag as it was read')
const fixedQuery = { 'api-version': '2022-05-31' }
const one = { path: '/digitaltwins/{id}', parameters: ['id'], fixedQuery } as const
const step = z.strictObject({
  op: z.enum(['add', 'replace', 'remove']),
  path: z.string().regex(/^(\/[\w$.-]{1,128}){1,8}$/),
  value: z.unknown().optional(),
})

serve(
  defineBackend({
    name: 'azure-digital-twins',
    title: 'Azure Digital Twins',
    ...resources.digitalTwins,
    hostSuffixes: { public: ['.digitaltwins.azure.net'], usgov: null, china: null },
    honesty: 'yes',
    notes: ['Roles are judged for the person on the whole instance; queries are some ten seconds behind changes.'],
    records: ['query-charge'],
    operations: {
      query: {
        summary: 'Query twins and their relationships',
        effect: 'read',
        note: 'The query language only reads.',
        inputs: () =>
          z.strictObject({
            query: z
              .string()
              .max(8000)
              .regex(/^SELECT .+/s),
            cursor,
          }),
        call: rest({
          method: 'POST',
          path: '/query',
          parameters: [],
          fixedQuery,
          body: ['query'],
          page: { from: { pointer: '/continuationToken' }, into: { body: 'continuationToken' } },
        }),
      },
      getTwin: {
        summary: 'Read one twin',
        effect: 'read',
        inputs: () => z.strictObject({ id }),
        call: rest({ method: 'GET', ...one }),
      },
      listRelationships: {
        summary: 'List the relationships of one twin',
        effect: 'read',
        inputs: () => z.strictObject({ id, cursor }),
        call: rest({
          method: 'GET',
          path: '/digitaltwins/{id}/relationships',
          parameters: ['id'],
          fixedQuery,
          page: { from: { pointer: '/nextLink' }, into: 'link' },
        }),
      },
      upsertTwin: {
        summary: 'Create one twin where there is none of that id',
        effect: 'write',
        inputs: () => z.strictObject({ id, twin: z.record(z.string(), z.unknown()).describe('With $metadata.$model') }),
        call: rest({ method: 'PUT', ...one, document: 'twin', headers: { 'if-none-match': '*' } }),
      },
      updateTwin: {
        summary: 'Change members of one twin, only if it is still as it was read',
        effect: 'write',
        inputs: () => z.strictObject({ id, steps: z.array(step).min(1).max(50), ifMatch: etag }),
        call: rest({
          method: 'PATCH',
          ...one,
          document: 'steps',
          headers: { 'content-type': 'application/json-patch+json', 'if-match': '{ifMatch}' },
        }),
      },
      deleteTwin: {
        summary: 'Delete one twin, only if it is still as it was read',
        effect: 'delete',
        inputs: () => z.strictObject({ id, ifMatch: etag }),
        call: rest({ method: 'DELETE', ...one, headers: { 'if-match': '{ifMatch}' } }),
      },
      deleteModel: {
        summary: 'Delete a model',
        effect: 'admin',
        inputs: () => z.strictObject({ id: z.string().regex(/^dtmi:[\w:;-]{1,128}$/) }),
        call: rest({ method: 'DELETE', path: '/models/{id}', parameters: ['id'], fixedQuery }),
      },
    },
  }),
)
