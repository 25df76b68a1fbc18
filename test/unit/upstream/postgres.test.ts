import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { personas, tenants } from '../../../infra/local/personas.ts'
import { type Database, startDatabase } from '../../../infra/local/postgres/database.ts'
import { type Front, startFront } from '../../../infra/local/postgres/front.ts'
import { databasePeople } from '../../../infra/local/postgres/roles.ts'
import { asOwner } from '../../../infra/local/postgres/server.ts'
import { makeRunFolder } from '../../../infra/local/stack/scratch.ts'
import { type Certificates, makeCertificates } from '../../../infra/local/tls/certificates.ts'
import type { Effect } from '../../../shared/backend/effect.ts'
import type { Principal } from '../../../shared/identity/principal.ts'
import type { Executor, Json } from '../../../shared/pipeline/ports.ts'
import { factsOfFailure } from '../../../shared/upstream/failure.ts'
import { createPostgresExecutor, type PostgresLimits } from '../../../shared/upstream/postgres.ts'
import { loadFunctions } from '../../support/line-declarations.ts'
import { keepProofs } from '../../support/proofs.ts'
import { decisionId, declaredCall, judged, makeCall, makeOperation, makeToken, principal, problemOf } from './calls.ts'

const proofs = keepProofs(import.meta.url)
const declared = (await loadFunctions()).find(({ name }) => name === 'azure-postgresql')!

let run: string
let certificates: Certificates
let database: Database
let front: Front
let logins = 0
const executors: Executor[] = []

/** Stands in for the check of the token: here a token is the person's claims as JSON. */
async function verifyToken(token: string): Promise<Record<string, unknown>> {
  logins += 1
  return { tid: tenants.home, scp: 'user_impersonation', ...JSON.parse(token) }
}

beforeAll(async () => {
  run = makeRunFolder()
  certificates = await makeCertificates(['127.0.0.1'])
  database = await startDatabase({ run, people: databasePeople })
  const socket = join(database.sockets, '.s.PGSQL.5432')
  front = await startFront({ socket, certificate: certificates, homeTenant: tenants.home, verifyToken })
})

afterAll(async () => {
  await front?.stop()
  await database?.stop()
  await rm(run, { recursive: true, force: true })
})

afterEach(async () => {
  for (const executor of executors.splice(0)) await executor.close()
})

function makeExecutor(
  limits: PostgresLimits = {},
  place: { ca?: string; port?: number; host?: string } = {},
): Executor {
  const executor = createPostgresExecutor({
    settingsFor: () => ({
      host: '127.0.0.1',
      port: front.port,
      database: 'countersign',
      ca: certificates.ca,
      ...place,
    }),
    clock: Date.now,
    limits,
  })
  executors.push(executor)
  return executor
}

type PersonaName = 'alice' | 'bob' | 'carol' | 'dave' | 'heidi' | 'mallory'

function person(name: PersonaName): Principal {
  return { ...principal, tid: personas[name].tid, oid: personas[name].oid, username: personas[name].username }
}

function tokenOf(name: PersonaName, more: Record<string, unknown> = {}) {
  return makeToken(JSON.stringify({ upn: personas[name].username, ...more }), person(name))
}

interface Ask {
  readonly who?: PersonaName
  readonly values?: readonly Json[]
  readonly effect?: Effect
  readonly readOnly?: boolean
  readonly prefix?: string
  readonly rowLimit?: number
  readonly signal?: AbortSignal
}

function ask(sql: string, options: Ask = {}) {
  const { who = 'alice', effect = 'read', prefix, rowLimit, signal } = options
  const readOnly = options.readOnly ?? effect === 'read'
  const statement = {
    from: 'input',
    text: 'sql',
    values: 'params',
    ...(prefix === undefined ? {} : { prefix }),
  } as const
  return makeCall({
    operation: makeOperation({ technology: 'postgres', readOnly, statement }, effect),
    inputs: { sql: 'something else than what was judged', params: options.values ?? [] },
    statement: judged(sql, { effect }),
    principal: person(who),
    token: tokenOf(who),
    ...(rowLimit === undefined ? {} : { rowLimit }),
    ...(signal === undefined ? {} : { signal }),
  })
}

