import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { defineBackend, rest } from '../../shared/backend/define.ts'
import { Problem } from '../../shared/errors/problem.ts'
import type { Json } from '../../shared/pipeline/ports.ts'
import type { PolicyRequest } from '../../shared/policy/decision.ts'
import { carol } from '../support/approval-world.ts'
import { createWorldApp } from '../support/line-app.ts'
import { alice, inboundFor, run, secrets } from '../support/line-world.ts'

const target = () => z.strictObject({ name: z.string(), ifMatch: z.string().optional() })
const get = (path: string) => rest({ method: 'GET', path: path as '/x', parameters: [] })

const backend = defineBackend({
  name: 'line-backend',
  title: 'Backend whose changes can be looked at before',
  scope: 'configured',
  hostSuffixes: { public: [], usgov: [], china: [] },
  operations: {
    remove: {
      summary: 'Delete one',
      effect: 'delete',
      object: 'name',
      inputs: target,
      preview: { operation: 'count', inputs: { name: 'name' }, kind: 'count', rows: '/rows/0/0' },
      references: {
        kind: 'object',
        version: { operation: 'look', inputs: { name: 'name' }, at: '/etag' },
        condition: 'ifMatch',
      },
      call: get('/remove'),
    },
    start: {
      summary: 'Start a job',
      effect: 'delete',
      inputs: () => z.strictObject({}),
      references: { kind: 'job' },
      call: get('/start'),
    },
    run: {
      summary: 'Run a statement',
      effect: 'delete',
      inputs: () => z.strictObject({ sql: z.string() }),
      statement: { input: 'sql', dialect: 'postgres' },
      call: get('/run'),
    },
    count: {
      summary: 'Count',
      effect: 'read',
      inputs: () => z.strictObject({ name: z.string() }),
      call: get('/count'),
    },
    look: { summary: 'Look', effect: 'read', inputs: () => z.strictObject({ name: z.string() }), call: get('/look') },
  },
})

const demand = { kind: 'approval', rule: 'four-eyes', group: 'approvers', count: 1 } as const
type Answer = Json | Error

/** Deletions want a second person; reads answer as the test says. */
function createPreviewWorld(changes: { decide?: (request: PolicyRequest) => object } = {}) {
  const state = { who: alice, count: { rows: [[7]] } as Answer, etag: { etag: '"1"' } as Answer, text: '' }
  const decide = (request: PolicyRequest) => {
    const own = changes.decide?.(request)
    if (own !== undefined) return own
    return request.action === 'read' || request.context.approvals.includes('four-eyes') ? {} : { obligations: [demand] }
  }
  const { world, app } = createWorldApp([backend], {
    faults: {
      verify: () => state.who,
      decide,
      understand: () => ({ effect: 'delete', text: state.text }),
      call: () => {
        const operation = world.calls.at(-1)?.invocation.operationName
        const answer = operation === 'count' ? state.count : operation === 'look' ? state.etag : { done: true }
        if (answer instanceof Error) throw answer
        return { data: answer }
      },
    },
  })
  const call = async (operation = 'remove', inputs: object = { name: 'a' }, id?: string) => {
    state.who = alice
    const headers = { 'content-type': 'application/json', ...(id === undefined ? {} : { 'approval-id': id }) }
    const ending = await run(world, inboundFor(operation, inputs, { headers }))
    return { ...ending, body: JSON.parse(ending.answer?.body ?? '{}') as { approval?: { id: string } } }
  }
  const ask = async (route: 'approval' | 'decideApproval', id: string, body: object = {}) => {
    state.who = carol
    const answer = await app.answers[route](inboundFor('', body, { operation: id }))
    return JSON.parse(answer.body) as { digest: string; preview: object | null; content: string; contentNote: string }
  }
  return {
    ...{ world, state, call },
    requested: async (operation?: string, inputs?: object) => {
      const { body, code } = await call(operation, inputs)
      expect(code).toBe('approval_pending')
      return body.approval?.id ?? ''
    },
    shown: (id: string) => ask('approval', id),
    approve: async (id: string) => {
      const { digest } = await ask('approval', id)
      await ask('decideApproval', id, { decision: 'approve', digest, justification: 'yes' })
    },
    operations: () => world.calls.map(({ invocation }) => invocation.operationName),
    intents: () => world.rows.flatMap((row) => (row.kind === 'intent' ? [row.facts] : [])),
  }
}

