import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { personas } from '../../../infra/local/personas.ts'
import { openWire } from '../../../shared/upstream/cosmos-wire.ts'
import { factsOfFailure } from '../../../shared/upstream/failure.ts'
import { type CosmosWorld, type Inputs, startCosmosWorld } from '../../support/documents-world.ts'
import { keepProofs } from '../../support/proofs.ts'
import { decisionId, makeToken, problemOf } from './calls.ts'

const proofs = keepProofs(import.meta.url)
let world: CosmosWorld
beforeAll(async () => {
  const made = await startCosmosWorld()
  const ask: CosmosWorld['ask'] = async (...asked) => {
    const answer = await made.ask(...asked)
    proofs.note('live-protocol', 'cosmosdb-nosql', asked[1][0])
    return answer
  }
  world = { ...made, ask }
  // The server behind the stand-in is loaded at the first call.
  await world.ask('alice', ['readItem', { container: 'orders', id: 'emea-001', partitionKey: '"EMEA"' }])
})
afterAll(() => world?.stop())

const select = (query: string, more: Inputs = {}) => ['queryItems', { container: 'orders', query, ...more }] as const
const item = (id: string, region = 'EMEA') => ({ container: 'orders', id, partitionKey: JSON.stringify(region) })
const rowsOf = (data: unknown) => (data as { rows: unknown[][] }).rows
const order = (id: string, more: object = {}) => JSON.stringify({ id, region: 'EMEA', total: 1, ...more })
let count = 0
const newId = () => {
  count += 1
  return `new-${count}`
}

describe('items of a person', () => {
  it('are those of the partition that the deployment gives them, for two people two different ones', async () => {
    const [alice, bob] = await Promise.all([
      world.ask('alice', select('SELECT TOP 1 c.region FROM c')),
      world.ask('bob', select('SELECT TOP 1 c.region FROM c')),
    ])
    expect([alice.data, bob.data]).toMatchObject([{ rows: [['EMEA']] }, { rows: [['US']] }])
  })

  it('are refused by the service itself where its role says so', async () => {
    const asked = ['readItem', { container: 'staff', id: 's-1', partitionKey: '"Sales"' }] as const
    expect((await world.ask('heidi', asked)).rows).toBe(1)
    const problem = await problemOf(world.ask('alice', asked))
    expect(problem).toMatchObject({ code: 'backend_rejected', status: 403 })
  })

  it('come with the proof that the token is, since the service does not say whom it sees', async () => {
    const { identity, backendIds } = await world.ask('alice', ['readItem', item('emea-001')])
    expect(identity).toMatchObject({ source: 'token', method: 'exchange', matches: null })
    expect(backendIds).toMatchObject({ status: '200', 'x-ms-request-charge': '1', 'x-ms-activity-id': decisionId })
  })

  it('are asked for with the token of this call alone, and with our ids', async () => {
    const from = world.account.seen.length
    await Promise.all([world.ask('alice', ['readItem', item('emea-001')]), world.ask('bob', select('SELECT * FROM c'))])
    const seen = world.account.seen.slice(from)
    expect(new Set(seen.map(({ oid }) => oid))).toEqual(new Set([personas.alice.oid, personas.bob.oid]))
    expect(seen.every(({ headers }) => headers['x-ms-activity-id'] === decisionId)).toBe(true)
  })

  it.each([
    ['another account', { aud: 'https://other.documents.azure.com' }],
    ['another API', { aud: 'https://management.azure.com' }],
  ])('are refused to a token for %s', async (_name, overrides) => {
    const token = world.tokenOf('alice', overrides)
    const problem = await problemOf(world.ask('alice', ['readItem', item('emea-001')], { token }))
    expect(problem).toMatchObject({ code: 'backend_rejected_token', reason: 'not_called:token' })
  })

  it('are asked for with nobody else’s token', async () => {
    const from = world.account.seen.length
    const problem = await problemOf(world.ask('alice', ['readItem', item('emea-001')], { token: world.tokenOf('bob') }))
    expect(problem).toMatchObject({ code: 'identity_mismatch', reason: 'not_called:token_of_another_person' })
    expect(world.account.seen.length).toBe(from)
  })
})

