import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Operation, rest } from '../../../shared/backend/define.ts'
import type { Effect } from '../../../shared/backend/effect.ts'
import { readBackendChallenge } from '../../../shared/identity/backend-challenge.ts'
import type { Json } from '../../../shared/pipeline/ports.ts'
import { factsOfFailure } from '../../../shared/upstream/failure.ts'
import { createRestExecutor, type RestOptions } from '../../../shared/upstream/rest.ts'
import { parseXml } from '../../../shared/upstream/xml-reader.ts'
import { decisionId, makeCall, makeOperation, makeToken, oid, principal, problemOf, tid, traceparent } from './calls.ts'

/** Stands in for a REST backend: it answers whatever the test at hand says, and remembers what it was asked. */
interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

type Reply = (request: Seen, response: ServerResponse) => void

let server: Server
let base: string
let seen: Seen[] = []
let reply: Reply
let whoami: Reply

const json =
  (data: unknown, status = 200, headers: Record<string, string> = {}): Reply =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(data))
  }
const raw =
  (body: string | Buffer, headers: Record<string, string>, status = 200): Reply =>
  (_request, response) => {
    response.writeHead(status, headers).end(body)
  }

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const asked = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body }
    seen.push(asked)
    if (asked.url === '/v1/whoami') whoami(asked, response)
    else reply(asked, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
})

