import { describe, expect, it } from 'vitest'
import type { ApprovalStore } from '../../shared/approval/approval.ts'
import { Problem } from '../../shared/errors/problem.ts'
import type { Principal } from '../../shared/identity/principal.ts'
import { createMemoryApprovals } from '../support/approval-memory.ts'
import { createMemoryRows } from '../support/approval-rows.ts'
import { sealApprovals } from '../support/approval-sealed.ts'
import { carol, createApprovalWorld } from '../support/approval-world.ts'
import { alice } from '../support/line-world.ts'

const lost = new Problem('policy_unavailable', 'No reply.')

/** A store one of whose replies is lost, after the change or before it. */
function losing(operation: 'replace' | 'insert' | 'spend', at: number, when: 'before' | 'after'): ApprovalStore {
  const store = createMemoryApprovals()
  let uses = 0
  const lose = async (work: () => Promise<unknown>) => {
    uses += 1
    if (uses !== at) return work()
    if (when === 'after') await work()
    throw lost
  }
  const one = store[operation] as (...given: unknown[]) => Promise<unknown>
  return { ...store, [operation]: (...given: unknown[]) => lose(() => one(...given)) }
}

async function approve({ call, vote }: ReturnType<typeof createApprovalWorld>): Promise<string> {
  const { id } = (await call()).body.approval
  await vote(id)
  return id
}

describe('lost reply', () => {
  // The second change of an approval is its claim, the first the vote.
  it.each([
    ['the vote', 1, 'after'],
    ['the vote', 1, 'before'],
    ['the claim', 2, 'after'],
    ['the claim', 2, 'before'],
    ['the burning', 3, 'after'],
    ['the burning', 3, 'before'],
  ] as const)('of %s (change %i, lost %s it was made) costs no approval and gives no second call', async (...given) => {
    const world = createApprovalWorld({}, { store: losing('replace', given[1], given[2]) })
    const id = await approve(world)
    expect([(await world.call()).code, (await world.call()).code]).toEqual(['ok', 'approval_used'])
    expect(world.world.calls).toHaveLength(1)
    expect((await world.ask(alice, 'approval', { operation: id })).body.state).toBe('spent')
  })

  it('of a vote that came in late, between look and repeat, is still that vote', async () => {
    const store = createMemoryApprovals()
    let late: (() => Promise<unknown>) | undefined
    let uses = 0
    const replace: ApprovalStore['replace'] = async (...given) => {
      uses += 1
      if (uses === 1) {
        late = () => store.replace(...given)
        throw lost
      }
      await late?.()
      late = undefined
      return store.replace(...given)
    }
    const world = createApprovalWorld({}, { store: { ...store, replace } })
    const { id } = (await world.call()).body.approval
    expect((await world.vote(id)).body).toMatchObject({ state: 'approved' })
    expect(world.world.events.map(({ detail }) => detail.step)).not.toContain('void')
    expect((await world.call()).code).toBe('ok')
  })

  it.each(['before', 'after'] as const)('of the release, %s it was made, leaves the approval open', async (when) => {
    const refused = new Problem('claims_challenge', 'More.')
    const challenged = {
      exchange: (use: number) => (use === 1 ? Promise.reject(refused) : undefined),
    }
    const world = createApprovalWorld(challenged, { store: losing('replace', 3, when) })
    await approve(world)
    expect([(await world.call()).code, (await world.call()).code]).toEqual(['claims_challenge', 'ok'])
    expect((await world.call()).code).toBe('approval_used')
  })

  it.each(['before', 'after'] as const)(
    'of the spent row, %s it was made, calls nothing; a new round does',
    async (when) => {
      const world = createApprovalWorld({}, { store: losing('spend', 1, when) })
      await approve(world)
      expect([(await world.call()).code, world.world.calls.length]).toEqual(['policy_unavailable', 0])
      expect([(await world.call()).code, (await world.call()).code]).toEqual(['ok', 'approval_used'])
    },
  )

  it.each(['before', 'after'] as const)('of the request, %s it was kept, asks once', async (when) => {
    const { call, vote, world } = createApprovalWorld({}, { store: losing('insert', 1, when) })
    expect((await call()).code).toBe('policy_unavailable')
    const asked = await call()
    expect(asked.code).toBe('approval_pending')
    await vote(asked.body.approval.id)
    expect((await call()).code).toBe('ok')
    expect(world.events[0]).toMatchObject({ detail: { step: 'request', id: asked.body.approval.id } })
  })
})

describe('intent that cannot be written', () => {
  it('leaves the approval open, and calls nothing', async () => {
    const away = new Problem('audit_unavailable', 'Away.')
    let intents = 0
    // The first intent is that of the request, the second that of the call.
    const faults = { intent: () => (++intents === 2 ? Promise.reject(away) : undefined) }
    const world = createApprovalWorld(faults)
    await approve(world)
    const first = await world.call()
    expect([first.code, world.world.calls.length]).toEqual(['audit_unavailable', 0])
    expect([(await world.call()).code, (await world.call()).code]).toEqual(['ok', 'approval_used'])
  })
})

