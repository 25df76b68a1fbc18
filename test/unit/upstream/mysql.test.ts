import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { type MysqlFront, type MysqlFrontOptions, startMysqlFront } from '../../../infra/local/mysql/front.ts'
import { type MysqlServer, startMysql } from '../../../infra/local/mysql/server.ts'
import { tenants } from '../../../infra/local/personas.ts'
import { type Certificates, makeCertificates } from '../../../infra/local/tls/certificates.ts'
import type { Effect } from '../../../shared/backend/effect.ts'
import type { Executor, Json } from '../../../shared/pipeline/ports.ts'
import type { DatabaseLimits } from '../../../shared/upstream/database-executor.ts'
import { factsOfFailure } from '../../../shared/upstream/failure.ts'
import { createMysqlExecutor, type MysqlSettings } from '../../../shared/upstream/mysql.ts'
import { loadFunctions } from '../../support/line-declarations.ts'
import { keepProofs } from '../../support/proofs.ts'
import { isOnPath, needs } from '../../support/tools.ts'
import { declaredCall, judged, makeCall, makeOperation, problemOf } from './calls.ts'
import { type PersonName, person, tokenOf } from './tds-bench.ts'

const it = needs('mariadbd')
const proofs = keepProofs(import.meta.url)
const declared = (await loadFunctions()).find(({ name }) => name === 'azure-mysql')!

/** A table of cases, named by what stands first in each. */
const each =
  <const Row extends readonly unknown[]>(rows: readonly Row[]) =>
  (name: string, run: (...row: [...Row]) => Promise<void>) => {
    for (const row of rows) it(name.replace('%s', String(row[0])), () => run(...([...row] as [...Row])))
  }

const compact = (name: PersonName) => person(name).oid.replaceAll('-', '')

const setup = `
CREATE DATABASE sales;
CREATE TABLE sales.orders (id INT PRIMARY KEY AUTO_INCREMENT, region VARCHAR(10) NOT NULL, total DECIMAL(20,4), big BIGINT);
INSERT INTO sales.orders (region, total, big) VALUES ('EMEA', 1.5, 9007199254740993), ('US', 2.5, 1);
CREATE TABLE sales.payroll (id INT);
CREATE USER '${person('alice').username}'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES ON sales.* TO '${person('alice').username}'@'localhost';
CREATE USER '${person('bob').username}'@'localhost';
GRANT SELECT ON sales.orders TO '${person('bob').username}'@'localhost';
CREATE USER '${compact('carol')}'@'localhost';
GRANT SELECT ON sales.orders TO '${compact('carol')}'@'localhost';
`

let folder = ''
let server: MysqlServer
let front: MysqlFront
let certificates: Certificates
const executors: Executor[] = []
const fronts: MysqlFront[] = []

/** Stands in for the check of the token: here a token is the person's claims as JSON. */
async function verifyToken(token: string): Promise<Record<string, unknown>> {
  return { tid: tenants.home, scp: 'user_impersonation', ...JSON.parse(token) }
}

function startFront(more: Partial<MysqlFrontOptions> = {}): Promise<MysqlFront> {
  const { socket } = server
  return startMysqlFront({ socket, certificate: certificates, homeTenant: tenants.home, verifyToken, ...more })
}

async function startAnother(more: Partial<MysqlFrontOptions>): Promise<MysqlFront> {
  const other = await startFront(more)
  fronts.push(other)
  return other
}

beforeAll(async () => {
  if (!isOnPath('mariadbd')) return
  folder = await mkdtemp(join(tmpdir(), 'mysql-'))
  certificates = await makeCertificates(['localhost'])
  server = await startMysql(folder, setup)
  front = await startFront()
}, 60_000)

afterAll(async () => {
  await front?.stop()
  await server?.stop()
  if (folder !== '') await rm(folder, { recursive: true, force: true })
})