describe('the preview of a call', () => {
  it('is a governed read as its requester, with rows of its own, and shown to who has to approve', async () => {
    const given = createPreviewWorld()
    const shown = await given.shown(await given.requested())
    expect(shown.preview).toEqual({
      kind: 'count',
      rows: 7,
      takenAt: '2026-11-22T12:00:00.000Z',
      note: expect.any(String),
    })
    const counted = given.intents().find(({ operation }) => operation === 'count')
    expect(counted).toMatchObject({
      effect: 'read',
      verdict: 'permit',
      principal: { oid: alice.oid, azp: alice.actor },
    })
    expect(new Set(given.intents().map(({ decisionId }) => decisionId)).size).toBe(given.intents().length)
    expect(given.world.exchanges.every(({ assertion }) => assertion.value === secrets.assertion)).toBe(true)
  })

  it('is taken once for a request, however often the call is repeated', async () => {
    const given = createPreviewWorld()
    await given.requested()
    await given.requested()
    await given.requested()
    expect(given.operations().filter((name) => name === 'count')).toHaveLength(1)
  })

  it.each<[string, Answer]>([
    ['its backend fails', new Problem('backend_failed', 'It is so.')],
    ['its backend surprises', new Error(secrets.data)],
    ['its answer has no number', { rows: [['seven']] }],
    ['its answer is something else', null],
    ['its answer is no count', { rows: [[-1]] }],
  ])('is missing, with a note, where %s; the request is there all the same', async (_name, answer) => {
    const given = createPreviewWorld()
    given.state.count = answer
    expect((await given.shown(await given.requested())).preview).toMatchObject({ rows: null, note: expect.any(String) })
  })

  it.each([
    ['permits none', { verdict: 'deny', reasons: ['not_permitted'] }],
    ['wants an approval for it', { obligations: [demand] }],
    ['wants a stronger sign-in for it', { obligations: [{ kind: 'step_up', context: 'c9' }] }],
  ])('is missing where policy %s, and asks for nothing more', async (_name, decision) => {
    const given = createPreviewWorld({
      decide: ({ resource }) => (resource.operation === 'count' ? decision : (undefined as unknown as object)),
    })
    const id = await given.requested()
    expect((await given.shown(id)).preview).toMatchObject({ rows: null })
    expect([...given.world.approvals.kept.keys()]).toEqual([id])
    expect(given.operations()).not.toContain('count')
  })

  it('is given up where it takes too long', async () => {
    vi.useFakeTimers()
    try {
      const given = createPreviewWorld()
      const { executors } = given.world.ports
      const plain = executors.get('rest')
      ;(executors as Map<string, object>).set('rest', {
        ...plain,
        call: (call: Parameters<NonNullable<typeof plain>['call']>[0]) =>
          call.invocation.operationName === 'count' ? new Promise(() => undefined) : plain?.call(call),
      })
      const asked = given.requested()
      await vi.advanceTimersByTimeAsync(9000)
      expect((await given.shown(await asked)).preview).toMatchObject({ rows: null })
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('the object of an approved call', () => {
  it('is bound at the version of the request, and the backend is told so', async () => {
    const given = createPreviewWorld()
    const id = await given.requested()
    expect(await given.shown(id)).toMatchObject({ content: 'bound', contentNote: null })
    await given.approve(id)
    expect((await given.call()).code).toBe('ok')
    expect(given.world.calls.at(-1)?.invocation.inputs).toEqual({ name: 'a', ifMatch: '"1"' })
  })

  it('is another one once it has changed', async () => {
    const given = createPreviewWorld()
    const id = await given.requested()
    await given.approve(id)
    given.state.etag = { etag: '"2"' }
    expect((await given.call('remove', { name: 'a' }, id)).code).toBe('approval_mismatch')
    expect(await given.requested()).not.toBe(id)
    expect(given.operations()).not.toContain('remove')
  })

  it('is bound by the call itself where that names the version, and nobody is asked for it', async () => {
    const given = createPreviewWorld()
    const id = await given.requested('remove', { name: 'a', ifMatch: '"9"' })
    expect(await given.shown(id)).toMatchObject({ content: 'bound' })
    await given.approve(id)
    expect((await given.call('remove', { name: 'a', ifMatch: '"9"' })).code).toBe('ok')
    expect(given.operations()).not.toContain('look')
    expect(given.world.calls.at(-1)?.invocation.inputs).toEqual({ name: 'a', ifMatch: '"9"' })
  })

  it.each<[string, Answer]>([
    ['there is none', new Problem('backend_rejected', 'Not there.')],
    ['the backend does not say its version', {}],
  ])('is said to be not bound where %s', async (_name, answer) => {
    const given = createPreviewWorld()
    given.state.etag = answer
    expect(await given.shown(await given.requested())).toMatchObject({ content: 'not_bound' })
  })

  it('holds the request up where it could be known later', async () => {
    const given = createPreviewWorld()
    given.state.etag = new Problem('backend_timeout', 'Too slow.')
    expect((await given.call()).code).toBe('backend_timeout')
    expect(given.world.approvals.kept.size).toBe(0)
  })

  it.each([
    ['a job', 'start', {}],
    ['a procedure', 'run', { sql: 'CALL tidy()' }],
  ])('is said to be not bound where it is %s', async (_name, operation, inputs) => {
    const given = createPreviewWorld()
    given.state.text = 'sql' in inputs ? inputs.sql : ''
    const shown = await given.shown(await given.requested(operation, inputs))
    expect(shown).toMatchObject({ content: 'not_bound', contentNote: expect.any(String) })
  })

  it('is nothing but the call itself where it refers to nothing', async () => {
    const given = createPreviewWorld()
    given.state.text = 'DELETE FROM t'
    expect(await given.shown(await given.requested('run', { sql: 'DELETE FROM t' }))).toMatchObject({
      content: 'bound',
    })
  })
})
