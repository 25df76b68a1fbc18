import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type RunningHost, startHost } from '../../infra/local/host/host.ts'
import type { Backend } from '../../shared/backend/define.ts'
import type { Settings } from '../../shared/config/settings.ts'
import { Problem } from '../../shared/errors/problem.ts'
import type { RunningApp } from '../../shared/http/running-app.ts'
import { dave } from '../support/audit-world.ts'
import { sendRaw } from '../support/host-client.ts'
import { createWorldApp, type WorldApp } from '../support/line-app.ts'
import { lineBackend } from '../support/line-backend.ts'
import { badInputs, badTexts, bodySecret, goodBody } from '../support/line-bodies.ts'
import { fail } from '../support/line-case.ts'
import { functionFiles, loadFunctions } from '../support/line-declarations.ts'
import { alice, noon, secrets, type WorldOptions } from '../support/line-world.ts'

const current: { load: () => Promise<RunningApp>; app?: WorldApp } = {
  load: async () => {
    throw new Error('no app')
  },
}

// The composition root is all that is replaced: host, library, triggers, wrapper, routes and stages are the real ones.
vi.mock('../../shared/app.ts', () => ({
  runningApp: () => current.load(),
  start: () => undefined,
  stop: async () => undefined,
}))

/** Files of `functions/` that are the evidence app's. */
const evidenceFunctions = 6

let host: RunningHost
let declared: Awaited<ReturnType<typeof loadFunctions>> = []
const hostLog: string[] = []
// The catalogue describes every operation, so the one whose schema cannot be built has to stay out.
const { brokenSchema: _, ...operations } = lineBackend.operations
const served: Backend = { ...lineBackend, operations }
const route = '/api/line-backend/createOrder'

function serveWorld(options: WorldOptions = {}): WorldApp {
  const app = createWorldApp(declared, options)
  current.app = app
  current.load = async () => app.app
  return app
}

async function send(path: string, init: RequestInit = {}) {
  const response = await fetch(`${host.url}${path}`, init)
  const text = await response.text()
  const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> & { code?: string }
  return { status: response.status, headers: response.headers, text, body }
}

const post = (path: string, body: Uint8Array | string, contentType: string | null = 'application/json') =>
  send(path, {
    method: 'POST',
    body: typeof body === 'string' ? body : new Blob([Uint8Array.from(body)]),
    headers: contentType === null ? {} : { 'content-type': contentType },
  })

beforeAll(async () => {
  host = await startHost({
    appRoot: fileURLToPath(new URL('../../', import.meta.url)),
    log: (line) => hostLog.push(line),
    load: async () => {
      // The library looks for its host when it is imported, so not before now.
      const { registerFunctions, serve } = await import('../../shared/serve.ts')
      serve(served)
      declared = await loadFunctions()
      registerFunctions({ COUNTERSIGN_APP: 'gateway', COUNTERSIGN_NOTICES: [] } as unknown as Settings)
    },
  })
})

afterAll(() => host.stop())

beforeEach(() => {
  serveWorld()
})

describe('host', () => {
  it('lists a function for every file of functions/', () => {
    expect(host.functions.length).toBeGreaterThanOrEqual(functionFiles.length - evidenceFunctions)
    expect(host.problems).toEqual([])
  })
})

