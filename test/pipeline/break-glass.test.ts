import { beforeEach, describe, expect, it } from 'vitest'
import type { Principal } from '../../shared/identity/principal.ts'
import type { Inbound } from '../../shared/pipeline/ports.ts'
import type { PolicyRequest } from '../../shared/policy/decision.ts'
import { createWorldApp } from '../support/line-app.ts'
import { lineBackend } from '../support/line-backend.ts'
import { alice, approvers, inboundFor, noon, run, tid } from '../support/line-world.ts'
import { createMemoryGlass } from '../support/notice-memory.ts'

const console = approvers.consoleClientId
const holder: Principal = {
  ...alice,
  oid: 'a0000000-0000-4000-8000-000000000006',
  actor: console,
  publicClient: true,
  scopes: ['control'],
  roles: ['Countersign.BreakGlass'],
  authContexts: ['c2'],
}
const agentOfHolder: Principal = { ...holder, actor: alice.actor, scopes: ['access_as_user'] }
const auditor: Principal = { ...holder, oid: 'a0000000-0000-4000-8000-000000000004', roles: ['Countersign.Auditor'] }
const justification = 'Production stands still and nobody else is here.'
const minute = 60_000
const day = 24 * 60 * minute

/** Policy wants a second person, unless the glass is broken. */
const wantsOther = ({ context }: PolicyRequest) =>
  context.breakGlass
    ? { obligations: [{ kind: 'record' } as const] }
    : { obligations: [{ kind: 'approval', rule: 'four-eyes', group: 'approvers', count: 1 } as const] }

interface Loose {
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read by the tests as they come
  readonly [name: string]: any
}

interface Given {
  readonly body?: unknown
  readonly operation?: string
}

function createGlassWorld() {
  const state = { who: holder, time: noon, away: false, refuseEvents: false, ids: 0 }
  const glass = createMemoryGlass(() => state.time, tid)
  const { world, app } = createWorldApp([lineBackend], {
    breakGlass: glass.store,
    now: () => state.time,
    faults: {
      verify: () => ({ ...state.who, issuedAt: state.who.issuedAt + (state.time - noon) / 1000 }),
      decide: wantsOther,
      event: () => {
        if (state.refuseEvents) throw Object.assign(new Error('away'), { code: 'audit_unavailable', status: 503 })
      },
      approvals: () => {
        if (state.away) throw Object.assign(new Error('away'), { code: 'policy_unavailable', status: 503 })
      },
    },
    wrap: (ports) => ({ ...ports, randomHex: (bytes) => (++state.ids).toString(16).padStart(2 * bytes, '0') }),
  })
  const ask = async (principal: Principal, route: keyof typeof app.answers, given: Given = {}) => {
    const { body, operation = '' } = given
    state.who = principal
    const changes: Partial<Inbound> = { operation, method: body === undefined ? 'GET' : 'POST' }
    try {
      const answer = await app.answers[route](inboundFor('', body ?? {}, changes))
      return { status: answer.status, code: 'ok', reasons: [] as string[], body: JSON.parse(answer.body) as Loose }
    } catch (error) {
      const { code = 'thrown', status = 500, members = {} } = error as Loose
      return { status: status as number, code: code as string, reasons: members.reasons ?? [], body: members as Loose }
    }
  }
  const call = async (principal: Principal) => {
    state.who = principal
    return run(world, inboundFor('getItem'))
  }
  const activate = (principal = holder, body: unknown = { justification }) => ask(principal, 'breakGlass', { body })
  const steps = () => world.events.filter(({ kind }) => kind === 'break-glass').map(({ detail }) => detail.step)
  const pass = (ms: number) => {
    state.time += ms
  }
  return { world, glass, state, ask, call, activate, steps, pass }
}

let given: ReturnType<typeof createGlassWorld>
beforeEach(() => {
  given = createGlassWorld()
})

