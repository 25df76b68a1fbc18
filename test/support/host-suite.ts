/**
 * The conformance suite of a Functions host, over real HTTP, for the app in host-fixtures/web. It runs against the
 * local host in each of its modes; with HOST_BASE_URL (vitest takes the name BASE_URL for itself) it runs against any
 * other host that serves the same app, so that Azure's own tool can be asked too:
 *
 *   cd test/support/host-fixtures/web && func start      # in one terminal, where `func` is installed
 *   HOST_BASE_URL=http://127.0.0.1:7071 npx vitest run test/unit/host/conformance-forward.test.ts
 *
 * What only the local host has (keys by option, header limits, a stop) is asked in host-promises.ts.
 */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningHost, startHost } from '../../infra/local/host/host.ts'
import type { Dispatch } from '../../infra/local/host/library.ts'
import { fixtures, sendRaw } from './host-client.ts'
import { describePromises, keys } from './host-promises.ts'

interface SuiteOptions {
  readonly dispatch: Dispatch
  readonly streaming: boolean
}

interface Told {
  readonly name: string
  readonly method: string
  readonly url: string
  readonly params: Record<string, string>
  readonly query: Record<string, string>
  readonly headers: Record<string, string>
  readonly user: unknown
  readonly text: string
  readonly trace: string
}

const external = process.env.HOST_BASE_URL

