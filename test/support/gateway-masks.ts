import { beforeAll, describe, expect, it } from 'vitest'
import type { World } from './gateway-world.ts'

/** Ways to ask for addresses and telephone numbers of `sales.customers`, under other names and shapes. */
const questions: readonly string[] = [
  'SELECT email, phone FROM sales.customers',
  'SELECT * FROM sales.customers',
  'TABLE sales.customers',
  'SELECT email AS id, phone AS region FROM sales.customers',
  'SELECT "email" AS "name" FROM sales."customers"',
  'SELECT lower(email), upper(phone) FROM sales.customers',
  "SELECT email || '' AS x, concat(phone, '') AS y FROM sales.customers",
  "SELECT format('%s', email) FROM sales.customers",
  'SELECT coalesce(email, phone), greatest(email), nullif(phone, name) FROM sales.customers',
  'SELECT email::varchar, CAST(phone AS char(40)) FROM sales.customers',
  'SELECT (SELECT email FROM sales.customers WHERE id = 2) AS name',
  'SELECT (SELECT string_agg(phone, name) FROM sales.customers) AS name',
  'SELECT row_to_json(c) FROM sales.customers c',
  'SELECT to_jsonb(c) FROM sales.customers c',
  'SELECT jsonb_agg(c) FROM sales.customers c',
  'SELECT c FROM sales.customers c',
  'SELECT c::text FROM sales.customers c',
  'SELECT customers FROM sales.customers',
  'SELECT (c).email, (c).phone FROM sales.customers c',
  'SELECT ROW(email, phone) FROM sales.customers',
  'SELECT name FROM sales.customers UNION ALL SELECT email FROM sales.customers',
  'WITH x AS (SELECT email AS name, phone AS region FROM sales.customers) SELECT name, region FROM x',
  'WITH x (id, name) AS (SELECT email, phone FROM sales.customers) SELECT id, name FROM x',
  'WITH RECURSIVE x (name) AS (SELECT email FROM sales.customers UNION ALL SELECT name FROM x WHERE false) TABLE x',
  'SELECT t.a FROM (SELECT email FROM sales.customers) AS t (a)',
  'SELECT x.name FROM sales.customers c, LATERAL (SELECT c.email AS name) x',
  'VALUES ((SELECT email FROM sales.customers WHERE id = 2))',
  'SELECT ARRAY(SELECT email FROM sales.customers)',
  'SELECT array_agg(email) FROM sales.customers',
  "SELECT string_agg(email, ',') FROM sales.customers",
  'SELECT max(email), min(phone) FROM sales.customers',
  "SELECT json_build_object('name', email) FROM sales.customers",
  'SELECT json_object_agg(id, email) FROM sales.customers',
  'SELECT (ARRAY[email, phone])[1] FROM sales.customers',
  "SELECT string_to_array(email, '@') FROM sales.customers",
  "SELECT split_part(email, '@', 1) FROM sales.customers",
  'SELECT first_value(email) OVER (ORDER BY id) FROM sales.customers',
  'SELECT CASE WHEN id > 0 THEN email ELSE name END FROM sales.customers',
  'SELECT o.id, c.email AS status FROM sales.orders o JOIN sales.customers c ON c.id = o.customer_id',
  'SELECT reverse(email), reverse(phone) FROM sales.customers',
  "SELECT split_part(email, '@', 2) || '@' || split_part(email, '@', 1) || '.x' FROM sales.customers",
  "SELECT encode(email::bytea, 'base64'), encode(email::bytea, 'hex') FROM sales.customers",
  "SELECT translate(email, '@', '#') FROM sales.customers",
  ...[6, 9, 12].map((length) => `SELECT left(email, ${length}), right(phone, ${length}) FROM sales.customers`),
]

