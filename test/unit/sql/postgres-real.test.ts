import { rm } from 'node:fs/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, startDatabase } from '../../../infra/local/postgres/database.ts'
import { databasePeople } from '../../../infra/local/postgres/roles.ts'
import { ownerRole } from '../../../infra/local/postgres/server.ts'
import { makeRunFolder } from '../../../infra/local/stack/scratch.ts'
import { corpora } from '../../support/sql-corpora.ts'

/** What the statements of the corpus name, owned by a role that may do nothing outside it. */
const world = `
  CREATE ROLE shopkeeper;
  CREATE SCHEMA shop AUTHORIZATION shopkeeper;
  SET ROLE shopkeeper;
  CREATE TABLE shop.customer (id int, cid int, name text, region text, email text);
  CREATE TABLE shop.orders (id int, cid int, amt numeric, ts timestamp, status text, payload jsonb);
  CREATE TABLE shop.t (id int, a int UNIQUE, b int);
  CREATE TABLE shop.s (id int, a int, b int);
  CREATE TABLE shop."Odd Name" ("Id" int);
  CREATE SEQUENCE shop.numbers;
  RESET ROLE;
  CREATE TABLE public.t (id int);
  GRANT USAGE ON SCHEMA public TO shopkeeper;
  GRANT ALL ON public.t TO shopkeeper;`

const cases = corpora.find(({ dialect }) => dialect === 'postgres')?.cases ?? []

/** Statements that do not depend on what only a superuser or another session has. */
const runnable = cases.filter(
  ({ sql, expect: { effect, dangers } }) =>
    (effect !== 'admin' || /^(alter table|create view|create index|lock table)/i.test(sql)) &&
    !dangers.includes('system_catalog'),
)

const readOnlyState = '25006'

let run: string
let database: Database
let client: Client

beforeAll(async () => {
  run = makeRunFolder()
  database = await startDatabase({ run, people: databasePeople })
  client = new Client({ host: database.sockets, user: ownerRole, database: database.database })
  client.on('error', () => undefined)
  await client.connect()
  await client.query(world)
})

afterAll(async () => {
  await client?.end()
  await database?.stop()
  await rm(run, { recursive: true, force: true })
})

/** Runs a statement as the role and rolls it back; gives the error's SQLSTATE or null, and what `then` gives. */
async function attempt<T>(sql: string, mode: string, then: () => Promise<T>) {
  await client.query(`BEGIN ${mode}; SET LOCAL ROLE shopkeeper; SET LOCAL search_path = shop, public`)
  try {
    await client.query(sql)
    return { state: null, value: await then() }
  } catch (error) {
    return { state: (error as { code?: string }).code ?? 'unknown', value: null }
  } finally {
    await client.query('ROLLBACK')
  }
}

interface Locks {
  readonly read: readonly string[]
  readonly changed: readonly string[]
}

/** Relations of the world on which this transaction has locks: only those for reading, and all others. */
async function readLocks(): Promise<Locks> {
  const { rows } = await client.query<{ name: string; changed: boolean }>(`
    SELECT lower(n.nspname || '.' || c.relname) AS name,
           bool_or(l.mode NOT IN ('AccessShareLock')) AS changed
    FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE l.pid = pg_backend_pid() AND n.nspname IN ('shop', 'public') AND c.relkind IN ('r', 'v', 'p', 'm')
    GROUP BY 1 ORDER BY 1`)
  const named = (changed: boolean) => rows.filter((row) => row.changed === changed).map(({ name }) => name)
  return { read: named(false), changed: named(true) }
}

const qualified = (names: readonly string[]) =>
  [...new Set(names.map((name) => (name.includes('.') ? name : `shop.${name}`)))].sort()

describe('a real PostgreSQL', () => {
  it.each(runnable)(
    'changes something by $id exactly where its effect is no read',
    async ({ sql, expect: expected }) => {
      const { state } = await attempt(sql, 'READ ONLY', async () => null)
      // A lock is none of the changes that the mode forbids.
      const isLock = /^lock table/i.test(sql)
      expect(state === readOnlyState).toBe(expected.effect !== 'read' && !isLock)
    },
  )

  it.each(runnable)('locks for $id the relations that were named', async ({ sql, expect: expected }) => {
    const { state, value } = await attempt(sql, 'READ WRITE', readLocks)
    // Not the role's to do, or no such role: nothing ran.
    if (state !== null) return expect(['42501', '22023']).toContain(state)
    const locked = [...(value?.read ?? []), ...(value?.changed ?? [])].sort()
    const { reads, writes } = expected
    // What is dropped has no name any more.
    if (/^drop/i.test(sql)) return expect(locked).toEqual([])
    expect(locked).toEqual(qualified([...reads, ...writes]))
    if (!/for (update|share)/i.test(sql)) expect(value?.changed).toEqual(qualified(writes))
  })

  it('is asked for most of the corpus', () => {
    expect(runnable.length).toBeGreaterThan(cases.length * 0.75)
  })
})