/** Declares the suite for one mode of the host. */
export function describeHost(name: string, options: SuiteOptions): void {
  describe(`host ${external ?? name}`, () => {
    let host: RunningHost | undefined
    let base = external ?? ''
    const ask = async (path: string, init?: RequestInit): Promise<Told> => {
      const answer = await fetch(base + path, init)
      expect(answer.status).toBe(200)
      return (await answer.json()) as Told
    }
    const get = async (
      path: string,
      init?: RequestInit,
    ): Promise<{ status: number; text: string; headers: Headers }> => {
      const answer = await fetch(base + path, init)
      return { status: answer.status, text: await answer.text(), headers: answer.headers }
    }

    beforeAll(async () => {
      if (external !== undefined) return
      const env = {
        HOST_FIXTURE_BUFFERED: options.streaming ? '0' : '1',
        'AzureWebJobs.switchedOff.Disabled': 'true',
      }
      host = await startHost({ appRoot: `${fixtures}web`, dispatch: options.dispatch, env, keys, log: () => undefined })
      base = host.url
    })

    afterAll(async () => {
      await host?.stop()
      expect(host?.problems ?? []).toEqual([])
    })

    describe('routes', () => {
      it.each([
        ['/bare', 'bare', {}],
        ['/BARE/', 'bare', {}],
        ['/items/special', 'itemSpecial', {}],
        ['/Items/SPECIAL', 'itemSpecial', {}],
        ['/items/42', 'itemNumber', { id: '42' }],
        ['/items/4x', 'itemAny', { id: '4x' }],
        ['/items/a%20b', 'itemAny', { id: 'a b' }],
        ['/items/a%2Fb', 'itemAny', { id: 'a%2Fb' }],
        ['/items/a/b/c', 'itemRest', { rest: 'a/b/c' }],
        ['/optional', 'optional', {}],
        ['/optional/x', 'optional', { p: 'x' }],
        ['/fallback', 'fallback', { p: 'zwei' }],
        ['/fallback/x', 'fallback', { p: 'x' }],
        ['/files/a.b.txt', 'file', { stem: 'a.b', extension: 'txt' }],
        ['/echo/x/../y', 'echo', { rest: 'y' }],
        ['/verb', 'verbRead', {}],
      ])('%s reaches %s', async (path, functionName, params) => {
        const told = await ask(path)
        expect(told).toMatchObject({ name: functionName, method: 'GET' })
        expect(told.params).toEqual(params)
      })

      it('chooses among functions of one path by method', async () => {
        expect(await ask('/verb', { method: 'PUT' })).toMatchObject({ name: 'verbWrite', method: 'PUT' })
      })

      it.each([
        ['GET', '/nowhere'],
        ['DELETE', '/verb'],
        ['PUT', '/bare'],
        ['HEAD', '/bare'],
        ['GET', '/optional/a/b'],
        ['GET', '/files/plain'],
        ['GET', '/optional//'],
      ])('%s %s is an empty 404', async (method, path) => {
        const answer = await get(path, { method })
        expect(answer).toMatchObject({ status: 404, text: '' })
        expect(answer.headers.get('content-type')).toBeNull()
      })
    })

    describe('requests', () => {
      it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('hands over method, query and body of %s', async (method) => {
        const told = await ask('/echo/a?x=1&y=%20z', { method, body: 'body ü' })
        expect(told).toMatchObject({ method, text: 'body ü', query: { x: '1', y: ' z' } })
        expect(told.url).toBe(`${base}/echo/a?x=1&y=%20z`)
      })

      it('joins a repeated Authorization header by a comma', async () => {
        const lines = [
          'GET /echo/a HTTP/1.1',
          'Host: one.example',
          'Authorization: Bearer A',
          'authorization: Bearer B',
        ]
        const answer = await sendRaw(base, lines)
        expect(answer.body).toContain('"authorization":"Bearer A,Bearer B"')
      })

      it('takes the signed-in user from nobody', async () => {
        const principal = Buffer.from(JSON.stringify({ identityProvider: 'x', userId: 'mallory' })).toString('base64')
        const forged = { 'x-ms-client-principal': principal, 'X-MS-CLIENT-PRINCIPAL-NAME': 'mallory' }
        const told = await ask('/echo/a', { headers: forged })
        expect(told.user).toBeNull()
        expect(Object.keys(told.headers).filter((header) => header.startsWith('x-ms-client'))).toEqual([])
      })

      it('sets the forwarded headers itself', async () => {
        const forged = {
          'x-forwarded-host': 'evil.example',
          'x-forwarded-proto': 'https',
          'x-forwarded-for': '1.2.3.4',
        }
        const told = await ask('/echo/a', { headers: forged })
        expect(told.url).toBe(`${base}/echo/a`)
        expect(told.headers['x-forwarded-for']).toMatch(/^127\.0\.0\.1:\d+$/)
      })

      it('chooses the invocation id itself', async () => {
        const told = await Promise.all(
          [1, 2, 3].map((n) => ask(`/echo/${n}`, { headers: { 'x-ms-invocation-id': 'the-same' } })),
        )
        expect(told.map((one) => one.params.rest)).toEqual(['1', '2', '3'])
        expect(told.map((one) => one.headers['x-ms-invocation-id'])).toEqual([undefined, undefined, undefined])
      })

      it("continues the caller's trace", async () => {
        const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
        const told = await ask('/echo/a', { headers: { traceparent } })
        expect(told.trace.slice(3, 35)).toBe('0af7651916cd43dd8448eb211c80319c')
      })

      it.each([
        ['no host', ['GET /bare HTTP/1.1']],
        ['two hosts', ['GET /bare HTTP/1.1', 'Host: a.example', 'Host: b.example']],
        ['a path as host', ['GET /bare HTTP/1.1', 'Host: a.example/x']],
      ])('refuses %s with 400', async (_, lines) => {
        expect((await sendRaw(base, lines)).status).toBe(400)
      })

      it('reads the path of an absolute target', async () => {
        const answer = await sendRaw(base, ['GET http://other.example/verb?x=1 HTTP/1.1', 'Host: a.example'])
        expect(JSON.parse(answer.body.slice(answer.body.indexOf('{'), answer.body.lastIndexOf('}') + 1))).toMatchObject(
          {
            name: 'verbRead',
            url: 'http://a.example/verb?x=1',
          },
        )
      })
    })

    describe('answers', () => {
      it('sends status, headers and body, without hop-by-hop headers of the app', async () => {
        const answer = await get('/created')
        expect(answer).toMatchObject({ status: 201, text: 'made' })
        expect(answer.headers.get('x-own')).toBe('yes')
        if (options.streaming) expect(answer.headers.get('connection')).toBe('keep-alive')
      })

      it('sends every cookie as a header of its own', async () => {
        const answer = await get('/cookies')
        const cookies = answer.headers.getSetCookie()
        expect(cookies).toHaveLength(2)
        expect(cookies[0]).toMatch(/^a=x%20y;.*HttpOnly.*SameSite=Strict/i)
        expect(cookies[1]).toMatch(/^b=2;.*Max-Age=60.*Secure/i)
      })

      it('sends 204 without a body', async () => {
        expect(await get('/empty')).toMatchObject({ status: 204, text: '' })
      })

      it('answers HEAD where a function takes it', async () => {
        expect(await get('/echo/a', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
      })

      it('hands over an 8 MB body unchanged', async () => {
        const body = Buffer.alloc(8_000_000, 'abcdefghij')
        const answer = await get('/digest', { method: 'POST', body })
        expect(JSON.parse(answer.text)).toMatchObject({ sha256: createHash('sha256').update(body).digest('hex') })
      })

      it('answers a hundred requests at once', async () => {
        const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => ask(`/echo/${n}`)))
        expect(answers.map((told) => told.params.rest)).toEqual(Array.from({ length: 100 }, (_, n) => `${n}`))
      })
    })

    describe.skipIf(!options.streaming)('streams', () => {
      it('sends chunks as they come', async () => {
        const answer = await fetch(`${base}/events?count=3&pause=150`)
        expect(answer.headers.get('content-type')).toBe('text/event-stream')
        const times: number[] = []
        let text = ''
        for await (const chunk of answer.body ?? []) {
          times.push(performance.now())
          text += Buffer.from(chunk).toString()
        }
        expect(text).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n')
        expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(200)
      })

      it('hands over the body while it is still being sent', async () => {
        let finish = (): void => undefined
        const body = new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('first'))
            finish = () => controller.close()
          },
        })
        const answer = await get('/firstChunk', { method: 'POST', body, duplex: 'half' } as RequestInit)
        finish()
        expect(answer).toMatchObject({ status: 200, text: 'first' })
      })

      it('keeps three hundred streams open at once', async () => {
        const read = async () => (await get('/events?count=2&pause=300')).text
        const texts = await Promise.all(Array.from({ length: 300 }, read))
        expect(new Set(texts)).toEqual(new Set(['data: 1\n\ndata: 2\n\n']))
      })

      it('cuts the connection when a body breaks off', async () => {
        const answer = await fetch(`${base}/broken`)
        expect(answer.status).toBe(200)
        await expect(answer.text()).rejects.toThrow()
      })

      it('goes on answering after a client has left', async () => {
        const leaving = new AbortController()
        const answer = await fetch(`${base}/events?count=4&pause=100`, { signal: leaving.signal })
        await answer.body?.getReader().read()
        leaving.abort()
        expect(await ask('/bare')).toMatchObject({ name: 'bare' })
      })
    })

    if (external === undefined) describePromises({ host: () => host, streaming: options.streaming })
  })
}
