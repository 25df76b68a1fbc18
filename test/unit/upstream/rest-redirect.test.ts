import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineBackend, rest } from '../../../shared/backend/define.ts'
import { factsOfFailure } from '../../../shared/upstream/failure.ts'
import { createRestWorld } from '../../support/rest-world.ts'
import { makeOperation, problemOf } from './calls.ts'

const answer = { kind: 'bytes', members: { etag: 'etag' } } as const
const redirect = ['.files.example.com']
const get = { method: 'GET', path: '/content', parameters: [], answer } as const
const ranged = () => z.strictObject({ offset: z.int().optional(), length: z.int().optional() })
const backend = defineBackend({
  name: 'a-backend',
  title: 'A backend',
  scope: 'configured',
  hostSuffixes: { public: [], usgov: [], china: [] },
  records: ['request-id'],
  operations: {
    download: {
      ...makeOperation(rest({ ...get, redirect, range: { offset: 'offset', length: 'length' } })),
      inputs: ranged,
    },
    plain: makeOperation(rest(get)),
    posted: makeOperation(rest({ ...get, method: 'POST', redirect })),
    nowhere: makeOperation(rest({ ...get, redirect: [] })),
  },
})
const link = 'https://tenant.files.example.com/download-secret/a.txt?tempauth=secret'

interface Sent {
  readonly url: string
  readonly init: RequestInit
}

/** A backend that answers the first request so, and the second one otherwise; remembers what it was sent. */
function worldOf(first: Response, second: Response = new Response('content'), baseUrl = 'https://api.example.com') {
  const sent: Sent[] = []
  const answers = [first, second]
  const send: typeof fetch = async (url, init = {}) => {
    sent.push({ url: String(url), init })
    const next = answers.shift()
    if (next === undefined) throw new Error('a third request')
    return next
  }
  return { sent, call: createRestWorld(backend, { baseUrl, options: { fetch: send } }) }
}

const sendsTo = (location: string | null, status = 302) =>
  new Response('link', { status, headers: { 'request-id': 'r1', ...(location === null ? {} : { location }) } })

describe('a redirect to content', () => {
  it.each([301, 302, 303, 307, 308])('is followed once, with nothing of the person (%i)', async (status) => {
    const { sent, call } = worldOf(sendsTo(link, status), new Response('content', { headers: { etag: '"1"' } }))
    const { data, backendIds } = await call('download', { offset: 2, length: 3 })
    expect(data).toMatchObject({ content: 'content', etag: '"1"' })
    expect(sent.map(({ url }) => url)).toEqual(['https://api.example.com/content', link])
    expect(new Headers(sent[0]?.init.headers).get('authorization')).toMatch(/^Bearer /)
    const headers = Object.fromEntries(new Headers(sent[1]?.init.headers))
    expect(headers).toEqual({ accept: '*/*', 'user-agent': 'Countersign', range: 'bytes=2-4' })
    expect(sent[1]?.init).toMatchObject({ method: 'GET', redirect: 'manual', credentials: 'omit' })
    expect(JSON.stringify([data, backendIds])).not.toMatch(/secret|files\.example/)
    expect(backendIds['request-id']).toBe('r1')
  })

  it.each<[string, string | null]>([
    ['to another host', 'https://evil.example/a?tempauth=secret'],
    ['to a host that only ends alike', 'https://evilfiles.example.com/a'],
    ['to a host that begins alike', 'https://tenant.files.example.com.evil.example/a'],
    ['back to the backend', 'https://api.example.com/other'],
    ['by http', 'http://tenant.files.example.com/a'],
    ['to another port', 'https://tenant.files.example.com:8443/a'],
    ['with a user', 'https://alice@tenant.files.example.com/a'],
    ['with a host as user', 'https://tenant.files.example.com@evil.example/a'],
    ['with backslashes', 'https://evil.example\\.files.example.com/a'],
    ['without a scheme', '//tenant.files.example.com/a'],
    ['relative', '/a'],
    ['to a script', 'javascript:alert(1)'],
    ['to data', 'data:text/plain,a'],
    ['to a file', 'file:///etc/passwd'],
    ['to this machine', 'http://127.0.0.1/a'],
    ['to the metadata service', 'http://169.254.169.254/metadata/identity'],
    ['with a fragment', 'https://tenant.files.example.com/a#b'],
    ['that is too long', `https://tenant.files.example.com/${'a'.repeat(8000)}`],
    ['that is empty', ''],
    ['nowhere', null],
  ])('is not followed %s', async (_what, location) => {
    const { sent, call } = worldOf(sendsTo(location))
    const problem = await problemOf(call('download'))
    expect([problem.code, problem.reason, sent.length]).toEqual(['backend_failed', 'redirect', 1])
    expect(JSON.stringify([problem, problem.message, factsOfFailure(problem)])).not.toMatch(/secret|evil|files/)
  })

  it.each(['plain', 'posted', 'nowhere'])('is not followed where none is declared (%s)', async (name) => {
    const { sent, call } = worldOf(sendsTo(link))
    const problem = await problemOf(call(name))
    expect([problem.code, problem.reason?.replace('unknown:', ''), sent.length]).toEqual([
      'backend_failed',
      'redirect',
      1,
    ])
  })

  it.each<[string, Response, string, string]>([
    ['leads on', sendsTo(link), 'backend_failed', 'redirect'],
    ['wants a token', new Response('', { status: 401 }), 'backend_failed', 'redirect'],
    ['is gone', new Response('words', { status: 404 }), 'backend_rejected', 'status_404'],
    ['fails', new Response('words', { status: 500 }), 'backend_failed', 'status_500'],
  ])('ends the call where what is behind it %s', async (...[, second, code, reason]) => {
    const { sent, call } = worldOf(sendsTo(link), second)
    const problem = await problemOf(call('download'))
    expect([problem.code, problem.reason, sent.length]).toEqual([code, reason, 2])
    expect(JSON.stringify([problem, factsOfFailure(problem)])).not.toMatch(/secret|files\.example|words/)
  })

  it('is cut where the content is larger than an answer holds', async () => {
    const { call } = worldOf(sendsTo(link), new Response('a'.repeat(1_048_577)))
    expect(await call('download')).toMatchObject({ truncated: true, data: { range: { length: 1_048_576 } } })
  })

  it('leads to this machine only where the backend is on it, too', async () => {
    const { sent, call } = worldOf(sendsTo('http://127.0.0.1:9/a'), new Response('content'), 'http://127.0.0.1:8')
    expect(await call('download')).toMatchObject({ data: { content: 'content' } })
    expect(sent).toHaveLength(2)
  })
})
