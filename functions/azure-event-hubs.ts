import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const hub = z.string().regex(/^[A-Za-z0-9][\w.-]{0,254}$/)
const partition = z.string().regex(/^\d{1,4}$/)
const onlyAmqp = 'Event Hubs says this over AMQP alone, which the gateway does not speak.'
const event = z.strictObject({
  Body: z.string().max(200_000),
  UserProperties: z.record(z.string(), z.string().max(1000)).optional(),
})
const version = { 'api-version': '2014-01' }
const sent = { kind: 'headers', members: {} } as const
const send = {
  method: 'POST',
  path: '/{hub}/messages',
  parameters: ['hub'],
  fixedQuery: version,
  answer: sent,
} as const

serve(
  defineBackend({
    name: 'azure-event-hubs',
    title: 'Azure Event Hubs',
    ...resources.eventHubs,
    hostSuffixes: {
      public: ['.servicebus.windows.net'],
      usgov: ['.servicebus.usgovcloudapi.net'],
      china: ['.servicebus.chinacloudapi.cn'],
    },
    honesty: 'partial',
    notes: [
      'Events are sent over HTTPS with the person’s token; roles on the namespace or the hub are judged for the person.',
      'Reading events and properties works over AMQP alone and is declared as not offered.',
      'An event is an order to whatever reads it, which works as somebody else.',
    ],
    limits: { hub: '!hubs' },
    operations: {
      sendEvents: {
        summary: 'Send several events',
        effect: 'write',
        inputs: () => z.strictObject({ hub, events: z.array(event).min(1).max(100) }),
        object: 'hub',
        call: rest({
          ...send,
          headers: { 'content-type': 'application/vnd.microsoft.servicebus.json' },
          document: 'events',
        }),
      },
      sendEventRest: {
        summary: 'Send one event, in order with others of its key',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            hub,
            body: z.unknown(),
            partitionKey: z
              .string()
              .regex(/^\{"PartitionKey":"[\w.@-]{1,128}"\}$/)
              .optional()
              .describe('{"PartitionKey":"<key>"}'),
          }),
        object: 'hub',
        call: rest({ ...send, headers: { brokerproperties: '{partitionKey}' }, document: 'body' }),
      },
      getEventHubProperties: {
        summary: 'Partitions of a hub',
        effect: 'read',
        unsupported: onlyAmqp,
        inputs: () => z.strictObject({ hub }),
        object: 'hub',
        call: rest({ method: 'GET', path: '/{hub}', parameters: ['hub'] }),
      },
      getPartitionProperties: {
        summary: 'Where a partition begins and ends',
        effect: 'read',
        unsupported: onlyAmqp,
        inputs: () => z.strictObject({ hub, partition }),
        object: 'hub',
        call: rest({ method: 'GET', path: '/{hub}/partitions/{partition}', parameters: ['hub', 'partition'] }),
      },
      readRecentEvents: {
        summary: 'The latest events of a partition',
        effect: 'read',
        untrusted: true,
        unsupported: onlyAmqp,
        inputs: () => z.strictObject({ hub, partition }),
        object: 'hub',
        call: rest({ method: 'GET', path: '/{hub}/partitions/{partition}', parameters: ['hub', 'partition'] }),
      },
    },
  }),
)
