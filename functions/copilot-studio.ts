import * as z from 'zod'
import { defineBackend } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const agent = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,100}$/)
  .describe('Schema name of the agent')
const conversation = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/)
  .describe('As startConversation gave it')
const locale = z
  .string()
  .regex(/^[a-z]{2}(-[A-Z]{2})?$/)
  .optional()
const place = '/copilotstudio/dataverse-backed/authenticated/bots/{agent}/conversations'
const fixedQuery = { 'api-version': '2022-03-01-preview' }
const talk = { technology: 'openai', action: 'activities', fixedQuery, inputs: {} } as const
const start = { emitStartConversationEvent: true, locale: '{locale}' }
const directLine =
  'Direct Line takes a secret, or a token that says nothing of the person: whoever holds it is anybody. Use sendActivity.'
const beginning = () => z.strictObject({ agent, locale })

serve(
  defineBackend({
    name: 'copilot-studio',
    title: 'Microsoft Copilot Studio agents',
    ...resources.powerPlatform,
    honesty: 'conditional',
    notes: [
      'The agent is asked as the person (Direct-to-Engine). What it then does by connections of its maker it does as the maker: so every message counts as work of somebody else, and needs a policy that names it and an approval.',
      'Of what comes back texts, choices and cards are passed on; links to attachments are not.',
      'The host of an environment is made of its id: without dashes, the last two characters are a label of their own.',
    ],
    hostSuffixes: {
      public: ['.environment.api.powerplatform.com'],
      usgov: ['.environment.api.gov.powerplatform.microsoft.us'],
      china: ['.environment.api.powerplatform.partner.microsoftonline.cn'],
    },
    limits: { agent: '!agents' },
    records: ['x-ms-conversationid'],
    operations: {
      startConversation: {
        summary: 'Begin a conversation with an agent',
        effect: 'write',
        runsAs: 'other',
        untrusted: true,
        inputs: beginning,
        call: { ...talk, path: place, own: ['locale'], fixed: start },
        labels: { '/messages': 'text.free', '/conversation': 'none' },
      },
      sendActivity: {
        summary: 'Say something to an agent, and get all that it answers',
        effect: 'write',
        runsAs: 'other',
        untrusted: true,
        inputs: () => z.strictObject({ agent, conversation, text: z.string().min(1).max(20_000) }),
        call: {
          ...{ ...talk, path: `${place}/{conversation}`, own: ['text'] },
          fixed: { activity: { type: 'message', text: '{text}', conversation: { id: '{conversation}' } } },
        },
        labels: { '/messages': 'text.free', '/conversation': 'none' },
      },
      subscribe: {
        summary: 'Get what an agent says in a conversation until it has ended its turn',
        effect: 'read',
        untrusted: true,
        inputs: () => z.strictObject({ agent, conversation }),
        call: { ...talk, path: `${place}/{conversation}/subscribe`, method: 'GET' },
        labels: { '/messages': 'text.free', '/conversation': 'none' },
      },
      startPrebuiltConversation: {
        summary: 'Begin a conversation with an agent that Microsoft has built',
        effect: 'write',
        runsAs: 'other',
        untrusted: true,
        inputs: beginning,
        call: {
          ...{ ...talk, own: ['locale'], fixed: start },
          path: '/copilotstudio/prebuilt/authenticated/bots/{agent}/conversations',
        },
        labels: { '/messages': 'text.free', '/conversation': 'none' },
      },
      directLineGetToken: {
        summary: 'Get a token of Direct Line',
        effect: 'write',
        unsupported: directLine,
        inputs: () => z.strictObject({ agent }),
        call: { ...talk, path: '/powervirtualagents/botsbyschema/{agent}/directline/token', method: 'GET' },
      },
      directLineSendActivity: {
        summary: 'Say something by Direct Line',
        effect: 'write',
        unsupported: directLine,
        inputs: () => z.strictObject({ conversation }),
        call: { ...talk, path: '/v3/directline/conversations/{conversation}/activities' },
      },
    },
  }),
)
