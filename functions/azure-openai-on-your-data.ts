import * as z from 'zod'
import { defineBackend } from '../shared/backend/define.ts'
import { chatInputs, chatLabels, model } from '../shared/backend/define-openai.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const { stream: _stream, stream_options: _options, tools: _tools, tool_choice: _choice, ...chat } = chatInputs
const inputs = () => z.strictObject({ model, ...chat })
const path = '/openai/deployments/{model}/chat/completions'
const call = {
  technology: 'openai',
  action: 'chat',
  path,
  inputs: { model: 'model' },
  fixedQuery: { 'api-version': '2024-05-01-preview' },
} as const
const search = {
  type: 'azure_search',
  parameters: {
    endpoint: '{@searchEndpoint}',
    index_name: '{@index}',
    filter: '{@filter}',
    in_scope: true,
    authentication: { type: 'system_assigned_managed_identity' },
  },
}

serve(
  defineBackend({
    name: 'azure-openai-on-your-data',
    title: 'Azure OpenAI On Your Data (deprecated)',
    ...resources.cognitiveServices,
    honesty: 'partial',
    notes: [
      'Microsoft has deprecated it, and it ends with the last model that supports it: use azure-ai-search with azure-openai.',
      'The model is asked as the person, but the documents are found as the resource’s own identity: what a person may not read is found as well, and only the filter of the deployment holds it back.',
      'So every call counts as work of somebody else: it needs a policy that names it, and an approval.',
      'Where documents are found, and by which filter, says the deployment alone; keys and sources of the caller are refused.',
    ],
    hostSuffixes: { public: ['.openai.azure.com'], usgov: ['.openai.azure.us'], china: ['.openai.azure.cn'] },
    values: {
      searchEndpoint: {
        description: 'Address of the search service',
        pattern: /https:\/\/[a-z0-9-]{2,60}\.search\.(?:windows\.net|azure\.us|azure\.cn)/,
      },
      index: { description: 'Name of the index' },
      filter: {
        description: 'OData filter that holds back what nobody may find this way',
        pattern: /[^\r\n]{1,2000}/,
        optional: true,
      },
    },
    limits: { model: '!deployments' },
    records: ['x-ms-region', 'x-ms-deployment-name'],
    operations: {
      chatWithData: {
        summary: 'Ask a chat model that looks into the deployment’s own search index first',
        effect: 'read',
        runsAs: 'other',
        untrusted: true,
        inputs,
        call: { ...call, fixed: { data_sources: [search] } },
        labels: {
          ...chatLabels,
          '/choices/*/message/end_turn': 'none',
          '/choices/*/message/context/intent': 'text.free',
          '/choices/*/message/context/citations/*/content': 'text.free',
          '/choices/*/message/context/citations/*/title': 'text.free',
          '/choices/*/message/context/citations/*/filepath': 'none',
          '/choices/*/message/context/citations/*/chunk_id': 'none',
        },
      },
      chatWithDataStream: {
        summary: 'The same as it flows',
        effect: 'read',
        runsAs: 'other',
        unsupported: 'Citations that flow could not be masked before they leave: ask by chatWithData.',
        inputs,
        call,
      },
      chatWithCosmosData: {
        summary: 'Ask a chat model that looks into Cosmos DB first',
        effect: 'read',
        runsAs: 'other',
        unsupported: 'That source is reached by a connection string, a key that everybody would share.',
        inputs,
        call,
      },
      getCitations: {
        summary: 'Read the citations of an earlier answer',
        effect: 'read',
        unsupported: 'Nothing is kept of an answer: its citations stand in it.',
        inputs: () => z.strictObject({}),
        call: { ...call, path: '/openai', inputs: {} },
      },
    },
  }),
)
