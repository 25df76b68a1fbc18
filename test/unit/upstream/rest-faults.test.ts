import { afterAll, beforeAll } from 'vitest'
import { defineBackend, rest } from '../../../shared/backend/define.ts'
import { describeFaults } from '../../support/http-faults.ts'
import { createRestWorld, openSite, type Site } from '../../support/rest-world.ts'
import { makeOperation } from './calls.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

const get = { method: 'GET', path: '/items', parameters: [] } as const
const backend = defineBackend({
  name: 'a-backend',
  title: 'A backend',
  scope: 'configured',
  hostSuffixes: { public: [], usgov: [], china: [] },
  operations: {
    plain: makeOperation(rest(get)),
    paged: makeOperation(rest({ ...get, page: { from: { pointer: '/nextLink' }, into: 'link' } })),
    working: makeOperation(rest({ ...get, longRunning: { poll: { header: 'location' }, every: 0.01 } })),
    table: makeOperation(rest({ ...get, answer: { kind: 'table', columns: '/columns/*/name', rows: '/rows' } })),
  },
})
const options = { maxBytes: 4096, deadlineMs: 300 }
const calls = Object.keys(backend.operations).map((name) => ({
  name,
  call: () => createRestWorld(backend, { baseUrl: site.url, options })(name),
}))

describeFaults('a REST backend', calls, () => site)
