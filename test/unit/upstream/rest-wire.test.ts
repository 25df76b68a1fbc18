import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defineBackend, type Operation, rest } from '../../../shared/backend/define.ts'
import { answerWith, createRestWorld, openSite, type Site } from '../../support/rest-world.ts'
import { decisionId, makeOperation } from './calls.ts'

let site: Site
beforeAll(async () => {
  site = await openSite(answerWith({ ok: true }, 200, { 'x-query-id': 'q-7', 'x-other': 'o' }))
})
afterAll(() => site.close())

const operations: Record<string, Operation> = {
  read: makeOperation(rest({ method: 'GET', path: '/items', parameters: [] })),
  further: { ...makeOperation(rest({ method: 'GET', path: '/f', parameters: [] })), at: 'further' },
}
const declare = (more: object) =>
  defineBackend({
    name: 'a-backend',
    title: 'A backend',
    scope: 'configured',
    hostSuffixes: { public: [], usgov: [], china: [] },
    endpoints: { further: { scope: 'configured', hostSuffixes: { public: [], usgov: [], china: [] } } },
    operations,
    ...more,
  })

describe('correlation', () => {
  it('tells the backend the decision in the header that its log keeps', async () => {
    const backend = declare({ correlation: { 'x-log-comment': 'countersign {decisionId}', authorization: 'Bearer x' } })
    await createRestWorld(backend, { baseUrl: site.url })('read')
    const { headers } = site.asked.at(-1)!
    expect([headers['x-log-comment'], headers.authorization]).toEqual([
      `countersign ${decisionId}`,
      'Bearer exchanged-token',
    ])
  })

  it('records the answer headers that are declared, and no others', async () => {
    const backend = declare({ records: ['x-query-id', 'x-absent'] })
    const { backendIds } = await createRestWorld(backend, { baseUrl: site.url })('read')
    expect(backendIds).toEqual({ status: '200', 'x-query-id': 'q-7' })
  })
})

describe('a further endpoint', () => {
  it('is where its operations go', async () => {
    await createRestWorld(declare({}), { baseUrl: 'http://127.0.0.1:1', endpoints: { further: site.url } })('further')
    expect(site.asked.at(-1)!.url).toBe('/f')
  })
})