beforeEach(() => {
  seen = []
  reply = json({ ok: true })
  whoami = json({ oid: oid.toUpperCase(), tid })
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

function makeExecutor(more: Partial<RestOptions> = {}) {
  const settingsFor = () => ({ baseUrl: base })
  const parsers = { parseChallenge: readBackendChallenge, parseXml }
  return createRestExecutor({ fetch, settingsFor, clock: Date.now, ...parsers, ...more })
}

const getOrder = makeOperation(rest({ method: 'GET', path: '/orders/{id}', parameters: ['id'], query: ['a', 'b'] }))
const createOrder = makeOperation(
  rest({ method: 'POST', path: '/orders', parameters: [], body: ['x', 'y'], idempotencyKey: true }),
  'write',
)
const probe = { identityProbe: { method: 'request', path: '/whoami', oid: '/oid', tid: '/tid' } } as const

const get = (inputs: Record<string, Json> = { id: '7' }) => makeCall({ operation: getOrder, inputs })
const post = (inputs: Record<string, Json> = { x: 1 }) => makeCall({ operation: createOrder, inputs })

describe('request', () => {
  it('carries the exchanged token, the trace and the decision, and nothing of ours besides', async () => {
    await makeExecutor().call(post())
    const { authorization, accept, ...headers } = seen[0]!.headers
    expect(authorization).toBe('Bearer exchanged-token')
    expect(accept).toBe('application/json')
    expect(headers).toMatchObject({
      traceparent,
      'x-request-id': decisionId,
      'x-ms-client-request-id': decisionId,
      'idempotency-key': decisionId,
      'user-agent': 'Countersign',
    })
  })

  it('sends no idempotency key where none is declared', async () => {
    await makeExecutor().call(get())
    expect(seen[0]!.headers).not.toHaveProperty('idempotency-key')
  })

  it('lets static headers replace none of its own', async () => {
    const headers = { Authorization: 'Bearer app', Cookie: 'a=b', 'X-Request-Id': 'x', 'x-api-version': '7' }
    await makeExecutor({ settingsFor: () => ({ baseUrl: base, headers }) }).call(get())
    expect(seen[0]!.headers).toMatchObject({
      authorization: 'Bearer exchanged-token',
      'x-request-id': decisionId,
      'x-api-version': '7',
    })
    expect(seen[0]!.headers).not.toHaveProperty('cookie')
  })

  it('fills path, query and body from the inputs', async () => {
    const executor = makeExecutor()
    await executor.call(get({ id: 'a b&c?d#é', a: ['1', '2'], b: null }))
    await executor.call(post({ x: { deep: [1] }, other: 'not declared' }))
    expect(seen[0]!.url).toBe('/v1/orders/a%20b%26c%3Fd%23%C3%A9?a=1&a=2')
    expect(JSON.parse(seen[1]!.body)).toEqual({ x: { deep: [1] } })
  })

  it.each([
    '.',
    '..',
    '...',
    '../admin',
    'a/b',
    'a\\b',
    '..\\x',
    '%2e%2e',
    '%2E.',
    'a%2fb',
    '%252e',
    '',
    'a\r\nb',
    'a\0b',
    'https://evil.example',
    '//evil.example',
    '\u2028',
    '\ud800',
    'x'.repeat(1025),
  ])('refuses %j as a path segment and calls nobody', async (id) => {
    const problem = await problemOf(makeExecutor().call(get({ id })))
    expect(problem).toMatchObject({ code: 'input_invalid', members: { faults: [{ pointer: '/id' }] } })
    expect(seen).toEqual([])
  })

  it('refuses an absent path input', async () => {
    expect(await problemOf(makeExecutor().call(get({})))).toMatchObject({ code: 'input_invalid' })
  })

  it('refuses a query value that is an object', async () => {
    expect(await problemOf(makeExecutor().call(get({ id: '7', a: { x: 1 } })))).toMatchObject({ code: 'input_invalid' })
  })
})

describe('answer', () => {
  it('gives the data with the backend’s ids, the location without its query', async () => {
    reply = json({ a: 1 }, 201, { etag: '"7"', location: '/v1/orders/7?sig=x', 'x-ms-request-id': 'r1' })
    const answer = await makeExecutor().call(post())
    expect(answer).toMatchObject({ data: { a: 1 }, rows: 1, truncated: false })
    expect(answer.backendIds).toEqual({ etag: '"7"', location: '/v1/orders/7', 'x-ms-request-id': 'r1', status: '201' })
  })

  it('is null where there is no body', async () => {
    reply = raw('', {}, 204)
    expect((await makeExecutor().call(get())).data).toBeNull()
  })

  it('leaves __proto__ out', async () => {
    reply = raw('{"a":1,"__proto__":{"admin":true}}', { 'content-type': 'application/json' })
    const { data } = await makeExecutor().call(get())
    expect(Object.keys(data as object)).toEqual(['a'])
    expect((data as { admin?: unknown }).admin).toBeUndefined()
  })

  it.each([
    ['an own list', [1, 2, 3], [1, 2]],
    ['a list in a page', { items: [1, 2, 3], next: 'x' }, { items: [1, 2], next: 'x' }],
  ])('cuts %s to the row limit', async (_what, data, expected) => {
    reply = json(data)
    const answer = await makeExecutor().call({ ...get(), rowLimit: 2 })
    expect(answer).toMatchObject({ data: expected, rows: 2, truncated: true })
  })

  const deep = `${'['.repeat(65)}${']'.repeat(65)}`
  const jsonType = { 'content-type': 'application/json' }
  it.each([
    ['too large by its announcement', raw('x'.repeat(3000), jsonType), 'too_large'],
    [
      'too large once unpacked',
      raw(gzipSync(Buffer.alloc(100_000, 32)), { ...jsonType, 'content-encoding': 'gzip' }),
      'too_large',
    ],
    ['a web page', raw('<html>', { 'content-type': 'text/html' }), 'content_type'],
    ['of no stated type', raw('{}', {}), 'content_type'],
    ['broken JSON', raw('{"a":', jsonType), 'json'],
    ['nested too deeply', raw(deep, jsonType), 'too_deep'],
    ['not UTF-8', raw(Buffer.from([0x22, 0xff, 0x22]), jsonType), 'encoding'],
  ])('that is %s is refused', async (...[, given, reason]) => {
    reply = given
    expect(await problemOf(makeExecutor({ maxBytes: 2000 }).call(get()))).toMatchObject({
      code: 'backend_failed',
      reason,
    })
  })

  it('that never ends is cut at the cap', async () => {
    reply = (_request, response) => {
      response.writeHead(200, jsonType)
      const timer = setInterval(() => response.write(' '.repeat(500)), 1)
      response.on('close', () => clearInterval(timer))
    }
    expect(await problemOf(makeExecutor({ maxBytes: 2000 }).call(get()))).toMatchObject({ reason: 'too_large' })
  })
})

describe('refusal of the backend', () => {
  it.each([
    [400, 400],
    [403, 403],
    [404, 404],
    [409, 409],
    [410, 410],
    [412, 412],
    [422, 422],
    [405, 422],
    [418, 422],
  ])('%i reaches the caller as %i, without the backend’s words', async (status, expected) => {
    reply = json({ message: 'a private value' }, status, { 'x-ms-request-id': 'r2' })
    const problem = await problemOf(makeExecutor().call(get()))
    expect(problem).toMatchObject({ code: 'backend_rejected', status: expected, reason: `status_${status}` })
    expect(JSON.stringify([problem.message, problem.members])).not.toContain('private')
    expect(factsOfFailure(problem)?.backendIds).toMatchObject({ 'x-ms-request-id': 'r2' })
  })

  const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
  const encoded = Buffer.from(claims).toString('base64')
  it.each([
    ['with claims', `Bearer realm="", error="insufficient_claims", claims="${encoded}"`, encoded],
    ['without', 'Bearer error="invalid_token"', undefined],
  ])('401 %s means that the token was refused', async (_what, challenge, expected) => {
    reply = json({}, 401, { 'www-authenticate': challenge })
    const problem = await problemOf(makeExecutor().call(post()))
    expect(problem).toMatchObject({ code: 'backend_rejected_token', reason: expect.stringMatching(/^not_called:/) })
    expect(problem.members.claims === undefined ? undefined : JSON.parse(atob(problem.members.claims))).toEqual(
      expected === undefined ? undefined : JSON.parse(claims),
    )
  })

  it.each([
    ['7', 7],
    ['999999', 3600],
    ['Wed, 01 Jan 2025 00:00:30 GMT', 30],
    ['nonsense', undefined],
  ])('429 with Retry-After %s waits %s seconds and was not called', async (value, retryAfter) => {
    reply = json({}, 429, { 'retry-after': value })
    const clock = () => Date.parse('2025-01-01T00:00:00Z')
    const problem = await problemOf(makeExecutor({ clock }).call(post()))
    expect(problem).toMatchObject({ code: 'backend_rejected', status: 429, reason: 'not_called:throttled' })
    expect(problem.members.retryAfter).toBe(retryAfter)
  })
})

describe('failure of the backend', () => {
  it.each([
    ['read', 500, 'status_500'],
    ['read', 302, 'redirect'],
    ['write', 500, 'unknown:status_500'],
    ['write', 503, 'unknown:status_503'],
    ['write', 303, 'unknown:redirect'],
  ] as const)('of a %s with %i has the fate %s', async (effect, status, reason) => {
    reply = json({}, status, { location: 'https://evil.example/' })
    const call = effect === 'read' ? get() : post()
    expect(await problemOf(makeExecutor().call(call))).toMatchObject({ code: 'backend_failed', reason })
    expect(seen).toHaveLength(1)
  })

  it.each([
    ['read', 'connection_lost'],
    ['write', 'unknown:connection_lost'],
  ] as const)('that cuts the connection of a %s has the fate %s', async (effect, reason) => {
    reply = (_request, response) => response.destroy()
    expect(await problemOf(makeExecutor().call(effect === 'read' ? get() : post()))).toMatchObject({ reason })
  })

  it('that cannot be reached was not called', async () => {
    const gone = createServer().listen(0, '127.0.0.1')
    await once(gone, 'listening')
    const { port } = gone.address() as AddressInfo
    await new Promise((resolve) => gone.close(resolve))
    const executor = makeExecutor({ settingsFor: () => ({ baseUrl: `http://127.0.0.1:${port}` }) })
    expect(await problemOf(executor.call(post()))).toMatchObject({ reason: 'not_called:unreachable' })
  })

  it.each([
    ['read', 'deadline'],
    ['write', 'unknown:deadline'],
  ] as const)('that is silent times a %s out with the fate %s', async (effect, reason) => {
    reply = () => undefined
    const executor = makeExecutor({ deadlineMs: 100 })
    expect(await problemOf(executor.call(effect === 'read' ? get() : post()))).toMatchObject({
      code: 'backend_timeout',
      reason,
    })
  })

  it('does not begin where the caller has left already', async () => {
    const call = { ...post(), signal: AbortSignal.abort() }
    expect(await problemOf(makeExecutor().call(call))).toMatchObject({ reason: 'not_called:deadline' })
    expect(seen).toEqual([])
  })
})

describe('identity proof', () => {
  const withProbe = (operation: Operation, effect?: Effect) =>
    makeCall({ operation, backend: probe, inputs: { id: '7', x: 1 }, ...(effect === undefined ? {} : { effect }) })

  it('asks the backend with the same token before the call', async () => {
    const { identity } = await makeExecutor().call(withProbe(createOrder))
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /v1/whoami', 'POST /v1/orders'])
    expect(new Set(seen.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer exchanged-token']))
    expect(seen[0]!.headers).not.toHaveProperty('idempotency-key')
    expect(identity).toMatchObject({ source: 'backend', method: 'request', matches: true })
  })

  it('is used again for reads of the same token for five minutes, never for changes', async () => {
    let now = 0
    const executor = makeExecutor({ clock: () => now })
    const [read, change] = [withProbe(getOrder), withProbe(createOrder)]
    const probes = () => seen.filter(({ url }) => url === '/v1/whoami').length
    await executor.call(read)
    await executor.call(read)
    expect(probes()).toBe(1)
    await executor.call({ ...change, token: read.token })
    expect(probes()).toBe(2)
    now = 5 * 60_000
    await executor.call(read)
    expect(probes()).toBe(3)
    await executor.call({ ...read, token: makeToken(read.token.value) })
    expect(probes()).toBe(4)
  })

  it.each([
    ['another person', { oid: 'a0000000-0000-4000-8000-000000000002', tid }],
    ['another tenant', { oid, tid: '22222222-2222-4222-8222-222222222222' }],
    ['no tenant', { oid }],
  ])('withholds a read and a change where the backend saw %s', async (_what, body) => {
    whoami = json(body)
    for (const operation of [getOrder, createOrder]) {
      const problem = await problemOf(makeExecutor().call(withProbe(operation)))
      expect(problem).toMatchObject({ code: 'identity_mismatch', reason: 'not_called:identity_mismatch' })
      expect(factsOfFailure(problem)?.identity?.matches).toBe(false)
    }
    expect(seen.every(({ url }) => url === '/v1/whoami')).toBe(true)
  })

  it.each([
    ['fails', json({}, 500)],
    ['names nobody', json({ name: 'x' })],
    ['is not there', json({}, 404)],
  ])('rests on the token for a read where the probe %s, and refuses a change', async (_what, answer) => {
    whoami = answer
    const executor = makeExecutor()
    expect((await executor.call(withProbe(getOrder))).identity).toMatchObject({ source: 'token', matches: null })
    for (const effect of ['write', 'delete', 'admin'] as const) {
      expect(await problemOf(executor.call(withProbe(createOrder, effect)))).toMatchObject({
        code: 'backend_failed',
        reason: 'not_called:identity_unproven',
      })
    }
    expect(seen.filter(({ method }) => method === 'POST')).toEqual([])
  })

  it('passes a refused token on from the probe', async () => {
    whoami = json({}, 401)
    expect(await problemOf(makeExecutor().call(withProbe(getOrder)))).toMatchObject({ code: 'backend_rejected_token' })
  })

  it('refuses a token that was exchanged for somebody else', async () => {
    const call = { ...get(), token: makeToken('t', { ...principal, oid: 'other' }) }
    expect(await problemOf(makeExecutor().call(call))).toMatchObject({ code: 'identity_mismatch' })
    expect(seen).toEqual([])
  })

  it('stays with a call that fails after it', async () => {
    reply = json({}, 409)
    const problem = await problemOf(makeExecutor().call(withProbe(createOrder)))
    expect(factsOfFailure(problem)).toMatchObject({ identity: { matches: true }, backendIds: { status: '409' } })
  })
})
