import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { permit, resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const companyId = z.guid()
const id = z.guid()
const entitySet = z
  .string()
  .regex(/^[a-z][A-Za-z]{1,63}$/)
  .describe('Such as customers')
const entity = z.record(z.string(), z.unknown())
const etag = z
  .string()
  .regex(/^W\/"[!#-~]{1,200}"$/)
  .describe('ETag as it was read')
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const set = { path: '/companies({companyId})/{entitySet}', parameters: ['companyId', 'entitySet'] } as const
const one = { path: '/companies({companyId})/{entitySet}({id})', parameters: ['companyId', 'entitySet', 'id'] } as const
const page = { from: { pointer: '/@odata.nextLink' }, into: 'link' } as const

serve(
  defineBackend({
    name: 'dynamics-business-central',
    title: 'Dynamics 365 Business Central',
    ...permit(resources.businessCentral, ['Financials.ReadWrite.All']),
    hostSuffixes: { public: ['api.businesscentral.dynamics.com'], usgov: null, china: null },
    honesty: 'yes',
    notes: ['Permission sets are judged for the person. Posting cannot be undone, and counts as administration.'],
    limits: { companyId: 'companies', entitySet: '!entitySets' },
    records: ['request-id', 'ms-correlation-x'],
    operations: {
      listCompanies: {
        summary: 'List the companies that the person works in',
        effect: 'read',
        inputs: () => z.strictObject({ cursor }),
        call: rest({ method: 'GET', path: '/companies', parameters: [], page }),
      },
      queryEntities: {
        summary: 'Find rows of one kind',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            companyId,
            entitySet,
            filter: z.string().max(2000).optional().describe('OData condition'),
            top: z.int().min(1).max(1000).default(100),
            cursor,
          }),
        object: 'entitySet',
        compares: { filter: ['*'] },
        call: rest({
          method: 'GET',
          ...set,
          query: { $filter: 'filter' },
          pageSize: 'top',
          // $top would end the list there; this is the size of a page.
          headers: { prefer: 'odata.maxpagesize={top}' },
          page,
        }),
      },
      getEntity: {
        summary: 'Read one row',
        effect: 'read',
        inputs: () => z.strictObject({ companyId, entitySet, id }),
        object: 'entitySet',
        call: rest({ method: 'GET', ...one }),
      },
      createEntity: {
        summary: 'Add one row',
        effect: 'write',
        inputs: () => z.strictObject({ companyId, entitySet, entity }),
        object: 'entitySet',
        call: rest({ method: 'POST', ...set, document: 'entity' }),
      },
      updateEntity: {
        summary: 'Change members of one row, only if it is still as it was read',
        effect: 'write',
        inputs: () => z.strictObject({ companyId, entitySet, id, entity, ifMatch: etag }),
        object: 'entitySet',
        call: rest({ method: 'PATCH', ...one, document: 'entity', headers: { 'if-match': '{ifMatch}' } }),
      },
      deleteEntity: {
        summary: 'Delete one row, only if it is still as it was read',
        effect: 'delete',
        inputs: () => z.strictObject({ companyId, entitySet, id, ifMatch: etag }),
        object: 'entitySet',
        call: rest({ method: 'DELETE', ...one, headers: { 'if-match': '{ifMatch}' } }),
      },
      postSalesInvoice: {
        summary: 'Post a sales invoice, which cannot be undone',
        effect: 'admin',
        inputs: () => z.strictObject({ companyId, id }),
        call: rest({
          method: 'POST',
          path: '/companies({companyId})/salesInvoices({id})/Microsoft.NAV.post',
          parameters: ['companyId', 'id'],
        }),
      },
    },
  }),
)
