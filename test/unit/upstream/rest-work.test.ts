import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineBackend, type Operation, rest } from '../../../shared/backend/define.ts'
import type { LongRunning, RestParts } from '../../../shared/backend/rest-call.ts'
import { answerWith, createRestWorld, openSite, type Site } from '../../support/rest-world.ts'
import { makeToken, principal, problemOf } from './calls.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
})
beforeEach(() => {
  site.asked.length = 0
})
afterAll(() => site.close())

const inputs = () => z.strictObject({ id: z.string().optional() })
const long = (longRunning: LongRunning, more: Partial<RestParts> = {}): Operation => ({
  summary: 'Works on',
  effect: 'write',
  inputs,
  call: rest({
    method: 'POST',
    path: '/jobs',
    parameters: [],
    body: ['id'],
    longRunning: { every: 0.01, ...longRunning },
    ...more,
  }),
})
const stated = { state: '/status', done: ['Succeeded'], failed: ['Failed'] } as const
const backend = defineBackend({
  name: 'a-backend',
  title: 'A backend',
  scope: 'configured',
  hostSuffixes: { public: [], usgov: [], china: [] },
  operations: {
    location: long({ poll: { header: 'location' } }),
    states: long({ poll: { header: 'location' }, ...stated, result: { suffix: '/result' } }),
    path: long(
      { poll: { path: '/jobs/{/id}/state' }, ...stated, result: { path: '/jobs/{/id}/out' } },
      { fixedQuery: { 'api-version': '1' } },
    ),
    other: long({ poll: { header: 'location' } }),
  },
})
const world = (options = {}) => createRestWorld(backend, { baseUrl: `${site.url}/v1`, options })
const impatient = () => world({ waitMs: 0 })

type Step = (response: ServerResponse) => void
const step = (status: number, data: unknown = null, headers: Record<string, string> = {}): Step => {
  return (response) => answerWith(data, status, headers)({} as never, response)
}
/** Answers one step a request; the last one stays. */
const play = (...steps: Step[]) => {
  let at = 0
  site.reply = (_asked, response) => steps[Math.min(at++, steps.length - 1)]?.(response)
}
const begun = (location = '/v1/operations/7') => step(202, null, { location })
const seen = () => site.asked.map(({ method, url }) => `${method} ${url}`)

