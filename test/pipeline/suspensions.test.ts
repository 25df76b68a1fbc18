import { describe, expect, it } from 'vitest'
import type { Principal } from '../../shared/identity/principal.ts'
import { createApprovalWorld, dan, fred } from '../support/approval-world.ts'
import { alice, noon, tid } from '../support/line-world.ts'
import { createUsageTables } from '../support/usage-memory.ts'
import { aliceAtConsole, carol, createUsageWorld, oscar, otherTenant } from '../support/usage-world.ts'

const stop = { person: alice.oid, reason: 'a stolen laptop' }

describe('suspension', () => {
  it('stops the next call, and the book has it before it counts', async () => {
    const world = createUsageWorld()
    expect((await world.call()).code).toBe('ok')
    const { status, body } = await world.ask('suspend', carol, { body: stop })
    expect({ status, body }).toMatchObject({ status: 200, body: { person: alice.oid, cause: 'operator', until: null } })
    const refused = await world.call()
    expect(refused).toMatchObject({ status: 403, code: 'suspended' })
    expect(refused.body).toMatchObject({ reasons: ['suspended_person'], next: { action: 'stop' } })
    const intent = world.intents[1]
    expect(intent).toMatchObject({ verdict: 'deny', reasons: ['suspended'], context: { suspensions: [body.id] } })
    expect(world.steps()).toEqual(['suspend'])
    expect(JSON.stringify(world.events)).not.toContain(stop.reason)
  })

  it('does not count where the book did not take it', async () => {
    const faults = {
      event: () => {
        throw new Error('away')
      },
    }
    const world = createUsageWorld({ faults })
    expect((await world.ask('suspend', carol, { body: stop })).code).toBe('thrown')
    expect(world.tables.suspensions.rows()).toEqual([])
  })

  it('made between decision and call stops the call, which is then certainly not made', async () => {
    const tables = createUsageTables()
    const operator = createUsageWorld({ tables })
    const exchange = async () => {
      await operator.ask('suspend', carol, { body: stop })
      world.pass(4000)
    }
    const world = createUsageWorld({ tables, faults: { exchange } })
    expect((await world.call()).code).toBe('suspended')
    expect(world.world.calls).toEqual([])
    expect(world.outcomes[0]).toMatchObject({ status: 'not-called', code: 'suspended' })
  })

  it('lifts after a strong sign-in just now, and not by whom it stops', async () => {
    const world = createUsageWorld()
    const { body } = await world.ask('suspend', carol, { body: stop })
    const lift = (principal: Principal) => world.ask('liftSuspension', principal, { operation: body.id })
    expect((await lift({ ...carol, authContexts: [] })).code).toBe('claims_challenge')
    expect((await lift({ ...carol, issuedAt: noon / 1000 - 16 * 60 })).code).toBe('claims_challenge')
    expect((await lift({ ...carol, oid: alice.oid })).body.reasons).toEqual(['own_suspension'])
    expect((await world.call()).code).toBe('suspended')
    expect((await lift(carol)).body).toEqual({ id: body.id, lifted: true })
    expect((await world.call()).code).toBe('ok')
    expect((await lift(carol)).code).toBe('operation_unknown')
    expect(world.steps()).toEqual(['suspend', 'lift'])
  })

  it('of a person lets them decide nothing for others either', async () => {
    const world = createUsageWorld()
    const { body } = await world.ask('suspend', carol, { body: stop })
    const other = { ...carol, oid: 'a0000000-0000-4000-8000-000000000013' }
    await world.ask('suspend', carol, { body: { person: other.oid, reason: 'a stolen telephone' } })
    expect((await world.ask('liftSuspension', other, { operation: body.id })).code).toBe('suspended')
    expect((await world.ask('suspend', other, { body: { person: carol.oid, reason: 'x' } })).code).toBe('suspended')
    const holder = { ...other, roles: ['Countersign.BreakGlass'], authContexts: ['c2'] }
    const broken = await world.ask('breakGlass', holder, { body: { justification: 'x'.repeat(40), minutes: 5 } })
    expect(broken.code).toBe('suspended')
    expect((await world.call()).code).toBe('suspended')
  })

  it('of somebody else lets an approver vote, one of the approver does not', async () => {
    const world = createApprovalWorld()
    const { id } = (await world.call()).body.approval
    const found = {
      ...stop,
      id: 's',
      tenant: tid,
      cause: 'operator',
      salt: '',
      by: '',
      at: noon,
      person: dan.oid,
    } as const
    await world.world.ports.suspensions.add(found)
    expect((await world.vote(id, {}, dan)).code).toBe('suspended')
    expect((await world.lend(fred.oid, dan)).code).toBe('suspended')
    expect(world.stateOf(id)).toBe('pending')
    expect((await world.vote(id)).code).toBe('ok')
  })

  it('ends by itself at its time', async () => {
    const world = createUsageWorld()
    await world.ask('suspend', carol, { body: { ...stop, until: new Date(noon + 3000).toISOString() } })
    expect((await world.call()).code).toBe('suspended')
    world.pass(3000)
    expect((await world.call()).code).toBe('ok')
  })

  it('of an operation stops that operation', async () => {
    const world = createUsageWorld()
    await world.ask('suspend', carol, { body: { backend: 'line-backend', operation: 'getItem', reason: 'broken' } })
    expect((await world.call()).body.reasons).toEqual(['suspended_backend', 'suspended_operation'])
    expect((await world.call(alice, 'readMail')).code).toBe('ok')
  })

  it.each<[string, unknown]>([
    ['nothing', { reason: 'x' }],
    ['an operation of no backend', { operation: 'getItem', reason: 'x' }],
    ['a backend that is not here', { backend: 'line-backnd', reason: 'x' }],
    ['an operation that is not there', { backend: 'line-backend', operation: 'getItems', reason: 'x' }],
    ['no reason', { person: alice.oid }],
    ['an empty reason', { person: alice.oid, reason: ' ' }],
    ['a time that is past', { ...stop, until: new Date(noon).toISOString() }],
    ['a member that is not known', { ...stop, persons: [] }],
    ['no GUID', { person: 'alice', reason: 'x' }],
  ])('is not made of %s', async (_, body) => {
    const world = createUsageWorld()
    expect((await world.ask('suspend', carol, { body })).code).toBe('input_invalid')
    expect([world.tables.suspensions.rows(), world.steps()]).toEqual([[], []])
  })

  it.each<[string, Principal, string]>([
    ['an agent for an operator', { ...carol, actor: alice.actor }, 'human_required'],
    ['an agent’s own account', { ...carol, kind: 'agent-user' }, 'human_required'],
    ['an application', { ...carol, kind: 'app' }, 'human_required'],
    ['a guest', { ...carol, kind: 'guest', guest: true }, 'guest_not_allowed'],
    ['a token without control', { ...carol, scopes: ['access_as_user'] }, 'scope_insufficient'],
    ['an approver', { ...carol, roles: ['Countersign.Approver', 'Countersign.Auditor'] }, 'policy_denied'],
  ])('is not for %s', async (_, principal, code) => {
    const world = createUsageWorld()
    for (const route of ['suspensions', 'suspend', 'liftSuspension', 'usage'] as const) {
      const given = route === 'suspend' ? { body: stop } : {}
      expect([route, (await world.ask(route, principal, given)).code]).toEqual([route, code])
    }
  })

  it('is a tenant’s own: another’s operator sees, makes and lifts none of it', async () => {
    const world = createUsageWorld()
    const { body } = await world.ask('suspend', carol, { body: stop })
    expect((await world.ask('suspensions', oscar)).body.suspensions).toEqual([])
    expect((await world.ask('liftSuspension', oscar, { operation: body.id })).code).toBe('operation_unknown')
    for (const tenant of [tid, 'all']) {
      expect((await world.ask('suspend', oscar, { body: { ...stop, tenant } })).body.reasons).toEqual(['other_tenant'])
    }
    await world.ask('suspend', oscar, { body: stop })
    await world.ask('liftSuspension', carol, { operation: body.id })
    expect((await world.call()).code).toBe('ok')
    expect((await world.call({ ...alice, tid: otherTenant })).code).toBe('suspended')
  })

  it('of all tenants is the home tenant’s to make and to lift', async () => {
    const world = createUsageWorld()
    const everywhere = { backend: 'line-backend', reason: 'broken', tenant: 'all' }
    const { body } = await world.ask('suspend', carol, { body: everywhere })
    expect((await world.call({ ...alice, tid: otherTenant })).code).toBe('suspended')
    expect((await world.ask('suspensions', oscar)).body.suspensions).toHaveLength(1)
    expect((await world.ask('liftSuspension', oscar, { operation: body.id })).body.reasons).toEqual(['other_tenant'])
    expect((await world.ask('liftSuspension', carol, { operation: body.id })).code).toBe('ok')
  })

  it('fails closed where its table is away for five seconds', async () => {
    const world = createUsageWorld()
    expect((await world.call()).code).toBe('ok')
    world.tables.suspensions.fail(1000)
    world.pass(2000)
    expect((await world.call()).code).toBe('ok')
    world.pass(3000)
    expect((await world.call()).code).toBe('policy_unavailable')
    expect(world.world.calls).toHaveLength(2)
  })
})

