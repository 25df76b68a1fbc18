import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const id = z.string().regex(/^[0-9A-Za-z-]{1,64}$/)
const space = id.describe('As listSpaces gives it')
const question = z.string().min(1).max(10_000).describe('In plain words')
const wait = z.int().min(1).max(150).default(90).describe('Seconds after which a handle is given instead of the answer')
const handle = z
  .string()
  .regex(/^[\w.-]{40,400}$/)
  .describe('As askQuestion gave it')
const attachment = id.describe('One of the attachments that have sql')
const cursor = z.string().max(4_000).optional()
const spacePath = '/api/2.0/genie/spaces/{space}'
const page = { from: { pointer: '/next_page_token' }, into: { query: 'page_token' } } as const

// The statement that Genie wrote is read again, judged like an agent's own, and only then its rows are asked for.
const generated = {
  operation: 'getMessage',
  inputs: { handle: 'handle' },
  dialect: 'databricks',
  list: '/attachments',
  key: 'attachment',
  input: 'attachment',
  text: 'sql',
} as const
const rowInputs = () => z.strictObject({ handle, attachment })

serve(
  defineBackend({
    name: 'databricks-genie',
    title: 'Databricks Genie: questions in plain words',
    ...resources.databricks,
    honesty: 'yes',
    notes: [
      'Genie runs the statements that it writes as the person, within Unity Catalog, before anybody else has seen them; Databricks allows it nothing but reads.',
      'Countersign reads each statement first, decides on it as if the agent had written it, and only then fetches and masks its rows.',
      "Genie's words are a model's: they may be wrong, may repeat what is in the data or in a space's instructions, and count as untrusted.",
      'A person needs CAN RUN on the space and SELECT on its tables.',
      'Databricks slows Genie down beyond a few questions a minute and workspace.',
    ],
    hostSuffixes: {
      public: ['.azuredatabricks.net'],
      usgov: ['.databricks.azure.us'],
      china: ['.databricks.azure.cn'],
    },
    identityProbe: { method: 'request', path: '/api/2.0/preview/scim/v2/Me', oid: '/externalId' },
    correlation: { 'user-agent': 'Countersign/1.0 decision/{decisionId}' },
    records: ['x-databricks-org-id'],
    limits: { space: 'spaces' },
    untrusted: true,
    operations: {
      listSpaces: {
        summary: 'List the Genie spaces that the person may use',
        effect: 'read',
        inputs: () => z.strictObject({ pageSize: z.int().min(1).max(100).default(50), cursor }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.0/genie/spaces', parameters: [], pageSize: 'pageSize', page },
          query: { page_size: 'pageSize' },
        }),
      },
      getSpace: {
        summary: 'Read what one Genie space is for',
        effect: 'read',
        inputs: () => z.strictObject({ space }),
        call: rest({ method: 'GET', path: spacePath, parameters: ['space'], drop: ['/serialized_space'] }),
      },
      askQuestion: {
        summary: 'Ask Genie a question in a new conversation; it answers in text and SQL, rows come by getQueryResult',
        effect: 'read',
        untrusted: true,
        inputs: () => z.strictObject({ space, question, wait }),
        call: {
          technology: 'genie',
          action: 'start',
          inputs: { space: 'space', question: 'question', wait: 'wait' },
        },
      },
      askFurther: {
        summary: 'Ask Genie on in a conversation that this agent began',
        effect: 'read',
        untrusted: true,
        inputs: () => z.strictObject({ handle, question, wait }),
        call: {
          technology: 'genie',
          action: 'follow',
          inputs: { handle: 'handle', question: 'question', wait: 'wait' },
        },
      },
      getMessage: {
        summary: 'Ask whether Genie has answered, and read its text and SQL',
        effect: 'read',
        untrusted: true,
        inputs: () => z.strictObject({ handle, wait }),
        call: { technology: 'genie', action: 'message', inputs: { handle: 'handle', wait: 'wait' } },
      },
      getQueryResult: {
        summary: 'Fetch the rows of a statement that Genie wrote, once it was judged like any other',
        effect: 'read',
        inputs: rowInputs,
        call: {
          technology: 'genie',
          action: 'result',
          inputs: { handle: 'handle', attachment: 'attachment' },
          generated,
        },
      },
      runQueryAgain: {
        summary: 'Run a statement that Genie wrote again, where its result is no longer kept',
        effect: 'read',
        inputs: rowInputs,
        call: {
          technology: 'genie',
          action: 'rerun',
          inputs: { handle: 'handle', attachment: 'attachment' },
          generated,
        },
      },
      listMessages: {
        summary: "List the messages of one of the person's conversations",
        effect: 'read',
        untrusted: true,
        inputs: () =>
          z.strictObject({ space, conversation: id, pageSize: z.int().min(1).max(100).default(20), cursor }),
        call: rest({
          ...{ method: 'GET', path: `${spacePath}/conversations/{conversation}/messages`, page },
          ...{ parameters: ['space', 'conversation'], query: { page_size: 'pageSize' }, pageSize: 'pageSize' },
          drop: [
            '/messages/*/query_result',
            '/messages/*/attachments/*/viz',
            '/messages/*/attachments/*/query/thoughts',
          ],
        }),
      },
      sendFeedback: {
        summary: "Rate one of Genie's answers in the person's name",
        effect: 'write',
        inputs: () =>
          z.strictObject({ space, conversation: id, message: id, rating: z.enum(['POSITIVE', 'NEGATIVE', 'NONE']) }),
        call: rest({
          ...{ method: 'POST', path: `${spacePath}/conversations/{conversation}/messages/{message}/feedback` },
          ...{ parameters: ['space', 'conversation', 'message'], body: ['rating'] },
        }),
      },
      deleteConversation: {
        summary: "Delete one of the person's conversations for good",
        effect: 'delete',
        inputs: () => z.strictObject({ space, conversation: id }),
        call: rest({
          method: 'DELETE',
          path: `${spacePath}/conversations/{conversation}`,
          parameters: ['space', 'conversation'],
        }),
      },
    },
  }),
)