describe('race', () => {
  it('of revoking and claiming ends with a call or a revocation, never with both', async () => {
    for (let turn = 0; turn < 10; turn++) {
      const world = createApprovalWorld()
      const id = await approve(world)
      const revoke = () => world.ask(carol, 'revokeApproval', { operation: id })
      const pair = turn % 2 === 0 ? [world.call(), revoke()] : [revoke(), world.call()]
      const done = (await Promise.all(pair)).filter(({ status }) => status === 200)
      expect(done).toHaveLength(1)
      expect(world.stateOf(id)).toBe(world.world.calls.length === 1 ? 'spent' : 'revoked')
      const codes = [(await world.call()).code, world.world.calls.length]
      expect([
        ['approval_used', 1],
        ['approval_rejected', 0],
      ]).toContainEqual(codes)
    }
  })

  it('of cancelling and approving ends with one of them; the other is void in the book', async () => {
    for (let turn = 0; turn < 10; turn++) {
      const world = createApprovalWorld()
      const { id } = (await world.call()).body.approval
      const cancel = () => world.ask(alice, 'cancelApproval', { operation: id })
      const pair = turn % 2 === 0 ? [cancel(), world.vote(id)] : [world.vote(id), cancel()]
      const both = await Promise.all(pair)
      const state = world.stateOf(id)
      expect(['cancelled', 'approved']).toContain(state)
      // An approval that is cancelled right after it was given is both, one after the other.
      const won = both.filter(({ status }) => status === 200).length
      const voided = world.world.events.filter(({ detail }) => detail.step === 'void').length
      expect(won + voided).toBeGreaterThanOrEqual(1)
      expect((await world.call()).code).toBe(state === 'approved' ? 'ok' : 'approval_pending')
    }
  })
})

describe('forged approval', () => {
  it('calls nothing, and is in the book as a refusal', async () => {
    const rows = createMemoryRows()
    const found: { id: string }[] = []
    const store = sealApprovals(rows, { found: found as never })
    const { call, ask, vote, world } = createApprovalWorld({}, { store })
    const { id } = (await call()).body.approval
    rows.change(id, (row) => {
      const forged = { ...JSON.parse(row.progress), state: 'approved', voters: [carol.oid], useBy: 9e15 }
      return { ...row, progress: JSON.stringify(forged) }
    })
    expect([(await call()).code, (await call({ id: '7' }, { id })).code]).toEqual([
      'approval_mismatch',
      'approval_mismatch',
    ])
    expect(world.calls).toEqual([])
    const last = world.rows.filter(({ kind }) => kind === 'intent').at(-1)?.facts
    expect(last).toMatchObject({ verdict: 'deny', reasons: ['approval_mismatch'] })
    expect((await ask(carol, 'approval', { operation: id })).code).toBe('approval_mismatch')
    expect((await ask(carol, 'approvals')).body.approvals).toEqual([])
    expect(await vote(id).catch(({ code }: Problem) => code)).toBe('approval_mismatch')
    expect(new Set(found.map((each) => each.id))).toEqual(new Set([id]))
  })

  it('is not made by putting back the approval of a call that was revoked for another', async () => {
    const rows = createMemoryRows()
    const world = createApprovalWorld({}, { store: sealApprovals(rows) })
    const id = await approve(world)
    const other = (await world.call({ id: '8' })).body.approval.id as string
    const approvedRow = rows.kept.get(`${alice.tid}|${id}`)
    if (approvedRow === undefined) throw new Error('nothing is kept')
    rows.change(other, (row) => ({ ...row, progress: approvedRow.progress, seal: approvedRow.seal }))
    expect((await world.call({ id: '8' })).code).toBe('approval_mismatch')
    expect(world.world.calls).toEqual([])
  })
})

describe('requester', () => {
  const approver = { roles: carol.roles, groups: carol.groups, authContexts: ['c1'] }
  const atConsole = { actor: carol.actor, scopes: carol.scopes, publicClient: true }
  it.each<[string, Partial<Principal>, Partial<Principal>, string]>([
    ['at the console', {}, { ...approver, ...atConsole }, 'policy_denied'],
    ['who asked by another agent', { actor: 'other' }, { ...approver, ...atConsole }, 'policy_denied'],
    ['who asked by an agent identity', { kind: 'agent-for-person' }, { ...approver, ...atConsole }, 'policy_denied'],
    ['as a guest', {}, { ...approver, ...atConsole, kind: 'guest', guest: true, oid: 'g' }, 'guest_not_allowed'],
    ['by the agent that asked', {}, approver, 'human_required'],
    ['by another agent', {}, { ...approver, actor: 'other', scopes: ['access_as_user', 'control'] }, 'human_required'],
  ])('%s never approves', async (...[, asking, voting, code]) => {
    const { call, vote, world } = createApprovalWorld()
    const { id } = (await call({ id: '7' }, { principal: { ...alice, ...asking } })).body.approval
    expect((await vote(id, {}, { ...alice, ...voting })).code).toBe(code)
    expect(world.approvals.kept.get(id)?.progress.state).toBe('pending')
    expect(world.events.filter(({ detail }) => detail.step === 'vote')).toEqual([])
  })
})