describe('a rule for partitions', () => {
  it.each([
    ['a query', ['queryItems', { container: 'orders', query: 'SELECT * FROM c', partitionKey: '"US"' }]],
    ['a read', ['readItem', item('us-001', 'US')]],
    ['a change feed', ['readChangeFeed', { container: 'orders', partitionKey: '"US"' }]],
    ['a deletion', ['deleteItem', item('us-001', 'US')]],
    ['a patch', ['patchItem', { ...item('us-001', 'US'), operations: [{ op: 'set', path: '/total', value: '1' }] }]],
    ['a key of another type', ['readItem', { container: 'orders', id: 'emea-001', partitionKey: '["US","EMEA"]' }]],
    ['an item of another partition', ['createItem', { container: 'orders', document: '{"id":"x","region":"US"}' }]],
    ['an item of none', ['createItem', { container: 'orders', document: '{"id":"x"}' }]],
    ['an item of two', ['upsertItem', { container: 'orders', document: '{"id":"x","region":["EMEA"]}' }]],
    [
      'an item that moves',
      ['replaceItem', { ...item('emea-001'), document: '{"id":"emea-001","region":"US"}', ifMatch: '"x"' }],
    ],
  ] as const)('refuses %s outside of what it allows, and nothing of items is asked', async (_name, asked) => {
    const from = world.account.seen.length
    const problem = await problemOf(world.ask('alice', asked as never))
    expect(problem).toMatchObject({ code: 'policy_denied', reason: 'not_called:partition_rule' })
    expect(world.account.seen.slice(from).filter(({ path }) => path.includes('/docs'))).toEqual([])
  })

  it('by person gives each their own', async () => {
    const ask = (who: 'alice' | 'bob') =>
      world.ask(who, ['queryItems', { container: 'notes', query: 'SELECT c.id FROM c' }])
    expect(await Promise.all([ask('alice'), ask('bob')])).toMatchObject([
      { data: { rows: [['note-alice']] } },
      { data: { rows: [['note-bob']] } },
    ])
  })

  it('for groups gives nothing to who is in none, or whose groups nobody knows', async () => {
    const call = await world.callAs('alice', select('SELECT * FROM c'))
    for (const groups of [[], null]) {
      const answer = world.makeExecutor({}).call({ ...call, principal: { ...call.principal, groups } })
      expect(await problemOf(answer)).toMatchObject({ code: 'policy_denied' })
    }
  })

  it('asks which one is meant where a person has several', async () => {
    const partitions = { orders: { [personas.alice.groups[0]!]: 'EMEA', [personas.bob.groups[0]!]: 'US' } }
    const executor = world.makeExecutor({ settings: { partitions } })
    const call = await world.callAs('alice', select('SELECT * FROM c'))
    const principal = { ...call.principal, groups: [...personas.alice.groups, ...personas.bob.groups] }
    const problem = await problemOf(executor.call({ ...call, principal }))
    expect(problem).toMatchObject({ code: 'input_invalid', reason: 'not_called:input' })
    const named = await world.callAs('alice', select('SELECT TOP 1 c.region FROM c', { partitionKey: '"US"' }))
    expect((await executor.call({ ...named, principal })).data).toMatchObject({ rows: [['US']] })
  })

  it.each([
    ['another partition', '["US"]', '/dbs/sales/colls/orders/docs'],
    ['all of them', undefined, '/dbs/sales/colls/orders/docs'],
    ['another one of an item', '["US"]', '/dbs/sales/colls/orders/docs/emea-001'],
  ])('stands on the wire too: a request for %s is not sent', async (_name, header, path) => {
    let sent = 0
    const count = (async () => {
      sent += 1
      return new Response('{}')
    }) as typeof fetch
    const { sendRequest, failure } = openWire({
      fetch: count,
      clock: Date.now,
      parseChallenge: () => undefined,
      call: await world.callAs('alice', select('SELECT * FROM c')),
      origin: world.account.url,
      signal: new AbortController().signal,
      maxBytes: 1000,
      forced: ['EMEA'],
    })
    const headers = { get: (name: string) => (name === 'x-ms-documentdb-partitionkey' ? header : undefined) }
    await expect(sendRequest({ method: 'GET', url: world.account.url + path, headers } as never)).rejects.toThrow(
      'ended',
    )
    expect([sent, failure()?.reason]).toEqual([0, 'not_called:partition_left'])
  })

  it('is absent where the deployment sets none: the service decides alone', async () => {
    const executor = world.makeExecutor({ settings: { partitions: {} } })
    const call = await world.callAs('alice', select('SELECT c.region FROM c'))
    const { data } = await executor.call(call)
    expect([...new Set(rowsOf(data).flat())].sort()).toEqual(['EMEA', 'US'])
  })
})

