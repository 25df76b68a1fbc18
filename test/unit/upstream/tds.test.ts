import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { asOwner } from '../../../infra/local/postgres/server.ts'
import { guidBytes } from '../../../infra/local/tds/values.ts'
import { makeCertificates } from '../../../infra/local/tls/certificates.ts'
import { factsOfFailure } from '../../../shared/upstream/failure.ts'
import { decisionId, judged, makeCall, makeOperation, problemOf } from './calls.ts'
import { ask, makeBench, type PersonName, person, tokenOf } from './tds-bench.ts'

const bench = makeBench()
const { makeExecutor } = bench

/** Calls until a session comes again: connections are wiped after the answer, which takes its time. */
async function expectAgain(first: string | undefined, next: () => Promise<string | undefined>): Promise<void> {
  const seen = new Set([first])
  const isAgain = async () => {
    const session = await next()
    const again = seen.has(session)
    seen.add(session)
    return again
  }
  await expect.poll(isAgain, { timeout: 5000 }).toBe(true)
}

const count = (rows: unknown) => (rows as { rows: number[][] }).rows[0]?.[0]

describe('rows of a person over TDS', () => {
  it('gives two people two different answers to one statement', async () => {
    const executor = makeExecutor()
    const regions = async (who: PersonName) =>
      (await executor.call(ask('SELECT DISTINCT [region] FROM [sales].[orders]', { who }))).data
    expect(await regions('alice')).toEqual({ columns: ['region'], rows: [['EMEA']] })
    expect(await regions('bob')).toEqual({ columns: ['region'], rows: [['US']] })
  })

  it('proves by the SID, on the connection, whom the server sees', async () => {
    const { identity, backendIds } = await makeExecutor().call(ask('SELECT 1 AS one'))
    expect(identity).toMatchObject({ source: 'backend', method: 'suser_sid', matches: true })
    expect(backendIds).toEqual({ session: expect.stringMatching(/^\d+$/) })
  })

  it('puts the decision into the session and into the name of the program', async () => {
    const { seen } = bench.server()
    seen.programs.length = 0
    await makeExecutor().call(ask('SELECT 4711 AS marked'))
    expect(seen.programs).toEqual([`countersign/${decisionId}`])
    const line = new RegExp(`app=countersign/${decisionId} .*SELECT 4711 AS marked`)
    await expect.poll(() => readFile(bench.database().log, 'utf8'), { timeout: 5000 }).toMatch(line)
  })

  it('binds values, whatever they hold', async () => {
    const values = ["'; DROP TABLE sales.orders --", 7, true, null, 2 ** 40, 1.5]
    const { data } = await makeExecutor().call(
      ask('SELECT @p1 AS a, @p2 AS b, @p3 AS c, @p4 AS d, @p5 AS e, @p6 AS f', { values }),
    )
    expect(data).toMatchObject({ rows: [["'; DROP TABLE sales.orders --", 7, true, null, String(2 ** 40), 1.5]] })
  })

  it.each([
    ['9007199254740993::bigint', '9007199254740993'],
    ['123456789012345678901234.5678::numeric(38,4)', '123456789012345678901234.5678'],
    ['(-0.05)::numeric(10,2)', '-0.05'],
    ["timestamptz '2026-01-05 10:00:00.123456+02'", '2026-01-05T08:00:00.1234560Z'],
    ["timestamp '2026-01-05 10:00:00.5'", '2026-01-05T10:00:00.5000000'],
    ["date '0999-12-31'", '0999-12-31'],
    ["time '23:59:59.999999'", '23:59:59.9999990'],
    ["'\\x00ff10'::bytea", 'AP8Q'],
    ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ['1.5::float8', 1.5],
    ['true', true],
    ['NULL::integer', null],
    ["repeat('ü', 5000)", 'ü'.repeat(5000)],
  ])('gives %s exactly', async (sql, value) => {
    expect((await makeExecutor().call(ask(`SELECT ${sql} AS v`))).data).toEqual({ columns: ['v'], rows: [[value]] })
  })

  it('stops the server at the row limit, and uses the connection again', async () => {
    const executor = makeExecutor()
    const answer = await executor.call(ask('SELECT n FROM generate_series(1, 20000) n', { rowLimit: 3 }))
    expect([answer.rows, answer.truncated, answer.data]).toEqual([3, true, { columns: ['n'], rows: [[1], [2], [3]] }])
    await expectAgain(
      answer.backendIds.session,
      async () => (await executor.call(ask('SELECT 1 AS one'))).backendIds.session,
    )
  })

  it('undoes what a read did, and keeps what a write did', async () => {
    const executor = makeExecutor()
    const insert = "INSERT INTO sales.customers (name, email, phone, region) VALUES (@p1, 'e', 'p', 'EMEA')"
    const written = await executor.call(ask(insert, { values: ['Kept'], effect: 'write' }))
    expect([written.rows, written.data]).toEqual([1, { columns: [], rows: [], rowCount: 1 }])
    await executor.call(ask(insert, { values: ['Undone'] }))
    const { data } = await executor.call(ask("SELECT name FROM sales.customers WHERE name IN ('Kept', 'Undone')"))
    expect(data).toMatchObject({ rows: [['Kept']] })
  })

  it('plans a statement without running it', async () => {
    const executor = makeExecutor()
    const sql = "UPDATE sales.orders SET status = 'paid' WHERE id = @p1"
    const { data } = await executor.call(ask(sql, { values: ['10001'], planned: true }))
    expect(JSON.stringify(data)).toContain('<Plan>')
    const paid = "SELECT count(*)::int FROM sales.orders WHERE status <> 'paid'"
    expect(count((await executor.call(ask(paid))).data)).toBeGreaterThan(0)
  })

  it('sends a statement of ours with its values', async () => {
    const text = 'SELECT table_name FROM information_schema.tables WHERE table_schema = @p1 AND 1 = {one} ORDER BY 1'
    const statement = { from: 'declaration', text, values: ['schema'] } as const
    const operation = makeOperation({ technology: 'tds', service: 'serverless', readOnly: true, statement })
    const inputs = { schema: 'hr', one: 1 }
    const call = makeCall({ operation, inputs, principal: person('alice'), token: tokenOf('alice') })
    expect((await makeExecutor().call(call)).data).toEqual({ columns: ['table_name'], rows: [['employees']] })
  })

  it('calls a procedure by name, with arguments as values', async () => {
    const statement = { from: 'declaration', text: 'EXEC {procedure}', values: [] } as const
    const template = { technology: 'tds', service: 'database', readOnly: false, statement, arguments: 'list' } as const
    const list = [
      { name: 'id', value: 7 },
      { name: 'why', value: "it's done" },
    ]
    const inputs = { procedure: 'sales.close_order', list }
    const operation = makeOperation(template, 'admin')
    const call = makeCall({ operation, inputs, principal: person('alice'), token: tokenOf('alice') })
    // The database beneath has no procedures of this kind: that it refuses it is its own.
    await problemOf(makeExecutor().call(call))
    expect(bench.server().seen.texts.at(-1)).toBe('EXEC sales.close_order @id = @p1, @why = @p2')
    const hostile = { ...inputs, list: [{ name: 'a = 1; DROP', value: 1 }] }
    const refused = makeCall({ operation, inputs: hostile, principal: person('alice'), token: tokenOf('alice') })
    expect(await problemOf(makeExecutor().call(refused))).toMatchObject({ code: 'input_invalid' })
  })

  it('refuses an input that could end the literal it stands in', async () => {
    const statement = { from: 'declaration', text: "SELECT '{name}' AS a", values: [] } as const
    const operation = makeOperation({ technology: 'tds', service: 'serverless', readOnly: true, statement })
    const call = makeCall({
      operation,
      inputs: { name: "a' + 'b" },
      principal: person('alice'),
      token: tokenOf('alice'),
    })
    expect(await problemOf(makeExecutor().call(call))).toMatchObject({ code: 'input_invalid' })
  })
})

