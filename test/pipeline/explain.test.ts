import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineBackend, rest } from '../../shared/backend/define.ts'
import { bindingOf, sealHandle } from '../../shared/backend/operation-handle.ts'
import { namesOwnGroup } from '../../shared/backend/own-group.ts'
import { Problem } from '../../shared/errors/problem.ts'
import { explain } from '../../shared/http/explain.ts'
import type { Principal } from '../../shared/identity/principal.ts'
import { createLine } from '../../shared/pipeline/create-line.ts'
import { handle } from '../../shared/pipeline/handle.ts'
import type { Ports } from '../../shared/pipeline/line.ts'
import type { Json } from '../../shared/pipeline/ports.ts'
import type { PolicyRequest } from '../../shared/policy/decision.ts'
import { createCallRate } from '../../shared/quota/call-rate.ts'
import { alice, createWorld, inboundFor, noon } from '../support/line-world.ts'

const get = (path: string) => rest({ method: 'GET', path: path as '/x', parameters: [] })
const nothing = () => z.strictObject({})
const one = () => z.strictObject({ attachment: z.string() })
const group = () => z.strictObject({ subscription: z.string(), group: z.string() })

const backend = defineBackend({
  name: 'line-backend',
  title: 'Backend that has to be looked at before a call can be judged',
  scope: 'configured',
  hostSuffixes: { public: ['management.azure.com'], usgov: [], china: [] },
  operations: {
    runJob: {
      summary: 'Start a job',
      effect: 'admin',
      inputs: nothing,
      runsAs: {
        definition: { operation: 'getJob', inputs: {} },
        runner: ['/run_as'],
        me: { operation: 'whoAmI', inputs: {}, at: ['/name'] },
        effect: 'write',
        content: ['/run_as'],
      },
      call: get('/run'),
    },
    getResult: {
      summary: 'Fetch the rows of a statement that the service made up',
      effect: 'read',
      inputs: one,
      call: {
        technology: 'genie',
        action: 'result',
        inputs: { attachment: 'attachment' },
        generated: {
          ...{ operation: 'getMessage', inputs: {}, dialect: 'databricks' },
          ...{ list: '/attachments', key: 'attachment', input: 'attachment', text: 'sql' },
        },
      },
    },
    readGroup: {
      summary: 'Read a resource group',
      effect: 'read',
      inputs: group,
      call: rest({
        method: 'GET',
        path: '/subscriptions/{subscription}/resourceGroups/{group}',
        parameters: ['subscription', 'group'],
      }),
    },
    getJob: { summary: 'Read a job', effect: 'read', inputs: nothing, call: get('/job') },
    getMessage: { summary: 'Read what was made up', effect: 'read', inputs: nothing, call: get('/message') },
    whoAmI: { summary: 'Say who asks', effect: 'read', inputs: nothing, call: get('/me') },
  },
})

const fail = (code: Problem['code']) => () => Promise.reject(new Problem(code, 'Away.'))

const me = { name: 'alice@contoso.example' }
const own = { run_as: 'Alice@contoso.example' }
const wrote = (sql: string) => ({ attachments: [{ attachment: 'a', sql }] })
const select = 'SELECT 1 FROM sales'
const robot: Principal = { ...alice, kind: 'app' }

/** As the shipped policy does: an application is denied, what runs as another is, and whatever a person may not read. */
function decide({ principal, action, resource }: PolicyRequest): object {
  if (principal.kind === 'app') return { verdict: 'deny', reasons: ['app_only'] }
  if (resource.runsAs === 'other') return { verdict: 'deny', reasons: ['runs_as_other'] }
  if (resource.reads.includes('hr') || action === 'delete') return { verdict: 'deny', reasons: ['not_permitted'] }
  if (action !== 'write') return {}
  return { obligations: [{ kind: 'approval', rule: 'four-eyes', group: 'approvers', count: 1 }] }
}

interface Scene {
  readonly operation: string
  readonly inputs?: Readonly<Record<string, Json>>
  readonly answers?: Readonly<Record<string, Json | Error>>
  readonly policy?: (request: PolicyRequest) => object
  readonly as?: Principal
  readonly headers?: Readonly<Record<string, string>>
  readonly ports?: Partial<Ports>
}

