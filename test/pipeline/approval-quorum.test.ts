import { describe, expect, it } from 'vitest'
import { both, carol, createApprovalWorld, dan, fred, mia, otto, wants } from '../support/approval-world.ts'

const codesOf = (endings: readonly { code: string }[]) => endings.map(({ code }) => code)
const request = async ({ call }: ReturnType<typeof createApprovalWorld>, inputs?: unknown) =>
  (await call(inputs)).body.approval.id as string

describe('quorum', () => {
  it('wants as many votes as the rule says, each of another person, and tells what is missing', async () => {
    const world = createApprovalWorld({ decide: wants({ count: 2 }) })
    const id = await request(world)
    expect((await world.vote(id)).body).toMatchObject({
      state: 'pending',
      missing: [{ group: 'approvers', count: 1, rules: ['four-eyes'] }],
      approvers: [carol.oid],
    })
    expect((await world.call()).code).toBe('approval_pending')
    expect((await world.vote(id)).body.reasons).toEqual(['already_voted'])
    world.pass(20)
    const last = await world.vote(id, {}, world.fresh(dan))
    expect(last.body).toMatchObject({ state: 'approved', missing: [], approvers: [carol.oid, dan.oid] })
    expect(Date.parse(last.body.useBy) - Date.parse(last.body.requestedAt)).toBe(35 * 60_000)
    expect((await world.call()).code).toBe('ok')
    const intent = world.world.rows.findLast(({ kind }) => kind === 'intent')
    expect(intent?.facts).toMatchObject({ approval: { id, voters: [carol.oid, dan.oid] } })
  })

  it('ends with one rejection, however many have approved', async () => {
    const world = createApprovalWorld({ decide: wants({ count: 3 }) })
    const id = await request(world)
    await world.vote(id)
    expect((await world.vote(id, { decision: 'reject' }, dan)).body.state).toBe('rejected')
    expect((await world.vote(id, {}, both)).code).toBe('approval_rejected')
    expect((await world.call()).code).toBe('approval_rejected')
  })

  it('of several rules wants another person for each group', async () => {
    const world = createApprovalWorld({ decide: wants({ rule: 'a' }, { rule: 'b', group: 'managers' }) })
    const id = await request(world)
    // In both groups: counts for one of them, and gives way to whoever can count for that one alone.
    expect((await world.vote(id, {}, both)).body.missing).toHaveLength(1)
    expect((await world.vote(id, {}, both)).body.reasons).toEqual(['already_voted'])
    expect((await world.call()).code).toBe('approval_pending')
    expect((await world.vote(id, {}, carol)).body.state).toBe('approved')
  })

  it.each([
    ['approvers', carol],
    ['managers', mia],
  ])('is met by somebody of both groups and then somebody of %s, whichever that is', async (_, other) => {
    const world = createApprovalWorld({ decide: wants({ rule: 'a' }, { rule: 'b', group: 'managers' }) })
    const id = await request(world)
    await world.vote(id, {}, both)
    expect((await world.vote(id, {}, other)).body.state).toBe('approved')
    expect((await world.call()).code).toBe('ok')
  })

  it('asks the same group once for rules that name it alike', async () => {
    const world = createApprovalWorld({ decide: wants({ rule: 'a' }, { rule: 'b', count: 2 }) })
    const id = await request(world)
    await world.vote(id)
    expect((await world.vote(id, {}, dan)).body.state).toBe('approved')
  })

  it('does not take a vote that is not missing', async () => {
    const world = createApprovalWorld({ decide: wants({ rule: 'a' }, { rule: 'b', group: 'managers' }) })
    const id = await request(world)
    await world.vote(id)
    expect((await world.vote(id, {}, dan)).body.reasons).toEqual(['not_needed'])
    expect((await world.vote(id, {}, mia)).body.state).toBe('approved')
  })

  it('counts two votes at once both', async () => {
    const world = createApprovalWorld({ decide: wants({ count: 2 }) })
    const id = await request(world)
    expect(codesOf(await Promise.all([world.vote(id), world.vote(id, {}, dan)]))).toEqual(['ok', 'ok'])
    expect(world.stateOf(id)).toBe('approved')
    const steps = world.world.events.map(({ detail }) => detail.step)
    expect(steps).toEqual(['request', 'vote', 'vote', 'void', 'vote'])
  })

  it('lets one of twenty consumers call', async () => {
    const world = createApprovalWorld({ decide: wants({ count: 2 }) })
    const id = await request(world)
    await world.vote(id)
    await world.vote(id, {}, dan)
    const codes = codesOf(await Promise.all(Array.from({ length: 20 }, () => world.call())))
    expect([codes.filter((code) => code === 'ok').length, world.world.calls.length]).toEqual([1, 1])
  })
})

