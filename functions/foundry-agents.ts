import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { responseInputs, responseLabels } from '../shared/backend/define-openai.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const name = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/)
const agent = name.describe('Name of the agent')
const cursor = z.string().max(4_000).optional().describe('As the page before gave it')
const limit = z.int().min(1).max(100).default(20)
const fixedQuery = { 'api-version': 'v1' }
const { tool_choice: _choice, max_tool_calls: _most, ...asked } = responseInputs
const shared =
  'Conversations and stored responses belong to the project: whoever may use it reads them by their id. So runAgent stores nothing, and takes what was said before as its input.'
const byId = z.strictObject({ id: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/) })
const stored = (path: string, method: 'GET' | 'POST' = 'GET') =>
  ({ technology: 'openai', action: 'responses', path, method, inputs: {} }) as const
const tool = z.strictObject({
  type: z.literal('function'),
  name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  description: z.string().max(2_000).optional(),
  parameters: z.record(z.string().max(1_000), z.unknown()).meta({ additionalProperties: true }).optional(),
})

serve(
  defineBackend({
    name: 'foundry-agents',
    title: 'Azure AI Foundry agents (Agent Service v1)',
    ...resources.foundry,
    honesty: 'conditional',
    notes: [
      'The project is asked as the person. An agent’s tools act by the connections of the project: one of the kind UserEntraToken as the person, one with a key or the project’s identity as somebody else. Which it will be cannot be told before: so every run counts as work of somebody else, and needs a policy that names it and an approval.',
      'The model itself is called as the project.',
      'Credentials of connections are never passed on; the operation that reads them is left out.',
    ],
    hostSuffixes: { public: ['.services.ai.azure.com'], usgov: null, china: null },
    limits: { agent: '!agents' },
    operations: {
      listAgents: {
        summary: 'List the agents of the project',
        effect: 'read',
        inputs: () => z.strictObject({ limit, cursor }),
        call: rest({
          ...{ method: 'GET', path: '/agents', parameters: [], fixedQuery },
          ...{ query: ['limit'], page: { from: { pointer: '/last_id' }, into: { query: 'after' } } },
        }),
      },
      getAgent: {
        summary: 'Read the definition of an agent',
        effect: 'read',
        inputs: () => z.strictObject({ agent }),
        call: rest({ method: 'GET', path: '/agents/{agent}', parameters: ['agent'], fixedQuery }),
      },
      createAgentVersion: {
        summary: 'Give an agent a new version, with functions as its only tools',
        effect: 'admin',
        inputs: () =>
          z.strictObject({
            agent,
            model: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
            instructions: z.string().max(100_000),
            tools: z.array(tool).max(64).optional(),
          }),
        call: rest({
          ...{ method: 'POST', path: '/agents/{agent}/versions', parameters: ['agent'], fixedQuery },
          template: {
            definition: { kind: 'prompt', model: '{model}', instructions: '{instructions}', tools: '{tools}' },
          },
        }),
      },
      deleteAgent: {
        summary: 'Delete an agent with all its versions',
        effect: 'delete',
        inputs: () => z.strictObject({ agent }),
        call: rest({ method: 'DELETE', path: '/agents/{agent}', parameters: ['agent'], fixedQuery }),
      },
      runAgent: {
        summary: 'Ask an agent of the project',
        effect: 'write',
        runsAs: 'other',
        untrusted: true,
        inputs: () => z.strictObject({ agent, ...asked }),
        call: {
          ...{ technology: 'openai', action: 'responses', path: '/openai/v1/responses', inputs: { stream: 'stream' } },
          ...{ own: ['agent'], fixed: { agent: { type: 'agent_reference', name: '{agent}' }, store: false } },
        },
        labels: responseLabels,
      },
      getResponse: {
        summary: 'Read a stored response',
        effect: 'read',
        unsupported: shared,
        inputs: () => byId,
        call: stored('/openai/v1/responses/{id}'),
      },
      createConversation: {
        summary: 'Begin a conversation that the project keeps',
        effect: 'write',
        unsupported: shared,
        inputs: () => z.strictObject({}),
        call: stored('/openai/v1/conversations', 'POST'),
      },
      listConversationItems: {
        summary: 'List what was said in a conversation',
        effect: 'read',
        unsupported: shared,
        inputs: () => byId,
        call: stored('/openai/v1/conversations/{id}/items'),
      },
      listConnections: {
        summary: 'List the connections of the project, without their credentials',
        effect: 'read',
        inputs: () => z.strictObject({ cursor }),
        call: rest({
          ...{ method: 'GET', path: '/connections', parameters: [], fixedQuery, drop: ['/value/*/credentials'] },
          page: { from: { pointer: '/nextLink' }, into: 'link' },
        }),
      },
      listDeployments: {
        summary: 'List the model deployments of the project',
        effect: 'read',
        inputs: () => z.strictObject({ cursor }),
        call: rest({
          ...{ method: 'GET', path: '/deployments', parameters: [], fixedQuery },
          page: { from: { pointer: '/nextLink' }, into: 'link' },
        }),
      },
    },
  }),
)