const off = { operation: alice.actor, body: { enabled: false } }
const on = { operation: alice.actor, body: { enabled: true } }

describe('a person’s own switch', () => {
  it('stops one agent for this person, and nobody and nothing else', async () => {
    const world = createUsageWorld()
    expect((await world.ask('switchAgent', aliceAtConsole, off)).body).toMatchObject({
      enabled: false,
      voided: [],
      inFlight: [],
    })
    expect((await world.call()).body).toMatchObject({
      code: 'suspended',
      reasons: ['suspended_person', 'suspended_agent'],
    })
    expect((await world.call({ ...alice, oid: carol.oid })).code).toBe('ok')
    expect((await world.call({ ...alice, actor: 'c0000000-0000-4000-8000-000000000009' })).code).toBe('ok')
  })

  it('voids what the agent has asked for and what was approved', async () => {
    const wants = { obligations: [{ kind: 'approval', rule: 'r', group: 'approvers', count: 1 }] } as const
    const world = createUsageWorld({ faults: { decide: () => wants } })
    const { id } = (await world.call()).body.approval
    await world.call({ ...alice, oid: carol.oid })
    const { body } = await world.ask('switchAgent', aliceAtConsole, off)
    expect(body).toMatchObject({ voided: [id], unsettled: [] })
    const states = [...world.world.approvals.kept.values()].map(({ progress }) => progress.state)
    expect(states.sort()).toEqual(['cancelled', 'pending'])
  })

  it('says which calls are with a backend', async () => {
    let ask: (() => Promise<void>) | undefined
    const world = createUsageWorld({ faults: { call: () => ask?.().then(() => ({})) ?? {} } })
    let flights: unknown
    ask = async () => {
      flights = (await world.ask('switchAgent', aliceAtConsole, off)).body.inFlight
    }
    await world.call()
    expect(flights).toEqual([
      {
        decisionId: expect.any(String),
        backend: 'line-backend',
        operation: 'getItem',
        since: new Date(noon).toISOString(),
      },
    ])
    ask = undefined
    expect((await world.ask('switchAgent', aliceAtConsole, off)).body.inFlight).toEqual([])
  })

  it('goes on again after a strong sign-in just now', async () => {
    const world = createUsageWorld()
    await world.ask('switchAgent', aliceAtConsole, off)
    expect((await world.ask('switchAgent', { ...aliceAtConsole, authContexts: [] }, on)).code).toBe('claims_challenge')
    expect((await world.call()).code).toBe('suspended')
    expect((await world.ask('switchAgent', aliceAtConsole, on)).body).toEqual({
      agent: alice.actor,
      enabled: true,
      reasons: [],
    })
    expect((await world.call()).code).toBe('ok')
  })

  it('lifts nothing that an operator has stopped, nor the operator what it has', async () => {
    const world = createUsageWorld()
    await world.ask('suspend', carol, { body: { agent: alice.actor, reason: 'x' } })
    await world.ask('switchAgent', aliceAtConsole, off)
    const { suspensions } = (await world.ask('suspensions', carol)).body
    const own = suspensions.find(({ cause }: { cause: string }) => cause === 'own')
    expect((await world.ask('liftSuspension', carol, { operation: own.id })).body.reasons).toEqual(['own_switch'])
    expect((await world.ask('switchAgent', aliceAtConsole, on)).body).toMatchObject({
      enabled: false,
      reasons: ['suspended_agent'],
    })
    expect((await world.call()).code).toBe('suspended')
  })

  it.each<[string, Principal, string]>([
    ['the agent', alice, 'human_required'],
    ['an agent with the scope', { ...aliceAtConsole, actor: alice.actor }, 'human_required'],
    ['a token without control', { ...aliceAtConsole, scopes: ['access_as_user'] }, 'scope_insufficient'],
    ['an agent’s own account', { ...aliceAtConsole, kind: 'agent-user' }, 'human_required'],
  ])('is not for %s', async (_, principal, code) => {
    const world = createUsageWorld()
    for (const route of ['switchAgent', 'myActivity', 'notMe'] as const) {
      expect([route, (await world.ask(route, principal, route === 'switchAgent' ? off : {})).code]).toEqual([
        route,
        code,
      ])
    }
  })

  it('is a guest’s as well', async () => {
    const world = createUsageWorld()
    const guest: Principal = { ...aliceAtConsole, kind: 'guest', guest: true }
    expect((await world.ask('switchAgent', guest, off)).code).toBe('ok')
  })
})