afterEach(async () => {
  for (const executor of executors.splice(0)) await executor.close()
  for (const other of fronts.splice(0)) await other.stop()
})

function makeExecutor(limits: DatabaseLimits = {}, place: Partial<MysqlSettings> = {}): Executor {
  const usual = { host: 'localhost', port: front.port, database: 'sales', login: 'upn', ca: certificates.ca } as const
  const executor = createMysqlExecutor({ settingsFor: () => ({ ...usual, ...place }), clock: Date.now, limits })
  executors.push(executor)
  return executor
}

interface Ask {
  readonly who?: PersonName
  readonly values?: readonly Json[]
  readonly effect?: Effect
  readonly rowLimit?: number
}

function ask(sql: string, { who = 'alice', values = [], effect = 'read', rowLimit = 1000 }: Ask = {}) {
  const statement = { from: 'input', text: 'sql', values: 'params' } as const
  return makeCall({
    operation: makeOperation(
      { technology: 'mysql', login: '{@login}', readOnly: effect === 'read', statement },
      effect,
    ),
    inputs: { sql: 'something else than what was judged', params: values },
    statement: judged(sql, { effect }),
    principal: person(who),
    token: tokenOf(who),
    rowLimit,
  })
}

describe('rows of a person over MySQL', () => {
  it('gives two people what their grants allow, and names where columns come from', async () => {
    const executor = makeExecutor()
    const { data, columns } = await executor.call(ask('SELECT region AS r, 1 AS one FROM orders ORDER BY id'))
    expect(data).toEqual({ columns: ['r', 'one'], rows: [['EMEA', 1], ['US', 1]] }) // biome-ignore format: one row a pair
    expect(columns?.map(({ source }) => source)).toEqual(['sales.orders.region', null])
    const problem = await problemOf(executor.call(ask('SELECT id FROM payroll', { who: 'bob' })))
    expect([problem.code, problem.members.status, problem.reason]).toEqual(['backend_rejected', 403, 'mysql_1142'])
  })

  it('proves on the connection which user the server took', async () => {
    const { identity, backendIds } = await makeExecutor().call(ask('SELECT 1'))
    expect(identity).toMatchObject({ source: 'backend', method: 'current_user', matches: true })
    expect(backendIds.thread).toMatch(/^\d+$/)
  })

  it('signs in by object id where users are named so', async () => {
    const executor = makeExecutor({}, { login: 'oid' })
    const { identity } = await executor.call(ask('SELECT region FROM orders', { who: 'carol' }))
    expect(identity).toMatchObject({ matches: true })
  })

  it('binds values, and loses nothing of large numbers', async () => {
    const sql = "SELECT ? AS a, ? AS b, ? AS c, total, big, x'00ff10' AS bytes FROM orders WHERE id = ?"
    const { data } = await makeExecutor().call(ask(sql, { values: ["' OR 1=1 --", null, 1.5, 1] }))
    expect(data).toMatchObject({ rows: [["' OR 1=1 --", null, 1.5, '1.5000', '9007199254740993', 'AP8Q']] })
  })

  it('lets a read change nothing, whatever was judged, and keeps what a write did', async () => {
    const executor = makeExecutor()
    const update = "UPDATE orders SET region = 'APAC' WHERE id = 2"
    const problem = await problemOf(executor.call(ask(update)))
    expect([problem.code, problem.reason]).toEqual(['backend_rejected', 'mysql_1792'])
    const written = await executor.call(ask("INSERT INTO orders (region) VALUES ('EMEA')", { effect: 'write' }))
    expect(written.rows).toBe(1)
    const { data } = await executor.call(ask('SELECT count(*) AS n FROM orders'))
    expect(data).toMatchObject({ rows: [['3']] })
  })

  each([
    ['of its own accord', 'SELECT seq FROM seq_1_to_20000'],
    ['against the statement', 'SELECT seq FROM seq_1_to_20000 LIMIT 20000'],
  ])('stops at the row limit %s', async (_how, sql) => {
    const answer = await makeExecutor().call(ask(sql, { rowLimit: 2 }))
    expect([answer.truncated, answer.data]).toEqual([true, { columns: ['seq'], rows: [['1'], ['2']] }])
  })
})