/** Ways to learn them from the rows that come back, whatever is in the rows. */
const comparisons: readonly string[] = [
  'SELECT name FROM sales.customers UNION SELECT phone FROM sales.customers',
  'SELECT email FROM sales.customers EXCEPT SELECT name FROM sales.customers',
  'SELECT u FROM sales.customers c, unnest(ARRAY[c.email]) u',
  "SELECT u.value FROM sales.customers c, jsonb_each_text(jsonb_build_object('a', c.email)) u",
  "SELECT r FROM sales.customers c, regexp_split_to_table(c.email, '@') r",
  "SELECT regexp_matches(email, '(.*)@') FROM sales.customers",
  'SELECT a.email FROM sales.customers a JOIN sales.customers b USING (email)',
  'SELECT email FROM sales.customers a NATURAL JOIN (SELECT email FROM sales.customers) b',
  'SELECT DISTINCT ON (email) email AS region FROM sales.customers ORDER BY email',
  `SELECT c.id, p, chr(n) FROM sales.customers c
    JOIN generate_series(1, 9) p ON true JOIN generate_series(32, 126) n ON substr(c.email, p, 1) = chr(n)`,
  'SELECT c.id, count(*) FROM sales.customers c, generate_series(1, length(c.email)) GROUP BY c.id',
  "SELECT id FROM sales.customers WHERE email LIKE 'a%'",
  'SELECT id FROM sales.customers ORDER BY phone',
  'SELECT e.id, g FROM hr.employees e JOIN generate_series(0, 200000) g ON g = e.salary_eur',
]

/** Every way to write a value down that no label may leave it in. */
const spellings = (value: string): string[] => [
  value,
  [...value].reverse().join(''),
  Buffer.from(value).toString('hex'),
  Buffer.from(value).toString('base64').replace(/=*$/, '').slice(0, -2),
  value.replace('@', '#'),
]

