import type { HttpRequest, InvocationContext } from '@azure/functions'
import { describe, expect, it, vi } from 'vitest'
import { Problem } from '../../../shared/errors/problem.ts'
import { guard } from '../../../shared/http/guard.ts'
import type { AnswerRoute, RunningApp } from '../../../shared/http/running-app.ts'
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

function serveAnswer(answer: () => Promise<unknown>): void {
  const answers = Object.fromEntries(routes.map((route) => [route, answer as () => Promise<Answer>]))
  const identification = {
    publicUrl: 'https://gateway.example',
    challenge: { cloud: 'public', clientId: 'c' },
  } as const
  const app: RunningApp = {
    answers: answers as unknown as RunningApp['answers'],
    identification,
    logFailure: (event, error) => logged.push([event, error instanceof Error]),
  }
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

  it('tells the log of a surprise, and not of a Problem', async () => {
    logged.length = 0
    serveAnswer(async () => Promise.reject(new Problem('token_missing', 'None.')))
    await ask()
    serveAnswer(async () => Promise.reject(new Error(secret)))
    await ask()
    expect(logged).toEqual([['unexpected', true]])
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
