import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { understandCosmos } from '../../../shared/sql/cosmos/understand.ts'
import { tableOfQuery, tableOfStored } from '../../../shared/upstream/cosmos-table.ts'
import { type CosmosWorld, type Inputs, shownOf, startCosmosWorld } from '../../support/documents-world.ts'

/** Masked whole, so that no part of it may be seen anywhere. */
const classification = {
  'orders.id': 'none',
  'orders.region': 'none',
  'orders.city': 'none',
  'orders.total': 'none',
  'orders.email': 'pii.national_id',
  'orders.customer.name': 'none',
  'orders.customer.email': 'pii.national_id',
}

let world: CosmosWorld
beforeAll(async () => {
  world = await startCosmosWorld()
})
afterAll(() => world?.stop())

async function show(query: string, more: Inputs = {}) {
  const call = await world.callAs('alice', ['queryItems', { container: 'orders', query, limit: 3, ...more }])
  const answer = await world.makeExecutor({}).call(call)
  const shown = shownOf(call, answer, classification)
  return { raw: JSON.stringify(answer.data), text: JSON.stringify(shown.data), data: shown.data, masked: shown.masked }
}

describe('the masks of a query', () => {
  it.each([
    ['a star', 'SELECT * FROM c'],
    ['a member', 'SELECT c.email FROM c'],
    ['another name', 'SELECT c.email AS id FROM c'],
    ['the name of a harmless member', 'SELECT c.email AS region, c.region AS email FROM c'],
    ['a member in brackets', 'SELECT c["email"] FROM c'],
    ['brackets beside a harmless one', 'SELECT c["email"], c["id"] FROM c'],
    ['a nested member', 'SELECT c.customer.email FROM c'],
    ['a nested member by another name', 'SELECT c.customer.email AS id, c.id AS x FROM c'],
    ['what holds it', 'SELECT c.customer FROM c'],
    ['VALUE', 'SELECT VALUE c.email FROM c'],
    ['VALUE of the item', 'SELECT VALUE c FROM c'],
    ['VALUE of an object', 'SELECT VALUE {"id": c.email} FROM c'],
    ['VALUE of a list', 'SELECT VALUE [c.id, c.email] FROM c'],
    ['an object', 'SELECT {"id": c.email} AS id FROM c'],
    ['the item under a name', 'SELECT c AS id FROM c'],
    ['a function', 'SELECT CONCAT(c.id, c.email) AS id FROM c'],
    ['a function without a name', 'SELECT c.id, CONCAT(c.id, c.email) FROM c'],
    ['a part', 'SELECT SUBSTRING(c.email, 0, 9) AS id FROM c'],
    ['an expression beside the member that it ends with', 'SELECT c["id"], c.email || c.id FROM c'],
  ])('hold for %s', async (_name, query) => {
    const { raw, text } = await show(query)
    expect(raw).toContain('@')
    expect(text).not.toContain('@')
  })

  // The stand-in has no subqueries as sources: the items are as the service would give them.
  it.each([
    ['a star of a subquery', 'SELECT * FROM (SELECT c.email AS id FROM c) x', { id: 'x@y.example' }],
    ['a star of an item in it', 'SELECT * FROM (SELECT VALUE {"id": c} FROM c) x', { id: { email: 'x@y.example' } }],
    ['a star of a renamed item in it', 'SELECT * FROM (SELECT c AS id FROM c) x', { id: { email: 'x@y.example' } }],
    ['a member of a subquery', 'SELECT x.id FROM (SELECT c.email AS id FROM c) x', { id: 'x@y.example' }],
    ['a star of a member', 'SELECT * FROM c.customer', { name: 'N', email: 'x@y.example' }],
    ['a list of members', 'SELECT c["email"], c["id"] FROM c', { id: '1', email: 'x@y.example' }],
  ])('hold for %s', async (_name, query, item) => {
    const call = await world.callAs('alice', ['queryItems', { container: 'orders', query }])
    const table = tableOfQuery([item], call.understood.statement!, 'orders')
    const identity = { source: 'token', method: 'exchange', checkedAt: '', matches: null } as const
    const answer = { ...table, rows: 1, bytes: 1, truncated: false, backendIds: {}, identity }
    expect(JSON.stringify(shownOf(call, answer, classification).data)).not.toContain('@')
  })

  it('leave what nobody masks, under its own and other names', async () => {
    const { data } = await show('SELECT c.id, c.city AS place, c.total FROM c WHERE c.city = "Berlin"')
    expect(data).toEqual({
      columns: ['id', 'place', 'total'],
      rows: expect.arrayContaining([['emea-001', 'Berlin', expect.any(Number)]]),
    })
  })

  it('name what was taken out, and keep the rest of whole items', async () => {
    const { data, masked } = await show('SELECT * FROM c')
    expect((data as { columns: string[] }).columns).toEqual(['id', 'region', 'city', 'total'])
    expect(masked.map(({ path }) => path)).toEqual(expect.arrayContaining(['/columns/email', '/columns/customer']))
  })
})

