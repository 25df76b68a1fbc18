import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { databricksAudience } from '../../infra/local/databricks/access-token.ts'
import { type PersonaName, personas, tenants } from '../../infra/local/personas.ts'
import { describeExecutor } from '../support/databricks-executor.ts'
import { describeOperations } from '../support/databricks-operations.ts'
import { type DatabricksWorld, openDatabricks } from '../support/databricks-world.ts'

let world: DatabricksWorld

beforeAll(async () => {
  world = await openDatabricks()
}, 60_000)

afterEach(() => world.clear())

afterAll(() => world?.stop())

const statements = '/api/2.0/sql/statements'
const me = '/api/2.0/preview/scim/v2/Me'
const warehouse_id = 'wh-sales-0001'
const slow =
  'SELECT count(*) FROM main.sales.products a, main.sales.products b, main.sales.products c, main.sales.products d, main.sales.products e'

const submit = (who: PersonaName, statement: string, more: object = {}) =>
  world.as(who, { method: 'POST', path: statements, body: { statement, warehouse_id, wait_timeout: '5s', ...more } })

async function rowsOf(who: PersonaName, statement: string, more: object = {}): Promise<(string | null)[][]> {
  const { body } = await submit(who, statement, more)
  expect(body.status).toEqual({ state: 'SUCCEEDED' })
  return body.result.data_array
}

const stateOf = async (who: PersonaName, id: string) =>
  (await world.as(who, { path: `${statements}/${id}` })).body.status.state

describe('the workspace’s catalog', () => {
  it('gives each person the rows of their own regions', async () => {
    const query = 'SELECT region, count(*) AS n FROM main.sales.orders GROUP BY region ORDER BY region'
    const [alice, bob, carol] = await Promise.all([
      rowsOf('alice', query),
      rowsOf('bob', query),
      rowsOf('carol', query),
    ])
    expect(alice.map(([region]) => region)).toEqual(['EMEA'])
    expect(bob.map(([region]) => region)).toEqual(['US'])
    expect(carol.map(([region]) => region)).toEqual(['APAC', 'EMEA', 'US'])
  })

  it('masks one column for one of them', async () => {
    const query = 'SELECT DISTINCT `name` FROM `main`.`sales`.`customers` ORDER BY 1'
    const [alice, bob] = await Promise.all([rowsOf('alice', query), rowsOf('bob', query)])
    expect(alice.every(([name]) => /^\w+ \w+$/.test(name ?? ''))).toBe(true)
    expect(bob.every(([name]) => /^\w\.$/.test(name ?? ''))).toBe(true)
  })

  it('refuses whoever has no grant, and who names what is not there', async () => {
    const denied = await submit('heidi', 'SELECT * FROM main.sales.orders')
    expect(denied.body.status).toMatchObject({
      state: 'FAILED',
      sql_state: '42501',
      error: { error_code: 'BAD_REQUEST' },
    })
    const missing = await submit('alice', 'SELECT * FROM main.sales.secrets')
    expect(missing.body.status).toMatchObject({ state: 'FAILED', sql_state: '42P01' })
    const bobDeletes = await submit('bob', "DELETE FROM main.sales.orders WHERE status = 'cancelled'")
    expect(bobDeletes.body.status).toMatchObject({ state: 'FAILED', sql_state: '42501' })
  })

  it.each([
    ['a schema without its catalog', 'SELECT count(*) FROM sales.orders', 'SUCCEEDED'],
    ['a table that the catalog does not have', 'SELECT count(*) FROM sales.regions', 'FAILED'],
    ['a bare name, looked up in the schema of the call', 'SELECT count(*) FROM orders', 'SUCCEEDED'],
    [
      'columns with their table’s whole name',
      'SELECT main.sales.orders.id FROM main.sales.orders LIMIT 1',
      'SUCCEEDED',
    ],
    ['strings in double quotes', 'SELECT count(*) FROM main.sales.orders WHERE region = "EMEA"', 'SUCCEEDED'],
    ['a marker without a value', 'SELECT :nothing', 'FAILED'],
  ])('takes %s as a warehouse would', async (_what, statement, state) => {
    expect((await submit('alice', statement)).body.status.state).toBe(state)
  })

  it('binds named values and never reads them as text', async () => {
    const hostile = "x' OR '1'='1"
    const parameters = [
      { name: 'hostile', value: hostile },
      { name: 'least', value: '10', type: 'INT' },
      { name: 'nothing', type: 'DATE' },
    ]
    const query = "SELECT :hostile, :least + 1, :nothing, 'it\\'s :least', current_user()"
    expect(await rowsOf('alice', query, { parameters })).toEqual([
      [hostile, '11', null, "it's :least", personas.alice.username],
    ])
  })
})

