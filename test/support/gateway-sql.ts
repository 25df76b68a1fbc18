import { describe, expect, it } from 'vitest'
import type { World } from './gateway-world.ts'

const denied = 'policy_denied'

/** Statements as `executeQuery`; the reasons that must be among those given. */
const attacks: readonly (readonly [sql: string, ...reasons: string[]])[] = [
  ['SELECT 1; DELETE FROM sales.orders', 'multiple_statements'],
  ["SELECT 1; COMMIT; UPDATE sales.customers SET name = 'x'", 'multiple_statements'],
  ['DELETE FROM sales.orders', 'effect_exceeds_operation'],
  ['TRUNCATE sales.orders CASCADE', 'effect_exceeds_operation'],
  ['WITH d AS (DELETE FROM sales.orders RETURNING *) SELECT count(*) FROM d', 'effect_exceeds_operation'],
  ["WITH u AS (UPDATE sales.customers SET name = 'x' RETURNING 1) SELECT 1", 'effect_exceeds_operation'],
  ['SELECT * INTO sales.copy FROM sales.orders', 'effect_exceeds_operation'],
  ['CREATE TABLE sales.copy AS SELECT * FROM sales.orders', 'effect_exceeds_operation'],
  ['SELECT id FROM sales.orders FOR UPDATE', 'effect_exceeds_operation'],
  ['EXPLAIN ANALYZE DELETE FROM sales.orders', 'effect_exceeds_operation'],
  ['EXPLAIN (ANALYZE true) DELETE FROM sales.orders', 'effect_exceeds_operation'],
  ["SELECT pg_read_file('/etc/passwd')", 'dangerous_statement'],
  ["SELECT pg_ls_dir('/')", 'dangerous_statement'],
  ["SELECT lo_import('/etc/passwd')", 'dangerous_statement'],
  ["SELECT set_config('role', 'carol@countersign.example', false)", 'dangerous_statement'],
  ['SELECT "pg_catalog"."set_config"(\'role\', \'x\', true)', 'dangerous_statement'],
  ["SELECT query_to_xml('DELETE FROM sales.orders', true, true, '')", 'dangerous_statement'],
  ["SELECT dblink('host=127.0.0.1', 'SELECT 1')", 'dangerous_statement'],
  ['SELECT pg_sleep(60)', 'dangerous_statement'],
  ['SELECT pg_terminate_backend(pg_backend_pid())', 'dangerous_statement'],
  ['SELECT pg_advisory_lock(1)', 'dangerous_statement'],
  ["SELECT nextval('sales.orders_id_seq')", 'dangerous_statement'],
  ['SELECT sales.no_such_function()', 'dangerous_statement'],
  ["SELECT 'sales.orders'::regclass", 'dangerous_statement'],
  ["COPY sales.orders TO PROGRAM 'cat > /tmp/stolen'", 'dangerous_statement'],
  ["COPY sales.orders FROM '/etc/passwd'", 'dangerous_statement'],
  ['DO $$ BEGIN DELETE FROM sales.orders; END $$', 'dangerous_statement'],
  ['SET ROLE "carol@countersign.example"', 'dangerous_statement'],
  ['SET SESSION AUTHORIZATION DEFAULT', 'dangerous_statement'],
  ['RESET ALL', 'admin_not_permitted'],
  ['BEGIN; DELETE FROM sales.orders; COMMIT', 'admin_not_permitted'],
  ['PREPARE p AS DELETE FROM sales.orders', 'dangerous_statement'],
  ['NOTIFY all_of_you', 'dangerous_statement'],
  ['GRANT deleters TO "alice@countersign.example"', 'admin_not_permitted'],
  ['CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$', 'admin_not_permitted'],
  ['SELECT rolname, rolpassword FROM pg_authid', 'system_catalog'],
  ['SELECT * FROM pg_catalog.pg_shadow', 'system_catalog'],
  ['SELECT most_common_vals FROM pg_stats', 'system_catalog'],
  ['SELECT * FROM information_schema.columns', 'system_catalog'],
  ['SELECT role FROM access.person', 'not_permitted'],
  ['SELECT 1 --\r; DELETE FROM sales.orders', 'not_understood'],
  ['SELECT 1 /* /* */ ; DELETE FROM sales.orders', 'not_understood'],
  ['SELECT $$; DELETE FROM sales.orders', 'not_understood'],
  ['this is no SQL', 'not_understood'],
  [';', 'not_understood'],
]

