import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { personas } from '../../../infra/local/personas.ts'
import { factsOfFailure } from '../../../shared/upstream/failure.ts'
import { shownOf } from '../../support/documents-world.ts'
import { type Asked, type MongoWorld, startMongoWorld } from '../../support/mongo-world.ts'
import { decisionId, makeToken, problemOf } from './calls.ts'

let world: MongoWorld
beforeAll(async () => {
  world = await startMongoWorld()
})
afterAll(() => world?.stop())

const find = (more: object = {}, collection = 'orders_emea'): Asked => ['find', { find: collection, ...more }]
const pipe = (...pipeline: object[]): Asked => ['aggregate', { aggregate: 'orders_emea', pipeline, cursor: {} }]
const insert = (...ids: string[]): Asked => [
  'insertMany',
  { insert: 'orders_emea', documents: ids.map((_id) => ({ _id, region: 'EMEA' })) },
]
const rowsOf = (data: unknown) => (data as { rows: unknown[][] }).rows

describe('documents of a person', () => {
  it('are those that the person’s own rights give, for two people two different ones', async () => {
    const [alice, bob] = await Promise.all([world.ask('alice', find()), world.ask('bob', find({}, 'orders_us'))])
    expect([rowsOf(alice.data)[0]?.[0], rowsOf(bob.data)[0]?.[0]]).toEqual(['emea-001', 'us-001'])
    expect(await problemOf(world.ask('alice', find({}, 'orders_us')))).toMatchObject({
      code: 'backend_rejected',
      status: 403,
      reason: 'not_called:code_13',
    })
  })

  it('come over a connection whose user the server has named', async () => {
    const { identity, backendIds } = await world.ask('alice', find({ limit: 1 }))
    expect(identity).toMatchObject({ source: 'backend', method: 'connection_status', matches: true })
    expect(backendIds).toMatchObject({ ok: '1' })
  })

  it('are never given where the server sees somebody else', async () => {
    const from = world.cluster.seen.length
    const other = { authInfo: { authenticatedUsers: [{ user: personas.bob.oid, db: '$external' }] }, ok: 1 }
    world.cluster.failNext({ command: 'connectionStatus', answer: other })
    const problem = await problemOf(world.ask('alice', find()))
    expect(problem).toMatchObject({ code: 'identity_mismatch', reason: 'not_called:connection_status' })
    expect([world.cluster.seen.length, factsOfFailure(problem)?.identity?.matches]).toEqual([from, false])
  })

  it('rest on the token where the server does not say whom it sees', async () => {
    world.cluster.failNext({ command: 'connectionStatus', code: 59 })
    const { identity } = await world.ask('alice', find({ limit: 1 }))
    expect(identity).toMatchObject({ source: 'token', matches: null })
  })

  it('are asked for over connections that are never shared between people or tokens', async () => {
    const executor = world.makeExecutor()
    const from = world.cluster.signIns.length
    const call = await world.callAs('alice', find({ limit: 1 }))
    await executor.call(call)
    await executor.call(call)
    await executor.call(await world.callAs('carol', find({ limit: 1 })))
    await executor.call({ ...call, token: world.tokenOf('alice', { uti: 'another' }) })
    const { alice, carol } = personas
    expect(world.cluster.signIns.slice(from)).toEqual([alice.oid, carol.oid, alice.oid])
  })

  it.each([
    ['another API', { aud: 'https://management.azure.com' }],
    ['another tenant', { tid: personas.mallory.tid }],
  ])('are refused to a token for %s', async (_name, overrides) => {
    const token = world.tokenOf('alice', overrides)
    expect(await problemOf(world.ask('alice', find(), { token }))).toMatchObject({
      code: 'backend_rejected_token',
      reason: 'not_called:code_18',
    })
  })

  it('are asked for with nobody else’s token', async () => {
    const from = world.cluster.signIns.length
    const problem = await problemOf(world.ask('alice', find(), { token: world.tokenOf('bob') }))
    expect(problem).toMatchObject({ code: 'identity_mismatch', reason: 'not_called:token_of_another_person' })
    expect(world.cluster.signIns.length).toBe(from)
  })
})