describe('the masks of items', () => {
  it.each([
    ['readItem', { id: 'emea-001', partitionKey: '"EMEA"' }],
    ['readChangeFeed', {}],
  ] as const)('hold for %s', async (operation, inputs) => {
    const call = await world.callAs('alice', [operation, { container: 'orders', ...inputs }])
    const answer = await world.makeExecutor({}).call(call)
    expect(JSON.stringify(answer.data)).toContain('@')
    expect(JSON.stringify(shownOf(call, answer, classification).data)).not.toContain('@')
  })
})

/** Documents as the service names columns, without it: texts that the stand-in cannot run. */
describe('columns of a query', () => {
  const named = (query: string, items: readonly Record<string, string>[]) =>
    tableOfQuery(items, understandCosmos(query), 'orders').columns.map(({ name, source }) => source ?? `(${name})`)

  it.each([
    ['whole items', 'SELECT * FROM c', ['orders.a', 'orders.b']],
    [
      'whole items with conditions',
      'SELECT TOP 3 * FROM orders AS o WHERE o.a = "x" ORDER BY o.b',
      ['orders.a', 'orders.b'],
    ],
    ['a subquery', 'SELECT * FROM (SELECT c AS a FROM c) x', ['(value)']],
    ['a join', 'SELECT * FROM c JOIN x IN c.list', ['(value)']],
    ['an iteration', 'SELECT * FROM x IN c.list', ['(value)']],
    ['a member', 'SELECT * FROM c.list', ['(value)']],
    ['a member in brackets', 'SELECT * FROM c["list"]', ['(value)']],
    ['a list', 'SELECT c.x AS a, c.y AS b FROM c', ['(a)', '(b)']],
    ['a list in another order', 'SELECT c.y AS b, c.x AS a FROM c', ['(b)', '(a)']],
    ['a name twice', 'SELECT c.x AS a, c.y AS A FROM c', ['(value)']],
    ['a column without a name', 'SELECT c.x AS a, c["b"] FROM c', ['(value)']],
    ['fewer than there are', 'SELECT c.x AS a FROM c', ['(value)']],
    ['an expression that seems to have a name', 'SELECT c.x + c.a, c.b FROM c', ['(a)', '(b)']],
  ])('come from %s as far as it is certain', (_name, query, expected) => {
    expect(named(query, [{ a: '1', b: '2' }, { b: '3' }])).toEqual(expected)
  })

  it('of an expression stand alone, since the service names it otherwise', () => {
    expect(named('SELECT c.x + c.a, c.b FROM c', [{ $1: '1', b: '2' }])).toEqual(['(value)'])
  })

  it('have no source where a member’s name would read as another container', () => {
    const { columns } = tableOfStored([{ 'x.email': 1, Email: 2, _rid: 3, _self: 4 }], 'orders')
    expect(columns).toEqual([
      { name: 'x.email', source: null },
      { name: 'Email', source: 'orders.email' },
    ])
  })
})