describe('call over HTTP', () => {
  it('is answered with data and meta', async () => {
    const answer = await post(route, goodBody)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({
      data: { note: secrets.data },
      meta: {
        decisionId: answer.headers.get('x-countersign-decision'),
        audit: { lane: 'lane-1', intent: { seq: 1 }, outcome: { seq: 2 } },
        masked: [],
        truncated: false,
        identity: { source: 'backend', matches: true },
        trust: 'untrusted-data',
      },
    })
  })

  it('carries the headers of every answer', async () => {
    const { headers } = await post(route, goodBody)
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
    })
  })

  it.each([...badTexts, ...badInputs])(
    'with $name is refused',
    async ({ body, contentType, code, status, pointer }) => {
      const answer = await post(route, body, contentType === undefined ? 'application/json' : contentType)
      expect([answer.status, answer.body.code]).toEqual([status, code])
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      const { faults } = answer.body as { faults?: { pointer: string }[] }
      expect(faults?.[0]?.pointer ?? null).toBe(pointer)
      expect(answer.text).not.toMatch(/\n\s+at |\.ts:\d|node_modules/)
      expect(answer.text).not.toContain(bodySecret)
      expect(current.app?.world.calls).toEqual([])
      expect(current.app?.world.rows.map(({ kind }) => kind)).toEqual(['intent', 'outcome'])
    },
  )

  it('of the last of two members of one name is judged and sent', async () => {
    const twice = Buffer.from(goodBody).toString().replace('"region":"emea"', '"region":"us","region":"emea"')
    expect((await post(route, twice)).status).toBe(200)
    expect(current.app?.world.calls[0]?.invocation.inputs).toMatchObject({ region: 'emea' })
  })

  it.each([
    ['GET', route],
    ['PUT', route],
    ['DELETE', route],
    ['POST', '/api/line-backend/constructor'],
    ['POST', '/api/line-backend/__proto__'],
    ['POST', '/api/line-backend/toString'],
    ['POST', '/api/line-backend/CreateOrder'],
    ['POST', '/api/line-backend'],
    ['POST', '/api/line-backend/createOrder/more'],
    ['POST', '/api/line-backend/createOrder/more/of/it'],
    ['POST', '/api/line-backend/create%4Frder%2Fx'],
  ])('%s %s is no operation', async (method, path) => {
    const answer = await send(path, { method, ...(method === 'GET' ? {} : { body: Buffer.from(goodBody) }) })
    expect([answer.status, answer.body.code]).toEqual([404, 'operation_unknown'])
    expect(current.app?.world.calls).toEqual([])
  })

  it.each([
    ['GET', '/api'],
    ['POST', '/api/nowhere/getItem'],
    ['POST', '/api/__proto__/constructor'],
    ['POST', '/api/operations'],
    ['DELETE', '/api/explain'],
  ])('%s %s is no backend', async (method, path) => {
    const answer = await send(path, { method })
    expect([answer.status, answer.body.code]).toEqual([404, 'backend_not_configured'])
  })

  it('whose outcome cannot be recorded is answered without data', async () => {
    serveWorld({ faults: { outcome: fail(new Problem('audit_unavailable', 'Away.', { retryAfter: 2 })) } })
    const answer = await post(route, goodBody)
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([
      503,
      'audit_unavailable',
      '2',
    ])
    expect(answer.text).not.toContain(secrets.data)
    expect(current.app?.world.calls).toHaveLength(1)
  })

  it('is challenged with a header where a token fails', async () => {
    serveWorld({ faults: { verify: fail(new Problem('token_missing', 'None.')) } })
    const answer = await post(route, goodBody)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer .*resource_metadata="https:\/\//)
    expect(current.app?.world.rows).toEqual([])
  })

  it('refuses what is sent with a surprise, without a word of it', async () => {
    const { failures } = serveWorld({ faults: { verify: fail(new Error(bodySecret)) } })
    const answer = await post(route, goodBody)
    expect([answer.status, answer.body.code]).toEqual([500, 'internal'])
    expect(answer.text).not.toContain(bodySecret)
    expect(failures).toEqual(['unexpected'])
  })

  it('joins two Authorization headers, so that the verifier can refuse both', async () => {
    const lines = [
      `GET ${route} HTTP/1.1`,
      'Host: gateway.example',
      'Authorization: Bearer A',
      'Authorization: Bearer B',
    ]
    const seen: string[] = []
    const app = createWorldApp(declared)
    current.load = async () => ({
      ...app.app,
      answers: {
        ...app.app.answers,
        fallback: async (inbound) => {
          seen.push(inbound.headers.authorization ?? '')
          return app.app.answers.fallback(inbound)
        },
      },
    })
    await sendRaw(host.url, lines)
    expect(seen.map((value) => value.replace(', ', ','))).toEqual(['Bearer A,Bearer B'])
  })
})