describe('a query', () => {
  it('takes values apart from its text', async () => {
    const query = 'SELECT c.id FROM c WHERE c.city = @city AND c.total > @least'
    const parameters = [
      { name: '@city', value: '"Berlin"' },
      { name: '@least', value: '0' },
    ]
    const { data } = await world.ask('alice', select(query, { parameters }))
    expect(rowsOf(data).flat()).toEqual(['emea-001', 'emea-005', 'emea-009'])
  })

  it('sends what was judged, not what the input says', async () => {
    const call = await world.callAs('alice', select('SELECT c.id FROM c'))
    const inputs = { ...call.invocation.inputs, query: 'SELECT c.email FROM c' }
    const { data } = await world.makeExecutor({}).call({ ...call, invocation: { ...call.invocation, inputs } })
    expect(data).toMatchObject({ columns: ['id'] })
  })

  it('goes on with a cursor that tells nothing, until there is no more', async () => {
    const ids: unknown[] = []
    let cursor: string | undefined
    let pages = 0
    do {
      const asked = select('SELECT c.id FROM c ORDER BY c.email', {
        limit: 5,
        ...(cursor === undefined ? {} : { cursor }),
      })
      const { data, truncated } = await world.ask('alice', asked)
      ids.push(...rowsOf(data).flat())
      cursor = (data as { cursor?: string }).cursor
      expect(truncated).toBe(cursor !== undefined)
      expect(Buffer.from(cursor ?? '', 'base64url').toString()).not.toContain('example')
      pages += 1
    } while (cursor !== undefined && pages < 9)
    expect([pages, new Set(ids).size]).toEqual([3, 12])
  })

  it.each([
    ['another query', select('SELECT c.total FROM c', { limit: 5 }), 'alice'],
    ['another person', select('SELECT c.id FROM c', { limit: 5 }), 'bob'],
  ] as const)('takes no cursor of %s', async (_name, [operation, inputs], who) => {
    const { data } = await world.ask('alice', select('SELECT c.id FROM c', { limit: 5 }))
    const { cursor } = data as { cursor: string }
    const problem = await problemOf(world.ask(who, [operation, { ...inputs, cursor }]))
    expect(problem).toMatchObject({ code: 'input_invalid', reason: 'not_called:cursor' })
  })

  it('is cut at the limit', async () => {
    const { rows, truncated } = await world.ask('alice', select('SELECT * FROM c', { limit: 900 }), { rowLimit: 4 })
    expect([rows, truncated]).toEqual([4, true])
  })

  it('that the service does not understand is the caller’s to mend', async () => {
    const problem = await problemOf(world.ask('alice', select('SELECT c.id FROM c OFFSET 1 LIMIT 1')))
    expect(problem).toMatchObject({ code: 'backend_rejected', status: 400 })
  })
})

