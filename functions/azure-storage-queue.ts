import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const queue = z
  .string()
  .regex(/^[a-z0-9](-?[a-z0-9])+$/)
  .min(3)
  .max(63)
const count = z.int().min(1).max(32).default(10)
const messageId = z.guid()
const headers = { 'x-ms-version': '2026-04-06', accept: 'application/xml' }
const messages = { path: '/{queue}/messages', parameters: ['queue'] } as const
const shown = {
  id: 'MessageId',
  text: 'MessageText',
  inserted: 'InsertionTime',
  expires: 'ExpirationTime',
  dequeueCount: 'DequeueCount',
}
const list = (members: Readonly<Record<string, string>>) =>
  ({
    kind: 'xml',
    root: 'QueueMessagesList',
    lists: { messages: { path: 'QueueMessage', members, numbers: ['dequeueCount'] } },
  }) as const

serve(
  defineBackend({
    name: 'azure-storage-queue',
    title: 'Azure Queue Storage',
    ...resources.storage,
    hostSuffixes: {
      public: ['.queue.core.windows.net'],
      usgov: ['.queue.core.usgovcloudapi.net'],
      china: ['.queue.core.chinacloudapi.cn'],
    },
    honesty: 'yes',
    notes: [
      'Roles on the account or the queue are judged for the person.',
      'Whoever takes messages out of a queue works as somebody else: a message sent is an order to whatever reads it.',
    ],
    untrusted: true,
    limits: { queue: '!queues' },
    records: ['x-ms-error-code'],
    operations: {
      listQueues: {
        summary: 'List the queues of the account',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            prefix: z.string().max(63).optional(),
            marker: z.string().max(2048).optional().describe('nextMarker of the page before'),
          }),
        call: rest({
          method: 'GET',
          path: '/',
          parameters: [],
          query: ['prefix', 'marker'],
          fixedQuery: { comp: 'list' },
          headers,
          answer: {
            kind: 'xml',
            root: 'EnumerationResults',
            lists: { queues: { path: 'Queues/Queue', members: { name: 'Name' } } },
            members: { nextMarker: 'NextMarker' },
          },
        }),
      },
      peekMessages: {
        summary: 'Look at the first messages of a queue; they stay where they are',
        effect: 'read',
        inputs: () => z.strictObject({ queue, count }),
        object: 'queue',
        call: rest({
          method: 'GET',
          ...messages,
          query: { numofmessages: 'count' },
          fixedQuery: { peekonly: 'true' },
          headers,
          answer: list(shown),
        }),
      },
      sendMessage: {
        summary: 'Put a message into a queue',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            queue,
            // XML as the service wants it; the text is base64, so that nothing in it is markup.
            message: z
              .string()
              .max(65_000)
              .regex(/^<QueueMessage><MessageText>[A-Za-z0-9+/]+={0,2}<\/MessageText><\/QueueMessage>$/)
              .describe('<QueueMessage><MessageText>base64</MessageText></QueueMessage>'),
            encoding: z.enum(['text']).default('text'),
            contentType: z.enum(['application/xml']).default('application/xml'),
            visibleAfter: z.int().min(0).max(604_800).default(0).describe('Seconds until it can be read'),
            timeToLive: z.int().min(1).max(604_800).default(604_800).describe('Seconds'),
          }),
        object: 'queue',
        call: rest({
          method: 'POST',
          ...messages,
          query: { visibilitytimeout: 'visibleAfter', messagettl: 'timeToLive' },
          headers,
          content: { text: 'message', encoding: 'encoding', type: 'contentType' },
          answer: list({ id: 'MessageId', inserted: 'InsertionTime', expires: 'ExpirationTime' }),
        }),
      },
      receiveMessages: {
        summary: 'Take messages out of sight for a while, to work on them',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            queue,
            count,
            visibilityTimeout: z.int().min(1).max(604_800).default(30).describe('Seconds'),
          }),
        object: 'queue',
        call: rest({
          method: 'GET',
          ...messages,
          query: { numofmessages: 'count', visibilitytimeout: 'visibilityTimeout' },
          headers,
          answer: list({ ...shown, popReceipt: 'PopReceipt' }),
        }),
      },
      deleteMessage: {
        summary: 'Delete a message that was received',
        effect: 'delete',
        inputs: () => z.strictObject({ queue, messageId, popReceipt: z.string().min(1).max(200) }),
        object: 'queue',
        call: rest({
          method: 'DELETE',
          path: '/{queue}/messages/{messageId}',
          parameters: ['queue', 'messageId'],
          query: { popreceipt: 'popReceipt' },
          headers,
          answer: { kind: 'headers', members: {} },
        }),
      },
      clearMessages: {
        summary: 'Delete all messages of a queue',
        effect: 'admin',
        inputs: () => z.strictObject({ queue }),
        object: 'queue',
        call: rest({ method: 'DELETE', ...messages, headers, answer: { kind: 'headers', members: {} } }),
      },
    },
  }),
)
