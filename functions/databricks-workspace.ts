import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const path = z
  .string()
  .max(1_000)
  .regex(/^\/[^\s/\\][^/\\\n]*(\/[^/\\\n]+)*$/)
  .refine((value) => !/\/\.{1,2}(\/|$)/.test(value))
  .describe('Absolute, such as /Users/somebody@example.com/notebook')
const objectType = z.enum(['notebooks', 'directories', 'files', 'dashboards', 'jobs', 'clusters'])
const objectId = z.string().regex(/^[\w-]{1,64}$/)
const level = z.enum(['CAN_READ', 'CAN_RUN', 'CAN_EDIT', 'CAN_MANAGE', 'CAN_VIEW', 'CAN_MANAGE_RUN', 'IS_OWNER'])
const grantee = z.string().min(1).max(320)
const entry = z.strictObject({
  user_name: grantee.optional(),
  group_name: grantee.optional(),
  permission_level: level,
})
const message = z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string().max(50_000) })
const workspacePath = '/api/2.0/workspace'

serve(
  defineBackend({
    name: 'databricks-workspace',
    title: 'Databricks notebooks and workspace objects',
    ...resources.databricks,
    honesty: 'yes',
    notes: [
      'The workspace judges each call by the rights that the person has on the folder or object.',
      'What a notebook holds is code and text that anybody with a right to it may have written.',
      'A model behind a serving endpoint, and the tools that it may use, have the credentials of whoever made it.',
      'Databricks exports and imports at most 10 MB; Countersign passes on less than that.',
    ],
    hostSuffixes: {
      public: ['.azuredatabricks.net'],
      usgov: ['.databricks.azure.us'],
      china: ['.databricks.azure.cn'],
    },
    identityProbe: { method: 'request', path: '/api/2.0/preview/scim/v2/Me', oid: '/externalId' },
    correlation: { 'user-agent': 'Countersign/1.0 decision/{decisionId}' },
    records: ['x-databricks-org-id'],
    limits: { endpoint: 'endpoints' },
    operations: {
      listObjects: {
        summary: 'List what is in one folder of the workspace',
        effect: 'read',
        inputs: () => z.strictObject({ path, modifiedAfter: z.int().min(0).optional().describe('Epoch milliseconds') }),
        call: rest({
          ...{ method: 'GET', path: `${workspacePath}/list`, parameters: [] },
          query: { path: 'path', notebooks_modified_after: 'modifiedAfter' },
        }),
      },
      getStatus: {
        summary: 'Read what one object of the workspace is',
        effect: 'read',
        inputs: () => z.strictObject({ path }),
        call: rest({ method: 'GET', path: `${workspacePath}/get-status`, parameters: [], query: ['path'] }),
      },
      exportNotebook: {
        summary: 'Read one notebook or file; its content is base64',
        effect: 'read',
        untrusted: true,
        inputs: () => z.strictObject({ path, format: z.enum(['SOURCE', 'JUPYTER', 'AUTO']).default('SOURCE') }),
        call: rest({ method: 'GET', path: `${workspacePath}/export`, parameters: [], query: ['path', 'format'] }),
      },
      importNotebook: {
        summary: 'Write one notebook, as source text or Jupyter, in base64',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            path,
            format: z.enum(['SOURCE', 'JUPYTER', 'AUTO']).default('SOURCE'),
            language: z.enum(['PYTHON', 'SQL', 'SCALA', 'R']).optional().describe('For SOURCE'),
            content: z.base64().max(1_000_000),
            overwrite: z.boolean().default(false),
          }),
        call: rest({
          ...{ method: 'POST', path: `${workspacePath}/import`, parameters: [] },
          body: ['path', 'format', 'language', 'content', 'overwrite'],
        }),
      },
      createDirectory: {
        summary: 'Create a folder, and the folders above it',
        effect: 'write',
        inputs: () => z.strictObject({ path }),
        call: rest({ method: 'POST', path: `${workspacePath}/mkdirs`, parameters: [], body: ['path'] }),
      },
      deleteObject: {
        summary: 'Delete a notebook, file or folder, with all that is in it if asked to',
        effect: 'delete',
        inputs: () => z.strictObject({ path, recursive: z.boolean().default(false) }),
        call: rest({ method: 'POST', path: `${workspacePath}/delete`, parameters: [], body: ['path', 'recursive'] }),
      },
      getPermissions: {
        summary: 'Read who may do what with one object',
        effect: 'read',
        inputs: () => z.strictObject({ type: objectType, id: objectId }),
        call: rest({ method: 'GET', path: '/api/2.0/permissions/{type}/{id}', parameters: ['type', 'id'] }),
      },
      setPermissions: {
        summary: 'Replace the rights on one object',
        effect: 'admin',
        inputs: () =>
          z.strictObject({ type: objectType, id: objectId, access_control_list: z.array(entry).min(1).max(100) }),
        call: rest({
          ...{ method: 'PUT', path: '/api/2.0/permissions/{type}/{id}' },
          ...{ parameters: ['type', 'id'], body: ['access_control_list'] },
        }),
      },
      queryServingEndpoint: {
        summary: 'Ask a model that a serving endpoint has',
        effect: 'read',
        runsAs: 'other',
        untrusted: true,
        note: "The person's right to ask the endpoint is checked; what the model and its tools reach is what its maker's credentials reach.",
        inputs: () =>
          z.strictObject({
            endpoint: z.string().regex(/^[\w-]{1,63}$/),
            messages: z.array(message).min(1).max(100),
            max_tokens: z.int().min(1).max(32_000).optional(),
            temperature: z.number().min(0).max(2).optional(),
          }),
        call: rest({
          ...{ method: 'POST', path: '/serving-endpoints/{endpoint}/invocations', parameters: ['endpoint'] },
          body: ['messages', 'max_tokens', 'temperature'],
        }),
      },
    },
  }),
)