describe('breaking the glass', () => {
  it('is in the book, told and logged before it counts, without its words', async () => {
    const { status, body } = await given.activate()
    expect([status, body]).toMatchObject([201, { oid: holder.oid, isOpen: true, until: '2026-11-22T12:30:00.000Z' }])
    const [event] = given.world.events
    expect(event?.detail).toMatchObject({ step: 'activate', id: body.id, oid: holder.oid, until: body.until })
    expect(JSON.stringify(given.world.events)).not.toContain('Production')
    expect(given.world.notices).toMatchObject([{ kind: 'break-glass', data: { person: holder.oid, use: body.id } }])
    expect(JSON.stringify(given.world.notices)).not.toContain('Production')
    expect(given.world.logged).toContainEqual({ event: 'break_glass', fields: { reason: body.id, tenant: tid } })
  })

  it.each([
    ['without the role', { ...holder, roles: ['Countersign.Operator'] }, '403 policy_denied'],
    ['through an agent', agentOfHolder, '403 human_required'],
    ['as a guest', { ...holder, kind: 'guest', guest: true }, '403 guest_not_allowed'],
    ['as an application', { ...holder, kind: 'app' }, '403 human_required'],
    ['as an account of an agent', { ...holder, kind: 'agent-user' }, '403 human_required'],
    ['in another tenant', { ...holder, tid: '22222222-2222-4222-8222-222222222222' }, '403 policy_denied'],
    ['without the scope of control', { ...holder, scopes: ['access_as_user'] }, '403 scope_insufficient'],
    ['without a phishing-resistant sign-in', { ...holder, authContexts: ['c1'] }, '401 claims_challenge'],
    ['with one of an hour ago', { ...holder, issuedAt: noon / 1000 - 3600 }, '401 claims_challenge'],
  ] as const)('is refused %s', async (_name, principal, refusal) => {
    const { status, code } = await given.activate(principal as Principal)
    expect(`${status} ${code}`).toBe(refusal)
    expect([given.world.events, given.glass.table.rows(), given.world.notices]).toEqual([[], [], []])
  })

  it.each([
    [{}],
    [{ justification: 'too short' }],
    [{ justification: ' '.repeat(40) }],
    [{ justification, minutes: 31 }],
    [{ justification, minutes: 0 }],
    [{ justification, minutes: 1.5 }],
    [{ justification, force: true }],
  ])('is refused with the body %j', async (body) => {
    expect((await given.activate(holder, body)).code).toBe('input_invalid')
    expect(given.glass.table.rows()).toEqual([])
  })

  it.each([1, 2, 3, 4, 5])('counts for nothing where the table is lost from its call %i on', async (at) => {
    const { table } = given.glass
    let seen = 0
    for (const name of ['find', 'insert', 'replace', 'list'] as const) {
      const work = table[name] as (...args: unknown[]) => Promise<unknown>
      const guarded = async (...args: unknown[]) => {
        seen += 1
        if (seen >= at) throw Object.assign(new Error('away'), { code: 'policy_unavailable' })
        return work(...args)
      }
      Object.assign(table, { [name]: guarded })
    }
    const { code } = await given.activate()
    // An activation takes four of them: list, note, look, open.
    expect(code).toBe(at <= 4 ? 'policy_unavailable' : 'ok')
    expect(table.rows().filter(({ key }) => key.startsWith('active!'))).toHaveLength(at <= 4 ? 0 : 1)
  })

  it('counts for nothing where the book cannot be written', async () => {
    given.state.refuseEvents = true
    expect((await given.activate()).code).toBe('audit_unavailable')
    given.state.refuseEvents = false
    expect((await given.call(agentOfHolder)).code).toBe('approval_pending')
  })

  it('is open once at a time, and for one of two at once', async () => {
    await given.activate()
    expect((await given.activate()).reasons).toEqual(['already_active'])
    const other = createGlassWorld()
    const both = await Promise.all([other.activate(), other.activate()])
    expect(both.filter(({ status }) => status === 201)).toHaveLength(1)
  })
})

describe('a call under a broken glass', () => {
  it('is decided as such, and its row says so', async () => {
    expect((await given.call(agentOfHolder)).code).toBe('approval_pending')
    given.pass(10_000)
    await given.activate()
    given.pass(6000)
    expect((await given.call(agentOfHolder)).code).toBe('ok')
    const rows = given.world.rows.flatMap((row) => (row.kind === 'intent' ? [row.facts.context.breakGlass] : []))
    expect(rows).toEqual([false, true])
  })

  it('is explained as it is decided', async () => {
    const question = { backend: 'line-backend', operation: 'getItem', inputs: { id: '7' } }
    const explain = (who: Principal) => given.ask(who, 'explain', { body: question })
    expect((await explain(agentOfHolder)).body.obligations).toMatchObject([{ kind: 'approval' }])
    given.pass(10_000)
    await given.activate()
    expect((await explain(agentOfHolder)).body).toMatchObject({ decision: 'permit', obligations: [{ kind: 'record' }] })
    expect((await explain(alice)).body.obligations).toMatchObject([{ kind: 'approval' }])
    given.pass(30 * minute)
    expect((await explain(agentOfHolder)).body.obligations).toMatchObject([{ kind: 'approval' }])
  })

  it('passes where the store of approvals is away', async () => {
    await given.activate()
    given.state.away = true
    expect((await given.call(agentOfHolder)).code).toBe('ok')
    expect((await given.call(alice)).code).not.toBe('ok')
  })

  it('is that of its holder alone', async () => {
    await given.activate()
    for (const other of [alice, { ...agentOfHolder, oid: alice.oid }, { ...agentOfHolder, roles: [] }]) {
      expect((await given.call(other)).code).toBe('approval_pending')
    }
    expect((await given.call({ ...agentOfHolder, kind: 'agent-for-person' })).code).toBe('ok')
  })

  it.each([
    ['after half an hour', () => given.pass(30 * minute)],
    [
      'after its holder has ended it',
      async () => {
        await given.ask(holder, 'endGlass')
        given.pass(5000)
      },
    ],
    [
      'where the table is away',
      () => {
        given.pass(6000)
        given.glass.table.fail(1000)
      },
    ],
  ])('is an ordinary one %s', async (_name, change) => {
    await given.activate()
    expect((await given.call(agentOfHolder)).code).toBe('ok')
    await change()
    expect((await given.call(agentOfHolder)).code).toBe('approval_pending')
  })

  it.each([
    ['with a seal of nobody', { value: '', mac: '' }],
    ['with no seal at all', {}],
  ])('is an ordinary one where its row was written into the table %s', async (_name, seal) => {
    const until = new Date(noon + 10 * minute).toISOString()
    const value = JSON.stringify({ use: 'bg_1', oid: holder.oid, until })
    await given.glass.table.insert({ partition: tid, key: `active!${holder.oid}` }, { ...seal, value })
    expect((await given.call(agentOfHolder)).code).toBe('approval_pending')
    expect(given.glass.forged).toEqual([`active!${holder.oid}`])
  })

  it('is an ordinary one where the row is that of somebody else, put in another place', async () => {
    await given.activate()
    const [row] = given.glass.table.rows().filter(({ key }) => key.startsWith('active!'))
    const other = { ...agentOfHolder, oid: alice.oid }
    await given.glass.table.insert({ partition: tid, key: `active!${alice.oid}` }, row?.values ?? {})
    expect((await given.call(other)).code).toBe('approval_pending')
  })
})

