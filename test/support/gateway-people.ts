import { describe, expect, it } from 'vitest'
import { type PersonaName, personas } from '../../infra/local/personas.ts'
import type { World } from './gateway-world.ts'

const regions = 'SELECT DISTINCT region FROM sales.orders ORDER BY 1'
const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const place = { lane: expect.any(String), segment: expect.any(Number), seq: expect.any(Number) }

/** What the whole exists for: each call reaches the backend as the person, and the answer says so. */
export function describePeople(world: () => World): void {
  describe('two people behind one agent', () => {
    it.each([
      ['alice', [['EMEA']]],
      ['bob', [['US']]],
    ] as const)('gives %s the rows of %j that row-level security gives', async (persona, rows) => {
      const { status, body } = await world().query(persona, regions)
      expect([status, body.data]).toEqual([200, { columns: ['region'], rows }])
      expect(body.meta.identity).toEqual({
        source: 'backend',
        method: 'session_user',
        checkedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        matches: true,
      })
    })

    it.each(['alice', 'bob', 'scout'] as const)('lets the orders API see the person behind %s', async (persona) => {
      const { status, body } = await world().call(persona, 'rest-entra-api/whoami')
      expect(status).toBe(200)
      expect([body.data.oid, body.data.tid]).toEqual([personas[persona].oid, personas[persona].tid])
    })

    it('never mixes people up when their calls run side by side', async () => {
      const people = Array.from({ length: 24 }, (_, index): PersonaName => (index % 2 === 0 ? 'alice' : 'bob'))
      const seen = await Promise.all(people.map((persona) => world().query(persona, 'SELECT session_user')))
      expect(seen.map(({ body }) => body.data?.rows)).toEqual(people.map((name) => [[personas[name].username]]))
    })
  })

  describe('the answer of a governed call', () => {
    it('has data, and meta with exactly the members of the contract', async () => {
      const { status, body, headers } = await world().query('alice', 'SELECT name, email FROM sales.customers LIMIT 2')
      expect(status).toBe(200)
      expect(Object.keys(body).sort()).toEqual(['data', 'meta'])
      expect(body.meta).toEqual({
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
        decisionId: expect.stringMatching(guid),
        audit: { lane: expect.any(String), intent: place, outcome: place },
        masked: [
          {
            path: '/columns/email',
            class: 'pii.contact',
            strategy: 'partial',
            reason: 'label_not_granted',
            howToRequest: expect.stringContaining('pii.contact'),
          },
        ],
        truncated: false,
        rows: 2,
        identity: { source: 'backend', method: 'session_user', checkedAt: expect.any(String), matches: true },
        trust: 'untrusted-data',
      })
      expect(body.meta.audit.outcome.seq).toBeGreaterThan(body.meta.audit.intent.seq)
      expect(headers.get('x-countersign-decision')).toBe(body.meta.decisionId)
      expect(headers.get('content-type')).toBe('application/json')
      expect([headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual(['no-store', 'nosniff'])
    })

    it.each([
      ['a permitted call', { sql: 'SELECT 1' }, 200],
      ['a refused one', { sql: 'DROP TABLE sales.orders' }, 403],
      ['one with wrong inputs', { sql: 1 }, 400],
    ] as const)('continues the trace of its caller with a span of its own, for %s', async (_, body, status) => {
      const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
      const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` }
      const token = await world().token('alice')
      const reply = await world().ask({ path: '/api/azure-postgresql/executeQuery', token, headers, body })
      expect(reply.status).toBe(status)
      expect(reply.headers.get('traceparent')).toMatch(new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-`))
      expect(reply.headers.get('x-countersign-decision')).toMatch(guid)
    })

    it.each(['00-0-0-0', 'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'x'.repeat(500)])(
      'starts a trace of its own where the header says %s',
      async (traceparent) => {
        const token = await world().token('alice')
        const reply = await world().ask({
          path: '/api/rest-entra-api/health',
          token,
          headers: { traceparent },
          body: {},
        })
        expect(reply.headers.get('traceparent')).toMatch(/^00-(?!4bf92f35)[0-9a-f]{32}-[0-9a-f]{16}-01$/)
      },
    )

    it('says that it was cut where a read has more rows than a person may read at once', async () => {
      const { body } = await world().query('alice', 'SELECT a.id FROM sales.orders a, sales.orders b')
      expect([body.data.rows.length, body.meta.rows, body.meta.truncated]).toEqual([1000, 1000, true])
    })
  })

  describe("the database's own rights", () => {
    it('hold below policy: a region that is not hers is refused by row-level security', async () => {
      const sql = "INSERT INTO sales.customers (name, email, phone, region) VALUES ('N', 'n@n.example', '1', 'US')"
      const alice = { token: await world().token('alice', { acrs: ['c1'] }) }
      const { status, body } = await world().call(alice, 'azure-postgresql/executeStatement', { sql })
      expect([status, body.code]).toEqual([403, 'backend_rejected'])
      expect(body.detail).toContain('42501')
    })

    it('never come into play for what policy denies already', async () => {
      const sql = 'UPDATE hr.employees SET salary_eur = salary_eur * 2'
      const before = await world().rows('heidi', 'SELECT sum(salary_eur) AS sum FROM hr.employees')
      const { status, body } = await world().call('alice', 'azure-postgresql/executeStatement', { sql })
      expect([status, body.code, body.reasons]).toEqual([403, 'policy_denied', ['not_permitted']])
      expect(await world().rows('heidi', 'SELECT sum(salary_eur) AS sum FROM hr.employees')).toEqual(before)
    })

    it('lets a change through that policy and database both permit, and it is really made', async () => {
      const sql = "UPDATE sales.orders SET status = 'open' WHERE id = $1"
      const [first] = await world().rows(
        'alice',
        "SELECT id FROM sales.orders WHERE status <> 'open' ORDER BY id LIMIT 1",
      )
      const { status, body } = await world().call('alice', 'azure-postgresql/executeStatement', {
        sql,
        params: [first?.id],
      })
      expect([status, body.data.rowCount, body.meta.identity.matches]).toEqual([200, 1, true])
      expect(await world().rows('alice', `SELECT status FROM sales.orders WHERE id = ${first?.id}`)).toEqual([
        { status: 'open' },
      ])
    })

    it('holds a deletion for a second person, and deletes nothing meanwhile', async () => {
      const token = await world().token('alice', { acrs: ['c1'] })
      const ask = () =>
        world().call({ token }, 'azure-postgresql/executeDestructive', {
          sql: 'DELETE FROM sales.orders WHERE id = $1',
          params: [2],
        })
      const before = await world().rows('alice', 'SELECT count(*) FROM sales.orders')
      const [first, second] = [await ask(), await ask()]
      expect([first.status, first.body.code]).toEqual([403, 'approval_pending'])
      expect(second.body.approval.id).toBe(first.body.approval.id)
      expect(await world().rows('alice', 'SELECT count(*) FROM sales.orders')).toEqual(before)
    })

    it('asks for a strong sign-in before a deletion, by a challenge that a new token answers', async () => {
      const inputs = { sql: 'DELETE FROM sales.orders WHERE id = 2' }
      const { status, body, headers } = await world().call('alice', 'azure-postgresql/executeDestructive', inputs)
      expect([status, body.code]).toEqual([401, 'claims_challenge'])
      expect(headers.get('www-authenticate')).toContain('error="insufficient_claims"')
      expect(JSON.parse(Buffer.from(body.claims, 'base64').toString())).toMatchObject({
        access_token: { acrs: { essential: true, value: 'c1' } },
      })
    })
  })
}