/** A gateway of its own for each question, so that no answer is owed to the one before. */
function open(scene: Scene) {
  const answers = { getJob: own, whoAmI: me, getMessage: wrote(select), ...scene.answers }
  const call = () => {
    const answer = answers[world.calls.at(-1)?.invocation.operationName as keyof typeof answers] ?? { done: true }
    if (answer instanceof Error) throw answer
    return { data: answer }
  }
  const faults = { decide: scene.policy ?? decide, verify: () => scene.as ?? alice, call }
  const world = createWorld({ backend, faults })
  const understand = async (_dialect: string, text: string) => {
    const effect = text.startsWith('SELECT') ? ('read' as const) : ('delete' as const)
    const reads = [text.includes('hr') ? 'hr' : 'sales']
    return { text, effect, reads, safeRead: true, statements: 1, writes: [], dangers: [], outputs: null }
  }
  const rest = world.ports.executors.get('rest')!
  const executors = new Map([...world.ports.executors, ['genie', rest]])
  const ports: Ports = { ...world.ports, understand, executors, ...scene.ports }
  const isOwn: typeof world.deployment.isOwn = (invocation) =>
    namesOwnGroup(invocation, {}, { subscription: null, name: 'ours' })
  const line = createLine(ports, { ...world.deployment, isOwn }, world.identification)
  const { operation, inputs = {}, headers = {} } = scene
  const parts = { classifications: world.deployment.classifications, ports, line: async () => line }
  const given = { headers: { 'content-type': 'application/json', ...headers } }
  return {
    world,
    called: async () => {
      const { body } = await handle(inboundFor(operation, inputs, given), line)
      return JSON.parse(body) as { code?: string; reasons?: string[] }
    },
    explained: () => explain(inboundFor('', { backend: backend.name, operation, inputs }, given), parts),
    names: () => world.calls.map(({ invocation }) => invocation.operationName),
  }
}

interface Verdict {
  readonly decision: 'permit' | 'deny'
  readonly reasons: readonly string[]
  readonly code: string
}

const permitted: Verdict = { decision: 'permit', reasons: [], code: 'ok' }
const pending: Verdict = { ...permitted, code: 'approval_pending' }
const denied = (...reasons: string[]): Verdict => ({ decision: 'deny', reasons, code: 'policy_denied' })

/** What the line said, in the words of a question's answer. */
async function lineSays(scene: Scene): Promise<Verdict> {
  const { code = 'ok', reasons } = await open(scene).called()
  if (code === 'ok' || code === 'approval_pending') return { decision: 'permit', reasons: [], code }
  return { decision: 'deny', reasons: reasons ?? [code], code }
}

const job = (answers: Scene['answers'] = {}): Scene => ({ operation: 'runJob', answers })
const rows = (sql: string): Scene => ({
  operation: 'getResult',
  inputs: { attachment: 'a' },
  answers: { getMessage: wrote(sql) },
})
const lost = new Problem('backend_rejected', 'Not there.')
const inGroup = (name: string): Scene => ({ operation: 'readGroup', inputs: { subscription: 's-1', group: name } })
const denySide: Scene['policy'] = (request) =>
  request.resource.operation.startsWith('get') && request.resource.operation !== 'getResult'
    ? { verdict: 'deny', reasons: ['not_permitted'] }
    : decide(request)