describe('identity over TDS', () => {
  const alice = guidBytes(person('alice').oid)
  const bob = guidBytes(person('bob').oid)

  it.each([
    ['a user made from a login', Buffer.concat([alice, Buffer.from([0xaa, 0xde])]), 'suser_sid'],
    ['a member of a group that signs in by name', Buffer.alloc(16, 7), 'suser_sname'],
    ['a service that tells no SID', null, 'suser_sname'],
  ])('proves %s', async (_what, sid, method) => {
    const { port } = await bench.startAnother({ sidOf: () => sid })
    const { identity } = await makeExecutor({}, { port }).call(ask('SELECT 1 AS one'))
    expect(identity).toMatchObject({ source: 'backend', method, matches: true })
  })

  it.each([
    ['read', 'SELECT region FROM sales.orders'],
    ['write', "UPDATE sales.orders SET status = 'paid'"],
  ] as const)('refuses a %s where the session acts as somebody else, before its statement', async (effect, sql) => {
    const { port } = await bench.startAnother({ actsAs: () => person('bob').username ?? '' })
    const problem = await problemOf(makeExecutor({}, { port }).call(ask(sql, { effect })))
    expect([problem.code, problem.reason]).toEqual(['identity_mismatch', 'not_called:suser_sid'])
    expect(factsOfFailure(problem)?.identity).toMatchObject({ matches: false })
  })

  it('refuses where both name and SID are of another person', async () => {
    const { port } = await bench.startAnother({ sidOf: () => bob })
    const call = { ...ask('SELECT 1 AS one'), principal: { ...person('alice'), username: 'alice@other.example' } }
    expect(await problemOf(makeExecutor({}, { port }).call(call))).toMatchObject({ code: 'identity_mismatch' })
  })

  it('refuses a SID of sixteen bytes with a suffix that is not that of a login', async () => {
    const { port } = await bench.startAnother({ sidOf: () => Buffer.concat([alice, Buffer.from([1, 2])]) })
    const call = { ...ask('SELECT 1 AS one'), principal: { ...person('alice'), username: null } }
    expect(await problemOf(makeExecutor({}, { port }).call(call))).toMatchObject({ code: 'identity_mismatch' })
  })

  it('refuses a token that was exchanged for another person, without a connection', async () => {
    const before = bench.server().seen.logins
    const call = { ...ask('SELECT 1 AS one'), token: tokenOf('bob') }
    expect(await problemOf(makeExecutor().call(call))).toMatchObject({ code: 'identity_mismatch' })
    expect(bench.server().seen.logins).toBe(before)
  })

  it('refuses an answer to a token whose claims are of another person', async () => {
    const call = { ...ask('SELECT 1 AS one'), token: { ...tokenOf('alice'), value: tokenOf('bob').value } }
    expect(await problemOf(makeExecutor().call(call))).toMatchObject({ code: 'identity_mismatch' })
  })
})