describe('rows of a person', () => {
  it('gives two people two different answers to one statement', async () => {
    const executor = makeExecutor()
    const regions = async (who: PersonaName) =>
      (await executor.call(ask('select distinct region from sales.orders order by 1', { who }))).data
    expect(await regions('alice')).toEqual({ columns: ['region'], rows: [['EMEA']] })
    expect(await regions('bob')).toEqual({ columns: ['region'], rows: [['US']] })
  })

  it('says how many bytes came in, where they all came at once too', async () => {
    const { bytes } = await makeExecutor().call(ask("select repeat('x', 1000) as v"))
    expect([bytes > 1000, bytes < 2000]).toEqual([true, true])
  })

  it('proves on the connection whom the backend sees', async () => {
    const { identity, backendIds } = await makeExecutor().call(ask('select session_user::text as me'))
    expect(identity).toMatchObject({ source: 'backend', method: 'session_user', matches: true })
    expect(backendIds).toMatchObject({ command: 'SELECT', pid: expect.stringMatching(/^\d+$/) })
  })

  it('puts the decision into the server log', async () => {
    await makeExecutor().call(ask('select 4711 as marked'))
    // The server writes its log in a process of its own.
    const line = new RegExp(`app=countersign-${decisionId} .*select 4711 as marked`)
    await expect.poll(() => readFile(database.log, 'utf8'), { timeout: 5000 }).toMatch(line)
  })

  it('names the source of each column, and none for an expression', async () => {
    const sql = `with x as (select email as a, upper(name) as b from hr.employees) select a, b, 1 as c, (select salary_eur
      from hr.employees limit 1) as d from x`
    const { columns } = await makeExecutor().call(ask(sql, { rowLimit: 1 }))
    expect(columns).toEqual([
      { name: 'a', source: 'hr.employees.email' },
      { name: 'b', source: null },
      { name: 'c', source: null },
      { name: 'd', source: null },
    ])
  })

  it('follows a renamed column once the names are a minute old', async () => {
    await asOwner(database.sockets, 'countersign', (client) =>
      client.query('create table sales.fresh (before int); grant select on sales.fresh to analysts'),
    )
    let now = Date.now()
    const executor = createPostgresExecutor({
      settingsFor: () => ({ host: '127.0.0.1', port: front.port, database: 'countersign', ca: certificates.ca }),
      clock: () => now,
    })
    executors.push(executor)
    const sourceNow = async () => (await executor.call(ask('select * from sales.fresh'))).columns?.[0]?.source
    expect(await sourceNow()).toBe('sales.fresh.before')
    await asOwner(database.sockets, 'countersign', (client) =>
      client.query('alter table sales.fresh rename column before to after'),
    )
    now += 60_001
    expect(await sourceNow()).toBe('sales.fresh.after')
  })
})