describe('a command', () => {
  it('is sent as it was judged, with our comment and limits', async () => {
    const call = await world.callAs('alice', find({ filter: { total: { $gt: 200 } }, sort: { total: 1 }, limit: 5 }))
    const from = world.cluster.seen.length
    const inputs = { command: '{"find":"staff"}' }
    await world.makeExecutor().call({ ...call, invocation: { ...call.invocation, inputs } })
    expect(world.cluster.seen.slice(from).map(({ command }) => command)).toMatchObject([
      {
        find: 'orders_emea',
        filter: { total: { $gt: 200 } },
        limit: 5,
        comment: `countersign/${decisionId}`,
        maxTimeMS: expect.any(Number),
      },
    ])
  })

  it('reads on over batches up to the limit, and says that there is more', async () => {
    const all = await world.ask('alice', find({ batchSize: 7 }))
    expect([all.rows, all.truncated]).toEqual([40, false])
    const cut = await world.ask('alice', find(), { rowLimit: 12 })
    expect([cut.rows, cut.truncated]).toEqual([12, true])
    const aggregated = await world.ask('alice', pipe({ $match: {} }), { rowLimit: 12 })
    expect([aggregated.rows, aggregated.truncated]).toEqual([12, true])
  })

  it('counts, inserts, updates and deletes', async () => {
    const count: Asked = ['countDocuments', { count: 'orders_emea', query: { _id: { $in: ['n-1', 'n-2'] } } }]
    expect((await world.ask('alice', insert('n-1', 'n-2'))).data).toEqual({ n: 2 })
    expect((await world.ask('alice', count)).data).toEqual({ count: 2 })
    const updates = [{ q: { _id: 'n-1' }, u: { $set: { total: 7 } } }]
    const updated = await world.ask('alice', ['updateMany', { update: 'orders_emea', updates }])
    expect(updated.data).toEqual({ n: 1, nModified: 1 })
    const deletes = [{ q: { _id: { $in: ['n-1', 'n-2'] } }, limit: 0 }]
    expect((await world.ask('alice', ['deleteMany', { delete: 'orders_emea', deletes }])).data).toEqual({ n: 2 })
  })

  it('that stores what is there already fails, and what went before it is told', async () => {
    const problem = await problemOf(world.ask('alice', insert('m-1', 'emea-001')))
    expect(problem).toMatchObject({ code: 'backend_rejected', status: 409, reason: 'code_11000' })
    expect(factsOfFailure(problem)?.backendIds).toMatchObject({ n: '1', code: '11000' })
  })

  it('lists the collections of the person that the deployment allows', async () => {
    const names = (data: unknown) => (data as { collections: { name: string }[] }).collections.map(({ name }) => name)
    expect(names((await world.ask('alice', ['listCollections'])).data)).toEqual(['orders_emea', 'visits'])
    const executor = world.makeExecutor({ collections: ['orders_emea'] })
    expect(names((await executor.call(await world.callAs('alice', ['listCollections']))).data)).toEqual(['orders_emea'])
  })

  it.each([
    ['is another than the operation’s', ['find', { aggregate: 'orders_emea', pipeline: [], cursor: {} }]],
    ['goes to another database', find({ $db: 'admin' })],
    ['wants no acknowledgement', ['insertMany', { insert: 'orders_emea', documents: [], writeConcern: { w: 0 } }]],
    ['has a comment of its own', find({ comment: 'x' })],
    [
      'passes over validation',
      ['insertMany', { insert: 'orders_emea', documents: [], bypassDocumentValidation: true }],
    ],
    ['deletes everything', ['deleteMany', { delete: 'orders_emea', deletes: [{ q: {}, limit: 0 }] }]],
    ['changes everything', ['updateMany', { update: 'orders_emea', updates: [{ q: {}, u: {}, multi: true }] }]],
  ] as const)('is refused where it %s', async (_name, asked) => {
    const from = world.cluster.seen.length
    const problem = await problemOf(world.ask('alice', asked as Asked))
    expect(problem).toMatchObject({ code: 'input_invalid', reason: 'not_called:input' })
    expect(world.cluster.seen.length).toBe(from)
  })

  it('is refused for a collection that the deployment does not list, also one that is joined', async () => {
    const executor = world.makeExecutor({ collections: ['orders_emea'] })
    const lookup = { $lookup: { from: 'visits', localField: 'city', foreignField: 'place', as: 'x' } }
    for (const asked of [find({}, 'visits'), pipe(lookup)]) {
      const problem = await problemOf(executor.call(await world.callAs('alice', asked)))
      expect(problem).toMatchObject({ code: 'input_invalid', reason: 'not_called:input' })
    }
  })

  it('carries what JSON cannot say in Extended JSON, both ways', async () => {
    const documents = [{ _id: { $oid: '0123456789abcdef01234567' }, at: { $date: '2026-11-01T00:00:00Z' } }]
    await world.ask('alice', ['insertMany', { insert: 'orders_emea', documents }])
    const { data } = await world.ask('alice', find({ filter: { _id: documents[0]?._id } }))
    expect(rowsOf(data)).toEqual([[documents[0]?._id, documents[0]?.at]])
    await world.ask('alice', [
      'deleteMany',
      { delete: 'orders_emea', deletes: [{ q: { _id: documents[0]?._id }, limit: 1 }] },
    ])
  })
})

/** Masked whole, so that no part of it may be seen anywhere. */
const classification = {
  'orders_emea._id': 'none',
  'orders_emea.region': 'none',
  'orders_emea.city': 'none',
  'orders_emea.total': 'none',
  'orders_emea.email': 'pii.national_id',
  'orders_emea.customer.name': 'none',
  'orders_emea.customer.email': 'pii.national_id',
}

