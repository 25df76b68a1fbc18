import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const entity = z
  .string()
  .max(260)
  .regex(/^[A-Za-z0-9][\w.-]*(\/[\w.-]+)*$/)
  .describe('Queue or topic; <topic>/subscriptions/<name> to receive')
const onlyAmqp = 'Service Bus does this over AMQP alone, which the gateway does not speak.'
const broker = z.strictObject({
  MessageId: z.string().max(128).optional(),
  SessionId: z.string().max(128).optional(),
  CorrelationId: z.string().max(128).optional(),
  ScheduledEnqueueTimeUtc: z.string().max(40).optional().describe('RFC 1123, such as Sun, 22 Nov 2026 16:00:00 GMT'),
})
const message = z.strictObject({
  Body: z.string().max(200_000),
  BrokerProperties: broker.optional(),
  UserProperties: z.record(z.string(), z.string().max(1000)).optional(),
})
const sent = { kind: 'headers', members: {} } as const
const send = {
  method: 'POST',
  path: '/{+entity}/messages',
  parameters: ['entity'],
  headers: { 'content-type': 'application/vnd.microsoft.servicebus.json' },
  document: 'messages',
  answer: sent,
} as const
const messages = { entity, messages: z.array(message).min(1).max(100) }
const scheduled = message.extend({ BrokerProperties: broker.required({ ScheduledEnqueueTimeUtc: true }) })
const head = { path: '/{+entity}/messages/head', parameters: ['entity'] } as const

serve(
  defineBackend({
    name: 'azure-service-bus',
    title: 'Azure Service Bus',
    ...resources.serviceBus,
    hostSuffixes: {
      public: ['.servicebus.windows.net'],
      usgov: ['.servicebus.usgovcloudapi.net'],
      china: ['.servicebus.chinacloudapi.cn'],
    },
    honesty: 'partial',
    notes: [
      'Messages go over HTTPS with the person’s token; roles on the namespace or the entity are judged for the person.',
      'Looking at messages without taking them works over AMQP alone and is declared as not offered.',
      'A message is an order to whatever reads it, which works as somebody else.',
    ],
    limits: { entity: '!entities' },
    operations: {
      sendMessages: {
        summary: 'Send messages to a queue or topic',
        effect: 'write',
        inputs: () => z.strictObject(messages),
        object: 'entity',
        call: rest(send),
      },
      scheduleMessages: {
        summary: 'Send messages that appear at a later time',
        effect: 'write',
        inputs: () => z.strictObject({ entity, messages: z.array(scheduled).min(1).max(100) }),
        object: 'entity',
        call: rest(send),
      },
      receiveAndComplete: {
        summary: 'Take the next message out of a queue or subscription',
        effect: 'delete',
        untrusted: true,
        inputs: () => z.strictObject({ entity, timeout: z.int().min(1).max(60).default(10).describe('Seconds') }),
        object: 'entity',
        call: rest({
          method: 'DELETE',
          ...head,
          query: ['timeout'],
          answer: { kind: 'bytes', members: { brokerproperties: 'brokerProperties', 'content-type': 'contentType' } },
        }),
        labels: { '/*': 'none' },
      },
      getRuntimeProperties: {
        summary: 'How many messages a queue holds',
        effect: 'read',
        inputs: () => z.strictObject({ entity }),
        object: 'entity',
        call: rest({
          method: 'GET',
          path: '/{+entity}',
          parameters: ['entity'],
          fixedQuery: { 'api-version': '2021-05' },
          headers: { accept: 'application/xml' },
          answer: {
            kind: 'xml',
            root: 'entry',
            lists: {},
            members: {
              name: 'title',
              messages: 'content/QueueDescription/MessageCount',
              sizeInBytes: 'content/QueueDescription/SizeInBytes',
              status: 'content/QueueDescription/Status',
            },
          },
        }),
      },
      peekMessages: {
        summary: 'Look at the first messages without taking them',
        effect: 'read',
        untrusted: true,
        unsupported: onlyAmqp,
        inputs: () => z.strictObject({ entity }),
        object: 'entity',
        call: rest({ method: 'GET', ...head }),
      },
      deadLetterPeek: {
        summary: 'Look at messages that could not be delivered',
        effect: 'read',
        untrusted: true,
        unsupported: onlyAmqp,
        inputs: () => z.strictObject({ entity }),
        object: 'entity',
        call: rest({ method: 'GET', ...head }),
      },
      purge: {
        summary: 'Delete all messages of a queue',
        effect: 'admin',
        unsupported: onlyAmqp,
        inputs: () => z.strictObject({ entity }),
        object: 'entity',
        call: rest({ method: 'DELETE', ...head }),
      },
    },
  }),
)
