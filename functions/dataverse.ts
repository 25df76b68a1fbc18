import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const entitySet = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,127}$/)
  .describe('Name of the set, such as accounts')
const id = z.guid()
const names = z.string().regex(/^[a-z0-9_,]{1,1000}$/)
const columns = z.record(z.string().regex(/^[A-Za-z][\w@.]{0,127}$/), z.unknown())
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const headers = { 'odata-version': '4.0', 'odata-maxversion': '4.0' }
const one = { path: '/{entitySet}({id})', parameters: ['entitySet', 'id'] } as const
const page = { from: { pointer: '/@odata.nextLink' }, into: 'link' } as const

serve(
  defineBackend({
    name: 'dataverse',
    title: 'Microsoft Dataverse and Dynamics 365',
    ...resources.dataverse,
    hostSuffixes: {
      public: ['.dynamics.com'],
      usgov: ['.crm.microsoftdynamics.us', '.crm9.dynamics.com'],
      china: ['.crm.dynamics.cn'],
    },
    honesty: 'yes',
    notes: [
      'Security roles, teams and column security are judged for the person; nobody else is ever named in a header.',
      'The organisation names people by ids of its own, so that a call rests on the token’s proof of who it is.',
      'Plug-ins and flows that a change starts may run as the system.',
    ],
    limits: { entitySet: '!entitySets' },
    records: ['x-ms-service-request-id', 'req_id'],
    operations: {
      queryRows: {
        summary: 'Find rows of a table',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            entitySet,
            select: names,
            filter: z.string().max(4000).optional().describe('OData condition'),
            orderby: z
              .string()
              .regex(/^[\w ,]{1,500}$/)
              .optional(),
            top: z.int().min(1).max(500).default(100),
            cursor,
          }),
        object: 'entitySet',
        compares: { filter: ['*'], orderby: ['*'] },
        call: rest({
          method: 'GET',
          path: '/{entitySet}',
          parameters: ['entitySet'],
          query: { $select: 'select', $filter: 'filter', $orderby: 'orderby' },
          pageSize: 'top',
          // $top would end the list there; this is the size of a page.
          headers: { ...headers, prefer: 'odata.maxpagesize={top}' },
          page,
        }),
      },
      getRow: {
        summary: 'Read one row',
        effect: 'read',
        inputs: () => z.strictObject({ entitySet, id, select: names }),
        object: 'entitySet',
        call: rest({ method: 'GET', ...one, query: { $select: 'select' }, headers }),
      },
      fetchXml: {
        summary: 'Query by FetchXML',
        effect: 'read',
        unsupported: 'FetchXML joins and renames columns in ways that masks cannot follow yet: use queryRows.',
        inputs: () => z.strictObject({ entitySet, fetchXml: z.string().max(8000) }),
        object: 'entitySet',
        call: rest({ method: 'GET', path: '/{entitySet}', parameters: ['entitySet'], query: ['fetchXml'], headers }),
      },
      createRow: {
        summary: 'Add one row',
        effect: 'write',
        inputs: () => z.strictObject({ entitySet, columns }),
        object: 'entitySet',
        call: rest({
          method: 'POST',
          path: '/{entitySet}',
          parameters: ['entitySet'],
          document: 'columns',
          headers,
          answer: { kind: 'headers', members: { 'odata-entityid': 'id' } },
        }),
      },
      updateRow: {
        summary: 'Change columns of one row; where there is no such row nothing happens',
        effect: 'write',
        inputs: () => z.strictObject({ entitySet, id, columns }),
        object: 'entitySet',
        call: rest({
          method: 'PATCH',
          ...one,
          document: 'columns',
          // Without it the service would create a row that is not there.
          headers: { ...headers, 'if-match': '*' },
          answer: { kind: 'headers', members: { 'odata-entityid': 'id' } },
        }),
      },
      deleteRow: {
        summary: 'Delete one row',
        effect: 'delete',
        inputs: () => z.strictObject({ entitySet, id }),
        object: 'entitySet',
        call: rest({ method: 'DELETE', ...one, headers }),
      },
      whoAmI: {
        summary: 'Whom the organisation sees',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: rest({ method: 'GET', path: '/WhoAmI', parameters: [], headers }),
      },
      describeEntity: {
        summary: 'Columns of a table',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            name: z
              .string()
              .regex(/^[a-z][a-z0-9_]{0,127}$/)
              .describe('Logical name, such as account'),
          }),
        call: rest({
          method: 'GET',
          path: "/EntityDefinitions(LogicalName='{name}')",
          parameters: ['name'],
          fixedQuery: {
            $select: 'LogicalName,EntitySetName',
            $expand: 'Attributes($select=LogicalName,AttributeType)',
          },
          headers,
        }),
      },
    },
  }),
)