describe('an explanation', () => {
  it.each<[string, Scene, Verdict]>([
    ['runs as the person', job(), pending],
    ['runs as another', job({ getJob: { run_as: 'bob' } }), denied('runs_as_other', 'runner_is_other')],
    ['runs as nobody named', job({ getJob: {} }), denied('runs_as_other', 'runner_not_named')],
    ['runs as one whom nobody can read', job({ getJob: lost }), denied('runs_as_other', 'runner_unreadable')],
    ['runs as one whom policy hides', { ...job(), policy: denySide }, denied('runs_as_other', 'runner_unreadable')],
    ['reads by a generated statement', rows(select), permitted],
    ['reads too much by one', rows('SELECT 1 FROM hr'), denied('not_permitted')],
    ['deletes by one', rows('DELETE FROM sales'), denied('not_permitted')],
    ['has one that policy hides', { ...rows(select), policy: denySide }, denied('not_permitted')],
    ['names our own group', inGroup('OURS'), { ...denied('access_denied'), code: 'access_denied' }],
    ["names another's group", inGroup('theirs'), permitted],
  ])('of a call that %s is what the line says', async (_what, scene, { code, ...verdict }) => {
    expect(await lineSays(scene)).toEqual({ ...verdict, code })
    expect(await open(scene).explained()).toMatchObject(verdict)
  })

  it('says as whom it runs and what it would do, with what is still wanted', async () => {
    expect(await open(job()).explained()).toMatchObject({
      obligations: [{ kind: 'approval' }],
      understood: { effect: 'write', runsAs: 'person', runner: 'runner_is_person' },
      wouldPassIf: [{ change: 'approval', of: 'four-eyes' }],
    })
    expect(await open(rows('DELETE FROM sales')).explained()).toMatchObject({ understood: { effect: 'delete' } })
  })

  it('makes no call but what it looks at, each in the book as the person and exchanged for', async () => {
    const { explained, names, world } = open(job())
    await explained()
    expect(names()).toEqual(['getJob', 'whoAmI'])
    const rowsOf = world.rows.map((row) =>
      row.kind === 'intent' ? `${row.facts.operation}:${row.facts.verdict}` : 'outcome',
    )
    expect(rowsOf).toEqual(['getJob:permit', 'outcome', 'whoAmI:permit', 'outcome'])
    expect(world.used.filter((port) => ['permitted', 'exchange', 'call', 'outcome'].includes(port))).toEqual(
      Array(2).fill(['permitted', 'exchange', 'call', 'outcome']).flat(),
    )
    expect(world.calls.map(({ principal }) => principal.oid)).toEqual([alice.oid, alice.oid])
  })

  it.each([
    ['has nothing to look at', inGroup('theirs')],
    ['is never a target', inGroup('ours')],
  ])('of what %s makes no row, no exchange and no call', async (_what, scene) => {
    const { explained, world } = open(scene)
    await explained()
    expect(world).toMatchObject({ rows: [], exchanges: [], calls: [] })
  })

  it.each([
    ['runJob', {}],
    ['getResult', { attachment: 'a' }],
  ])('for an application alone reads nothing for %s, and says so', async (operation, inputs) => {
    const { explained, world } = open({ operation, inputs, as: robot })
    expect(await explained()).toMatchObject({
      decision: 'deny',
      reasons: ['app_only'],
      wouldPassIf: [{ of: 'app_only' }, { change: 'sign_in', of: 'not_looked' }],
    })
    expect(world).toMatchObject({ rows: [], exchanges: [], calls: [] })
  })

  it.each<[string, Scene, string]>([
    ['there is no such statement', { ...rows(select), inputs: { attachment: 'other' } }, 'input_invalid'],
    [
      'the backend wants a stronger sign-in',
      { ...rows(select), answers: { getMessage: new Problem('claims_challenge', 'Sign in.', { claims: 'e30=' }) } },
      'claims_challenge',
    ],
    [
      'the backend refuses it',
      { ...rows(select), answers: { getMessage: new Problem('backend_rejected', 'No.', { status: 404 }) } },
      'backend_rejected',
    ],
  ])('fails as the call would where %s', async (_what, scene, code) => {
    expect((await lineSays(scene)).code).toBe(code)
    await expect(open(scene).explained()).rejects.toMatchObject({ code })
  })

  it('names a fault where the question has it', async () => {
    const scene = { ...rows(select), inputs: { attachment: 'other' } }
    await expect(open(scene).explained()).rejects.toMatchObject({
      members: { faults: [{ pointer: '/inputs/attachment' }] },
    })
  })

  it('looks at nothing while the book cannot be written', async () => {
    const audit = { ...createWorld({ backend }).ports.audit, recordPermitted: fail('audit_unavailable') }
    const { explained, world } = open({ ...rows(select), ports: { audit } })
    await expect(explained()).rejects.toMatchObject({ code: 'audit_unavailable' })
    expect(world).toMatchObject({ exchanges: [], calls: [] })
  })

  it('looks at nothing for whoever was denied too often, so that nobody fills the book by asking', async () => {
    const askRate = createCallRate({ perMinute: 2, now: () => noon })
    const { called, explained, world } = open({ ...job({ getJob: { run_as: 'bob' } }), ports: { askRate } })
    await called()
    await called()
    const before = world.rows.length
    await expect(explained()).rejects.toMatchObject({ code: 'quota_exceeded', reason: 'denied_calls' })
    expect(world.rows).toHaveLength(before)
    expect(await open({ ...inGroup('theirs'), ports: { askRate } }).explained()).toMatchObject({ decision: 'permit' })
  })

  it('of work that is asked after is of a read, as the line says', async () => {
    const invocation = { backend, operationName: 'runJob', operation: backend.operations.runJob!, inputs: {} }
    const bound = bindingOf('work', alice, invocation)
    const asked = (handleOf: string): Scene => ({ ...job(), headers: { 'operation-handle': handleOf } })
    const scene = asked(sealHandle(new Uint8Array(32).fill(7), '{}', { bound, now: noon }))
    const { explained, names } = open(scene)
    expect(await explained()).toMatchObject({ decision: 'permit', understood: { effect: 'read' }, wouldPassIf: [] })
    expect(names()).toEqual([])
    expect(await lineSays(scene)).toMatchObject({ decision: 'permit', code: 'ok' })
    await expect(open(asked('op_none')).explained()).rejects.toMatchObject({
      members: { faults: [{ pointer: '/Operation-Handle' }] },
    })
  })
})
