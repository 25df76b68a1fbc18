import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const id = z.string().regex(/^[\w-]{1,64}$/)
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const fixedQuery = { 'api-version': '2022-10-01.16.0' }
const headers = { 'content-type': 'application/json; odata=minimalmetadata' }
const created = { kind: 'headers', members: { etag: 'etag', 'last-modified': 'lastModified' } } as const
const page = { from: { pointer: '/odata.nextLink' }, into: 'link' } as const
const task = { path: '/jobs/{jobId}/tasks/{taskId}', parameters: ['jobId', 'taskId'], fixedQuery } as const
const byte = z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional()

serve(
  defineBackend({
    name: 'azure-batch',
    title: 'Azure Batch',
    ...resources.batch,
    hostSuffixes: {
      public: ['.batch.azure.com'],
      usgov: ['.batch.usgovcloudapi.net'],
      china: ['.batch.chinacloudapi.cn'],
    },
    honesty: 'partial',
    notes: [
      'A task runs as a user of its pool, with whatever identity the pool has: only its submission is the person’s.',
    ],
    limits: { poolId: 'pools' },
    correlation: { 'client-request-id': '{decisionId}', 'return-client-request-id': 'true' },
    records: ['request-id', 'client-request-id'],
    operations: {
      listPools: {
        summary: 'List the pools of the account',
        effect: 'read',
        inputs: () => z.strictObject({ cursor }),
        call: rest({ method: 'GET', path: '/pools', parameters: [], fixedQuery, page }),
      },
      listJobs: {
        summary: 'List the jobs of the account',
        effect: 'read',
        inputs: () => z.strictObject({ cursor }),
        call: rest({ method: 'GET', path: '/jobs', parameters: [], fixedQuery, page }),
      },
      createJob: {
        summary: 'Create a job on a pool',
        effect: 'write',
        inputs: () => z.strictObject({ id, poolId: id }),
        call: rest({
          method: 'POST',
          path: '/jobs',
          parameters: [],
          fixedQuery,
          headers,
          template: { id: '{id}', poolInfo: { poolId: '{poolId}' } },
          answer: created,
        }),
      },
      addTask: {
        summary: 'Run a command on a node of the pool',
        effect: 'admin',
        runsAs: 'other',
        inputs: () => z.strictObject({ jobId: id, id, commandLine: z.string().min(1).max(8000) }),
        call: rest({
          method: 'POST',
          path: '/jobs/{jobId}/tasks',
          parameters: ['jobId'],
          fixedQuery,
          headers,
          body: ['id', 'commandLine'],
          answer: created,
        }),
      },
      getTask: {
        summary: 'Read one task',
        effect: 'read',
        inputs: () => z.strictObject({ jobId: id, taskId: id }),
        call: rest({ method: 'GET', ...task }),
      },
      getTaskFile: {
        summary: 'Read a file that a task wrote',
        effect: 'read',
        untrusted: true,
        inputs: () =>
          z.strictObject({
            jobId: id,
            taskId: id,
            file: z
              .string()
              .max(500)
              .regex(/^[\w.-]+(\/[\w.-]+)*$/)
              .refine((name) => !/(^|\/)\.+(\/|$)/.test(name)),
            first: byte.describe('First byte that is wanted, with last'),
            last: byte.describe('Last byte that is wanted'),
          }),
        call: rest({
          method: 'GET',
          path: '/jobs/{jobId}/tasks/{taskId}/files/{+file}',
          parameters: ['jobId', 'taskId', 'file'],
          fixedQuery,
          // The service's own name for a range.
          headers: { 'ocp-range': 'bytes={first}-{last}' },
          answer: { kind: 'bytes', members: { 'content-type': 'contentType' } },
        }),
      },
      terminateJob: {
        summary: 'End a job with its tasks',
        effect: 'delete',
        inputs: () => z.strictObject({ jobId: id, terminateReason: z.string().max(200).optional() }),
        call: rest({
          method: 'POST',
          path: '/jobs/{jobId}/terminate',
          parameters: ['jobId'],
          fixedQuery,
          headers,
          body: ['terminateReason'],
          answer: created,
        }),
      },
      deleteJob: {
        summary: 'Delete a job with its tasks and their files',
        effect: 'delete',
        inputs: () => z.strictObject({ jobId: id }),
        call: rest({ method: 'DELETE', path: '/jobs/{jobId}', parameters: ['jobId'], fixedQuery, answer: created }),
      },
    },
  }),
)
