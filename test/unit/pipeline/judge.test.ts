import { describe, expect, it } from 'vitest'
import type { Decision, PolicyRequest } from '../../../shared/policy/decision.ts'
import { alice, createWorld, type Faults, inboundFor, noon, permit, run } from '../../support/line-world.ts'

/** What policy was asked for one call, and how the call went on. */
async function judge(faults: Faults, inbound = inboundFor('getItem'), answer: Partial<Decision> = {}) {
  const asked: PolicyRequest[] = []
  const decide = (request: PolicyRequest) => {
    asked.push(request)
    return { ...permit, ...answer }
  }
  const world = createWorld({ faults: { ...faults, decide }, classification: { 'sales.orders.email': 'pii.contact' } })
  const ending = await run(world, inbound)
  return { world, ending, request: asked[0]! }
}

describe('policy request', () => {
  it('says who asks, what for, and what the call does', async () => {
    const { request } = await judge(
      { understand: () => ({ effect: 'delete', dangers: ['x'], statements: 2 }) },
      inboundFor('runText', { sql: 'x' }),
    )
    expect(request).toEqual({
      principal: {
        kind: 'person',
        tid: alice.tid,
        oid: alice.oid,
        actor: alice.actor,
        guest: false,
        publicClient: false,
        groups: alice.groups,
        roles: [],
        authContexts: [],
      },
      action: 'delete',
      resource: {
        backend: 'line-backend',
        operation: 'runText',
        declaredEffect: 'write',
        runsAs: 'person',
        reads: ['sales.orders'],
        writes: [],
        labels: ['pii.contact'],
        carried: ['pii.contact', 'unclassified'],
        changes: [],
        egress: false,
      },
      context: {
        understood: true,
        dangers: ['x'],
        statements: 2,
        time: '2026-11-22T12:00:00Z',
        tainted: false,
        approvals: [],
        hour: 12,
        weekday: 7,
      },
    })
  })

  it('says that a refused statement is not understood, and counts it as the worst', async () => {
    const { request } = await judge({ understand: () => ({ refused: 'syntax' }) }, inboundFor('runText', { sql: 'x' }))
    expect([request.action, request.context.understood]).toEqual(['admin', false])
  })

  it('asks the directory for groups that the token cannot list, and only then', async () => {
    const overage = { ...alice, groups: null }
    const asked = await judge({ verify: () => overage, groups: () => ['from-the-directory'] })
    expect(asked.request.principal.groups).toEqual(['from-the-directory'])
    const listed = await judge({ groups: () => ['from-the-directory'] })
    expect(listed.request.principal.groups).toEqual(alice.groups)
  })

  it('stands whole in the row, so that it can be replayed', async () => {
    const { world, request } = await judge({})
    const row = world.rows[0]?.facts
    expect(row).toMatchObject({
      principal: { tid: request.principal.tid, oid: request.principal.oid, azp: request.principal.actor, acrs: [] },
      effect: request.action,
      reads: request.resource.reads,
      context: { time: request.context.time, groups: request.principal.groups, tainted: false, runsAs: 'person' },
      digests: {
        policy: 'policy-digest',
        schema: 'schema-digest',
        declaration: 'declaration-digest',
        classification: 'classification-digest',
        settings: 'settings-digest',
        build: 'build-digest',
      },
    })
  })
})

describe('obligations', () => {
  it.each([
    [[], 1000],
    [[{ kind: 'row_limit', max: 50 }], 50],
    [
      [
        { kind: 'row_limit', max: 50 },
        { kind: 'row_limit', max: 20 },
      ],
      20,
    ],
    [[{ kind: 'row_limit', max: 5000 }], 1000],
  ] as const)('%j let the backend return %i rows', async (obligations, rows) => {
    const { world } = await judge({}, inboundFor('getItem'), { obligations })
    expect(world.calls[0]?.rowLimit).toBe(rows)
  })

  it('of a step-up are met by a token that has the context', async () => {
    const obligations = [{ kind: 'step_up', context: 'c1' }] as const
    const stepped = { ...alice, authContexts: ['c1'] }
    expect((await judge({ verify: () => stepped }, inboundFor('getItem'), { obligations })).ending.code).toBe('ok')
  })

  it('of a step-up are never asked of a client that cannot answer', async () => {
    const obligations = [{ kind: 'step_up', context: 'c1' }] as const
    const plain = { ...alice, canAnswerChallenge: false }
    const { ending } = await judge({ verify: () => plain }, inboundFor('getItem'), { obligations })
    expect([ending.status, ending.code]).toEqual([403, 'step_up_unsupported'])
  })
})

describe('quota of calls', () => {
  const call = (world: ReturnType<typeof createWorld>) => run(world, inboundFor('getItem')).then(({ code }) => code)

  it('is kept by person, agent and tenant', async () => {
    let principal = alice
    const world = createWorld({ perMinute: 1, faults: { verify: () => principal } })
    expect([await call(world), await call(world)]).toEqual(['ok', 'quota_exceeded'])
    for (const other of [{ oid: 'other' }, { actor: 'other' }, { tid: 'other' }]) {
      principal = { ...alice, ...other }
      expect(await call(world)).toBe('ok')
    }
  })

  it('is not used up by what policy denies', async () => {
    let verdict: Decision['verdict'] = 'deny'
    const world = createWorld({ perMinute: 1, faults: { decide: () => ({ verdict }) } })
    await call(world)
    verdict = 'permit'
    expect(await call(world)).toBe('ok')
  })
})

describe('answer of a call', () => {
  it('says what was masked, why, and how to ask', async () => {
    const call = () => ({ data: { secret: 'ada@example.com', note: 'x' } })
    const { ending } = await judge({ call }, inboundFor('runText', { sql: 'x' }))
    const { data, meta } = JSON.parse(ending.answer?.body ?? '') as {
      data: Record<string, unknown>
      meta: { masked: Record<string, string>[] }
    }
    expect(JSON.stringify(data)).not.toContain('ada@example.com')
    expect(meta.masked).toContainEqual({
      path: '/secret',
      class: 'pii.contact',
      strategy: expect.any(String),
      reason: 'label_not_granted',
      howToRequest: expect.stringContaining('pii.contact'),
    })
  })

  it('carries the ids of its rows', async () => {
    const { ending, world } = await judge({})
    const { meta } = JSON.parse(ending.answer?.body ?? '') as { meta: Record<string, unknown> }
    expect(meta).toMatchObject({
      decisionId: world.rows[0]?.kind === 'intent' ? world.rows[0].facts.decisionId : '',
      traceId: 'ab'.repeat(16),
      audit: {
        lane: 'lane-1',
        intent: { lane: 'lane-1', segment: 0, seq: 1 },
        outcome: { lane: 'lane-1', segment: 0, seq: 2 },
      },
      identity: { checkedAt: new Date(noon).toISOString(), matches: true },
    })
  })
})
