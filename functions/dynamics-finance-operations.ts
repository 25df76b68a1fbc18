import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { permit, resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const entitySet = z
  .string()
  .regex(/^[A-Z][A-Za-z0-9]{1,99}$/)
  .describe('Such as CustomersV3')
// Key members of the entity, as OData writes them; texts without quotes and slashes in them.
const key = z
  .string()
  .max(500)
  .regex(/^dataAreaId='[a-z0-9]{1,4}'(,[A-Za-z]\w{0,79}=('[^'/\\%]{1,100}'|\d{1,18}))+$/)
  .describe("Such as dataAreaId='usmf',CustomerAccount='US-001'")
const entity = z.record(z.string(), z.unknown())
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const one = { path: '/data/{entitySet}({key})', parameters: ['entitySet', 'key'] } as const
const name = z.string().regex(/^[A-Za-z]\w{0,99}$/)

serve(
  defineBackend({
    name: 'dynamics-finance-operations',
    title: 'Dynamics 365 Finance and Operations',
    ...permit(resources.dynamicsOperations, ['Odata.FullAccess', 'CustomService.FullAccess', 'AX.FullAccess']),
    hostSuffixes: {
      public: ['.operations.dynamics.com'],
      usgov: ['.operations.gov.dynamics365portal.us'],
      china: ['.operations.dynamics.cn'],
    },
    honesty: 'yes',
    notes: [
      'Security roles are judged for the person, in the legal entities that the person may enter.',
      'A custom service does whatever its author wrote: it counts as administration.',
    ],
    limits: { entitySet: '!entitySets', service: 'services' },
    records: ['ms-dyn-aid', 'request-id'],
    operations: {
      queryEntities: {
        summary: 'Find rows of one entity',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            entitySet,
            filter: z.string().max(2000).optional().describe('OData condition'),
            select: z
              .string()
              .regex(/^[\w,]{1,1000}$/)
              .optional(),
            top: z.int().min(1).max(1000).default(100),
            crossCompany: z.boolean().default(false).describe('In all legal entities'),
            cursor,
          }),
        object: 'entitySet',
        compares: { filter: ['*'] },
        call: rest({
          method: 'GET',
          path: '/data/{entitySet}',
          parameters: ['entitySet'],
          query: { $filter: 'filter', $select: 'select', $top: 'top', 'cross-company': 'crossCompany' },
          pageSize: 'top',
          page: { from: { pointer: '/@odata.nextLink' }, into: 'link' },
        }),
      },
      getEntity: {
        summary: 'Read one row',
        effect: 'read',
        inputs: () => z.strictObject({ entitySet, key }),
        object: 'entitySet',
        call: rest({ method: 'GET', ...one }),
      },
      createEntity: {
        summary: 'Add one row',
        effect: 'write',
        inputs: () => z.strictObject({ entitySet, entity }),
        object: 'entitySet',
        call: rest({ method: 'POST', path: '/data/{entitySet}', parameters: ['entitySet'], document: 'entity' }),
      },
      updateEntity: {
        summary: 'Change members of one row',
        effect: 'write',
        inputs: () => z.strictObject({ entitySet, key, entity }),
        object: 'entitySet',
        call: rest({ method: 'PATCH', ...one, document: 'entity' }),
      },
      deleteEntity: {
        summary: 'Delete one row',
        effect: 'delete',
        inputs: () => z.strictObject({ entitySet, key }),
        object: 'entitySet',
        call: rest({ method: 'DELETE', ...one }),
      },
      callService: {
        summary: 'Call an operation of a custom service',
        effect: 'admin',
        inputs: () => z.strictObject({ group: name, service: name, operation: name, body: entity }),
        call: rest({
          method: 'POST',
          path: '/api/services/{group}/{service}/{operation}',
          parameters: ['group', 'service', 'operation'],
          document: 'body',
        }),
      },
    },
  }),
)