describe('the declared operations over MySQL', () => {
  const rows = { columns: ['region'], rows: [['EMEA']] }
  const table = { schema: 'sales', table: 'payroll' }
  const cases: readonly (readonly [name: string, inputs: Record<string, Json>, expected: object])[] = [
    ['executeQuery', { sql: 'SELECT region FROM orders WHERE id = ?', params: [1] }, { data: rows }],
    ['executeStatement', { sql: 'UPDATE orders SET total = 1 WHERE id = ?', params: [77] }, { rows: 0 }],
    ['executeDestructive', { sql: 'DELETE FROM orders WHERE id = ?', params: [77] }, { rows: 0 }],
    ['explainQuery', { sql: 'SELECT region FROM orders', params: [] }, { rows: 1 }],
    ['listTables', {}, { data: { columns: ['schema', 'table', 'type'] }, rows: 2 }],
    ['describeTable', table, { data: { rows: [['id', 'int(11)', 1]] } }],
  ]
  each(cases)('%s answers', async (name, inputs, expected) => {
    const executor = proofs.noteExecutor('live-protocol', makeExecutor())
    const text = inputs.sql as string | undefined
    const { effect } = declared.operations[name]!
    const call = declaredCall(declared, name, {
      ...{ inputs, principal: person('alice'), token: tokenOf('alice') },
      ...(text === undefined ? {} : { statement: judged(text, { effect }) }),
    })
    expect(await executor.call(call)).toMatchObject(expected)
  })

  it('are all of them', () => expect(cases.map(([name]) => name)).toEqual(Object.keys(declared.operations)))
})

describe('the token over MySQL', () => {
  it('is not sent to a server that does not encrypt', async () => {
    const other = await startAnother({ offersTls: false })
    const problem = await problemOf(makeExecutor({}, { port: other.port }).call(ask('SELECT 1')))
    expect([problem.reason, other.seen.tokens]).toEqual(['not_called:unreachable', 0])
  })

  each([
    ['of another authority', { ca: undefined as unknown as string }],
    ['that is not held against a name', { host: '127.0.0.1' }],
  ])('is not sent to a server with a certificate %s', async (_what, place) => {
    const other = await startAnother({})
    const problem = await problemOf(makeExecutor({}, { port: other.port, ...place }).call(ask('SELECT 1')))
    expect([problem.reason, other.seen.tokens]).toEqual(['not_called:unreachable', 0])
  })

  it('is not sent to a server with a certificate of another name', async () => {
    const elsewhere = await makeCertificates(['elsewhere.example'])
    const other = await startAnother({ certificate: elsewhere })
    const executor = makeExecutor({}, { port: other.port, ca: elsewhere.ca })
    const problem = await problemOf(executor.call(ask('SELECT 1')))
    expect([problem.reason, other.seen.tokens]).toEqual(['not_called:unreachable', 0])
  })

  it('of another person is refused by the server, and here before it is sent', async () => {
    const refused = await problemOf(
      makeExecutor().call({ ...ask('SELECT 1'), token: { ...tokenOf('alice'), value: tokenOf('bob').value } }),
    )
    expect([refused.code, refused.members.status, refused.reason]).toEqual([
      'backend_rejected',
      403,
      'not_called:mysql_1045',
    ])
    const ours = await problemOf(makeExecutor().call({ ...ask('SELECT 1'), token: tokenOf('bob') }))
    expect(ours.code).toBe('identity_mismatch')
  })

  it('leads to a refusal where the server took another user', async () => {
    const { port } = await startAnother({ mapUser: () => person('bob').username ?? '' })
    const problem = await problemOf(makeExecutor({}, { port }).call(ask('SELECT region FROM orders')))
    expect([problem.code, problem.reason]).toEqual(['identity_mismatch', 'not_called:current_user'])
    expect(factsOfFailure(problem)?.identity).toMatchObject({ matches: false })
  })

  it('is not used for a name that the server cannot have', async () => {
    const call = { ...ask('SELECT 1'), principal: { ...person('alice'), username: `${'a'.repeat(33)}@x` } }
    expect(await problemOf(makeExecutor().call(call))).toMatchObject({ code: 'identity_configuration' })
  })
})

