import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { tenantDefined } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const orderId = z.string().regex(/^[A-Za-z0-9-]{1,64}$/)
const money = z.number().min(0).max(1_000_000)
const line = z.strictObject({
  sku: z.string().max(40),
  description: z.string().max(200),
  quantity: z.int().min(1).max(10_000),
  price: money,
})
const customer = z.strictObject({ name: z.string().max(200), email: z.email(), phone: z.string().max(40) })
const note = z.string().max(2_000)
const lines = z.array(line).min(1).max(100)
const status = z.enum(['open', 'shipped', 'paid', 'cancelled'])
const order = { region: z.enum(['EMEA', 'US', 'APAC']), customer, lines, note: note.default('') }
const change = { status, customer, lines, note }
const personal = (at: string) => ({
  [`${at}/customer/name`]: 'none',
  [`${at}/customer/email`]: 'pii.contact',
  [`${at}/customer/phone`]: 'pii.contact',
})

serve(
  defineBackend({
    name: 'rest-entra-api',
    title: 'Orders API: a custom REST API protected by Entra',
    ...tenantDefined('The registration of the API'),
    honesty: 'yes',
    notes: ['What holds for the person is what the API itself checks in the token; Countersign cannot see inside it.'],
    hostSuffixes: { public: [], usgov: [], china: [] },
    identityProbe: { method: 'request', path: '/whoami', oid: '/oid', tid: '/tid' },
    operations: {
      listOrders: {
        summary: 'List orders that the person may see',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            status: status.optional(),
            limit: z.int().min(1).max(100).default(25),
            cursor: z.string().max(200).optional(),
          }),
        call: rest({ method: 'GET', path: '/orders', parameters: [], query: ['status', 'limit', 'cursor'] }),
        labels: personal('/value/*'),
      },
      getOrder: {
        summary: 'Read one order',
        effect: 'read',
        inputs: () => z.strictObject({ order_id: orderId }),
        call: rest({ method: 'GET', path: '/orders/{order_id}', parameters: ['order_id'] }),
        labels: personal(''),
      },
      createOrder: {
        summary: 'Place an order as the person',
        effect: 'write',
        inputs: () => z.strictObject(order),
        call: rest({ method: 'POST', path: '/orders', parameters: [], body: Object.keys(order), idempotencyKey: true }),
        labels: personal(''),
      },
      updateOrder: {
        summary: 'Change one order; members left out stay as they are',
        effect: 'write',
        inputs: () => z.strictObject(change).partial().extend({ order_id: orderId }),
        call: rest({ method: 'PUT', path: '/orders/{order_id}', parameters: ['order_id'], body: Object.keys(change) }),
        labels: personal(''),
      },
      deleteOrder: {
        summary: 'Delete one order',
        effect: 'delete',
        inputs: () => z.strictObject({ order_id: orderId }),
        call: rest({ method: 'DELETE', path: '/orders/{order_id}', parameters: ['order_id'] }),
      },
      whoami: {
        summary: 'Whom the API sees when it is called for this person',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: rest({ method: 'GET', path: '/whoami', parameters: [] }),
      },
      health: {
        summary: 'Whether the API answers',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: rest({ method: 'GET', path: '/health', parameters: [] }),
      },
    },
  }),
)