describe('the masks', () => {
  const show = async (asked: Asked) => {
    const call = await world.callAs('alice', asked)
    const answer = await world.makeExecutor().call(call)
    return { raw: JSON.stringify(answer.data), shown: shownOf(call, answer, classification) }
  }

  it.each([
    ['whole documents', find({ limit: 2 })],
    ['a member', find({ limit: 2, projection: { email: 1 } })],
    ['what holds it', find({ limit: 2, projection: { 'customer.email': 1 } })],
    ['members that are left', find({ limit: 2, projection: { city: 0 } })],
    ['another name', find({ limit: 2, projection: { region: '$email' } })],
    ['a number that means to take it', find({ limit: 2, projection: { email: 2 } })],
    ['a computed member', find({ limit: 2, projection: { total: { $concat: ['$email', '!'] } } })],
    ['a pipeline of filters', pipe({ $match: { city: 'Berlin' } }, { $limit: 2 })],
    ['a renaming stage', pipe({ $project: { region: '$email' } })],
    ['a nested projection', pipe({ $project: { customer: { email: 1 } } })],
    ['an added field', pipe({ $addFields: { region: '$email' } })],
    ['a group’s key', pipe({ $group: { _id: '$email' } })],
    ['a group’s key that a projection keeps', pipe({ $group: { _id: '$email' } }, { $project: { city: 'x' } })],
    ['a new root', pipe({ $replaceRoot: { newRoot: { _id: '$email' } } })],
    ['a list', pipe({ $group: { _id: null, city: { $push: '$email' } } })],
  ] as const)('hold for %s', async (_name, asked) => {
    const { raw, shown } = await show(asked)
    expect(raw).toContain('@')
    expect(JSON.stringify(shown.data)).not.toContain('@')
  })

  it('leave what a group makes of harmless members', async () => {
    const { shown } = await show(pipe({ $match: { city: 'Berlin' } }, { $group: { _id: '$city', n: { $sum: 1 } } }))
    expect(shown.data).toEqual({ columns: ['value'], rows: [[{ _id: 'Berlin', n: 10 }]] })
  })

  it('leave what nobody masks where whole documents come back', async () => {
    const { shown } = await show(find({ filter: { _id: 'emea-001' }, projection: { city: 1, total: 1 } }))
    expect(shown.data).toEqual({ columns: ['city', 'total', '_id'], rows: [['Berlin', 100, 'emea-001']] })
  })
})

describe('a failure', () => {
  const write = insert('f-1')
  it.each([
    ['a wrong command', { command: 'find', code: 2 }, { code: 'backend_rejected', status: 400, reason: 'code_2' }],
    ['a missing right', { command: 'find', code: 13 }, { code: 'backend_rejected', status: 403 }],
    ['a missing collection', { command: 'find', code: 26 }, { code: 'backend_rejected', status: 404 }],
    ['time', { command: 'find', code: 50 }, { code: 'backend_timeout', reason: 'code_50' }],
    ['throttling', { command: 'find', code: 16500 }, { code: 'backend_rejected', status: 429 }],
    ['an expired sign-in', { command: 'connectionStatus', code: 18 }, { code: 'backend_rejected_token' }],
    ['a fault', { command: 'find', code: 8 }, { code: 'backend_failed', reason: 'code_8' }],
    ['a cut', { command: 'find', cut: true }, { code: 'backend_failed', reason: 'connection_lost' }],
  ] as const)('by %s is said as it is', async (_name, fault, expected) => {
    world.cluster.failNext(fault)
    const problem = await problemOf(world.ask('alice', find()))
    expect(problem).toMatchObject(expected)
    expect(JSON.stringify([problem.message, problem.members])).not.toContain('of its own')
  })

  it.each([
    ['a cut', { command: 'insert', cut: true }, 'unknown:connection_lost'],
    ['a fault', { command: 'insert', code: 8 }, 'unknown:code_8'],
    ['slowness', { command: 'insert', after: 1500, cut: true }, 'unknown:deadline'],
  ])('of a change by %s leaves open whether it happened', async (_name, fault, reason) => {
    world.cluster.failNext(fault)
    const problem = await problemOf(world.ask('alice', write, { signal: AbortSignal.timeout(600) }))
    expect(problem.reason).toBe(reason)
  })

  it('by too much to pass on is said so', async () => {
    const call = await world.callAs('alice', find())
    const problem = await problemOf(world.makeExecutor({}, { maxBytes: 200 }).call(call))
    expect(problem).toMatchObject({ code: 'backend_failed', reason: 'too_large' })
  })

  it.each([
    ['nobody listens', { port: 1 }],
    ['another authority signed for the server', { ca: '' }],
  ])('to connect was no call where %s', async (_name, place) => {
    const executor = world.makeExecutor(place, { connectTimeoutMs: 700 })
    const problem = await problemOf(executor.call(await world.callAs('alice', write)))
    expect(problem).toMatchObject({ code: 'backend_failed', reason: 'not_called:unreachable' })
  })

  it('shows no token in what it throws', async () => {
    const token = makeToken('not.a.token', personas.alice)
    const problem = await problemOf(world.ask('alice', find(), { token }))
    expect(JSON.stringify([problem.message, problem.members, problem.stack])).not.toContain('not.a.token')
  })
})