describe('the review of emergency access', () => {
  const review = (id: string, principal = auditor, body: unknown = { comment: 'Seen, and it was needed.' }) =>
    given.ask(principal, 'reviewGlass', { body, operation: id })

  it('is one auditor’s, who holds no such access, once, and in the book without its words', async () => {
    const { id } = (await given.activate()).body
    for (const [principal, code] of [
      [holder, 'policy_denied'],
      [{ ...holder, roles: ['Countersign.Auditor'] }, 'policy_denied'],
      [{ ...auditor, roles: ['Countersign.Auditor', 'Countersign.BreakGlass'] }, 'policy_denied'],
      [{ ...auditor, roles: ['Countersign.Operator'] }, 'policy_denied'],
      [{ ...auditor, actor: alice.actor }, 'human_required'],
      [{ ...auditor, tid: '22222222-2222-4222-8222-222222222222' }, 'policy_denied'],
    ] as const) {
      expect((await review(id, principal as Principal)).code).toBe(code)
    }
    expect((await review('bg_0')).code).toBe('operation_unknown')
    expect((await review(id, auditor, {})).code).toBe('input_invalid')
    expect((await review(id)).body.review).toMatchObject({ oid: auditor.oid })
    expect((await review(id)).reasons).toEqual(['already_reviewed'])
    expect(given.steps()).toEqual(['activate', 'review'])
    expect(JSON.stringify(given.world.events)).not.toContain('needed')
  })

  it('is due in two working days: after that there is no further use until it is done', async () => {
    const { id } = (await given.activate()).body
    given.pass(2 * day)
    expect((await given.activate()).status).toBe(201)
    given.pass(day)
    const refused = await given.activate()
    expect([refused.status, refused.reasons]).toEqual([403, ['review_overdue']])
    await review(id)
    given.pass(0)
    expect((await given.activate()).status).toBe(201)
  })

  it('cannot be put into the table', async () => {
    const { id } = (await given.activate()).body
    const [row] = given.glass.table.rows().filter(({ key }) => key === `use!${id}`)
    if (row === undefined) throw new Error('there is no row')
    const use = JSON.parse(String(row.values.value)) as object
    const value = JSON.stringify({ ...use, review: { oid: auditor.oid, at: '', text: '', salt: '' } })
    await given.glass.table.replace(row, { ...row.values, value })
    expect((await review(id)).code).toBe('operation_unknown')
    expect(given.glass.forged).toContain(`use!${id}`)
  })
})

describe('the list of emergency access', () => {
  it('is whole for auditors and operators, and else one’s own', async () => {
    await given.activate()
    const second = { ...holder, oid: 'a0000000-0000-4000-8000-000000000008' }
    given.pass(minute)
    await given.activate(second)
    const listed = async (principal: Principal) =>
      ((await given.ask(principal, 'listGlass')).body.uses as { oid: string }[]).map(({ oid }) => oid)
    expect(await listed(auditor)).toEqual([second.oid, holder.oid])
    expect(await listed({ ...auditor, roles: ['Countersign.Operator'] })).toEqual([second.oid, holder.oid])
    expect(await listed(holder)).toEqual([holder.oid])
    expect(await listed({ ...auditor, roles: [] })).toEqual([])
    expect((await given.ask({ ...auditor, actor: alice.actor }, 'listGlass')).code).toBe('human_required')
  })

  it('says when one was ended, which leaves the review due', async () => {
    await given.activate()
    given.pass(minute)
    expect((await given.ask(holder, 'endGlass')).body).toMatchObject({
      isOpen: false,
      endedAt: '2026-11-22T12:01:00.000Z',
    })
    expect((await given.ask(holder, 'endGlass')).code).toBe('operation_unknown')
    expect(given.steps()).toEqual(['activate', 'end'])
    expect(given.world.notices.map(({ kind }) => kind)).toEqual(['break-glass', 'break-glass-ended'])
    given.pass(3 * day)
    expect((await given.activate()).reasons).toEqual(['review_overdue'])
  })
})
