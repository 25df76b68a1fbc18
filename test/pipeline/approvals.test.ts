import { describe, expect, it } from 'vitest'
import { Problem } from '../../shared/errors/problem.ts'
import type { Principal } from '../../shared/identity/principal.ts'
import { createLine } from '../../shared/pipeline/create-line.ts'
import { carol, createApprovalWorld, wantsApproval } from '../support/approval-world.ts'
import { lineBackend } from '../support/line-backend.ts'
import { fail } from '../support/line-case.ts'
import { alice, backendProblem, type Faults, inboundFor, noon, run } from '../support/line-world.ts'

const codesOf = (endings: readonly { code: string }[]) => endings.map(({ code }) => code)
const once = (at: number, error: unknown) => (use: number) => {
  if (use === at) throw error
}

describe('approved call', () => {
  it('runs once, and names its approval and voter in the intent', async () => {
    const { call, approved, world, stateOf } = createApprovalWorld()
    const id = await approved()
    expect(codesOf([await call(), await call(), await call({ id: '7' }, { id })])).toEqual([
      'ok',
      'approval_used',
      'approval_used',
    ])
    expect(world.calls).toHaveLength(1)
    expect(stateOf(id)).toBe('spent')
    const intents = world.rows.flatMap((row) => (row.kind === 'intent' ? [row.facts] : []))
    expect(intents.map(({ verdict }) => verdict)).toEqual(['pending', 'permit', 'deny', 'deny'])
    expect(intents[1]).toMatchObject({ approval: { id, voters: [carol.oid] }, context: { approvals: ['four-eyes'] } })
    expect([...world.approvals.spent]).toEqual([[`spent!${id}`, intents[1]?.decisionId]])
  })

  it('is claimed before its intent, and spent immediately before it is called', async () => {
    const order: string[] = []
    const seen = createApprovalWorld({
      approvals: (operation) => void order.push(operation),
      intent: () => void order.push('intent'),
      exchange: () => void order.push('exchange'),
      call: () => {
        order.push('call')
        return {}
      },
      outcome: () => void order.push('outcome'),
    })
    await seen.approved()
    order.length = 0
    await seen.call()
    expect(order).toEqual(['latest', 'replace', 'intent', 'exchange', 'spend', 'call', 'outcome', 'replace'])
  })

  it('has no second call though its table is set back to an older copy', async () => {
    const { call, approved, world } = createApprovalWorld()
    const id = await approved()
    const older = world.approvals.kept.get(id)
    await call()
    const newer = world.approvals.kept.get(id)
    if (older === undefined || newer === undefined) throw new Error('no approval is kept')
    await world.approvals.replace(newer, older.progress)
    expect((await call()).code).toBe('approval_used')
    expect(world.calls).toHaveLength(1)
  })

  it.each(['declarationDigests', 'classificationDigests', 'targetDigests'] as const)(
    'is another call where the deployment has other %s by then',
    async (digests) => {
      const { approved, world } = createApprovalWorld()
      const id = await approved()
      const deployment = { ...world.deployment, [digests]: new Map([[lineBackend.name, 'other']]) }
      const changed = { ...world, line: createLine(world.ports, deployment, world.identification) }
      const named = { headers: { 'content-type': 'application/json', 'approval-id': id } }
      const endings = [
        await run(changed, inboundFor('getItem', { id: '7' }, named)),
        await run(changed, inboundFor('getItem', { id: '7' })),
      ]
      expect(codesOf(endings)).toEqual(['approval_mismatch', 'approval_pending'])
      expect(world.calls).toHaveLength(0)
    },
  )

  it('looks nothing up where no approval is wanted', async () => {
    const order: string[] = []
    const { call } = createApprovalWorld({ decide: () => ({}), approvals: (name) => void order.push(name) })
    expect((await call()).code).toBe('ok')
    expect(order).toEqual([])
  })

  it('has one call however many ask at once', async () => {
    const { call, approved, world } = createApprovalWorld()
    await approved()
    const codes = codesOf(await Promise.all(Array.from({ length: 50 }, () => call())))
    expect([world.calls.length, codes.filter((code) => code === 'ok').length]).toEqual([1, 1])
    expect(new Set(codes)).toEqual(new Set(['ok', 'approval_used']))
  })

  it('is denied where policy denies by then, and the approval is open again', async () => {
    let denies = false
    const { call, approved, world, stateOf } = createApprovalWorld({
      decide: (request) =>
        denies && request.context.approvals.length > 0 ? { verdict: 'deny', reasons: ['x'] } : wantsApproval(request),
    })
    const id = await approved()
    denies = true
    expect((await call()).code).toBe('policy_denied')
    expect([world.calls.length, stateOf(id)]).toEqual([0, 'approved'])
  })

  it.each([
    ['other inputs', { id: '8' }, alice],
    ['another person', { id: '7' }, { ...alice, oid: 'another' }],
    ['another agent', { id: '7' }, { ...alice, actor: 'another' }],
    ['another tenant', { id: '7' }, { ...alice, tid: 'another' }],
  ])('does not run on the approval of %s', async (_, inputs, principal: Principal) => {
    const { call, approved, world } = createApprovalWorld()
    const id = await approved()
    expect((await call(inputs, { id, principal })).code).toBe('approval_mismatch')
    expect((await call(inputs, { principal })).code).not.toBe('ok')
    expect(world.calls).toEqual([])
  })

  it.each(['apr_x', 'spent!apr_1', `apr_${'0'.repeat(32)}`, "' or true"])('finds no approval by %s', async (id) => {
    const { call } = createApprovalWorld()
    expect((await call({ id: '7' }, { id })).code).toBe('approval_mismatch')
  })

  it('does not run too late; then it is asked for anew', async () => {
    const { call, approved, pass } = createApprovalWorld()
    const id = await approved()
    pass(15)
    expect((await call({ id: '7' }, { id })).code).toBe('approval_expired')
    const again = await call()
    expect([again.code, again.body.approval.id]).toEqual(['approval_pending', `${id}-2`])
  })

  it('does not run where the exchange took until the approval was over', async () => {
    const late = createApprovalWorld({ exchange: () => late.pass(20) })
    await late.approved()
    expect((await late.call()).code).toBe('approval_expired')
    expect(late.world.calls).toEqual([])
  })
})