describe('connections over TDS', () => {
  it('never serve two people, nor two tokens of one', async () => {
    const executor = makeExecutor()
    const session = async (who: PersonName, more = {}) =>
      (await executor.call({ ...ask('SELECT 1 AS one', { who }), token: tokenOf(who, more) })).backendIds.session
    const first = await session('alice')
    await expectAgain(first, () => session('alice'))
    const others = [await session('bob'), await session('alice', { n: 2 })]
    expect(new Set([first, ...others]).size).toBe(3)
  })

  it('forget what was set on them before they are used again', async () => {
    const executor = makeExecutor()
    const sql =
      "SELECT coalesce(current_setting('app.mine', true), '') AS before, set_config('app.mine', 'x', false) AS v"
    const next = async () => {
      const { data, backendIds } = await executor.call(ask(sql, { effect: 'admin' }))
      expect(data).toMatchObject({ rows: [['', 'x']] })
      return backendIds.session
    }
    await expectAgain(undefined, next)
  })

  it('serve one call alone where only the program carries the decision', async () => {
    const executor = makeExecutor()
    const sessions = await Promise.all(
      [1, 2].map(
        async () => (await executor.call(ask('SELECT 1 AS one', { service: 'serverless' }))).backendIds.session,
      ),
    )
    expect(new Set(sessions).size).toBe(2)
  })

  it('are closed when their token has ended', async () => {
    // Connections are looked after every second.
    const executor = makeExecutor({ idleMs: 3000 })
    const token = { ...tokenOf('alice'), expiresAt: Date.now() + 400 }
    const first = await executor.call({ ...ask('SELECT 1 AS one'), token })
    await expect
      .poll(
        () =>
          asOwner(bench.database().sockets, 'countersign', async (owner) => {
            const { rows } = await owner.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [
              first.backendIds.session,
            ])
            return rows.length
          }),
        { timeout: 4000 },
      )
      .toBe(0)
  })
})