describe('values', () => {
  it.each([
    ["'2026-01-05'::date", '2026-01-05'],
    ["'2026-01-05 10:00:00.5'::timestamp", '2026-01-05T10:00:00.5'],
    ["'2026-01-05 10:00:00+00'::timestamptz", '2026-01-05T10:00:00Z'],
    ['9007199254740993::int8', '9007199254740993'],
    ['1.10::numeric', '1.10'],
    ["'NaN'::numeric", null],
    ["'NaN'::float8", null],
    ["'infinity'::float8", null],
    ['0.1::float8', 0.1],
    ['42', 42],
    ['true', true],
    ['null::text', null],
    [`'{"a":[1,null]}'::jsonb`, { a: [1, null] }],
    [`'{"__proto__":{"x":1},"b":2}'::json`, { b: 2 }],
    ["'\\x00ff'::bytea", 'AP8='],
    ['array[1,null,3]', [1, null, 3]],
    [`array['a','b"c\\d','NULL',null,'']`, ['a', 'b"c\\d', 'NULL', null, '']],
    [
      'array[array[1,2],array[3,4]]',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["'{}'::text[]", []],
    ["'x'::text", 'x'],
  ])('reads %s without loss', async (sql, expected) => {
    const { data } = await makeExecutor().call(ask(`select ${sql} as v`))
    expect(data).toEqual({ columns: ['v'], rows: [[expected]] })
  })

  it('sends parameters apart from the statement', async () => {
    const values = ["'; drop table sales.orders; --", 7, true, null, ['a"', null], { k: [1] }]
    const sql = 'select $1::text, $2::int4, $3::bool, $4::text, $5::text[], $6::jsonb'
    const { data } = await makeExecutor().call(ask(sql, { values }))
    expect(data).toMatchObject({ rows: [values] })
  })

  it('takes the values of a declared statement from the inputs it names', async () => {
    const statement = { from: 'declaration', text: 'select $1::text as a, $2::text as b', values: ['y', 'x'] } as const
    const operation = makeOperation({ technology: 'postgres', readOnly: true, statement })
    const call = makeCall({
      operation,
      inputs: { x: '1', y: '2' },
      principal: person('alice'),
      token: tokenOf('alice'),
    })
    expect((await makeExecutor().call(call)).data).toEqual({ columns: ['a', 'b'], rows: [['2', '1']] })
  })

  it('explains without running', async () => {
    const call = ask('select * from sales.orders', { prefix: 'EXPLAIN (FORMAT JSON) ' })
    const { data, backendIds } = await makeExecutor().call(call)
    expect(data).toMatchObject({ columns: ['QUERY PLAN'], rows: [[[{ Plan: expect.anything() }]]] })
    expect(backendIds.command).toBe('EXPLAIN')
  })
})

describe('the declared operations', () => {
  const values = { sql: 'SELECT region FROM sales.orders WHERE id = $1', params: [-1] }
  const change = { sql: 'UPDATE sales.orders SET region = region WHERE id = $1', params: [-1] }
  const cases: readonly (readonly [name: string, inputs: Record<string, Json>, expected: object])[] = [
    ['executeQuery', values, { data: { columns: ['region'], rows: [] } }],
    ['executeStatement', change, { rows: 0 }],
    ['executeDestructive', { sql: 'DELETE FROM sales.orders WHERE id = $1', params: [-1] }, { rows: 0 }],
    ['explainQuery', values, { rows: 1 }],
    ['explainChange', change, { rows: 1 }],
    ['listTables', {}, { data: { columns: ['schema', 'table', 'type'] } }],
    ['describeTable', { schema: 'sales', table: 'orders' }, { data: { columns: ['column', 'type', 'nullable'] } }],
  ]
  it.each(cases)('%s answers', async (name, inputs, expected) => {
    const executor = proofs.noteExecutor('live-protocol', makeExecutor())
    const text = inputs.sql as string | undefined
    const { effect } = declared.operations[name]!
    const call = declaredCall(declared, name, {
      ...{ inputs, principal: person('carol'), token: tokenOf('carol') },
      ...(text === undefined ? {} : { statement: judged(text, { effect }) }),
    })
    expect(await executor.call(call)).toMatchObject(expected)
  })

  it('are all of them', () => expect(cases.map(([name]) => name)).toEqual(Object.keys(declared.operations)))
})

describe('limits of an answer', () => {
  it.each([
    [4, 4, true],
    [5, 5, false],
    [6, 5, false],
  ])('with a limit of %i it gives %i of 5 rows, more: %s', async (rowLimit, rows, truncated) => {
    const answer = await makeExecutor().call(ask('select * from generate_series(1, 5) s', { rowLimit }))
    expect({ rows: answer.rows, truncated: answer.truncated }).toEqual({ rows, truncated })
  })

  it('lets the server stop at the limit', async () => {
    const started = Date.now()
    await makeExecutor().call(ask('select s, pg_sleep(0.001) from generate_series(1, 100000) s', { rowLimit: 3 }))
    expect(Date.now() - started).toBeLessThan(5000)
  })

  it('refuses an answer above the size cap, one huge value included', async () => {
    const problem = await problemOf(makeExecutor({ maxBytes: 100_000 }).call(ask("select repeat('x', 50000000)")))
    expect(problem).toMatchObject({ code: 'backend_failed', reason: 'too_large' })
  })

  it('finishes a change whose returned rows are cut', async () => {
    const executor = makeExecutor()
    const sql = "update sales.orders set status = status where region = 'EMEA' returning id"
    const change = await executor.call(ask(sql, { effect: 'write', rowLimit: 2 }))
    expect({ rows: change.rows, truncated: change.truncated }).toEqual({ rows: 2, truncated: true })
  })
})

describe('changes', () => {
  const insert = `insert into sales.customers (name, email, phone, region) values ($1, 'n@customer.example', '1', 'EMEA')`

  it('commits and counts the rows', async () => {
    const executor = makeExecutor()
    const { data, rows, backendIds } = await executor.call(ask(insert, { effect: 'write', values: ['Committed'] }))
    expect({ data, rows }).toEqual({ data: { columns: [], rows: [], rowCount: 1 }, rows: 1 })
    expect(backendIds.command).toBe('INSERT')
    const found = await executor.call(ask("select count(*)::int from sales.customers where name = 'Committed'"))
    expect(found.data).toMatchObject({ rows: [[1]] })
  })

  it('cannot happen in a read-only operation', async () => {
    const call = ask(insert, { effect: 'write', readOnly: true, values: ['Sneaky'] })
    expect(await problemOf(makeExecutor().call(call))).toMatchObject({
      code: 'backend_rejected',
      status: 403,
      reason: 'sqlstate_25006',
    })
  })

  it('cannot leave the read-only transaction', async () => {
    const sql = "with off as (select set_config('transaction_read_only', 'off', true)) select * from off"
    expect(await problemOf(makeExecutor().call(ask(sql)))).toMatchObject({ code: 'backend_rejected', status: 400 })
  })
})

describe('refusals of the database', () => {
  const region = "insert into sales.regions values ('EMEA', 'twice')"
  it.each([
    ['a syntax error', 'selec 1', 400, 'sqlstate_42601'],
    ['an unknown table', 'select * from nothing.there', 400, 'sqlstate_42P01'],
    ['a second statement', 'select 1; select 2', 400, 'sqlstate_42601'],
    ['a table of others', 'select * from pg_catalog.pg_authid', 403, 'sqlstate_42501'],
    ['an impossible value', "select 'x'::int", 400, 'sqlstate_22P02'],
  ])('%s is the caller’s to correct', async (...[, sql, status, reason]) => {
    const problem = await problemOf(makeExecutor().call(ask(sql)))
    expect(problem).toMatchObject({ code: 'backend_rejected', status, reason })
    expect(factsOfFailure(problem)).toMatchObject({
      backendIds: { sqlstate: reason.slice(9) },
      identity: { matches: true },
    })
  })

  it('a constraint answers 409', async () => {
    const sql = "update sales.orders set status = 'nonsense' where id = (select min(id) from sales.orders)"
    expect(await problemOf(makeExecutor().call(ask(sql, { effect: 'write' })))).toMatchObject({
      code: 'backend_rejected',
      status: 409,
    })
  })

  it('a right that this person lacks answers 403', async () => {
    expect(await problemOf(makeExecutor().call(ask(region, { effect: 'write' })))).toMatchObject({ status: 403 })
  })

  it('never passes the server’s words on', async () => {
    const problem = await problemOf(makeExecutor().call(ask("select 'a private value'::int")))
    expect(JSON.stringify([problem.detail, problem.members, problem.reason, problem.message])).not.toContain('private')
    expect(problem.cause).toBeUndefined()
  })

  it('leaves the connection usable for the same person', async () => {
    const executor = makeExecutor()
    await problemOf(executor.call(ask('selec 1')))
    await sleep(50)
    const before = logins
    await executor.call(ask('select 1'))
    expect(logins).toBe(before)
  })
})

describe('identity', () => {
  it('refuses a token of another person before anything is sent', async () => {
    const before = logins
    const call = { ...ask('select 1'), token: tokenOf('bob') }
    expect(await problemOf(makeExecutor().call(call))).toMatchObject({
      code: 'identity_mismatch',
      reason: 'not_called:token_of_another_person',
    })
    expect(logins).toBe(before)
  })

  it('answers backend_rejected_token where the server does not take the token', async () => {
    const call = { ...ask('select 1'), token: makeToken(JSON.stringify({ upn: 'else@where' }), person('alice')) }
    expect(await problemOf(makeExecutor().call(call))).toMatchObject({
      code: 'backend_rejected_token',
      reason: 'not_called:sqlstate_28P01',
    })
  })

  it('needs a sign-in name', async () => {
    const call = { ...ask('select 1'), principal: { ...person('alice'), username: null } }
    expect(await problemOf(makeExecutor().call(call))).toMatchObject({ code: 'identity_configuration' })
  })

  it('withholds everything where the session works as another role', async () => {
    const name = personas.dave.username
    await asOwner(database.sockets, 'countersign', (client) =>
      client.query(`grant analysts to "${name}" with set true; alter role "${name}" set role = 'analysts'`),
    )
    const problem = await problemOf(makeExecutor().call(ask('select 4712 as never_runs', { who: 'dave' })))
    expect(problem).toMatchObject({ code: 'identity_mismatch', reason: 'not_called:session_user' })
    expect(factsOfFailure(problem)?.identity).toMatchObject({ source: 'backend', matches: false })
    expect(await readFile(database.log, 'utf8')).not.toContain('never_runs')
  })
})

describe('connections', () => {
  it('are used again by the same person and token, wiped', async () => {
    const executor = makeExecutor()
    const sql = "select set_config('my.note', 'left behind', false), pg_backend_pid()"
    const first = await executor.call(ask(sql, { effect: 'write' }))
    await sleep(100)
    const before = logins
    const second = await executor.call(ask("select coalesce(current_setting('my.note', true), '') as note"))
    expect(logins).toBe(before)
    expect(second.backendIds.pid).toBe(first.backendIds.pid)
    expect(second.data).toMatchObject({ rows: [['']] })
  })

  it('are never shared between people, nor between tokens of one person', async () => {
    const executor = makeExecutor()
    const first = await executor.call(ask('select 1'))
    await sleep(100)
    const other = await executor.call(ask('select 1', { who: 'bob' }))
    const renewed = await executor.call({ ...ask('select 1'), token: tokenOf('alice', { renewed: true }) })
    expect(new Set([first.backendIds.pid, other.backendIds.pid, renewed.backendIds.pid]).size).toBe(3)
  })

  it('are replaced once where the server has ended one', async () => {
    const executor = makeExecutor()
    const first = await executor.call(ask('select 1'))
    await sleep(100)
    await asOwner(database.sockets, 'countersign', (client) =>
      client.query('select pg_terminate_backend($1)', [first.backendIds.pid]),
    )
    const second = await executor.call(ask('select 1'))
    expect(second.backendIds.pid).not.toBe(first.backendIds.pid)
  })

  it('are bounded in number', async () => {
    const executor = makeExecutor({ total: 1 })
    const busy = executor.call(ask('select pg_sleep(0.3)'))
    await sleep(100)
    expect(await problemOf(executor.call(ask('select 1', { who: 'bob' })))).toMatchObject({
      code: 'backend_failed',
      reason: 'not_called:pool_full',
    })
    await busy
  })

  it('demand a certificate of the trusted authority', async () => {
    const { ca } = await makeCertificates(['127.0.0.1'])
    const before = logins
    expect(await problemOf(makeExecutor({}, { ca }).call(ask('select 1')))).toMatchObject({
      code: 'backend_failed',
      reason: 'not_called:unreachable',
    })
    expect(logins).toBe(before)
  })

  it('demand a certificate for the very host', async () => {
    expect(await problemOf(makeExecutor({}, { host: 'localhost' }).call(ask('select 1')))).toMatchObject({
      reason: 'not_called:unreachable',
    })
  })

  it('that are refused were not called', async () => {
    expect(await problemOf(makeExecutor({}, { port: 1 }).call(ask('select 1')))).toMatchObject({
      code: 'backend_failed',
      reason: 'not_called:unreachable',
    })
  })
})

describe('time', () => {
  async function running(marker: string): Promise<number> {
    return asOwner(database.sockets, 'countersign', async (client) => {
      const text =
        "select count(*)::int as n from pg_stat_activity where state = 'active' and query like $1 and pid <> pg_backend_pid()"
      return (await client.query(text, [`%${marker}%`])).rows[0].n
    })
  }

  it('ends at the deadline, at the server too', async () => {
    const problem = await problemOf(makeExecutor({ deadlineMs: 300 }).call(ask('select pg_sleep(20) as deadline_mark')))
    expect(problem.code).toBe('backend_timeout')
    await expect.poll(() => running('deadline_mark'), { timeout: 3000 }).toBe(0)
  })

  it('ends where the caller leaves, at the server too', async () => {
    const leave = new AbortController()
    const asked = problemOf(makeExecutor().call(ask('select pg_sleep(20) as leave_mark', { signal: leave.signal })))
    await expect.poll(() => running('leave_mark'), { timeout: 3000 }).toBe(1)
    leave.abort()
    expect(await asked).toMatchObject({ code: 'backend_timeout', reason: 'deadline' })
    await expect.poll(() => running('leave_mark'), { timeout: 3000 }).toBe(0)
  })

  it('leaves the fate of a change unknown where its answer is lost', async () => {
    const executor = makeExecutor()
    const asked = problemOf(executor.call(ask('select pg_sleep(20) as lost_mark', { effect: 'write' })))
    await expect.poll(() => running('lost_mark'), { timeout: 3000 }).toBe(1)
    await asOwner(database.sockets, 'countersign', (client) =>
      client.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like '%lost_mark%' and pid <> pg_backend_pid()",
      ),
    )
    expect(await asked).toMatchObject({ code: 'backend_failed', reason: 'unknown:sqlstate_57P01' })
  })

  it('does not call where the caller has left already', async () => {
    const problem = await problemOf(makeExecutor().call(ask('select 1', { signal: AbortSignal.abort() })))
    expect(problem).toMatchObject({ code: 'backend_timeout', reason: 'not_called:deadline' })
  })
})