describe('other routes over HTTP', () => {
  it.each([
    ['GET', '/openapi.json', 200],
    ['GET', '/problems/token_invalid', 200],
    ['GET', '/problems/constructor', 404],
    ['GET', '/.well-known/oauth-protected-resource', 200],
    ['GET', '/.well-known/oauth-protected-resource/mcp', 200],
    ['GET', '/.well-known/oauth-protected-resource/other', 404],
    ['GET', '/health', 200],
  ])('%s %s needs no token and answers %i', async (...[method, path, status]) => {
    serveWorld({ faults: { verify: fail(new Problem('token_missing', 'None.')) } })
    expect((await send(path, { method })).status).toBe(status)
    expect(current.app?.world.used).toEqual([])
  })

  it('lists what the principal may use', async () => {
    const { body } = await send('/api/operations')
    const { operations } = body as { operations: { route: string; decision: string; inputs: object }[] }
    expect(operations).toContainEqual(
      expect.objectContaining({ route, decision: 'permit', inputs: expect.any(Object) }),
    )
  })

  it('leaves out of the list what is denied, except for an application that may only read it', async () => {
    const denial = { verdict: 'deny', reasons: ['guest_may_not_change'] } as const
    serveWorld({ faults: { decide: () => denial } })
    const { operations } = (await send('/api/operations')).body as { operations: object[] }
    // What nobody can do as the person is listed to say so.
    expect(operations.filter((operation) => !('unsupported' in operation))).toEqual([])
    serveWorld({ faults: { decide: () => denial, verify: () => ({ ...alice, kind: 'app' }) } })
    expect(((await send('/api/operations')).body as { operations: unknown[] }).operations.length).toBeGreaterThan(0)
  })

  it('explains a call without making it', async () => {
    const question = { backend: 'line-backend', operation: 'getItem', inputs: { id: '7' } }
    const { status, body } = await post('/api/explain', JSON.stringify(question))
    expect([status, body.decision]).toEqual([200, 'permit'])
    expect(current.app?.world).toMatchObject({ rows: [], calls: [], exchanges: [] })
  })

  it.each([
    ['no backend', { operation: 'x' }, '/backend'],
    ['an unknown member', { backend: 'line-backend', operation: 'getItem', more: 1 }, '/more'],
    ['inputs that are none', { backend: 'line-backend', operation: 'getItem', inputs: { id: 7 } }, '/inputs/id'],
  ])('refuses a question with %s', async (...[, question, pointer]) => {
    const { status, body } = await post('/api/explain', JSON.stringify(question))
    expect([status, body.code]).toEqual([400, 'input_invalid'])
    expect((body as { faults?: { pointer: string }[] }).faults?.[0]?.pointer).toBe(pointer)
  })
})

describe('app that cannot be loaded', () => {
  it('is answered, empty, and tried again at the next request', async () => {
    current.load = async () => {
      throw new Error(bodySecret)
    }
    expect(await send('/health')).toMatchObject({ status: 500, text: '' })
    serveWorld()
    expect((await send('/health')).status).toBe(200)
    expect(hostLog.join('\n')).not.toContain(bodySecret)
  })
})

describe('stream of the book over HTTP', () => {
  it('begins at once, and ends by itself', async () => {
    const begun = performance.now()
    // Two hundred times as fast as life, so that 220 seconds are over soon.
    serveWorld({ now: () => noon + 200 * (performance.now() - begun), faults: { verify: () => dave } })
    const response = await fetch(`${host.url}/api/audit/stream`)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const pieces: string[] = []
    for await (const piece of response.body ?? []) pieces.push(Buffer.from(piece).toString('utf8'))
    expect(pieces.length).toBeGreaterThan(1)
    expect(pieces[0]).toMatch(/^retry: 1000\n/)
    expect(pieces.at(-1)).toBe('event: end\ndata: {"reason":"time"}\n\n')
  })

  it('is refused as a problem before it begins', async () => {
    expect((await send('/api/audit/stream')).body.code).toBe('policy_denied')
  })
})

describe('auditors’ routes over HTTP', () => {
  it.each([
    ['GET', '/api/audit/records', 200],
    ['GET', '/api/audit/head', 200],
    ['GET', '/api/audit/reports', 200],
    ['GET', '/api/audit/reports/2026-11-21', 404],
    ['POST', '/api/audit/reports/2026-11-21/review', 400],
    ['POST', '/api/audit/findings/fnd_000000000000000000000000/disposition', 400],
    ['POST', '/api/audit/verify', 200],
  ])('answer %s %s with %i', async (method, path, status) => {
    serveWorld({ faults: { verify: () => dave } })
    expect((await send(path, { method })).status).toBe(status)
  })
})
