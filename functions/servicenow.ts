import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { tenantDefined } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const table = z.string().regex(/^[a-z]\w{0,79}$/)
const sysId = z.string().regex(/^[0-9a-f]{32}$/)
const fields = z
  .string()
  .regex(/^[a-z]\w*(,[a-z]\w*){0,99}$/)
  .describe('Names of the table’s own fields, with commas between them')
/** Own fields alone (no dots in names), and no text that the instance would run as a script. */
const query = z
  .string()
  .max(4000)
  .refine((text) => !/javascript:|(?:^|\^(?:OR|NQ|ORDERBY(?:DESC)?)?)\w+\./i.test(text))
  .describe('Encoded query over own fields, such as active=true^priority<=2^ORDERBYnumber')
const values = z.record(z.string().regex(/^[a-z]\w{0,79}$/), z.string().max(100_000)).describe('Fields by name')
const count = z.int().min(1).max(1000).default(50)
const skip = z.int().min(0).max(1_000_000).default(0)
const plain = { sysparm_exclude_reference_link: 'true', sysparm_display_value: 'false' } as const
const one = { path: '/api/now/table/{table}/{sysId}', parameters: ['table', 'sysId'] } as const

serve(
  defineBackend({
    name: 'servicenow',
    title: 'ServiceNow (tables and catalogue)',
    ...tenantDefined('The OIDC provider that the instance trusts', ['user_impersonation']),
    hostSuffixes: { public: ['.service-now.com'], usgov: ['.servicenowservices.com'], china: null },
    honesty: 'conditional',
    notes: [
      'The instance takes the token that Entra issued for the person as its own OIDC provider’s, and maps a claim of it to a user. That is documented for ID tokens, so that access tokens have to be tried where it is installed.',
      'The check of token ids has to be off in the instance, or a token works once.',
      'Rows that the person may not see are left out without a word, and terms of a query that are not valid are ignored unless `glide.invalid_query.returns_no_rows` is true: set it, or a slip returns everything.',
      'Only tables that the deployment lists can be reached, and of each its own fields: put users and credentials on no list.',
      'The instance has no call that says whom it sees in words that Entra knows, so that the token is the only proof.',
      'Rules of the instance may send mail about a change, and run with rights of their own.',
    ],
    limits: { table: '!tables', item: 'items' },
    untrusted: true,
    correlation: { 'x-correlation-id': '{decisionId}' },
    records: ['x-transaction-id', 'x-ratelimit-remaining'],
    operations: {
      queryTable: {
        summary: 'Find rows of one table',
        effect: 'read',
        untrusted: true,
        inputs: () => z.strictObject({ table, query: query.optional(), fields, count, skip }),
        object: 'table',
        compares: { query: ['*'] },
        call: rest({
          method: 'GET',
          path: '/api/now/table/{table}',
          parameters: ['table'],
          fixedQuery: plain,
          query: { sysparm_query: 'query', sysparm_fields: 'fields', sysparm_limit: 'count', sysparm_offset: 'skip' },
          pageSize: 'count',
        }),
      },
      getRecord: {
        summary: 'Read one row',
        effect: 'read',
        untrusted: true,
        inputs: () => z.strictObject({ table, sysId, fields }),
        object: 'table',
        call: rest({ method: 'GET', ...one, fixedQuery: plain, query: { sysparm_fields: 'fields' } }),
      },
      createRecord: {
        summary: 'Add one row, such as an incident',
        effect: 'write',
        egress: true,
        inputs: () => z.strictObject({ table, values }),
        object: 'table',
        call: rest({
          method: 'POST',
          path: '/api/now/table/{table}',
          parameters: ['table'],
          fixedQuery: plain,
          document: 'values',
        }),
      },
      updateRecord: {
        summary: 'Change fields of one row',
        effect: 'write',
        egress: true,
        inputs: () => z.strictObject({ table, sysId, values }),
        object: 'table',
        call: rest({ method: 'PATCH', ...one, fixedQuery: plain, document: 'values' }),
      },
      deleteRecord: {
        summary: 'Delete one row',
        effect: 'delete',
        inputs: () => z.strictObject({ table, sysId }),
        object: 'table',
        call: rest({ method: 'DELETE', ...one }),
      },
      aggregate: {
        summary: 'Count rows of one table, in groups',
        effect: 'read',
        inputs: () => z.strictObject({ table, query: query.optional(), groupBy: fields.optional() }),
        object: 'table',
        compares: { query: ['*'], groupBy: ['*'] },
        call: rest({
          method: 'GET',
          path: '/api/now/stats/{table}',
          parameters: ['table'],
          fixedQuery: { sysparm_count: 'true' },
          query: { sysparm_query: 'query', sysparm_group_by: 'groupBy' },
        }),
      },
      orderCatalogItem: {
        summary: 'Order one item of the service catalogue',
        effect: 'write',
        egress: true,
        note: 'What an order starts, approvals of the instance included, runs there with rights of its own.',
        inputs: () =>
          z.strictObject({
            item: sysId,
            quantity: z.int().min(1).max(100).default(1),
            variables: z.record(z.string().regex(/^\w{1,100}$/), z.string().max(4000)).default({}),
          }),
        call: rest({
          method: 'POST',
          path: '/api/sn_sc/servicecatalog/items/{item}/order_now',
          parameters: ['item'],
          template: { sysparm_quantity: '{quantity}', variables: '{variables}' },
        }),
      },
    },
  }),
)