describe('changes', () => {
  it('store, read, replace by version, patch and delete', async () => {
    const id = newId()
    const created = await world.ask('alice', ['createItem', { container: 'orders', document: order(id) }])
    expect(created.data).toMatchObject({ id, status: 'created' })
    const { etag } = created.data as { etag: string }
    const read = await world.ask('alice', ['readItem', item(id)])
    expect(read.data).toMatchObject({ etag, rows: [expect.arrayContaining([id, 'EMEA', 1])] })
    const replace = { ...item(id), document: order(id, { total: 2 }), ifMatch: etag }
    expect((await world.ask('alice', ['replaceItem', replace])).data).toMatchObject({ status: 'replaced' })
    const stale = await problemOf(world.ask('alice', ['replaceItem', replace]))
    expect(stale).toMatchObject({ code: 'backend_rejected', status: 412 })
    const operations = [{ op: 'set', path: '/total', value: '3' }]
    expect((await world.ask('alice', ['patchItem', { ...item(id), operations }])).data).toMatchObject({
      status: 'patched',
    })
    expect((await world.ask('alice', ['deleteItem', item(id)])).data).toEqual({ id, status: 'deleted' })
    expect(await problemOf(world.ask('alice', ['readItem', item(id)]))).toMatchObject({ status: 404 })
  })

  it('never replace an item that was to be new', async () => {
    const document = order('emea-001')
    const problem = await problemOf(world.ask('alice', ['createItem', { container: 'orders', document }]))
    expect(problem).toMatchObject({ code: 'backend_rejected', status: 409 })
  })

  it.each([
    ['is no JSON', 'createItem', { document: '{"id":' }],
    ['is no object', 'createItem', { document: '["id"]' }],
    ['has no id', 'createItem', { document: '{"region":"EMEA"}' }],
    ['has an id that leads elsewhere', 'createItem', { document: '{"id":"..","region":"EMEA"}' }],
    ['deletes itself', 'upsertItem', { document: '{"id":"a","region":"EMEA","ttl":1}' }],
    ['has a name that readers differ on', 'upsertItem', { document: '{"id":"a","region":"EMEA","__proto__":{}}' }],
    ['has another id', 'replaceItem', { ...item('emea-002'), document: order('emea-003'), ifMatch: '"x"' }],
    [
      'gives a time to live',
      'patchItem',
      { ...item('emea-002'), operations: [{ op: 'set', path: '/ttl', value: '1' }] },
    ],
  ] as const)('are refused where the item %s', async (_name, operation, inputs) => {
    const from = world.account.seen.length
    const problem = await problemOf(world.ask('alice', [operation, { container: 'orders', ...inputs } as Inputs]))
    expect(problem).toMatchObject({ code: 'input_invalid', reason: 'not_called:input' })
    expect(world.account.seen.length).toBe(from)
  })
})

describe('what there is', () => {
  it('lists the containers that the deployment lists', async () => {
    const { data } = await world.ask('alice', ['listContainers', {}])
    expect(data).toEqual({
      containers: [
        { name: 'orders', partitionKey: ['/region'] },
        { name: 'notes', partitionKey: ['/owner'] },
        { name: 'staff', partitionKey: ['/department'] },
      ],
    })
    expect((await world.ask('alice', ['readContainer', { container: 'orders' }])).data).toMatchObject({
      name: 'orders',
    })
  })

  it('follows a change feed by its cursor', async () => {
    const first = await world.ask('alice', ['readChangeFeed', { container: 'orders' }])
    const { cursor } = first.data as { cursor: string }
    expect(first.rows).toBeGreaterThanOrEqual(12)
    const second = await world.ask('alice', ['readChangeFeed', { container: 'orders', cursor }])
    expect(second.rows).toBe(0)
  })
})

