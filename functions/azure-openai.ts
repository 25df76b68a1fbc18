import * as z from 'zod'
import { defineBackend } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import {
  chatInputs,
  chatLabels,
  embeddingInputs,
  functionTools,
  hostedKinds,
  hostedTools,
  model,
  responseInputs,
  responseLabels,
} from '../shared/backend/define-openai.ts'
import { serve } from '../shared/serve.ts'

const technology = 'openai' as const
const stored =
  'A response that the service stores belongs to the resource: whoever has access to it reads it by its id. So nothing is stored, and there is nothing to read, cancel or delete.'
const responseId = () => z.strictObject({ response_id: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/) })
const byId = (method: 'GET' | 'POST' | 'DELETE', behind = '') =>
  ({ technology, action: 'responses', path: `/responses/{response_id}${behind}`, method, inputs: {} }) as const
const responses = { technology, action: 'responses', path: '/responses', fixed: { store: false } } as const

serve(
  defineBackend({
    name: 'azure-openai',
    title: 'Azure OpenAI: chat completions, responses, embeddings',
    ...resources.cognitiveServices,
    honesty: 'yes',
    notes: [
      'The person needs the role Cognitive Services OpenAI User on the resource.',
      'Azure counts tokens and filters content by deployment and not by person: quotas of persons are counted here, by what the service says that each answer took.',
      'The service has no way to say whom it sees: the exchanged token is the proof.',
      'Nothing is stored with the service; links in messages, and tools that reach servers named by the caller, are not taken.',
      'What a model writes is searched for identifiers and secrets; arguments of tool calls for secrets only, since the agent acts by them.',
    ],
    hostSuffixes: {
      public: ['.openai.azure.com', '.cognitiveservices.azure.com', '.services.ai.azure.com'],
      usgov: ['.openai.azure.us', '.cognitiveservices.azure.us'],
      china: ['.openai.azure.cn', '.cognitiveservices.azure.cn'],
    },
    values: {
      prices: {
        description: 'deployment=prompt/completion, … : prices for a million tokens, for the meter of cost',
        pattern: /[\w.-]{1,64}=[\d.]{1,13}\/[\d.]{1,13}(?:,[\w.-]{1,64}=[\d.]{1,13}\/[\d.]{1,13}){0,99}/,
        optional: true,
      },
    },
    limits: { model: '!deployments', hosted_tools: '!tools' },
    records: ['x-ms-region', 'x-ms-deployment-name', 'x-ratelimit-remaining-requests', 'x-ratelimit-remaining-tokens'],
    operations: {
      createChatCompletion: {
        summary: 'Ask a chat model, as OpenAI’s chat completions',
        effect: 'read',
        inputs: () => z.strictObject({ model, ...chatInputs }),
        call: {
          ...{ technology, action: 'chat', path: '/chat/completions' },
          inputs: { model: 'model', stream: 'stream' },
        },
        labels: chatLabels,
      },
      createResponse: {
        summary: 'Ask a model, as OpenAI’s responses; tools are the agent’s own functions',
        effect: 'read',
        inputs: () => z.strictObject({ model, ...responseInputs, tools: functionTools.optional() }),
        call: { ...responses, inputs: { model: 'model', stream: 'stream' } },
        labels: responseLabels,
      },
      createResponseWithTools: {
        summary: 'Ask a model that may search, or run code, by tools of the service itself',
        note: 'The service carries these tools out: a question may leave for a search engine, and what comes back was written by anybody.',
        effect: 'read',
        egress: true,
        untrusted: true,
        inputs: () =>
          z
            .strictObject({
              model,
              ...responseInputs,
              tools: hostedTools,
              hosted_tools: z.array(z.enum(hostedKinds)).min(1).max(4).describe('Types of the hosted tools in tools'),
            })
            .refine(({ tools, hosted_tools: named }) =>
              tools.every(({ type }) => type === 'function' || named.includes(type)),
            ),
        call: { ...responses, inputs: { model: 'model', stream: 'stream' }, own: ['hosted_tools'] },
        labels: responseLabels,
      },
      createEmbeddings: {
        summary: 'Turn texts into vectors',
        effect: 'read',
        inputs: () => z.strictObject({ model, ...embeddingInputs }),
        call: {
          ...{ technology, action: 'embeddings', path: '/embeddings', inputs: { model: 'model' } },
          fixed: { encoding_format: 'float' },
        },
      },
      listModels: {
        summary: 'List the models of the resource',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: { technology, action: 'models', path: '/models', method: 'GET', inputs: {} },
      },
      getResponse: {
        summary: 'Read a stored response',
        effect: 'read',
        unsupported: stored,
        inputs: responseId,
        call: byId('GET'),
      },
      cancelResponse: {
        summary: 'Cancel a stored response',
        effect: 'delete',
        unsupported: stored,
        inputs: responseId,
        call: byId('POST', '/cancel'),
      },
      deleteResponse: {
        summary: 'Delete a stored response',
        effect: 'delete',
        unsupported: stored,
        inputs: responseId,
        call: byId('DELETE'),
      },
      listInputItems: {
        summary: 'List what a stored response was asked',
        effect: 'read',
        unsupported: stored,
        inputs: responseId,
        call: byId('GET', '/input_items'),
      },
    },
  }),
)
