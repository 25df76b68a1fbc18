import * as z from 'zod'
import { defineBackend, rest } from '../../shared/backend/define.ts'

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
