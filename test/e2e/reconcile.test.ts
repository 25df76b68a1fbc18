import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { warehouseIds } from '../../infra/local/databricks/warehouses.ts'
import { createAgent } from '../../infra/local/demo/client.ts'
import { apps, personas } from '../../infra/local/personas.ts'
import type { BackendReconciliation } from '../../shared/audit/reconcile-source.ts'
import { type Launched, launchStack } from '../support/gateway-launch.ts'

const script = fileURLToPath(new URL('../support/reconcile-nights.ts', import.meta.url))
const database = 'https://ossrdbms-aad.database.windows.net'
const otherClient = 'c0000000-0000-4000-8000-0000000000ff'

let stack: Launched
let nights: Map<string, BackendReconciliation>[]

beforeAll(async () => {
  stack = await launchStack()
  await throughTheGateway()
  await pastTheGateway()
  const { stdout, stderr } = await stack.script(script)
  if (stdout === '') throw new Error(stderr)
  nights = (JSON.parse(stdout) as BackendReconciliation[][]).map(
    (night) => new Map(night.map((one) => [one.backend, one])),
  )
}, 120_000)

afterAll(() => stack?.stop())

async function throughTheGateway(): Promise<void> {
  const agent = createAgent(stack.file)
  const bearer = await agent.signIn('alice')
  const asked = [
    ['azure-postgresql/executeQuery', { sql: 'SELECT id FROM sales.orders' }],
    ['azure-postgresql/executeQuery', { sql: 'SELECT name FROM sales.customers' }],
    ['databricks-sql/executeStatement', { statement: 'SELECT id FROM main.sales.orders' }],
    ['azure-storage-blob/listBlobs', { container: 'reports', prefix: 'emea/' }],
    ['rest-entra-api/listOrders', {}],
  ] as const
  for (const [operation, inputs] of asked) {
    const { status, body } = await agent.call(bearer, operation, inputs)
    expect([operation, status]).toEqual([operation, 200])
    if (operation.startsWith('databricks')) await copyTag((body as { meta: { decisionId: string } }).meta.decisionId)
  }
}

/** Bob at the workspace himself, with a tag that Alice's statement had. */
async function copyTag(decision: string): Promise<void> {
  const claims = { version: 1, aud: apps.databricks, scope: 'user_impersonation', appid: otherClient }
  const token = await createAgent(stack.file).signIn('bob', claims)
  const { url } = stack.file.backends['databricks-sql']
  const query_tags = [{ key: 'countersign_decision', value: decision }]
  const statement = { statement: 'SELECT id FROM main.sales.orders', warehouse_id: warehouseIds[0], query_tags }
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const asked = request(`${url}/api/2.0/sql/statements`, { method: 'POST', headers, ca: readFileSync(stack.file.ca) })
  asked.end(JSON.stringify(statement))
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  response.resume()
  expect(response.statusCode).toBe(200)
}

/** Alice at the database herself, with a token that another application got for her. */
async function pastTheGateway(): Promise<void> {
  const claims = { version: 1, aud: database, scope: 'user_impersonation', appid: otherClient }
  const password = await createAgent(stack.file).signIn('alice', claims)
  const { host, port, database: name } = stack.file.backends['azure-postgresql']
  const ssl = { ca: readFileSync(stack.file.ca) }
  const client = new Client({ host, port, database: name, user: personas.alice.username, password, ssl })
  await client.connect()
  await client.query('SELECT count(*) FROM sales.orders')
  await client.end()
}

describe('evidence app of a running stack', () => {
  it('looks for intents that were left open, and keeps how far it has read', async () => {
    const { url, key } = stack.file.evidenceApp
    const headers = { 'x-functions-key': key, 'content-type': 'application/json' }
    const started = await fetch(`${url}/admin/functions/reconcile-calls`, { method: 'POST', headers, body: '{}' })
    expect(started.status).toBe(202)
    const read = async () => (await stack.dump()).split('\n').find((line) => line.includes('"rowKey":"dangling"')) ?? ''
    await expect.poll(read, { timeout: 20_000, interval: 500 }).toMatch(/positions.{1,40}L01/)
  })
})

describe('book of a running stack and what its backends recorded', () => {
  it.each([
    ['azure-postgresql', { calls: 2, confirmed: 2, unrecorded: 0, bypass: 1, others: 0 }],
    ['databricks-sql', { calls: 1, confirmed: 1, unrecorded: 1, bypass: 0, events: 2 }],
    ['azure-storage-blob', { calls: 1, confirmed: 1, unrecorded: 0, bypass: 0, events: 1 }],
    ['entra', { calls: 5, confirmed: 5, unrecorded: 0, bypass: 1 }],
  ])('agree for %s', (backend, counts) => {
    expect(nights[0]?.get(backend)).toMatchObject({
      status: 'reconciled',
      counts: { ...counts, awaiting: 0, unconfirmed: 0 },
    })
  })

  it('show the one access past the gateway, by whom, and name nobody in clear', () => {
    const found = (backend: string) => nights[0]?.get(backend)?.findings ?? []
    expect(found('azure-postgresql').map(({ kind }) => kind)).toEqual(['bypass_access'])
    expect(found('azure-postgresql')[0]?.detail).toContain(personas.alice.oid)
    expect(found('entra').map(({ kind }) => kind)).toEqual(['bypass_access'])
    expect(found('entra')[0]?.detail).toContain(otherClient)
    expect(found('databricks-sql').map(({ kind }) => kind)).toEqual(['unrecorded_access'])
    expect(found('azure-storage-blob')).toEqual([])
    expect(JSON.stringify(nights.map((night) => [...night.values()]))).not.toContain(personas.alice.username)
  })

  it('say that a backend without a log cannot be reconciled', () => {
    expect(nights[0]?.get('rest-entra-api')).toMatchObject({ status: 'not_reconcilable', source: null, counts: null })
  })

  it('give the same where the same night is done again, and nothing of it in the next', () => {
    const [first, again, next] = nights.map((night) => [...night.values()])
    expect(again?.map(({ findings }) => findings)).toEqual(first?.map(({ findings }) => findings))
    expect(next?.flatMap(({ findings }) => findings)).toEqual([])
  })
})