/** No address, number or salary leaves in clear, however it is asked for. */
export function describeMasks(world: () => World): void {
  describe('personal fields', () => {
    let forbidden: string[] = []

    beforeAll(async () => {
      const customers = await world().rows('carol', 'SELECT email, phone FROM sales.customers')
      const values = customers.flatMap(({ email, phone }) => [String(email), String(phone)])
      // Local parts say who it is by themselves.
      const locals = customers.map(({ email }) => String(email).split('@')[0] ?? '')
      forbidden = [...values, ...locals].flatMap(spellings)
      expect(forbidden.length).toBeGreaterThan(3000)
    })

    it.each(questions)('do not leave in clear by %s', async (sql) => {
      const reply = await world().query('alice', sql)
      expect(reply.status).toBe(200)
      const found = forbidden.filter((value) => reply.text.toLowerCase().includes(value.toLowerCase()))
      expect(found).toEqual([])
      expect(reply.body.meta.masked.length).toBeGreaterThan(0)
    })

    it.each(comparisons)('cannot be learnt from the rows of %s', async (sql) => {
      const { status, body } = await world().query('alice', sql)
      expect([status, body.code, body.reasons]).toEqual([403, 'policy_denied', ['masked_data_used']])
    })

    it('cannot be put together from pieces of an expression', async () => {
      const pieces = Array.from({ length: 16 }, (_, at) => `substr(email, ${at + 1}, 6) AS p${at}`)
      const { body, text } = await world().query(
        'alice',
        `SELECT ${pieces.join(', ')} FROM sales.customers WHERE id = 2`,
      )
      expect(body.meta.masked.length).toBe(pieces.length)
      expect(body.data.rows.flat().every((cell: unknown) => cell === null || cell === '***')).toBe(true)
      expect(text).not.toContain('berg')
    })

    it('keep their shape: first letter and domain, last digits', async () => {
      const { body } = await world().query('alice', 'SELECT email, phone FROM sales.customers WHERE id = 2')
      expect(body.data.rows).toEqual([[expect.stringMatching(/^[a-z]\*\*\*@customer\.example$/), '***0002']])
    })

    it('leave numbers about them alone', async () => {
      const { body } = await world().query('alice', 'SELECT count(*), max(id) FROM sales.customers')
      expect([body.data.rows, body.meta.masked]).toEqual([[['96', 240]], []])
    })

    it.each(['listOrders', 'getOrder'])('of orders are masked in %s', async (name) => {
      const inputs = name === 'getOrder' ? { order_id: 'ord-5001' } : { limit: 100 }
      const { status, text, body } = await world().call('alice', `rest-entra-api/${name}`, inputs)
      expect(status).toBe(200)
      expect(text).not.toMatch(/[a-z]\.[a-z]+\d+@customer\.example|\+44 20/)
      expect(body.meta.masked.map(({ path }: { path: string }) => path.replace('/value/*', '')).sort()).toEqual([
        '/customer/email',
        '/customer/phone',
      ])
    })
  })

  describe('a masked field', () => {
    it.each([
      'UPDATE sales.customers SET name = email WHERE id = $1',
      'UPDATE sales.customers SET name = (SELECT c.email FROM sales.customers c WHERE c.id = $1) WHERE id = $1',
      'UPDATE sales.customers SET name = row_to_json(customers)::text WHERE id = $1',
      "UPDATE sales.customers SET name = 'found' WHERE id = $1 AND email LIKE 'a%'",
      'INSERT INTO sales.products SELECT c.id, c.email FROM sales.customers c WHERE c.id = $1',
    ])('cannot be copied or compared by a change: %s', async (sql) => {
      const before = await world().rows('alice', 'SELECT id, name FROM sales.customers ORDER BY id LIMIT 9')
      const { status, body } = await world().call('alice', 'azure-postgresql/executeStatement', { sql, params: [5] })
      expect([status, body.code, body.reasons]).toEqual([403, 'policy_denied', ['masked_data_used']])
      expect(await world().rows('alice', 'SELECT id, name FROM sales.customers ORDER BY id LIMIT 9')).toEqual(before)
    })

    it('is no hindrance to a change that leaves it alone', async () => {
      const sql = "UPDATE sales.customers SET phone = '+32 2 555 01 23' WHERE id = $1"
      const alice = { token: await world().token('alice', { acrs: ['c1'] }) }
      expect((await world().call(alice, 'azure-postgresql/executeStatement', { sql, params: [5] })).status).toBe(200)
    })
  })

  describe('fields of employees', () => {
    const ask = 'SELECT name, email, salary_eur, birth_date, national_id FROM hr.employees ORDER BY id LIMIT 3'

    it('show no salary, birth date or national number to somebody who is not in HR', async () => {
      const { body, text } = await world().query('alice', ask)
      expect(body.data.columns).toEqual(['name', 'email', 'salary_eur', 'birth_date'])
      expect(body.data.rows[0]).toEqual(['Alice Adler', 'a***@countersign.example', null, null])
      expect(text).not.toMatch(/ZZ-\d|6\d{4}\.00/)
    })

    it('show HR everything but the national number', async () => {
      const { body, text } = await world().query('heidi', ask)
      expect(body.data.rows[0]).toEqual(['Alice Adler', 'alice@countersign.example', '62750.00', '1980-06-26'])
      expect(body.meta.masked.map(({ path, strategy }: Record<string, string>) => [path, strategy])).toEqual([
        ['/columns/national_id', 'drop'],
      ])
      expect(text).not.toMatch(/ZZ-\d/)
    })

    it.each([
      "SELECT national_id || '' FROM hr.employees",
      'SELECT * FROM hr.employees',
      'SELECT e FROM hr.employees e',
      'SELECT right(national_id, 3) AS name FROM hr.employees',
      'WITH x AS (SELECT national_id AS name FROM hr.employees) SELECT name FROM x',
      'SELECT name FROM hr.employees UNION ALL SELECT national_id FROM hr.employees',
    ])('never show a national number, to HR neither: %s', async (sql) => {
      const { status, text, body } = await world().query('heidi', sql)
      expect(status).toBe(200)
      expect(text).not.toMatch(/ZZ-\d/)
      expect(body.meta.masked.some(({ strategy }: { strategy: string }) => strategy === 'drop')).toBe(true)
    })

    it.each(['sum(salary_eur)', 'salary_eur * 1', 'salary_eur::text', "to_char(salary_eur, '999999')"])(
      'show no salary by %s',
      async (expression) => {
        const { body } = await world().query('alice', `SELECT ${expression} AS name FROM hr.employees`)
        expect(body.data.rows.flat().every((cell: unknown) => cell === null)).toBe(true)
      },
    )
  })
}
