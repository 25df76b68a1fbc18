import * as z from 'zod'
import { defineBackend, rest } from '../../shared/backend/define.ts'

const item = z.strictObject({ sku: z.string().max(64), quantity: z.int().min(1), unitPrice: z.number().min(0) })
const order = {
  customer: z.strictObject({ name: z.string().max(200), email: z.email() }),
  region: z.string().max(20),
  items: z.array(item).min(1).max(100),
  note: z.string().max(2_000).optional(),
}

/** The backend of the line's tests: one operation for every way through the line. */
export const lineBackend = defineBackend({
  name: 'line-backend',
  title: 'Backend of the tests of the line',
  scope: 'configured',
  hostSuffixes: { public: [], usgov: [], china: [] },
  operations: {
    getItem: {
      summary: 'Read one item',
      effect: 'read',
      inputs: () => z.strictObject({ id: z.string().max(10).optional() }),
      call: rest({ method: 'GET', path: '/items', parameters: [], query: ['id'] }),
    },
    runText: {
      summary: 'Run a statement',
      effect: 'write',
      inputs: () => z.strictObject({ sql: z.string() }),
      statement: { input: 'sql', dialect: 'postgres' },
      call: rest({ method: 'POST', path: '/run', parameters: [], body: ['sql'] }),
      labels: { '/secret': 'pii.contact' },
    },
    createOrder: {
      summary: 'Place an order',
      effect: 'write',
      inputs: () => z.strictObject(order),
      call: rest({ method: 'POST', path: '/orders', parameters: [], body: Object.keys(order) }),
    },
    brokenSchema: {
      summary: 'An operation whose schema cannot be built',
      effect: 'read',
      inputs: () => {
        throw new Error('schema')
      },
      call: rest({ method: 'GET', path: '/broken', parameters: [] }),
    },
    elsewhere: {
      summary: 'An operation whose technology nobody serves here',
      effect: 'read',
      inputs: () => z.strictObject({}),
      call: {
        technology: 'postgres',
        readOnly: true,
        statement: { from: 'declaration', text: 'SELECT 1', values: [] },
      },
    },
  },
})