describe('the token over TDS', () => {
  it('is not sent to a server that does not encrypt', async () => {
    const other = await bench.startAnother({})
    other.plant({ at: 'prelogin', does: 'no_tls' })
    const problem = await problemOf(makeExecutor({}, { port: other.port }).call(ask('SELECT 1 AS one')))
    expect([problem.code, problem.reason, other.seen.logins]).toEqual(['backend_failed', 'not_called:unreachable', 0])
  })

  it('is not sent to a server whose certificate is of another authority', async () => {
    const other = await bench.startAnother({})
    const executor = makeExecutor({}, { port: other.port, ca: undefined as unknown as string })
    const problem = await problemOf(executor.call(ask('SELECT 1 AS one')))
    expect([problem.reason, other.seen.logins]).toEqual(['not_called:unreachable', 0])
  })

  it('is not sent to a server with a certificate of another name', async () => {
    const elsewhere = await makeCertificates(['elsewhere.example'])
    const other = await bench.startAnother({ certificate: elsewhere })
    const executor = makeExecutor({}, { port: other.port, ca: elsewhere.ca })
    const problem = await problemOf(executor.call(ask('SELECT 1 AS one')))
    expect([problem.reason, other.seen.logins]).toEqual(['not_called:unreachable', 0])
  })

  it('is not sent on to a host that is not allowed', async () => {
    const [from, to] = [await bench.startAnother({}), await bench.startAnother({})]
    from.plant({ at: 'login', does: 'route', host: '127.0.0.1', port: to.port })
    const problem = await problemOf(makeExecutor({}, { port: from.port }).call(ask('SELECT 1 AS one')))
    expect([problem.reason, from.seen.logins, to.seen.logins]).toEqual(['not_called:unreachable', 1, 0])
  })

  it('is sent on to where the server leads within the same host', async () => {
    const [from, to] = [await bench.startAnother({}), await bench.startAnother({})]
    from.plant({ at: 'login', does: 'route', host: 'localhost', port: to.port })
    const { rows } = await makeExecutor({}, { port: from.port }).call(ask('SELECT 1 AS one'))
    expect([rows, to.seen.logins]).toEqual([1, 1])
  })

  it.each([
    ['of another tenant', { tid: '22222222-2222-4222-8222-222222222222' }],
    ['that is not delegated', { scp: '' }],
    ['of somebody without a login', { upn: 'nobody@countersign.example' }],
  ])('%s is refused with 403', async (_what, claims) => {
    const problem = await problemOf(makeExecutor().call({ ...ask('SELECT 1 AS one'), token: tokenOf('alice', claims) }))
    expect([problem.code, problem.members.status, problem.reason]).toEqual([
      'backend_rejected',
      403,
      'not_called:tds_18456',
    ])
  })
})

