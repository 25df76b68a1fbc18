import { describe, expect, it } from 'vitest'
import type { Approval, ApprovalStep, CallDescription } from '../../shared/approval/approval.ts'
import type { Ports } from '../../shared/pipeline/line.ts'
import { createDesk } from '../support/approval-desk.ts'
import { carol, createApprovalWorld, wants } from '../support/approval-world.ts'
import { alice } from '../support/line-world.ts'
import { createStateMemory } from '../support/state-memory.ts'

const decide = wants({})
const add = (more: Partial<Ports>) => ({ wrap: (ports: Ports): Ports => ({ ...ports, ...more }) })

describe('purpose', () => {
  it('is shown as what the agent wrote, with nothing in it that could mislead or give access', async () => {
    const { call, ask } = createApprovalWorld()
    const purpose = 'clean\u202Eup, password=hunter2hunter2 \u001B[2J'
    const { id } = (await call({ id: '7' }, { purpose })).body.approval
    const { body } = await ask(carol, 'approval', { operation: id })
    expect(body.purpose).toEqual({
      text: 'clean\\u{202e}up, [removed] \\u{1b}[2J',
      note: 'written by the agent, unverified',
    })
  })

  it('is none of what is approved: the same call with another one asks for the same', async () => {
    const { call, ask } = createApprovalWorld()
    const { id } = (await call({ id: '7' }, { purpose: 'first' })).body.approval
    expect((await call({ id: '7' }, { purpose: 'second' })).body.approval.id).toBe(id)
    expect((await ask(carol, 'approval', { operation: id })).body.purpose.text).toBe('first')
  })
})

describe('inputs before a voter', () => {
  it('name characters by number that would not be seen', async () => {
    const { call, ask } = createApprovalWorld()
    const { id } = (await call({ id: 'a\u202Eb' })).body.approval
    const { body } = await ask(carol, 'approval', { operation: id })
    expect([body.inputs, body.escaped]).toEqual([{ id: 'a\\u{202e}b' }, ['/inputs/id']])
  })

  it('have no literal that a masked column may meet, and say for which label', async () => {
    const text = "DELETE FROM sales.orders WHERE email = 'jane@contoso.example'"
    const { call, ask } = createApprovalWorld(
      {
        decide,
        understand: () => ({ effect: 'write', writes: ['sales.orders'], reads: [], mentions: ['email'], text }),
      },
      { classification: { 'sales.orders.email': 'pii.contact', 'sales.orders.id': 'none' } },
    )
    const { id } = (await call({ sql: text }, { operation: 'runText' })).body.approval
    const { body } = await ask(carol, 'approval', { operation: id })
    expect(body).toMatchObject({
      statement: 'DELETE FROM sales.orders WHERE email = ***',
      hidden: ['/inputs/sql'],
      hiddenFor: ['pii.contact'],
    })
    expect(JSON.stringify(body)).not.toContain('jane@')
  })
})

describe('words of a vote', () => {
  const stale = { ...carol, authContexts: [] }

  it('come back with the challenge, and need not be typed again', async () => {
    const { call, vote, resume, ask } = createApprovalWorld()
    const { id } = (await call()).body.approval
    const challenged = await vote(id, {}, stale)
    expect([challenged.status, challenged.code]).toEqual([401, 'claims_challenge'])
    expect(challenged.body.claims).toMatch(/^[\w+/=]+$/)
    const voted = await resume(id, challenged.body.resume)
    expect(voted.body).toMatchObject({ state: 'approved', justification: 'agreed by telephone' })
    expect((await ask(alice, 'approval', { operation: id })).body.state).toBe('approved')
  })

  it('come back after a second challenge as well', async () => {
    const { call, vote, resume } = createApprovalWorld()
    const { id } = (await call()).body.approval
    const first = await vote(id, {}, stale)
    const second = await resume(id, first.body.resume, { principal: stale })
    expect(second.code).toBe('claims_challenge')
    expect((await resume(id, second.body.resume)).body.state).toBe('approved')
  })

  it.each([
    ['another voter', { principal: { ...carol, oid: 'a0000000-0000-4000-8000-000000000099' } }],
    ['the other decision', { decision: 'reject' }],
  ])('are nothing to %s', async (_, changes) => {
    const { call, vote, resume, stateOf } = createApprovalWorld()
    const { id } = (await call()).body.approval
    const { body } = await vote(id, {}, stale)
    expect((await resume(id, body.resume, changes)).code).toBe('input_invalid')
    expect(stateOf(id)).toBe('pending')
  })

  it('are nothing to another request, nor after a quarter of an hour', async () => {
    const { call, vote, resume, pass, fresh } = createApprovalWorld()
    const { id } = (await call()).body.approval
    const other = (await call({ id: '8' })).body.approval.id
    const { body } = await vote(id, {}, stale)
    expect((await resume(other, body.resume)).code).toBe('input_invalid')
    pass(15)
    expect((await resume(id, body.resume, { principal: fresh(carol) })).code).toBe('input_invalid')
  })

  it('alone are no vote', async () => {
    const { call, vote, resume, stateOf } = createApprovalWorld()
    const { id } = (await call()).body.approval
    const { body } = await vote(id, {}, stale)
    expect((await resume(id, body.resume, { principal: stale })).code).toBe('claims_challenge')
    expect(stateOf(id)).toBe('pending')
  })
})

