import type { HttpRequest, InvocationContext } from '@azure/functions'
import { describe, expect, it, vi } from 'vitest'
import { Problem } from '../../../shared/errors/problem.ts'
import { guard } from '../../../shared/http/guard.ts'
import { createRefusal } from '../../../shared/http/refusal.ts'
import { type AnswerRoute, createOutage, type RunningApp } from '../../../shared/http/running-app.ts'
import type { Answer } from '../../../shared/pipeline/ports.ts'

const secret = 'value-that-stays-here'
const logged: unknown[] = []
const current: { app: () => Promise<unknown> } = { app: async () => undefined }

vi.mock('../../../shared/app.ts', () => ({ runningApp: () => current.app() }))

const routes: readonly AnswerRoute[] = [
  'call',
  'explain',
  'fallback',
  'health',
  'openapi',
  'operations',
  'problemPage',
  'protectedResource',
]

const id = 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6'
const refuse = createRefusal({
  identification: { publicUrl: 'https://gateway.example', challenge: { cloud: 'public', clientId: 'c' } },
  log: (event, fields) => logged.push({ event, ...fields }),
  newId: () => id,
  randomHex: (bytes) => 'ab'.repeat(bytes),
})

function serveAnswer(answer: () => Promise<unknown>): void {
  const answers = Object.fromEntries(routes.map((route) => [route, answer as () => Promise<Answer>]))
  const noticeJobs = { handOut: async () => [], deliver: async () => false }
  const app: RunningApp = { answers: answers as unknown as RunningApp['answers'], noticeJobs, refuse }
  current.app = async () => app
}

function request(changes: Partial<Record<keyof HttpRequest, unknown>> = {}): HttpRequest {
  const plain = { url: 'https://gateway.example/x', method: 'GET', headers: new Headers(), params: {}, body: null }
  return { ...plain, ...changes } as unknown as HttpRequest
}

const ask = async (given = request(), route: AnswerRoute = 'call') => guard(route)(given, {} as InvocationContext)

describe('guard', () => {
  it.each(routes)('passes on the answer of %s', async (route) => {
    serveAnswer(async () => ({ status: 201, headers: { a: 'b' }, body: 'c' }))
    expect(await ask(request(), route)).toEqual({ status: 201, headers: { a: 'b' }, body: 'c' })
  })

  it.each([
    ['a Problem', async () => Promise.reject(new Problem('keys_unavailable', 'Away.')), 503],
    ['an Error', async () => Promise.reject(new Error(secret)), 500],
    ['a string', async () => Promise.reject(secret), 500],
    ['undefined', async () => Promise.reject(), 500],
  ])('answers where %s is thrown', async (...[, answer, status]) => {
    serveAnswer(answer)
    const given = await ask()
    expect(given?.status).toBe(status)
    expect(given?.headers).toMatchObject({ 'content-type': 'application/problem+json' })
    expect(JSON.stringify(given)).not.toContain(secret)
  })

  it.each([
    [
      'a refusal by its code',
      new Problem('token_invalid', 'No.', { reason: 'expired' }),
      { event: 'refused', code: 'token_invalid', status: 401, reason: 'expired' },
    ],
    [
      'a surprise by its class',
      new TypeError(secret),
      { event: 'unexpected', code: 'internal', status: 500, error: 'TypeError' },
    ],
  ])('tells the log of %s, under the id that the answer bears', async (...[, thrown, line]) => {
    logged.length = 0
    serveAnswer(async () => Promise.reject(thrown))
    const given = await ask()
    expect(logged).toEqual([{ ...line, instance: id, traceId: 'ab'.repeat(16) }])
    expect(JSON.parse(String(given?.body)).instance).toBe(`urn:uuid:${id}`)
    expect(given?.headers).toMatchObject({ traceparent: `00-${'ab'.repeat(16)}-${'ab'.repeat(8)}-01` })
  })

  it('lets an address that is slowed down fill no log', async () => {
    logged.length = 0
    serveAnswer(async () => Promise.reject(new Problem('quota_exceeded', 'Later.', { reason: 'failed_tokens' })))
    expect((await ask())?.status).toBe(429)
    expect(logged).toEqual([])
  })

  it.each(routes)('refuses %s with what kept the app from being built', async (route) => {
    current.app = async () => createOutage(new Problem('policy_unavailable', 'Away.', { retryAfter: 5 }), refuse)
    const given = await ask(request(), route)
    expect([given?.status, JSON.parse(String(given?.body)).code]).toEqual([503, 'policy_unavailable'])
    expect(given?.headers).toMatchObject({ 'retry-after': '5' })
  })

  it.each([
    ['the route gives nothing', () => serveAnswer(async () => undefined), request()],
    ['the route gives null', () => serveAnswer(async () => null), request()],
    [
      'the app cannot be loaded',
      () => {
        current.app = async () => Promise.reject(new Error(secret))
      },
      request(),
    ],
    ['the app is nothing', () => (current.app = async () => undefined), request()],
    ['the address is none', () => serveAnswer(async () => undefined), request({ url: 'no address' })],
    [
      'the body breaks off',
      () => serveAnswer(async () => ({ status: 200, headers: {}, body: '' })),
      request({ method: 'POST', body: new ReadableStream({ start: (stream) => stream.error(new Error(secret)) }) }),
    ],
  ])('answers 500 without a word where %s', async (...[, prepare, given]) => {
    prepare()
    expect(await ask(given)).toEqual({ status: 500, headers: { 'cache-control': 'no-store' } })
  })
})