describe('failures over TDS', () => {
  const fault = (number: number, severity = 16) => ({ number, severity, message: 'secret words' })

  it.each([
    [229, 14, 'backend_rejected', 403],
    [208, 16, 'backend_rejected', 404],
    [2627, 14, 'backend_rejected', 409],
    [102, 15, 'backend_rejected', 400],
    [50001, 16, 'backend_rejected', 400],
    [823, 24, 'backend_failed', undefined],
  ])('tell error %i of the server by its number alone', async (...[number, severity, code, status]) => {
    bench.server().plant({ at: 'statement', does: 'error', error: fault(number, severity) })
    const problem = await problemOf(makeExecutor().call(ask('SELECT 1 AS one')))
    expect([problem.code, problem.members.status, problem.reason]).toEqual([code, status, `tds_${number}`])
    expect(JSON.stringify([problem.message, problem.members])).not.toContain('secret')
  })

  it.each([
    ['login', 40613, 'not_called:tds_40613', 10],
    ['statement', 10928, 'tds_10928', 10],
    ['statement', 1205, 'tds_1205', 1],
    ['login', 42108, 'not_called:tds_42108', 60],
  ] as const)('at the %s with error %i say when to try again', async (...[at, number, reason, after]) => {
    bench.server().plant({ at, does: 'error', error: fault(number) })
    const problem = await problemOf(makeExecutor().call(ask('SELECT 1 AS one')))
    expect([problem.code, problem.reason, problem.members.retryAfter]).toEqual(['backend_failed', reason, after])
  })

  it.each([
    ['read', 'connection_lost'],
    ['write', 'unknown:connection_lost'],
  ] as const)('of the wire within the answer of a %s leave its fate honest', async (effect, reason) => {
    bench.server().plant({ at: 'statement', does: 'cut_after' })
    const problem = await problemOf(makeExecutor().call(ask('SELECT 1 AS one', { effect })))
    expect([problem.code, problem.reason]).toEqual(['backend_failed', reason])
  })

  it('of the network are told from refusals', async () => {
    const problem = await problemOf(makeExecutor({}, { port: 1 }).call(ask('SELECT 1 AS one')))
    expect([problem.code, problem.reason]).toEqual(['backend_failed', 'not_called:unreachable'])
  })

  it('by a slow statement end at the deadline, and the server stops', async () => {
    const problem = await problemOf(makeExecutor({ deadlineMs: 500 }).call(ask('SELECT pg_sleep(30)')))
    expect([problem.code, problem.reason]).toEqual(['backend_timeout', 'deadline'])
    const running = () =>
      asOwner(bench.database().sockets, 'countersign', async (owner) => {
        const sql = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'"
        return (await owner.query(sql)).rows.length
      })
    await expect.poll(running, { timeout: 3000 }).toBe(0)
  })

  it('by size withhold the answer', async () => {
    const sql = "SELECT repeat('x', 100) AS v FROM generate_series(1, 5000)"
    const problem = await problemOf(makeExecutor({ maxBytes: 20_000 }).call(ask(sql, { rowLimit: 10_000 })))
    expect([problem.code, problem.reason]).toEqual(['backend_failed', 'answer_too_large'])
  })

  it('by several results withhold all of them', async () => {
    const statement = { from: 'input', text: 'sql', prefix: 'SELECT 1 AS one; ' } as const
    const operation = makeOperation({ technology: 'tds', service: 'dedicated', readOnly: true, statement })
    const call = makeCall({
      operation,
      inputs: { sql: '' },
      statement: judged('SELECT 2 AS two'),
      principal: person('alice'),
      token: tokenOf('alice'),
    })
    expect(await problemOf(makeExecutor().call(call))).toMatchObject({
      code: 'backend_failed',
      reason: 'several_results',
    })
  })

  it('before a judged statement are faults of ours', async () => {
    const { statement: _statement, ...understood } = ask('SELECT 1').understood
    const problem = await problemOf(makeExecutor().call({ ...ask('SELECT 1'), understood }))
    expect([problem.code, problem.reason]).toEqual(['internal', 'not_called:nothing_judged'])
  })
})