describe('escalation', () => {
  it('lets the second group vote from half of the time on, and see the request only then', async () => {
    const world = createApprovalWorld({ decide: wants({ escalate: 'managers' }) })
    const id = await request(world)
    expect((await world.vote(id, {}, mia)).code).toBe('operation_unknown')
    world.pass(29)
    expect((await world.ask(mia, 'approvals')).body.approvals).toEqual([])
    world.pass(1)
    const [listed] = (await world.ask(mia, 'approvals')).body.approvals
    expect(Date.parse(listed.escalatesAt) - Date.parse(listed.requestedAt)).toBe(30 * 60_000)
    expect((await world.vote(id, {}, otto)).code).toBe('operation_unknown')
    expect((await world.vote(id, {}, world.fresh(mia))).body.state).toBe('approved')
  })

  it('is possible where the first group has nobody', async () => {
    const world = createApprovalWorld({ decide: wants({ group: 'nobody', escalate: 'managers' }) })
    const id = await request(world)
    world.pass(30)
    expect((await world.vote(id, {}, world.fresh(mia))).body.state).toBe('approved')
  })
})

describe('delegation', () => {
  it('lends one vote until its end, and names both', async () => {
    const world = createApprovalWorld()
    expect((await world.lend(fred.oid)).body).toMatchObject({ from: carol.oid, to: fred.oid })
    const id = await request(world)
    const voted = await world.vote(id, {}, fred)
    expect(voted.body).toMatchObject({ state: 'approved', votes: [{ voter: fred.oid, inSteadOf: carol.oid }] })
    const event = world.world.events.at(-1)
    expect(event?.detail).toMatchObject({ step: 'vote', oid: fred.oid, inSteadOf: carol.oid })
    expect((await world.call()).code).toBe('ok')
  })

  it('is seen by both, and by nobody else', async () => {
    const world = createApprovalWorld()
    await world.lend(fred.oid)
    const seen = async (who: typeof carol) => (await world.ask(who, 'delegations')).body.delegations.length
    expect([await seen(carol), await seen(fred), await seen(dan)]).toEqual([1, 1, 0])
  })

  it('counts for nothing once it is over; a vote that was cast before stays', async () => {
    const world = createApprovalWorld({ decide: wants({ count: 2 }) })
    await world.lend(fred.oid, carol, { until: new Date(Date.UTC(2026, 10, 22, 12, 10)).toISOString() })
    const first = await request(world)
    await world.vote(first, {}, fred)
    world.pass(10)
    const second = await request(world, { id: '8' })
    expect((await world.vote(second, {}, world.fresh(fred))).code).toBe('operation_unknown')
    expect((await world.vote(first, {}, world.fresh(dan))).body.state).toBe('approved')
  })

  it('is ended by its lender or an operator, and by nobody else', async () => {
    const world = createApprovalWorld()
    const end = (who: typeof carol, from = '') =>
      world.ask(who, 'endDelegation', { method: 'DELETE', query: `?to=${fred.oid}${from}` })
    await world.lend(fred.oid)
    expect((await end(dan, `&from=${carol.oid}`)).code).toBe('operation_unknown')
    expect((await end(fred)).code).toBe('operation_unknown')
    expect((await end(carol)).body.endedAt).not.toBeNull()
    expect((await end(carol)).code).toBe('operation_unknown')
    expect((await world.vote(await request(world), {}, fred)).code).toBe('operation_unknown')
    await world.lend(fred.oid)
    expect((await end({ ...dan, roles: ['Countersign.Operator'] }, `&from=${carol.oid}`)).code).toBe('ok')
    const steps = world.world.events.filter(({ kind }) => kind === 'delegation').map(({ detail }) => detail.step)
    expect(steps).toEqual(['give', 'end', 'give', 'end'])
  })

  it('lends the group of an escalation when that is asked', async () => {
    const world = createApprovalWorld({ decide: wants({ escalate: 'managers' }) })
    await world.lend(fred.oid, mia)
    const id = await request(world)
    expect((await world.vote(id, {}, fred)).code).toBe('operation_unknown')
    world.pass(30)
    expect((await world.vote(id, {}, world.fresh(fred))).body.state).toBe('approved')
  })
})