/** One line of text over everything that a change could touch; the database's own view of it, past the gateway. */
const everything = `SELECT
  (SELECT md5(string_agg(o::text, '|' ORDER BY id)) FROM sales.orders o) AS orders,
  (SELECT md5(string_agg(c::text, '|' ORDER BY id)) FROM sales.customers c) AS customers,
  (SELECT count(*) FROM sales.order_lines) AS lines,
  (SELECT count(*) FROM information_schema.tables) AS tables,
  (SELECT count(*) FROM pg_catalog.pg_auth_members) AS members`

/** Statements that must never run, and what may not be learnt from those that fail. */
export function describeSql(world: () => World): void {
  describe('a hostile statement', () => {
    it.each(attacks)('%j is denied', async (sql, ...reasons) => {
      const { status, body } = await world().query('alice', sql)
      expect([status, body.code]).toEqual([403, denied])
      expect(body.reasons).toEqual(expect.arrayContaining(reasons))
      expect(body.next).toEqual({ action: 'change_input', url: '/api/explain' })
    })

    it('has changed nothing, whichever operation and person it was tried with', async () => {
      const before = await world().rows('carol', everything)
      const operations = ['executeQuery', 'explainQuery'].map((name) => `azure-postgresql/${name}`)
      const people = ['alice', 'bob', 'dave', 'erin', 'heidi', 'carol'] as const
      for (const [index, [sql]] of attacks.entries()) {
        const persona = people[index % people.length] ?? 'alice'
        const replies = await Promise.all(operations.map((name) => world().call(persona, name, { sql })))
        expect(replies.map(({ status, body }) => [status, body.code])).toEqual(operations.map(() => [403, denied]))
      }
      expect(await world().rows('carol', everything)).toEqual(before)
    })

    it.each([
      ['executeStatement', 'DELETE FROM sales.orders'],
      [
        'executeStatement',
        'WITH d AS (DELETE FROM sales.orders RETURNING id) INSERT INTO sales.regions SELECT id, id FROM d',
      ],
      ['executeStatement', 'MERGE INTO sales.orders o USING sales.orders s ON o.id = s.id WHEN MATCHED THEN DELETE'],
      ['executeStatement', 'TRUNCATE sales.orders'],
      ['explainQuery', 'SELECT 1; DELETE FROM sales.orders'],
      ['explainQuery', 'ANALYZE DELETE FROM sales.orders'],
      ['executeDestructive', 'DROP ROLE "bob@countersign.example"'],
    ])('that goes beyond %s is denied: %s', async (operation, sql) => {
      const { status, body } = await world().call('alice', `azure-postgresql/${operation}`, { sql })
      expect([status, body.code]).toEqual([403, denied])
    })

    it('gets no help from its parameters: they stay values', async () => {
      const injection = "x' OR 1=1; DELETE FROM sales.orders; --"
      const { status, body } = await world().query('alice', 'SELECT count(*) FROM sales.customers WHERE name = $1', [
        injection,
      ])
      expect([status, body.data.rows]).toEqual([200, [['0']]])
    })

    it.each(["'; DROP TABLE sales.orders; --", 'sales.orders', 'a b', 'x'.repeat(64)])(
      'is no name of a table: %s',
      async (table) => {
        const { body } = await world().call('alice', 'azure-postgresql/describeTable', { schema: 'sales', table })
        expect([body.code, body.faults[0].pointer]).toEqual(['input_invalid', '/table'])
      },
    )
  })

  describe('a statement that the database refuses', () => {
    it.each([
      ['SELECT email::int FROM sales.customers', 400],
      ['SELECT (email || name)::json FROM sales.customers', 400],
      ['SELECT no_such_column FROM sales.customers', 400],
      ['SELECT 1 / 0', 400],
      ['SELECT $1', 400],
      ['SELECT $2::text', 400],
    ])('says %s with its state and none of its words', async (sql, status) => {
      const reply = await world().query('alice', sql)
      expect([reply.status, reply.body.code]).toEqual([status, 'backend_rejected'])
      expect(reply.body.detail).toMatch(
        /^The database refused the statement with SQLSTATE [0-9A-Z]{5}( at character \d+)?\.$/,
      )
    })

    it('for a value that is taken does not repeat the value', async () => {
      const sql =
        "INSERT INTO sales.customers (id, name, email, phone, region) VALUES (2, 'x', 'x@x.example', '1', 'EMEA')"
      const alice = { token: await world().token('alice', { acrs: ['c1'] }) }
      const { status, body } = await world().call(alice, 'azure-postgresql/executeStatement', { sql })
      expect([status, body.code]).toEqual([409, 'backend_rejected'])
      expect(body.detail).not.toMatch(/Key|\(id\)/)
    })
  })
}
