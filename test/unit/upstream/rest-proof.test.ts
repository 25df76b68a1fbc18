import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineBackend, type Operation, rest } from '../../../shared/backend/define.ts'
import { factsOfFailure } from '../../../shared/upstream/failure.ts'
import { answerWith, createRestWorld, openSite, type Site } from '../../support/rest-world.ts'
import { oid } from './calls.ts'

const session = '/sessions/{id}'
const read = { summary: 'Read a session', effect: 'read', inputs: () => z.strictObject({ id: z.int() }) } as const
const whole = rest({ method: 'GET', path: session, parameters: ['id'] })
const operations: Record<string, Operation> = {
  open: { ...read, call: whole, proves: { oid: '/submitterId' } },
  join: {
    ...read,
    effect: 'write',
    call: rest({ method: 'POST', path: `${session}/statements`, parameters: ['id'] }),
    proves: { oid: '/submitterId', path: session, query: { detailed: 'true' } },
  },
  ask: { ...read, call: whole, fails: { '/result': ['Failed'], '/results/*/error': [] } },
}
const backend = defineBackend({
  name: 'spark',
  title: 'Sessions',
  scope: 'configured',
  hostSuffixes: { public: [], usgov: [], china: [] },
  operations,
})
const other = '99999999-0000-0000-0000-000000000001'

let site: Site
let call: ReturnType<typeof createRestWorld>
beforeAll(async () => {
  site = await openSite()
  call = createRestWorld(backend, { baseUrl: site.url })
})
afterAll(() => site.close())

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => ({
      ...(error as object),
      code: (error as { code: string }).code,
      facts: factsOfFailure(error),
    }),
  )

describe('a proof in the answer', () => {
  it('is passed on where the backend names the person', async () => {
    site.reply = answerWith({ id: 1, submitterId: oid.toUpperCase() })
    expect((await call('open', { id: 1 })).identity).toMatchObject({ source: 'backend', matches: true })
  })

  it('withholds an answer that names somebody else', async () => {
    site.reply = answerWith({ id: 1, submitterId: other })
    const seen = await failure(call('open', { id: 1 }))
    expect(seen).toMatchObject({ code: 'identity_mismatch', reason: 'submitter' })
    expect(seen?.facts?.identity).toMatchObject({ source: 'backend', matches: false })
  })

  it('leaves the token as the proof where nobody is named', async () => {
    site.reply = answerWith({ id: 1 })
    expect((await call('open', { id: 1 })).identity).toMatchObject({ source: 'token', matches: null })
  })
})

describe('a proof before the call', () => {
  const asked = (answer: unknown, status = 200) => {
    site.asked.length = 0
    site.reply = (one, response) =>
      answerWith(one.method === 'GET' ? answer : { id: 7 }, one.method === 'GET' ? status : 200)(one, response)
  }

  it('asks whose the session is and then sends the statement', async () => {
    asked({ submitterId: oid })
    expect((await call('join', { id: 4 })).identity).toMatchObject({ source: 'backend', matches: true })
    expect(site.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /sessions/4?detailed=true',
      'POST /sessions/4/statements',
    ])
  })

  it.each<[string, unknown, number, string, string]>([
    ["somebody else's", { submitterId: other }, 200, 'identity_mismatch', 'not_called:submitter'],
    ["nobody's", {}, 200, 'identity_mismatch', 'not_called:submitter'],
    ['not there', {}, 404, 'backend_rejected', 'not_called:probe_status_404'],
    ['not to be seen', {}, 403, 'backend_rejected', 'not_called:probe_status_403'],
  ])('sends nothing into a session that is %s', async (...[, answer, status, code, reason]) => {
    asked(answer, status)
    expect(await failure(call('join', { id: 4 }))).toMatchObject({ code, reason })
    expect(site.asked.map(({ method }) => method)).toEqual(['GET'])
  })
})

describe('an answer of a good status', () => {
  it.each([
    ['a state that says so', { state: 'success', result: 'Failed' }],
    ['an error beside its rows', { results: [{ tables: [] }, { error: { code: 'TooMany' } }] }],
  ])('is a failure with %s', async (_what, answer) => {
    site.reply = answerWith(answer)
    expect(await failure(call('ask', { id: 1 }))).toMatchObject({ code: 'backend_rejected', reason: 'work_failed' })
  })

  it.each([
    ['another result', { state: 'success', result: 'Succeeded' }],
    ['an error that is null', { results: [{ error: null }] }],
  ])('is none with %s', async (_what, answer) => {
    site.reply = answerWith(answer)
    expect((await call('ask', { id: 1 })).data).toEqual(answer)
  })
})
