import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineBackend, rest } from '../../shared/backend/define.ts'
import { Problem } from '../../shared/errors/problem.ts'
import type { Json } from '../../shared/pipeline/ports.ts'
import type { PolicyRequest } from '../../shared/policy/decision.ts'
import { carol } from '../support/approval-world.ts'
import { createWorldApp } from '../support/line-app.ts'
import { alice, inboundFor, run } from '../support/line-world.ts'

const get = (path: string) => rest({ method: 'GET', path: path as '/x', parameters: [] })
const job = () => z.strictObject({ job: z.int() })
const nothing = () => z.strictObject({})

const backend = defineBackend({
  name: 'line-backend',
  title: 'Backend whose jobs run as whoever they say',
  scope: 'configured',
  hostSuffixes: { public: [], usgov: [], china: [] },
  operations: {
    runJob: {
      summary: 'Start a job',
      effect: 'admin',
      inputs: job,
      references: { kind: 'job' },
      runsAs: {
        definition: { operation: 'getJob', inputs: { job: 'job' } },
        runner: ['/run_as_user_name', '/settings/run_as/service_principal_name'],
        me: { operation: 'whoAmI', inputs: {}, at: ['/userName'] },
        effect: 'write',
        content: ['/settings'],
        more: '/next_page_token',
      },
      call: get('/run'),
    },
    subscribe: {
      summary: 'Have a dashboard sent',
      effect: 'admin',
      inputs: nothing,
      runsAs: {
        definition: { operation: 'getPublished', inputs: {} },
        own: { at: '/embed_credentials', values: [false] },
        effect: 'write',
        content: [''],
      },
      call: get('/subscribe'),
    },
    runCode: {
      summary: 'Run code on a cluster',
      effect: 'admin',
      inputs: nothing,
      runsAs: {
        definition: { operation: 'getCluster', inputs: {} },
        own: { at: '/data_security_mode', values: ['USER_ISOLATION'] },
        runner: ['/single_user_name'],
        me: { operation: 'whoAmI', inputs: {}, at: ['/userName'] },
        effect: 'write',
        content: ['/data_security_mode'],
      },
      call: get('/code'),
    },
    getCluster: { summary: 'Read a cluster', effect: 'read', inputs: nothing, call: get('/cluster') },
    getJob: { summary: 'Read a job', effect: 'read', inputs: job, call: get('/job') },
    getPublished: { summary: 'Read what is published', effect: 'read', inputs: nothing, call: get('/published') },
    whoAmI: { summary: 'Say who asks', effect: 'read', inputs: nothing, call: get('/me') },
  },
})

const settings = { name: 'nightly', tasks: [{ notebook_task: { notebook_path: '/Shared/n' } }] }
const me = { userName: 'Alice@contoso.example' }
const own = { run_as_user_name: 'alice@contoso.example', settings }
const demand = { kind: 'approval', rule: 'four-eyes', group: 'approvers', count: 1 } as const
type Answer = Json | Error

/** As the shipped policy: what runs as somebody else wants a second person, where it is permitted at all. */
function createJobWorld(changes: { readonly decide?: (request: PolicyRequest) => object | undefined } = {}) {
  const answers: Record<string, Answer> = { getJob: own, whoAmI: me, getPublished: { embed_credentials: false } }
  let who = alice
  const decide = (request: PolicyRequest) => {
    const given = changes.decide?.(request)
    if (given !== undefined) return given
    const isOpen = request.resource.runsAs === 'person' || request.context.approvals.includes('four-eyes')
    return isOpen ? {} : { obligations: [demand] }
  }
  const { world, app } = createWorldApp([backend], {
    faults: {
      verify: () => who,
      decide,
      call: () => {
        const answer = answers[world.calls.at(-1)?.invocation.operationName ?? ''] ?? { done: true }
        if (answer instanceof Error) throw answer
        return { data: answer }
      },
    },
  })
  const call = async (operation = 'runJob', inputs: object = { job: 7 }, id?: string) => {
    who = alice
    const headers = { 'content-type': 'application/json', ...(id === undefined ? {} : { 'approval-id': id }) }
    const ending = await run(world, inboundFor(operation, inputs, { headers }))
    const body = JSON.parse(ending.answer?.body ?? '{}') as { approval?: { id: string }; reasons?: string[] }
    return { code: ending.code, body }
  }
  const ask = async (route: 'approval' | 'decideApproval', id: string, body: object = {}) => {
    who = carol
    const answer = await app.answers[route](inboundFor('', body, { operation: id }))
    return JSON.parse(answer.body) as { digest: string; content: string; contentNote: string }
  }
  return {
    ...{ answers, call, world },
    shown: (id: string) => ask('approval', id),
    approve: async (id: string) => {
      const { digest } = await ask('approval', id)
      await ask('decideApproval', id, { decision: 'approve', digest, justification: 'yes' })
    },
    operations: () => world.calls.map(({ invocation }) => invocation.operationName),
    intents: () => world.rows.flatMap((row) => (row.kind === 'intent' ? [row.facts] : [])),
  }
}

const byOther = { ...own, run_as_user_name: 'bob@contoso.example' }
const byPrincipal = { settings: { ...settings, run_as: { service_principal_name: '5e0a7b1c' } } }