describe('fate of a call', () => {
  it.each<[string, Faults, string]>([
    ['challenge at the exchange', { exchange: once(1, new Problem('claims_challenge', 'More.')) }, 'claims_challenge'],
    [
      'refusal before anything was sent',
      { call: (use) => (use === 1 ? fail(backendProblem('backend_failed', 'not_called:connect'))() : {}) },
      'backend_failed',
    ],
  ])('releases the approval after a %s, for the same call by the same principal', async (_, faults, code) => {
    const { call, approved, world } = createApprovalWorld(faults)
    const id = await approved()
    expect((await call()).code).toBe(code)
    expect((await call({ id: '7' }, { id, principal: { ...alice, oid: 'another' } })).code).toBe('approval_mismatch')
    expect(codesOf([await call({ id: '7' }, { id }), await call()])).toEqual(['ok', 'approval_used'])
    const steps = world.events.map(({ detail }) => detail.step).filter((step) => step !== 'spend')
    expect(steps).toEqual(['request', 'vote', 'release'])
  })

  it('does not lengthen the approval by releasing it', async () => {
    const { call, approved, pass } = createApprovalWorld({
      exchange: once(1, new Problem('claims_challenge', 'More.')),
    })
    const id = await approved()
    await call()
    pass(15)
    expect((await call({ id: '7' }, { id })).code).toBe('approval_expired')
  })

  it.each<[string, string]>([
    ['nobody knows', 'unknown:reset'],
    ['the backend refused', 'refused'],
  ])('burns the approval where %s', async (_, reason) => {
    const { call, approved, world } = createApprovalWorld({
      call: (use) => (use === 1 ? fail(backendProblem('backend_failed', reason))() : {}),
    })
    await approved()
    expect(codesOf([await call(), await call()])).toEqual(['backend_failed', 'approval_used'])
    expect(world.calls).toHaveLength(1)
  })

  const crash = new Error('the process ends here')
  const stepsOfOneUse: readonly [string, Faults][] = [
    ...(['latest', 'replace', 'spend'] as const).flatMap((name): [string, Faults][] =>
      [1, 2, 3, 4].map((at) => [
        `${name} ${at}`,
        { approvals: (one, use) => void (one === name && once(at, crash)(use)) },
      ]),
    ),
    ...[1, 2, 3].map((at): [string, Faults] => [`intent ${at}`, { intent: once(at, crash) }]),
    ...[1, 2, 3].map((at): [string, Faults] => [`outcome ${at}`, { outcome: once(at, crash) }]),
    ['exchange', { exchange: once(1, crash) }],
    ['call', { call: (use) => (use === 1 ? fail(crash)() : {}) }],
    [
      'release event',
      { exchange: once(1, crash), event: ({ detail }) => void (detail.step === 'release' && fail(crash)()) },
    ],
  ]

  it.each(stepsOfOneUse)('is one call at most where it breaks off at %s', async (_, faults) => {
    const broken = createApprovalWorld(faults)
    const first = await broken.call()
    const id = [...broken.world.approvals.kept.keys()][0] ?? ''
    if (id !== '') await broken.vote(id)
    for (let retry = 0; retry < 5; retry++) await broken.call()
    expect(first.code).not.toBe('ok')
    expect(broken.world.calls.length).toBeLessThanOrEqual(1)
  })
})