describe('work that goes on', () => {
  it('is asked after until it is over, with the person behind every question', async () => {
    play(begun(), step(202), step(202, null, { location: '/v1/operations/8' }), step(200, { done: true }))
    expect((await world()('location')).data).toEqual({ done: true })
    expect(seen()).toEqual(['POST /v1/jobs', 'GET /v1/operations/7', 'GET /v1/operations/7', 'GET /v1/operations/8'])
    expect(site.asked.every(({ headers }) => headers.authorization === 'Bearer exchanged-token')).toBe(true)
  })

  it('tells its state, and has its result beside that', async () => {
    play(begun(), step(200, { status: 'Running' }), step(200, { status: 'succeeded' }), step(200, { rows: 1 }))
    expect((await world()('states')).data).toEqual({ rows: 1 })
    expect(seen().at(-1)).toBe('GET /v1/operations/7/result')
  })

  it('may be found by what the first answer says', async () => {
    play(step(200, { id: 'a b', status: 'Queued' }), step(200, { status: 'Succeeded' }), step(200, { rows: 1 }))
    expect((await world()('path')).data).toEqual({ rows: 1 })
    expect(seen().slice(1)).toEqual(['GET /v1/jobs/a%20b/state?api-version=1', 'GET /v1/jobs/a%20b/out?api-version=1'])
  })

  it('that is over at once is answered at once', async () => {
    play(step(201, { id: 'made' }, { location: '/v1/things/7' }))
    expect([(await world()('location')).data, seen().length]).toEqual([{ id: 'made' }, 1])
  })

  it('waits as long as it is told to', async () => {
    const started = performance.now()
    play(step(202, null, { location: '/v1/operations/7', 'retry-after': '1' }), step(200, {}))
    await world()('location')
    expect(performance.now() - started).toBeGreaterThan(950)
  })

  it.each([
    ['at once', [step(200, { status: 'Failed', id: 'x', error: 'words of the backend' })]],
    ['later', [step(200, { id: 'x' }), step(200, { status: 'failed', error: 'words of the backend' })]],
  ])('that fails %s is rejected without a word of the backend', async (_when, steps) => {
    play(...steps)
    const problem = await problemOf(world()('path'))
    expect([problem.code, problem.status, problem.reason]).toEqual(['backend_rejected', 422, 'work_failed'])
    expect(JSON.stringify([problem.detail, problem.members])).not.toContain('words')
  })

  it.each([
    'https://evil.example/v1/operations/7',
    '//evil.example/x',
    '/v2/operations/7',
    '/v1/../admin',
    'javascript:1',
  ])('that is said to be at %s is not asked after', async (location) => {
    play(begun(location))
    const { code, reason } = await problemOf(world()('location'))
    expect([code, reason, seen().length]).toEqual(['backend_failed', 'next_link', 1])
  })

  it('that moves elsewhere on the way is left, and nobody knows what became of the change', async () => {
    play(begun(), step(202, null, { location: 'https://evil.example/x' }))
    const { reason } = await problemOf(world()('location'))
    expect([reason, seen().length]).toEqual(['unknown:next_link', 2])
  })

  it('is asked after again where a question is lost or comes too often', async () => {
    play(begun(), step(503, null, { 'retry-after': '0' }), (response) => response.destroy(), step(200, { ok: 1 }))
    expect((await world()('location')).data).toEqual({ ok: 1 })
  })

  it('that is not found any more leaves open what became of the change', async () => {
    play(begun(), step(404))
    const { code, reason } = await problemOf(world()('location'))
    expect([code, reason]).toEqual(['backend_rejected', 'unknown:status_404'])
  })

  it('is never begun again because a question after it was refused its token', async () => {
    play(begun(), step(401))
    expect((await world()('location')).ours).toMatchObject({ status: 'running' })
  })

  it('with an answer that tells no state where one is told is not over', async () => {
    play(begun(), step(200, { other: 1 }))
    expect((await problemOf(world()('states'))).reason).toBe('unknown:state')
  })
})

describe('a handle', () => {
  const bob = { ...principal, oid: 'b0000000-0000-4000-8000-000000000002' }
  const begin = async () => {
    play(begun())
    const { ours, data } = await impatient()('location', { id: 'x' })
    expect([ours?.status, data, seen()]).toEqual(['running', {}, ['POST /v1/jobs']])
    site.asked.length = 0
    return ours?.handle ?? ''
  }

  it('is given when the time is up, and goes on without beginning again', async () => {
    const handle = await begin()
    play(step(202), step(200, { ok: 1 }))
    expect((await world()('location', { id: 'x' }, { handle, effect: 'read' })).data).toEqual({ ok: 1 })
    expect(seen()).toEqual(['GET /v1/operations/7', 'GET /v1/operations/7'])
  })

  it('hears of a refused token, since a question may be asked twice', async () => {
    const handle = await begin()
    play(step(401))
    const { code } = await problemOf(world()('location', { id: 'x' }, { handle, effect: 'read' }))
    expect(code).toBe('backend_rejected_token')
  })

  it.each([
    ['another person', 'location', { id: 'x' }, { principal: bob, token: makeToken('b', bob) }],
    ['other inputs', 'location', { id: 'y' }, {}],
    ['another operation', 'other', { id: 'x' }, {}],
  ])('is no handle for %s', async (...[, name, given, wish]) => {
    const handle = await begin()
    const { code } = await problemOf(world()(name, given, { ...wish, handle }))
    expect([code, seen()]).toEqual(['input_invalid', []])
  })

  it('is had before anything begins that may need one', async () => {
    play(begun())
    const handleKey = () => Promise.reject(new Error('vault'))
    const { code, reason } = await problemOf(world({ handleKey })('location'))
    expect([code, reason, seen()]).toEqual(['keys_unavailable', 'not_called:handle_key', []])
  })
})
