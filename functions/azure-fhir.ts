import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const resourceType = z
  .string()
  .regex(/^[A-Z][A-Za-z]{2,63}$/)
  .describe('FHIR R4, such as Observation')
const id = z.string().regex(/^[A-Za-z0-9.-]{1,64}$/)
const resource = z.record(z.string(), z.unknown()).describe('The resource, with resourceType')
const version = z
  .string()
  .regex(/^W\/"\d{1,18}"$/)
  .describe('Version as it was read')
const headers = { accept: 'application/fhir+json' }
const sent = { ...headers, 'content-type': 'application/fhir+json' }
const one = { path: '/{resourceType}/{id}', parameters: ['resourceType', 'id'] } as const
// Whatever is in a health record is personal until somebody has looked at it.
const labels = { '/*': 'pii.health' }
const count = z.int().min(1).max(100).default(20)
const ct = z.string().max(4000).optional().describe('Token of the link to the next page')

serve(
  defineBackend({
    name: 'azure-fhir',
    title: 'Azure Health Data Services: FHIR',
    ...resources.healthcare,
    hostSuffixes: { public: ['.fhir.azurehealthcareapis.com'], usgov: ['.fhir.azurehealthcareapis.us'], china: null },
    honesty: 'yes',
    notes: [
      'Roles are judged for the person on the whole service, not on patients: compartments are a matter for the deployment’s policy.',
      'Every member counts as health data until the deployment classifies it otherwise.',
    ],
    limits: { resourceType: '!resourceTypes' },
    correlation: { 'x-ms-azurefhir-audit-countersign': '{decisionId}' },
    records: ['x-correlation-id'],
    operations: {
      searchResources: {
        summary: 'List resources of one type',
        effect: 'read',
        inputs: () => z.strictObject({ resourceType, count, ct }),
        object: 'resourceType',
        call: rest({
          method: 'GET',
          path: '/{resourceType}',
          parameters: ['resourceType'],
          query: { _count: 'count', ct: 'ct' },
          pageSize: 'count',
          headers,
        }),
        labels,
      },
      readResource: {
        summary: 'Read one resource',
        effect: 'read',
        inputs: () => z.strictObject({ resourceType, id }),
        object: 'resourceType',
        call: rest({ method: 'GET', ...one, headers }),
        labels,
      },
      patientEverything: {
        summary: 'All that is kept of one patient',
        effect: 'read',
        inputs: () => z.strictObject({ id, ct }),
        call: rest({ method: 'GET', path: '/Patient/{id}/$everything', parameters: ['id'], query: ['ct'], headers }),
        labels,
      },
      createResource: {
        summary: 'Add one resource',
        effect: 'write',
        inputs: () => z.strictObject({ resourceType, resource, ifNoneExist: z.string().max(500).optional() }),
        object: 'resourceType',
        call: rest({
          method: 'POST',
          path: '/{resourceType}',
          parameters: ['resourceType'],
          document: 'resource',
          headers: { ...sent, 'if-none-exist': '{ifNoneExist}' },
        }),
        labels,
      },
      updateResource: {
        summary: 'Replace one resource, only if it is still as it was read',
        effect: 'write',
        inputs: () => z.strictObject({ resourceType, id, resource, ifMatch: version }),
        object: 'resourceType',
        call: rest({ method: 'PUT', ...one, document: 'resource', headers: { ...sent, 'if-match': '{ifMatch}' } }),
        labels,
      },
      deleteResource: {
        summary: 'Delete one resource',
        effect: 'delete',
        inputs: () => z.strictObject({ resourceType, id }),
        object: 'resourceType',
        call: rest({ method: 'DELETE', ...one, headers }),
      },
      exportData: {
        summary: 'Write all resources into files of a storage account',
        effect: 'admin',
        unsupported: 'An export is written by the service’s own identity into an account that others read.',
        inputs: () => z.strictObject({}),
        call: rest({
          method: 'GET',
          path: '/$export',
          parameters: [],
          headers: { ...headers, prefer: 'respond-async' },
        }),
      },
    },
  }),
)