describe('a failure', () => {
  const read = ['readItem', item('emea-001')] as const
  const write = () => ['createItem', { container: 'orders', document: order(newId()) }] as const

  it.each([
    ['a challenge', { status: 401 }, { code: 'backend_rejected_token', reason: 'not_called:token' }],
    ['a refusal', { status: 403 }, { code: 'backend_rejected', status: 403, reason: 'status_403' }],
    ['a conflict', { status: 409 }, { code: 'backend_rejected', status: 409, reason: 'status_409' }],
    ['a fault', { status: 500 }, { code: 'backend_failed', reason: 'status_500' }],
    ['an outage', { status: 503 }, { code: 'backend_failed', reason: 'status_503' }],
    [
      'a redirect',
      { status: 307, headers: { location: 'https://127.0.0.1:1/' } },
      { code: 'backend_failed', reason: 'redirect' },
    ],
    ['no JSON', { status: 200, body: '<html>' }, { code: 'backend_failed', reason: 'json' }],
    [
      'another type',
      { status: 200, headers: { 'content-type': 'text/html' } },
      { code: 'backend_failed', reason: 'content_type' },
    ],
    ['a cut', { status: 200, body: '{"id"', cut: true }, { code: 'backend_failed', reason: 'connection_lost' }],
    ['too much', { status: 200, body: `"${'x'.repeat(5_000_000)}"` }, { code: 'backend_failed', reason: 'too_large' }],
  ] as const)('by %s is said as it is, after one request', async (_name, fault, expected) => {
    const from = world.account.seen.length
    world.account.failNext(fault)
    expect(await problemOf(world.ask('alice', read))).toMatchObject(expected)
    expect(world.account.seen.length - from).toBe(1)
  })

  it.each([
    ['with', { 'x-ms-retry-after-ms': '1200', 'x-ms-substatus': '3200' }, 2],
    ['without', {}, 5],
  ])('by throttling %s a time tells when to come again, and is not tried again', async (_name, headers, after) => {
    const from = world.account.seen.length
    world.account.failNext({ status: 429, headers })
    const problem = await problemOf(world.ask('alice', read))
    expect(problem).toMatchObject({ code: 'backend_rejected', status: 429, reason: 'not_called:throttled' })
    expect(problem.members.retryAfter).toBe(after)
    expect(world.account.seen.length - from).toBe(1)
  })

  it.each([
    ['its own request', 'POST', 'unknown:status_500'],
    ['the look before it', 'GET', 'not_called:status_500'],
  ])('of a change at %s says whether it may have happened', async (_name, method, reason) => {
    world.account.failNext({ status: 500, method })
    expect(await problemOf(world.ask('alice', write()))).toMatchObject({ code: 'backend_failed', reason })
  })

  it('by slowness ends with the call’s time, and a change may have happened', async () => {
    world.account.failNext({ status: 200, after: 2000, method: 'POST' })
    const problem = await problemOf(world.ask('alice', write(), { signal: AbortSignal.timeout(400) }))
    expect(problem).toMatchObject({ code: 'backend_timeout', reason: 'unknown:deadline' })
  })

  it('to reach the account was no call', async () => {
    const executor = world.makeExecutor({ settings: { baseUrl: 'https://127.0.0.1:64999' } })
    const problem = await problemOf(executor.call(await world.callAs('alice', write())))
    expect(problem).toMatchObject({ code: 'backend_failed', reason: 'not_called:unreachable' })
  })

  it('keeps the ids of the service and the proof', async () => {
    world.account.failNext({ status: 403, headers: { 'x-ms-activity-id': 'a-1', 'x-ms-substatus': '5300' } })
    const facts = factsOfFailure(await problemOf(world.ask('alice', read)))
    expect(facts).toMatchObject({
      backendIds: { status: '403', 'x-ms-activity-id': 'a-1', 'x-ms-substatus': '5300' },
      identity: { source: 'token' },
    })
  })

  it('shows no token in what it throws', async () => {
    const token = makeToken('not.a.token', personas.alice)
    const problem = await problemOf(world.ask('alice', read, { token }))
    expect(JSON.stringify([problem.message, problem.members, problem.stack])).not.toContain('not.a.token')
  })
})
