import { describe, expect, it } from 'vitest'
import { warehouseIds } from '../../infra/local/databricks/warehouses.ts'
import { type PersonaName, personas } from '../../infra/local/personas.ts'
import { readBackendChallenge } from '../../shared/identity/backend-challenge.ts'
import type { Json } from '../../shared/pipeline/ports.ts'
import { createDatabricksExecutor, type DatabricksOptions } from '../../shared/upstream/databricks.ts'
import { factsOfFailure } from '../../shared/upstream/failure.ts'
import { makeToken, principal, problemOf } from '../unit/upstream/calls.ts'
import { callOf } from '../unit/upstream/databricks-script.ts'
import type { DatabricksWorld } from './databricks-world.ts'

type Inputs = Readonly<Record<string, Json>>

/** Far more rows than can be counted within a test. */
const slowQuery = `SELECT count(*) AS n FROM ${['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `main.sales.products ${name}`).join(', ')}`

/** The executor against the stand-in, over real HTTP and a real database; statements go as they stand. */
export function describeExecutor(world: () => DatabricksWorld): void {
  const makeExecutor = (options: Partial<DatabricksOptions> = {}) =>
    createDatabricksExecutor({
      fetch: world().fetch,
      settingsFor: () => ({
        baseUrl: world().workspace.url,
        warehouses: warehouseIds.slice(0, 2),
        catalog: 'main',
        schema: 'sales',
      }),
      clock: Date.now,
      parseChallenge: readBackendChallenge,
      handleKey: async () => new Uint8Array(32),
      ...options,
    })

  function callAs(who: PersonaName, [operation, inputs]: [string, Inputs], more: Parameters<typeof callOf>[2] = {}) {
    const { tid, oid, username } = personas[who]
    const token = makeToken(world().tokenOf(who), { tid, oid })
    return callOf(operation, inputs, { principal: { ...principal, tid, oid, username }, token, ...more })
  }

  const ask = (who: PersonaName, statement: string, more: Parameters<typeof callOf>[2] = {}) =>
    callAs(who, ['executeStatement', { statement }], more)

  const statesOf = async (who: PersonaName, text: string) => {
    const { body } = await world().as(who, { path: '/api/2.0/sql/history/queries?max_results=100' })
    return body.res
      .filter((one: { query_text: string }) => one.query_text === text)
      .map((one: { status: string }) => one.status)
  }

  describe('the executor at the workspace', () => {
    it('gets each person their own rows, proven by the object id that the workspace knows', async () => {
      const executor = makeExecutor()
      const regions = 'SELECT DISTINCT region FROM main.sales.orders'
      const [alice, bob] = await Promise.all([executor.call(ask('alice', regions)), executor.call(ask('bob', regions))])
      expect([alice.data, bob.data]).toMatchObject([{ rows: [['EMEA']] }, { rows: [['US']] }])
      expect([alice.identity, bob.identity]).toMatchObject([{ source: 'backend', matches: true }, { matches: true }])
      expect(alice.backendIds).toMatchObject({ state: 'SUCCEEDED', 'x-databricks-org-id': '4242424242424242' })
    })

    it('gathers all chunks of a result, and cuts at the limit', async () => {
      const text = 'SELECT id FROM main.sales.orders ORDER BY id'
      const all = await makeExecutor().call(ask('carol', text))
      expect([all.rows, all.truncated]).toEqual([900, false])
      const cut = await makeExecutor().call(ask('carol', text, { rowLimit: 120 }))
      expect([cut.rows, cut.truncated]).toEqual([120, true])
    })

    it('waits for a warehouse that starts, polling', async () => {
      const call = callAs(
        'alice',
        [
          'executeWriteStatement',
          { statement: "UPDATE main.sales.orders SET status = 'paid' WHERE id = -1", warehouse: 'wh-sales-0002' },
        ],
        {
          judgement: { writes: ['main.sales.orders'] },
        },
      )
      expect((await makeExecutor().call(call)).data).toEqual({ columns: [], rows: [], rowCount: 0 })
    })

    it.each([
      ['alice', 'SELECT nothing FROM main.sales.orders', 'backend_rejected', 400],
      ['alice', 'SELECT 1 / 0', 'backend_rejected', 400],
      ['alice', 'SELECT * FROM main.sales.nowhere', 'backend_rejected', 404],
      ['heidi', 'SELECT * FROM main.sales.orders', 'backend_rejected', 403],
      ['dave', 'SELECT 1', 'backend_rejected', 403],
    ] as const)('is refused as %s for %s', async (...row) => {
      const [who, statement, code, status] = row
      const problem = await problemOf(makeExecutor().call(ask(who, statement)))
      expect([problem.code, problem.status]).toEqual([code, status])
      expect(problem.detail).not.toMatch(/nothing|nowhere|orders/)
    })

    it('changes nothing for a user whom Entra did not provision', async () => {
      const call = callAs('heidi', [
        'executeWriteStatement',
        { statement: "UPDATE main.hr.employees SET department = 'x'" },
      ])
      expect((await problemOf(makeExecutor().call(call))).reason).toBe('not_called:identity_unproven')
    })

    it('really ends what it cancels', async () => {
      const text = `${slowQuery} -- overdue`
      const problem = await problemOf(makeExecutor({ deadlineMs: 800 }).call(ask('alice', text)))
      expect(problem.code).toBe('backend_timeout')
      const later = `${slowQuery} -- overdue change`
      const change = callAs('alice', ['executeWriteStatement', { statement: later }])
      const unknown = await problemOf(makeExecutor({ deadlineMs: 800 }).call(change))
      expect(unknown.reason).toBe('unknown:overdue_canceled')
      expect(factsOfFailure(unknown)?.backendIds).toMatchObject({ state: 'CANCELED' })
      expect(await statesOf('alice', later)).toEqual(['CANCELED'])
    })

    it('gives a handle for a slow query, by which its person alone can cancel it', async () => {
      const executor = makeExecutor()
      const statement = `${slowQuery} -- by handle`
      const { data } = await executor.call(callAs('alice', ['executeStatement', { statement, wait: 1 }]))
      const { handle } = data as { handle: string }
      const stolen = callAs('bob', ['cancelStatement', { handle }])
      expect((await problemOf(executor.call(stolen))).code).toBe('input_invalid')
      expect((await executor.call(callAs('alice', ['cancelStatement', { handle }]))).data).toEqual({
        state: 'CANCELED',
      })
      expect((await problemOf(executor.call(callAs('alice', ['getStatement', { statement, handle }])))).reason).toBe(
        'state_canceled',
      )
    }, 15_000)

    it('lists the deployment’s warehouses and the person’s own statements, to an administrator too', async () => {
      await makeExecutor().call(ask('bob', 'SELECT 4242'))
      const warehouses = (await makeExecutor().call(callAs('carol', ['listWarehouses', {}]))).data
      expect((warehouses as { warehouses: { id: string }[] }).warehouses.map(({ id }) => id)).toEqual(
        warehouseIds.slice(0, 2),
      )
      const history = (await makeExecutor().call(callAs('carol', ['listQueryHistory', { limit: 100 }]))).data
      const texts = (history as { queries: { text: string }[] }).queries.map(({ text }) => text)
      expect(texts).toContain('SELECT id FROM main.sales.orders ORDER BY id')
      expect(texts).not.toContain('SELECT 4242')
    })
  })

  describe('the executor at a faulty workspace', () => {
    const insert = (region: string): [string, Inputs] => [
      'executeWriteStatement',
      {
        statement: `INSERT INTO main.sales.customers (id, email, phone, region) VALUES (${region.length + 9000}, 'e', 'p', '${region}')`,
      },
    ]

    it.each([
      ['submit', 'claims_challenge', 'backend_rejected_token', 'not_called:claims_challenge'],
      ['submit', 'throttle', 'backend_rejected', 'not_called:throttled'],
      ['submit', 'unavailable', 'backend_failed', 'unknown:status_503'],
      ['submit', 'redirect', 'backend_failed', 'unknown:redirect'],
      ['submit', 'garbage', 'backend_failed', 'unknown:json'],
      ['submit', 'html', 'backend_failed', 'unknown:content_type'],
      ['submit', 'oversized', 'backend_failed', 'unknown:too_large'],
      ['submit', 'drop', 'backend_failed', 'unknown:connection_lost'],
      ['submit', 'lose_reply', 'backend_failed', 'unknown:connection_lost'],
      ['submit', 'hang', 'backend_timeout', 'unknown:deadline'],
      ['me', 'error', 'backend_failed', 'not_called:identity_unproven'],
      ['me', 'drop', 'backend_failed', 'not_called:identity_unproven'],
      ['me', 'garbage', 'backend_failed', 'not_called:identity_unproven'],
      ['me', 'token', 'backend_rejected_token', 'not_called:probe_token'],
      ['poll', 'garbage', 'backend_failed', 'unknown:json'],
      ['poll', 'token', 'backend_failed', 'unknown:token'],
    ])('says of a change what is known: %s, %s', async (...row) => {
      const [at, fault, code, reason] = row
      await world().plant({ fault, at, retryAfter: 1 })
      const text = `${slowQuery} -- ${at} ${fault}`
      const call =
        at === 'poll'
          ? callAs('alice', ['executeWriteStatement', { statement: text }])
          : callAs('alice', insert('EMEA'))
      const problem = await problemOf(makeExecutor({ deadlineMs: 1500 }).call(call))
      expect([problem.code, problem.reason]).toEqual([code, reason])
    })

    it.each(['error', 'unavailable', 'throttle', 'drop', 'lose_reply'])(
      'follows a read through %s at a poll',
      async (fault) => {
        const statement = 'SELECT count(*) FROM main.sales.orders'
        await world().plant({ fault, at: 'poll', retryAfter: 1 })
        await world().as('carol', { method: 'POST', path: '/api/2.0/sql/warehouses/wh-sales-0002/stop' })
        const call = callAs('alice', ['executeWriteStatement', { statement, warehouse: 'wh-sales-0002' }])
        expect((await makeExecutor().call(call)).backendIds).toMatchObject({ state: 'SUCCEEDED' })
      },
      10_000,
    )

    it('cancels even where the cancelling’s own answer is lost', async () => {
      const text = `${slowQuery} -- lost cancelling`
      await world().plant({ fault: 'lose_reply', at: 'cancel' })
      const problem = await problemOf(
        makeExecutor({ deadlineMs: 600 }).call(callAs('alice', ['executeWriteStatement', { statement: text }])),
      )
      expect(problem.reason).toBe('unknown:overdue_canceled')
      expect(await statesOf('alice', text)).toEqual(['CANCELED'])
    })
  })
}