describe('vote', () => {
  const agentToken = { ...carol, actor: alice.actor, scopes: ['access_as_user'] }
  it.each<[string, Principal, number, string]>([
    ['an agent with the approver’s own token', agentToken, 403, 'human_required'],
    ['an agent identity', { ...carol, kind: 'agent-for-person' }, 403, 'human_required'],
    ['an agent’s own account', { ...carol, kind: 'agent-user' }, 403, 'human_required'],
    ['an application alone', { ...carol, kind: 'app', scopes: [] }, 403, 'human_required'],
    ['a guest', { ...carol, kind: 'guest', guest: true }, 403, 'guest_not_allowed'],
    ['the console without the scope', { ...carol, scopes: ['access_as_user'] }, 403, 'scope_insufficient'],
    ['somebody without the role', { ...carol, roles: ['Countersign.Operator'] }, 404, 'operation_unknown'],
    ['somebody outside of the group', { ...carol, groups: [] }, 404, 'operation_unknown'],
    ['another tenant’s approver', { ...carol, tid: '22222222-2222-4222-8222-222222222222' }, 404, 'operation_unknown'],
    ['the requester', { ...carol, oid: alice.oid }, 403, 'policy_denied'],
    ['an approver without step-up', { ...carol, authContexts: [] }, 401, 'claims_challenge'],
    ['an approver whose step-up is old', { ...carol, issuedAt: noon / 1000 - 901 }, 401, 'claims_challenge'],
  ])('of %s does not count', async (...[, principal, status, code]) => {
    const { call, vote, stateOf, world } = createApprovalWorld()
    const { id } = (await call()).body.approval
    const answer = await vote(id, {}, principal)
    expect([answer.status, answer.code, stateOf(id)]).toEqual([status, code, 'pending'])
    expect(world.events.filter(({ detail }) => detail.step === 'vote')).toEqual([])
  })

  it.each([
    [{ digest: '0'.repeat(64) }, 'approval_mismatch'],
    [{ justification: ' ' }, 'input_invalid'],
    [{ decision: 'maybe' }, 'input_invalid'],
    [{ more: 1 }, 'input_invalid'],
  ])('with %j is refused', async (changes, code) => {
    const { call, vote, stateOf } = createApprovalWorld()
    const { id } = (await call()).body.approval
    expect((await vote(id, changes)).code).toBe(code)
    expect(stateOf(id)).toBe('pending')
  })

  it('ends a request with one rejection, which holds for its hour', async () => {
    const { call, vote, world, pass } = createApprovalWorld()
    const { id } = (await call()).body.approval
    expect((await vote(id, { decision: 'reject' })).body.state).toBe('rejected')
    expect((await call()).code).toBe('approval_rejected')
    expect((await vote(id)).code).toBe('approval_rejected')
    pass(60)
    expect((await call()).code).toBe('approval_pending')
    expect(world.calls).toEqual([])
  })

  it('counts once', async () => {
    const { call, vote } = createApprovalWorld()
    const { id } = (await call()).body.approval
    expect(codesOf([await vote(id), await vote(id)])).toEqual(['ok', 'policy_denied'])
  })

  it('is one of two that come at once; the other is voided in the book', async () => {
    const { call, vote, world } = createApprovalWorld()
    const { id } = (await call()).body.approval
    const codes = codesOf(await Promise.all([vote(id), vote(id)]))
    expect(codes.sort()).toEqual(['ok', 'policy_denied'])
    expect(world.events.map(({ detail }) => detail.step)).toEqual(['request', 'vote', 'vote', 'void'])
  })

  it('comes too late after an hour', async () => {
    const { call, vote, pass } = createApprovalWorld()
    const { id } = (await call()).body.approval
    pass(60)
    expect((await vote(id, {}, { ...carol, issuedAt: noon / 1000 + 3600 })).code).toBe('approval_expired')
  })

  it('does not count where the book cannot take it', async () => {
    const { call, vote, stateOf } = createApprovalWorld({
      event: ({ detail }) => void (detail.step === 'vote' && fail(new Problem('audit_unavailable', 'Away.'))()),
    })
    const { id } = (await call()).body.approval
    expect((await vote(id)).code).toBe('audit_unavailable')
    expect(stateOf(id)).toBe('pending')
  })

  it('stands in the book without its justification', async () => {
    const { approved, world } = createApprovalWorld()
    const id = await approved()
    expect(world.events.at(-1)).toMatchObject({ kind: 'approval', detail: { step: 'vote', id, oid: carol.oid } })
    expect(JSON.stringify(world.events)).not.toContain('telephone')
  })
})