describe('the statement API', () => {
  it('answers at once where it shall, and runs on', async () => {
    const { body } = await submit('alice', slow, { wait_timeout: '0s' })
    expect(body.status.state).toMatch(/PENDING|RUNNING/)
    expect(body).not.toHaveProperty('result')
    await world.as('alice', { method: 'POST', path: `${statements}/${body.statement_id}/cancel` })
    for (let look = 0; look < 40 && (await stateOf('alice', body.statement_id)) === 'RUNNING'; look += 1)
      await sleep(25)
    expect(await stateOf('alice', body.statement_id)).toBe('CANCELED')
  })

  it('waits for a warehouse that has to start first', async () => {
    const { body } = await submit('alice', 'SELECT 1', { wait_timeout: '0s', warehouse_id: 'wh-sales-0002' })
    expect(body.status.state).toBe('PENDING')
    await sleep(600)
    expect(await stateOf('alice', body.statement_id)).toBe('SUCCEEDED')
  })

  it('cuts a result into chunks that lead on, one to the next', async () => {
    const { body } = await submit('carol', 'SELECT id FROM main.sales.orders ORDER BY id', { row_limit: 130 })
    expect(body.manifest).toMatchObject({
      total_row_count: 130,
      total_chunk_count: 3,
      truncated: true,
      format: 'JSON_ARRAY',
    })
    expect(body.manifest.schema.columns).toEqual([{ name: 'id', type_name: 'INT', type_text: 'INT', position: 0 }])
    expect(body.result).toMatchObject({ chunk_index: 0, row_offset: 0, row_count: 50, next_chunk_index: 1 })
    const next = await world.as('carol', { path: body.result.next_chunk_internal_link })
    expect(next.body).toMatchObject({ chunk_index: 1, row_offset: 50, next_chunk_index: 2 })
    const last = await world.as('carol', { path: `${statements}/${body.statement_id}/result/chunks/2` })
    expect(last.body.data_array).toHaveLength(30)
    expect(last.body).not.toHaveProperty('next_chunk_index')
    expect((await world.as('carol', { path: `${statements}/${body.statement_id}/result/chunks/3` })).status).toBe(404)
  })

  it('gives every value as a string with its type', async () => {
    const query =
      "SELECT 1 AS i, 9007199254740993 AS l, 1.50 AS d, true AS b, date '2026-01-05' AS t, NULL::text AS n, ARRAY[1, 2] AS a"
    const { body } = await submit('alice', query)
    expect(body.result.data_array).toEqual([['1', '9007199254740993', '1.50', 'true', '2026-01-05', null, '["1","2"]']])
    const types = body.manifest.schema.columns.map((column: { type_name: string }) => column.type_name)
    expect(types).toEqual(['INT', 'LONG', 'DECIMAL', 'BOOLEAN', 'DATE', 'STRING', 'ARRAY'])
  })

  it('shows a statement to nobody but its owner', async () => {
    const { body } = await submit('alice', 'SELECT 1')
    for (const path of [`/${body.statement_id}`, `/${body.statement_id}/result/chunks/0`]) {
      expect((await world.as('bob', { path: statements + path })).status).toBe(404)
    }
    const cancel = { method: 'POST', path: `${statements}/${body.statement_id}/cancel` }
    expect((await world.as('carol', cancel)).status).toBe(404)
  })

  it.each([
    ['no text', { warehouse_id }],
    ['another disposition', { statement: 'SELECT 1', warehouse_id, disposition: 'EXTERNAL_LINKS' }],
    ['a wait of 3 s', { statement: 'SELECT 1', warehouse_id, wait_timeout: '3s' }],
  ])('refuses a submission with %s', async (_what, body) => {
    const reply = await world.as('alice', { method: 'POST', path: statements, body })
    expect([reply.status, reply.body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  })
})

describe('the other APIs of the workspace', () => {
  it('say who asks, with the object id where Entra provisioned the user', async () => {
    const { alice } = personas
    expect((await world.as('alice', { path: me })).body).toMatchObject({
      userName: alice.username,
      externalId: alice.oid,
    })
    expect((await world.as('heidi', { path: me })).body).not.toHaveProperty('externalId')
  })

  it('let everybody start a warehouse and only a manager stop one', async () => {
    const on = (action: string) => ({ method: 'POST', path: `/api/2.0/sql/warehouses/wh-finance-0003/${action}` })
    expect((await world.as('bob', on('start'))).status).toBe(200)
    expect((await world.as('bob', on('stop'))).body.error_code).toBe('PERMISSION_DENIED')
    expect((await world.as('carol', on('stop'))).status).toBe(200)
    const { body } = await world.as('bob', { path: '/api/2.0/sql/warehouses' })
    expect(body.warehouses.map(({ id }: { id: string }) => id)).toEqual([
      'wh-sales-0001',
      'wh-sales-0002',
      'wh-finance-0003',
    ])
  })

  it('show a person their own history, an administrator everybody’s', async () => {
    await submit('bob', 'SELECT 42')
    const history = '/api/2.0/sql/history/queries?max_results=100'
    const owners = async (who: PersonaName) => {
      const { body } = await world.as(who, { path: history })
      return [...new Set(body.res.map(({ user_name }: { user_name: string }) => user_name))]
    }
    expect(await owners('bob')).toEqual([personas.bob.username])
    expect(await owners('carol')).toEqual(expect.arrayContaining([personas.bob.username, personas.alice.username]))
  })
})

describe('the workspace’s door', () => {
  const partsOf = (token: string) => token.split('.') as [string, string, string]
  const unsigned = (header: string) => {
    const [, payload] = partsOf(world.tokenOf('alice'))
    return `${header}.${payload}.`
  }
  const changed = () => {
    const [header, payload, signature] = partsOf(world.tokenOf('alice'))
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const other = Buffer.from(JSON.stringify({ ...claims, oid: personas.carol.oid })).toString('base64url')
    return `${header}.${other}.${signature}`
  }
  const attempts: [string, () => string | undefined, number][] = [
    ['no token', () => undefined, 401],
    ['no JWT', () => 'e30.e30.x', 401],
    ['a token for the gateway', () => world.entra.mint('alice').token, 401],
    [
      'a token for the database',
      () => world.tokenOf('alice', { aud: 'https://ossrdbms-aad.database.windows.net' }),
      401,
    ],
    ['another audience that begins like ours', () => world.tokenOf('alice', { aud: `${databricksAudience}/` }), 401],
    ['a token of another tenant', () => world.tokenOf('mallory'), 401],
    [
      'a foreign issuer with our tenant’s id',
      () => world.tokenOf('alice', { iss: `https://sts.windows.net/${tenants.other}/` }),
      401,
    ],
    [
      'a tenant that is not the issuer’s',
      () => world.tokenOf('mallory', { iss: `https://sts.windows.net/${tenants.home}/` }),
      401,
    ],
    ['an expired token', () => world.tokenOf('alice', { exp: Math.floor(Date.now() / 1000) - 600 }), 401],
    ['a token that is not valid yet', () => world.tokenOf('alice', { nbf: Math.floor(Date.now() / 1000) + 600 }), 401],
    ['no expiry', () => world.tokenOf('alice', { exp: null }), 401],
    ['no object id', () => world.tokenOf('alice', { oid: null }), 401],
    ['another scope', () => world.tokenOf('alice', { scp: 'sql.read' }), 401],
    ['an application without a person', () => world.tokenOf('robot', { scp: null }), 401],
    ['no signature', () => unsigned(partsOf(world.tokenOf('alice'))[0]), 401],
    ['the algorithm none', () => unsigned(Buffer.from('{"alg":"none"}').toString('base64url')), 401],
    ['a changed payload', changed, 401],
    ['a member of the tenant who is not in the workspace', () => world.tokenOf('dave'), 403],
    ['a guest who is not in the workspace', () => world.tokenOf('erin'), 403],
  ]

  it.each(attempts)('does not open for %s', async (_what, makeToken, status) => {
    const token = makeToken()
    const reply = await world.ask({ path: me, ...(token === undefined ? {} : { token }) })
    expect(reply.status).toBe(status)
    expect(reply.body.error_code).toBe(status === 401 ? 'UNAUTHENTICATED' : 'PERMISSION_DENIED')
  })

  it('opens for v1 and v2 tokens of the tenant', async () => {
    expect((await world.as('alice', { path: me })).status).toBe(200)
    expect((await world.ask({ path: me, token: world.tokenOf('alice', { version: 2 }) })).status).toBe(200)
  })
})

describe('the workspace’s faults', () => {
  it('strike where they are planted, as often as they shall', async () => {
    const get = () => world.as('alice', { path: me })
    await world.plant({ fault: 'throttle', at: 'me', count: 2, retryAfter: 3 })
    expect((await world.as('alice', { path: '/api/2.0/sql/warehouses' })).status).toBe(200)
    const [first, second] = [await get(), await get()]
    expect([first.status, first.headers['retry-after'], first.body.error_code]).toEqual([
      429,
      '3',
      'REQUEST_LIMIT_EXCEEDED',
    ])
    expect(second.status).toBe(429)
    expect((await get()).status).toBe(200)
    expect(await world.plant({ fault: 'unheard-of' })).toBe(400)
  })

  it.each([
    ['claims_challenge', 401],
    ['token', 401],
    ['unavailable', 503],
    ['error', 500],
    ['redirect', 307],
    ['garbage', 200],
    ['html', 200],
  ])('%s answers %d', async (fault, status) => {
    await world.plant({ fault })
    expect((await world.as('alice', { path: me })).status).toBe(status)
  })

  it.each(['drop', 'lose_reply'])('%s cuts the connection', async (fault) => {
    await world.plant({ fault })
    await expect(world.as('alice', { path: me })).rejects.toThrow('socket hang up')
  })
})

describeExecutor(() => world)
describeOperations(() => world)
