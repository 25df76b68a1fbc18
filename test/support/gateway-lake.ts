import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { afterEach, describe, expect, it } from 'vitest'
import { type PersonaName, personas } from '../../infra/local/personas.ts'
import type { Reply, World } from './gateway-world.ts'

/** Cross joins of forty rows each: nobody waits for the end of it. */
const slow = `SELECT count(*) AS n FROM ${['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `main.sales.products ${name}`).join(', ')}`

/** Databricks SQL through the gateway: grants, row filters and masks of the workspace, and our own on top. */
export function describeLake(world: () => World): void {
  const ask = (who: PersonaName | { token: string }, operation: string, inputs: object): Promise<Reply> =>
    world().call(who, `databricks-sql/${operation}`, inputs)
  const query = (who: PersonaName, statement: string, more: object = {}) =>
    ask(who, 'executeStatement', { statement, ...more })
  const fault = (order: object | null) =>
    new Promise<number>((resolve, reject) => {
      const { file } = world()
      const url = new URL('/dev/fault', file.backends['databricks-sql'].url)
      const options = { method: order === null ? 'DELETE' : 'POST', ca: readFileSync(file.ca, 'utf8') }
      const sent = request(url, options, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      })
      sent.on('error', reject).end(order === null ? undefined : JSON.stringify(order))
    })

  describe('the lakehouse', () => {
    afterEach(() => fault(null))

    it('gives two people different rows of one question, and says whom it saw', async () => {
      const statement = 'SELECT region, count(*) AS orders FROM main.sales.orders GROUP BY region'
      const [alice, bob] = await Promise.all([query('alice', statement), query('bob', statement)])
      expect([alice.body.data.rows[0][0], bob.body.data.rows[0][0]]).toEqual(['EMEA', 'US'])
      expect(alice.body.meta.identity).toMatchObject({ source: 'backend', method: 'request', matches: true })
      expect(bob.body.meta.identity).toMatchObject({ source: 'backend', matches: true })
    })

    it('masks what the workspace masks for one of them, and what we mask for both', async () => {
      const statement = 'SELECT name, email FROM main.sales.customers ORDER BY id LIMIT 3'
      const [alice, bob] = await Promise.all([query('alice', statement), query('bob', statement)])
      const [name = '', email = ''] = alice.body.data.rows[0]
      expect(name).toMatch(/^\w+ \w+$/)
      expect(email).toMatch(/^\w\*\*\*@/)
      expect(bob.body.data.rows[0][0]).toMatch(/^\w\.$/)
      expect(bob.body.meta.masked).toMatchObject([{ path: '/columns/email', class: 'pii.contact' }])
    })

    it('takes named values, and reads them as values', async () => {
      const statement = 'SELECT count(*) AS n FROM main.sales.orders WHERE region = :region'
      const parameters = [{ name: 'region', value: "EMEA' OR '1'='1" }]
      expect((await query('alice', statement, { parameters })).body.data.rows).toEqual([['0']])
    })

    it.each([
      ['DELETE FROM main.sales.orders', 'effect_exceeds_operation'],
      ['SELECT * FROM sales.orders', 'not_permitted'],
      ['SELECT * FROM system.access.audit', 'dangerous_statement'],
      ['SELECT 1; SELECT 2', 'multiple_statements'],
    ])('runs no %s as a query', async (statement, reason) => {
      const { status, body } = await query('alice', statement)
      expect([status, body.code]).toEqual([403, 'policy_denied'])
      expect(body.reasons).toContain(reason)
    })

    it('says how many rows a change touched, and refuses it where the workspace has no grant', async () => {
      const statement = "UPDATE main.sales.orders SET status = 'paid' WHERE id = -1"
      const { status, body } = await ask('alice', 'executeWriteStatement', { statement })
      expect([status, body.data]).toEqual([200, { columns: [], rows: [], rowCount: 0 }])
      const denied = await query('heidi', 'SELECT id FROM main.sales.orders')
      expect([denied.status, denied.body.code]).toEqual([403, 'policy_denied'])
    })

    it('deletes nothing without a second person', async () => {
      const token = await world().token('alice', { acrs: ['c1'] })
      const statement = "DELETE FROM main.sales.orders WHERE status = 'cancelled'"
      const { status, body } = await ask({ token }, 'executeDestructiveStatement', { statement })
      expect([status, body.code]).toEqual([403, 'approval_pending'])
    })

    it('gives a handle for a slow query, which opens to its person and its statement alone', async () => {
      const { body } = await query('alice', slow, { wait: 1 })
      expect(body.data).toMatchObject({ state: 'RUNNING', rows: [] })
      const { handle } = body.data
      expect((await ask('alice', 'getStatement', { statement: slow, handle })).body.data.state).toBe('RUNNING')
      const others = await Promise.all([
        ask('bob', 'getStatement', { statement: slow, handle }),
        ask('alice', 'getStatement', { statement: 'SELECT id FROM main.sales.orders', handle }),
        ask('bob', 'cancelStatement', { handle }),
      ])
      expect(others.map((one) => [one.status, one.body.code])).toEqual(others.map(() => [400, 'input_invalid']))
      expect((await ask('alice', 'cancelStatement', { handle })).body.data).toEqual({ state: 'CANCELED' })
    })

    it('lists warehouses and the own history without anybody’s texts, and stops no warehouse', async () => {
      const warehouses = (await ask('bob', 'listWarehouses', {})).body.data.warehouses
      expect(warehouses.map(({ id }: { id: string }) => id)).toEqual(['wh-sales-0001', 'wh-sales-0002'])
      const history = await ask('bob', 'listQueryHistory', {})
      expect(history.body.data.queries.length).toBeGreaterThan(0)
      expect(history.text).not.toContain('main.sales')
      expect((await ask('carol', 'stopWarehouse', {})).body.code).toBe('policy_denied')
    })

    it('answers a challenge of the workspace by a new exchange, once', async () => {
      await fault({ fault: 'claims_challenge', at: 'submit', count: 2 })
      const { status, headers } = await query('alice', 'SELECT id FROM main.sales.products')
      expect(status).toBe(401)
      expect(headers.get('www-authenticate')).toContain('insufficient_claims')
    })

    it('tells of a change whose answer got lost that nobody knows, in the book too', async () => {
      await fault({ fault: 'lose_reply', at: 'submit' })
      const statement = "UPDATE main.sales.orders SET status = 'open' WHERE id = -2"
      const { status, body } = await ask('alice', 'executeWriteStatement', { statement })
      expect([status, body.code]).toEqual([502, 'backend_failed'])
    })

    it('lets in nobody who is not in the workspace', async () => {
      const { status, body } = await ask('dave', 'listWarehouses', {})
      expect([status, body.code]).toEqual([403, 'backend_rejected'])
      expect(body.detail).not.toContain(personas.dave.username)
    })
  })
}