describe('a job', () => {
  it('runs as the person where its definition says so, read first and in the book', async () => {
    const given = createJobWorld()
    expect((await given.call()).code).toBe('ok')
    expect(given.operations()).toEqual(['getJob', 'whoAmI', 'runJob'])
    expect(given.intents()).toMatchObject([
      { operation: 'getJob', effect: 'read', verdict: 'permit', principal: { oid: alice.oid, azp: alice.actor } },
      { operation: 'whoAmI', verdict: 'permit' },
      { operation: 'runJob', effect: 'write', context: { runsAs: 'person', runner: 'runner_is_person' } },
    ])
  })

  it.each<[string, string, Record<string, Answer>]>([
    ['another person', 'runner_is_other', { getJob: byOther }],
    ['a service principal', 'runner_is_other', { getJob: byPrincipal }],
    ['nobody that its definition names', 'runner_not_named', { getJob: { settings } }],
    ['whom nobody can read', 'runner_unreadable', { getJob: new Problem('backend_rejected', 'Not there.') }],
    ['whom a broken backend does not tell', 'runner_unreadable', { getJob: new Error('surprise') }],
    ['somebody, while nobody says who asks', 'runner_unreadable', { whoAmI: new Problem('backend_failed', 'No.') }],
    ['somebody, while whoever asks has no name', 'runner_unreadable', { whoAmI: { userName: '' } }],
  ])('counts as somebody else’s, the worst, where it runs as %s', async (_who, reason, changes) => {
    const given = createJobWorld({
      decide: ({ resource }) =>
        resource.runsAs === 'other' ? { verdict: 'deny', reasons: ['runs_as_other'] } : undefined,
    })
    Object.assign(given.answers, changes)
    const { code, body } = await given.call()
    expect([code, body.reasons]).toEqual(['policy_denied', ['runs_as_other', reason]])
    expect(given.operations()).not.toContain('runJob')
    expect(given.intents().at(-1)).toMatchObject({
      effect: 'admin',
      verdict: 'deny',
      context: { runsAs: 'other', runner: reason },
    })
  })

  it.each(['getJob', 'whoAmI'])('counts as somebody else’s where policy does not permit %s', async (operation) => {
    const given = createJobWorld({
      decide: ({ resource }) =>
        resource.operation === operation ? { verdict: 'deny', reasons: ['not_permitted'] } : undefined,
    })
    expect((await given.call()).code).toBe('approval_pending')
    expect(given.operations()).not.toContain(operation)
  })

  it('runs as another once that was approved', async () => {
    const given = createJobWorld()
    given.answers.getJob = byOther
    const id = (await given.call()).body.approval?.id ?? ''
    expect(await given.shown(id)).toMatchObject({ content: 'not_bound', contentNote: expect.any(String) })
    await given.approve(id)
    expect((await given.call()).code).toBe('ok')
    expect(given.operations().at(-1)).toBe('runJob')
  })

  it.each<[string, Json]>([
    ['its settings', { ...byOther, settings: { ...settings, tasks: [] } }],
    ['who it runs as', byPrincipal],
  ])('is another one where %s changed between approval and call', async (_what, changed) => {
    const given = createJobWorld()
    given.answers.getJob = byOther
    const id = (await given.call()).body.approval?.id ?? ''
    await given.approve(id)
    given.answers.getJob = changed
    expect((await given.call('runJob', { job: 7 }, id)).code).toBe('approval_mismatch')
    expect((await given.call()).body.approval?.id).not.toBe(id)
    expect(given.operations()).not.toContain('runJob')
  })

  it('needs an approval where it came to run as another since the last call', async () => {
    const given = createJobWorld()
    expect((await given.call()).code).toBe('ok')
    given.answers.getJob = byOther
    expect((await given.call()).code).toBe('approval_pending')
  })

  it('binds nothing where its definition goes on elsewhere', async () => {
    const given = createJobWorld()
    given.answers.getJob = { ...byOther, next_page_token: 'more' }
    expect((await given.call()).code).toBe('approval_pending')
    expect(given.intents().at(-1)).toMatchObject({ context: { runnerContent: '' } })
  })
})

describe('kept credentials', () => {
  it.each<[string, Answer, string]>([
    ['are nobody’s where the flag says so', { embed_credentials: false }, 'ok'],
    ['are somebody’s where the flag says so', { embed_credentials: true }, 'approval_pending'],
    ['are somebody’s where there is no flag', {}, 'approval_pending'],
    ['are somebody’s where the flag is no flag', { embed_credentials: 'false' }, 'approval_pending'],
  ])('%s', async (_name, published, code) => {
    const given = createJobWorld()
    given.answers.getPublished = published
    expect((await given.call('subscribe', {})).code).toBe(code)
  })
})

describe('code on a cluster', () => {
  it.each<[string, Json, string]>([
    ['as the person where the cluster keeps people apart', { data_security_mode: 'USER_ISOLATION' }, 'ok'],
    ['as the person whose own it is', { data_security_mode: 'SINGLE_USER', single_user_name: me.userName }, 'ok'],
    ['as another', { data_security_mode: 'SINGLE_USER', single_user_name: 'bob' }, 'approval_pending'],
    ['as nobody knows whom', { data_security_mode: 'NONE' }, 'approval_pending'],
    ['as nobody says whom', {}, 'approval_pending'],
  ])('runs %s', async (_who, cluster, code) => {
    const given = createJobWorld()
    given.answers.getCluster = cluster
    expect((await given.call('runCode', {})).code).toBe(code)
  })
})