describe('description of a call', () => {
  const preview = { kind: 'planner', rows: 12, takenAt: '2026-11-22T12:00:00Z', note: "planner's estimate" } as const

  it('is asked for once, when the approval is, and shown to its voters', async () => {
    let times = 0
    const describeCall = async (): Promise<CallDescription> => {
      times += 1
      return { preview, content: 'not_bound', contentNote: 'A procedure.' }
    }
    const { call, ask, vote } = createApprovalWorld({}, add({ describeCall }))
    const { id } = (await call()).body.approval
    await call()
    expect((await ask(carol, 'approval', { operation: id })).body).toMatchObject({
      ...{ preview, content: 'not_bound', contentNote: 'A procedure.' },
    })
    await vote(id)
    expect([(await call()).code, times]).toEqual(['ok', 1])
  })

  it('that fails holds nothing up, and reads as not bound', async () => {
    const describeCall = () => Promise.reject(new Error('no plan'))
    const { call, ask, world } = createApprovalWorld({}, add({ describeCall }))
    const asked = await call()
    expect(asked.code).toBe('approval_pending')
    const { body } = await ask(carol, 'approval', { operation: asked.body.approval.id })
    expect([body.content, body.preview]).toEqual(['not_bound', null])
    expect(world.logged.map(({ event }) => event)).toContain('approval_undescribed')
  })
})

describe('content that a call refers to', () => {
  it('is part of what is approved: a changed one is another call', async () => {
    let version = 'etag-1'
    const { call, vote, world } = createApprovalWorld({}, add({ contentOf: async () => version }))
    const { id } = (await call()).body.approval
    await vote(id)
    version = 'etag-2'
    expect((await call({ id: '7' }, { id })).code).toBe('approval_mismatch')
    expect((await call()).code).toBe('approval_pending')
    version = 'etag-1'
    expect((await call()).code).toBe('ok')
    expect(world.calls).toHaveLength(1)
  })
})

describe('who hears of approvals', () => {
  it('hears of each change once it is durable', async () => {
    const heard: [ApprovalStep, Approval['progress']['state']][] = []
    const onApproval = async ({ progress }: Approval, step: ApprovalStep) => void heard.push([step, progress.state])
    const world = createApprovalWorld({ decide }, add({ onApproval }))
    const { id } = (await world.call()).body.approval
    await world.call()
    await world.vote(id)
    await world.ask(carol, 'revokeApproval', { operation: id })
    const other = (await world.call({ id: '8' })).body.approval.id
    await world.ask(alice, 'cancelApproval', { operation: other })
    expect(heard).toEqual([
      ['request', 'pending'],
      ['vote', 'approved'],
      ['revoke', 'revoked'],
      ['request', 'pending'],
      ['cancel', 'cancelled'],
    ])
  })

  it('changes nothing by failing', async () => {
    const onApproval = () => Promise.reject(new Error('no queue'))
    const { call, vote, world } = createApprovalWorld({}, add({ onApproval }))
    const { id } = (await call()).body.approval
    expect((await vote(id)).body.state).toBe('approved')
    expect((await call()).code).toBe('ok')
    expect(world.logged.filter(({ event }) => event === 'approval_untold')).toHaveLength(2)
  })
})

describe('number of open requests', () => {
  it('is capped, the same call asks for nothing more, and a decision makes room', async () => {
    const { call, vote, world, pass } = createApprovalWorld({}, { desk: createDesk({ limit: 2 }) })
    const { id } = (await call({ id: '1' })).body.approval
    await call({ id: '2' })
    const third = await call({ id: '3' })
    expect([third.status, third.code, third.body.retryAfter]).toEqual([429, 'quota_exceeded', 3600])
    expect((await call({ id: '1' })).code).toBe('approval_pending')
    expect(world.approvals.kept.size).toBe(2)
    await vote(id, { decision: 'reject' })
    pass(1)
    expect((await call({ id: '3' })).code).toBe('approval_pending')
  })

  it('is not counted for calls that need no new request', async () => {
    const open = createStateMemory()
    const { call, approved } = createApprovalWorld({}, { desk: createDesk({ open }) })
    await approved()
    const before = open.calls()
    await call()
    expect(open.calls()).toBe(before)
  })

  it('is what a request fails by where it cannot be counted', async () => {
    const open = createStateMemory()
    const { call, world } = createApprovalWorld({}, { desk: createDesk({ open }) })
    open.fail(1)
    expect((await call()).code).toBe('policy_unavailable')
    expect(world.approvals.kept.size).toBe(0)
  })
})