describe('connections over MySQL', () => {
  it('never serve two people, and forget temporary tables, settings and the chosen database', async () => {
    const executor = makeExecutor()
    const first = await executor.call(ask('CREATE TEMPORARY TABLE mine (n INT)', { effect: 'write' }))
    await executor.call(ask('SET @mine = 1', { effect: 'admin' }))
    await executor.call(ask('USE information_schema', { effect: 'admin' }))
    const threads = new Set([first.backendIds.thread])
    const next = async () => {
      const { data, backendIds } = await executor.call(ask('SELECT @mine AS mine, database() AS db'))
      expect(data).toMatchObject({ rows: [[null, 'sales']] })
      const again = threads.has(backendIds.thread)
      threads.add(backendIds.thread)
      return again
    }
    await expect.poll(next, { timeout: 5000 }).toBe(true)
    expect((await problemOf(executor.call(ask('SELECT n FROM mine')))).reason).toBe('mysql_1146')
    const other = await executor.call(ask('SELECT 1', { who: 'bob' }))
    expect(threads.has(other.backendIds.thread)).toBe(false)
  })
})

describe('failures over MySQL', () => {
  each([
    ['SELECT nothing FROM', 'mysql_1064', 400],
    ['SELECT n FROM nowhere', 'mysql_1146', 404],
    ["INSERT INTO orders (id, region) VALUES (1, 'EMEA')", 'mysql_1062', 409],
  ])('tell what is wrong with %s by number alone', async (sql, reason, status) => {
    const problem = await problemOf(makeExecutor().call(ask(sql, { effect: 'write' })))
    expect([problem.code, problem.reason, problem.members.status]).toEqual(['backend_rejected', reason, status])
    expect(problem.message).not.toMatch(/nowhere|orders/)
  })

  it('by a slow statement end at the deadline, and the server stops', async () => {
    const executor = makeExecutor({ deadlineMs: 700 })
    const problem = await problemOf(executor.call(ask('SELECT sleep(30)')))
    expect([problem.code, problem.reason]).toEqual(['backend_timeout', 'deadline'])
    const running = async () => {
      const sql = "SELECT count(*) AS n FROM information_schema.processlist WHERE info LIKE 'SELECT sleep%'"
      return ((await executor.call(ask(sql))).data as { rows: string[][] }).rows[0]?.[0]
    }
    await expect.poll(running, { timeout: 4000 }).toBe('0')
  })

  each([
    ['read', 'connection_lost'],
    ['write', 'unknown:connection_lost'],
  ])('of the wire during a %s leave its fate honest', async (effect, reason) => {
    const other = await startAnother({})
    const answer = problemOf(makeExecutor({}, { port: other.port }).call(ask('SELECT sleep(5)', { effect })))
    await expect.poll(() => other.seen.tokens).toBe(1)
    setTimeout(() => other.cut(), 500)
    expect((await answer).reason).toBe(reason)
  })

  it('by size withhold the answer', async () => {
    const sql = "SELECT repeat('x', 1000) AS v FROM seq_1_to_5000"
    const problem = await problemOf(makeExecutor({ maxBytes: 20_000 }).call(ask(sql, { rowLimit: 10_000 })))
    expect([problem.code, problem.reason]).toEqual(['backend_failed', 'answer_too_large'])
  })
})