describe('what agents did as me', () => {
  it('is my calls and nobody else’s, without values, and chained as read', async () => {
    const world = createUsageWorld()
    await world.call()
    await world.call({ ...alice, oid: carol.oid })
    await world.index()
    const { body } = await world.ask('myActivity', aliceAtConsole)
    expect(body.activity).toHaveLength(1)
    expect(body.activity[0]).toMatchObject({
      agent: alice.actor,
      operation: 'getItem',
      verdict: 'permit',
      outcome: { code: 'ok' },
    })
    expect(JSON.stringify(body)).not.toContain('"7"')
    expect(world.events.filter(({ kind }) => kind === 'read').map(({ detail }) => detail.what)).toEqual(['activity'])
  })

  it.each(['person=a0000000-0000-4000-8000-000000000003', 'tenant=all', 'open=true', 'kind=event'])(
    'is not asked for with %s',
    async (query) => {
      const world = createUsageWorld()
      expect((await world.ask('myActivity', aliceAtConsole, { query })).code).toBe('input_invalid')
    },
  )

  it('“this was not me” is on record with its place, suspends the agent, and only an operator lifts it', async () => {
    const world = createUsageWorld()
    const { meta } = (await world.call()).body
    await world.index()
    const given = { operation: meta.decisionId, body: { comment: 'I was on holiday' } }
    const { body } = await world.ask('notMe', aliceAtConsole, given)
    expect(body).toMatchObject({ decisionId: meta.decisionId, agent: alice.actor, suspended: true })
    expect(world.steps()).toEqual(['not-me', 'suspend'])
    const [said] = world.events.filter(({ kind }) => kind === 'suspension')
    expect(said?.detail).toMatchObject({ person: alice.oid, agent: alice.actor, ...meta.audit.intent })
    expect(JSON.stringify(world.events)).not.toContain('holiday')
    expect((await world.call()).code).toBe('suspended')
    expect((await world.ask('switchAgent', aliceAtConsole, on)).body.enabled).toBe(false)
    const [{ id }] = (await world.ask('suspensions', carol)).body.suspensions
    await world.ask('liftSuspension', carol, { operation: id })
    expect((await world.call()).code).toBe('ok')
  })

  it('is disputed by whose it is only', async () => {
    const world = createUsageWorld()
    const { meta } = (await world.call()).body
    await world.index()
    const given = { operation: meta.decisionId, body: { comment: 'not me' } }
    expect((await world.ask('notMe', { ...aliceAtConsole, oid: carol.oid }, given)).code).toBe('operation_unknown')
    expect((await world.ask('notMe', { ...aliceAtConsole, tid: otherTenant }, given)).code).toBe('operation_unknown')
    expect(world.steps()).toEqual([])
  })
})

describe('the number of suspensions', () => {
  it('is bounded for what a person switches off, and nobody else is kept from it', async () => {
    const world = createUsageWorld()
    const agent = (at: number) => `c0000000-0000-4000-8000-${String(at).padStart(12, '0')}`
    const turnOff = (at: number, who = aliceAtConsole) =>
      world.ask('switchAgent', who, { operation: agent(at), body: { enabled: false } })
    for (let at = 0; at < 100; at += 1) expect((await turnOff(at)).code).toBe('ok')
    expect((await turnOff(100)).code).toBe('quota_exceeded')
    expect((await turnOff(99)).code).toBe('ok')
    expect((await turnOff(100, { ...aliceAtConsole, oid: carol.oid })).code).toBe('ok')
    expect(world.tables.suspensions.rows()).toHaveLength(101)
  })
})
