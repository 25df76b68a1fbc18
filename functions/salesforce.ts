import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { tenantDefined } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const word = /[A-Za-z]\w{0,79}/.source
const object = z
  .string()
  .regex(new RegExp(`^${word}$`))
  .describe('API name of the object, such as Account')
const field = z.string().regex(new RegExp(`^${word}$`))
const id = z.string().regex(/^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$/)
const fields = z
  .string()
  .regex(new RegExp(`^${word}(, ?${word}){0,99}$`))
  .describe('Names of the object’s own fields, with commas between them')
const values = z.record(field, z.unknown()).describe('Fields by name')
/**
 * Texts in single quotes, numbers, dates, own fields, operators and brackets: no dot, so no field of another object, and
 * no word that begins a query, a lock or another clause.
 */
const clause =
  /^(?:'(?:[^'\\]|\\.)*'|\b(?!(?:select|from|for|limit|offset|order|group|having|with|all|update|using|typeof)\b)[a-z_]\w*\b|\b\d[\dtz.:+-]*(?![\w.])|[-+<>=!(),%:\s])+$/i
const where = z
  .string()
  .max(2000)
  .refine((text) => clause.test(text))
  .default('Id != null')
  .describe("Condition over own fields, such as Name LIKE 'A%' AND CreatedDate = LAST_N_DAYS:30")
const order = z
  .string()
  .regex(new RegExp(`^${word}( (ASC|DESC))?(, ?${word}( (ASC|DESC))?){0,4}$`, 'i'))
  .default('Id')
const limit = z.int().min(1).max(2000).default(200)
const one = { path: '/sobjects/{object}/{id}', parameters: ['object', 'id'] } as const
const mine = { public: ['.my.salesforce.com'], usgov: ['.my.salesforce.com'], china: ['.my.sfcrmproducts.cn'] }

serve(
  defineBackend({
    name: 'salesforce',
    title: 'Salesforce (OAuth token exchange)',
    ...tenantDefined('The registration that the org’s token exchange handler trusts', ['user_impersonation']),
    hostSuffixes: mine,
    tokenService: 'salesforce',
    // The org itself: `https://<domain>.my.salesforce.com`.
    endpoints: { tokens: { scope: { public: null, usgov: null, china: null }, hostSuffixes: mine } },
    honesty: 'by-token-service',
    notes: [
      'The org has to have a token exchange handler that checks the person’s token of Entra and maps it to their user. Who the new token is of is asked before it is used, and anybody else ends the call.',
      'The JWT bearer flow is never used: a key that can sign for any user is no delegation.',
      'Sharing, profiles and field-level security are judged for that user. A field that they may not see is an error of the query, not an empty one.',
      'Conditions name own fields of one object, so that no other object is read past the list. Texts beyond ASCII are written as \\uXXXX.',
      'Conditional Access holds when Entra issues its token. What the org made of it is used no longer than that token lives; it can only be revoked in the org.',
    ],
    values: {
      clientId: { description: 'Consumer key of the external client app', pattern: /^[\w.-]{20,200}$/ },
      clientSecretName: {
        description: 'Name of the vault’s secret with the consumer secret, where the app wants one',
        pattern: /^backend-[a-z0-9-]{1,100}$/,
        optional: true,
      },
      handler: { description: 'Name of the handler, where it is not the default one', optional: true },
      userClaim: {
        description: 'Claim of the user that is the person’s sign-in name or object id; preferred_username without it',
        pattern: /^[a-z_]{2,60}$/,
        optional: true,
      },
    },
    limits: { object: '!objects' },
    correlation: { 'sforce-call-options': 'client=countersign' },
    records: ['sforce-limit-info'],
    operations: {
      query: {
        summary: 'Find records of one object',
        effect: 'read',
        inputs: () => z.strictObject({ object, fields, where, order, limit }),
        object: 'object',
        compares: { where: ['*'], order: ['*'] },
        call: rest({
          method: 'GET',
          path: '/query',
          parameters: [],
          fixedQuery: { q: 'SELECT {fields} FROM {object} WHERE {where} ORDER BY {order} LIMIT {limit}' },
          drop: ['/nextRecordsUrl'],
        }),
      },
      search: {
        summary: 'Search the texts of one object’s records',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            object,
            text: z.string().min(2).max(200),
            fields,
            limit: z.int().min(1).max(200).default(50),
          }),
        object: 'object',
        compares: { text: ['*'] },
        call: rest({
          method: 'GET',
          path: '/parameterizedSearch',
          parameters: [],
          query: { q: 'text', sobject: 'object', fields: 'fields', defaultLimit: 'limit' },
        }),
      },
      getRecord: {
        summary: 'Read one record',
        effect: 'read',
        inputs: () => z.strictObject({ object, id, fields }),
        object: 'object',
        call: rest({ method: 'GET', ...one, query: ['fields'] }),
      },
      describeObject: {
        summary: 'Describe the fields of one object',
        effect: 'read',
        inputs: () => z.strictObject({ object }),
        object: 'object',
        call: rest({ method: 'GET', path: '/sobjects/{object}/describe', parameters: ['object'] }),
      },
      createRecord: {
        summary: 'Add one record',
        effect: 'write',
        egress: true,
        note: 'Rules of the org may send mail about it, to people outside too.',
        inputs: () => z.strictObject({ object, values }),
        object: 'object',
        call: rest({ method: 'POST', path: '/sobjects/{object}', parameters: ['object'], document: 'values' }),
      },
      upsertRecord: {
        summary: 'Change the record that has this value in an external id field, or add it',
        effect: 'write',
        egress: true,
        inputs: () => z.strictObject({ object, field, value: z.string().regex(/^[^/\\]{1,200}$/), values }),
        object: 'object',
        call: rest({
          method: 'PATCH',
          path: '/sobjects/{object}/{field}/{value}',
          parameters: ['object', 'field', 'value'],
          document: 'values',
        }),
      },
      deleteRecord: {
        summary: 'Delete one record, with those that depend on it',
        effect: 'delete',
        inputs: () => z.strictObject({ object, id }),
        object: 'object',
        call: rest({ method: 'DELETE', ...one }),
      },
    },
  }),
)