describe('request for an approval', () => {
  it.each([
    ['a group that has nobody', { group: 'nobody', count: 1 }],
    ['a group that is not known', { group: 'toString', count: 1 }],
    ['two groups that have nobody', { group: 'nobody', count: 2, escalate: 'toString' }],
  ])('is refused at once where policy wants %s', async (_, needs) => {
    const { call, world } = createApprovalWorld({
      decide: () => ({ obligations: [{ kind: 'approval', rule: 'four-eyes', ...needs }] }),
    })
    expect((await call()).code).toBe('no_eligible_approver')
    expect(world.approvals.kept.size).toBe(0)
  })

  it('is one request however often and at once the call comes', async () => {
    const { call, world } = createApprovalWorld()
    await Promise.all([call(), call(), call()])
    await call()
    const steps = world.events.map(({ detail }) => detail.step)
    expect(world.approvals.kept.size).toBe(1)
    expect(steps.filter((step) => step === 'request')).toHaveLength(1 + steps.filter((step) => step === 'void').length)
  })

  it('is seen by its requester and by who may decide it, and by nobody else', async () => {
    const { call, ask } = createApprovalWorld()
    const { id } = (await call()).body.approval
    const bob = { ...alice, oid: 'bob' }
    const listed = async (who: Principal) => (await ask(who, 'approvals')).body.approvals.length
    const seen = async (who: Principal) => (await ask(who, 'approval', { operation: id })).status
    const otherTenant = { ...carol, tid: '22222222-2222-4222-8222-222222222222' }
    const agent = { ...carol, actor: alice.actor, scopes: ['access_as_user'] }
    for (const who of [alice, carol]) expect([await listed(who), await seen(who)]).toEqual([1, 200])
    for (const who of [bob, otherTenant, agent, { ...alice, actor: 'another' }]) {
      expect([await listed(who), await seen(who)]).toEqual([0, 404])
    }
    expect((await ask(carol, 'approval', { operation: id })).body).toMatchObject({
      state: 'pending',
      inputs: { id: '7' },
      operation: 'getItem',
      requester: { oid: alice.oid },
    })
  })

  it('answers who waits as soon as it is decided', async () => {
    const { call, ask, vote } = createApprovalWorld()
    const { id } = (await call()).body.approval
    const waiting = ask(alice, 'approval', { operation: id, query: '?wait=30' })
    await vote(id)
    expect((await waiting).body.state).toBe('approved')
    expect((await ask(alice, 'approval', { operation: id, query: '?wait=31' })).code).toBe('input_invalid')
  })

  it('is taken back by its requester alone', async () => {
    const { approved, ask, call, stateOf } = createApprovalWorld()
    const id = await approved()
    expect((await ask(carol, 'cancelApproval', { operation: id })).code).toBe('policy_denied')
    expect((await ask({ ...alice, oid: 'bob' }, 'cancelApproval', { operation: id })).code).toBe('operation_unknown')
    expect((await ask(alice, 'cancelApproval', { operation: id })).body.state).toBe('cancelled')
    expect(stateOf(id)).toBe('cancelled')
    expect((await call({ id: '7' }, { id })).code).toBe('approval_rejected')
  })

  it('is revoked by an approver alone, while it is unused', async () => {
    const { approved, ask, call } = createApprovalWorld()
    const id = await approved()
    expect((await ask(alice, 'revokeApproval', { operation: id })).code).toBe('human_required')
    const atConsole = { ...carol, oid: alice.oid, roles: [] }
    expect((await ask(atConsole, 'revokeApproval', { operation: id })).code).toBe('policy_denied')
    expect((await ask(carol, 'revokeApproval', { operation: id })).body.state).toBe('revoked')
    expect(codesOf([await call(), await ask(carol, 'revokeApproval', { operation: id })])).toEqual([
      'approval_rejected',
      'approval_rejected',
    ])
  })

  it('is not revoked once it is used', async () => {
    const { approved, ask, call } = createApprovalWorld()
    const id = await approved()
    await call()
    expect((await ask(carol, 'revokeApproval', { operation: id })).code).toBe('approval_used')
  })
})
