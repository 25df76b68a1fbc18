import { describe, expect, it } from 'vitest'
import type { Principal } from '../../shared/identity/principal.ts'
import { createLine } from '../../shared/pipeline/create-line.ts'
import type { Deployment } from '../../shared/pipeline/line.ts'
import { createDesk } from '../support/approval-desk.ts'
import { createMemoryRows } from '../support/approval-rows.ts'
import { sealApprovals } from '../support/approval-sealed.ts'
import {
  both,
  carol,
  createApprovalWorld,
  type Demand,
  dan,
  fred,
  mia,
  otto,
  wants,
} from '../support/approval-world.ts'
import { lineBackend } from '../support/line-backend.ts'
import { alice, inboundFor, noon, run } from '../support/line-world.ts'
import { createStateMemory } from '../support/state-memory.ts'

type Demands = readonly Demand[]
type World = ReturnType<typeof createApprovalWorld>

interface Site extends World {
  /** The pending request that alice's agent made. */
  readonly id: string
  readonly rows: ReturnType<typeof createMemoryRows>
  readonly lent: ReturnType<typeof createStateMemory>
}

/** What somebody tries, giving the codes that they were answered in turn. */
type Abuse = (site: Site) => Promise<readonly { readonly code: string }[]>

async function openSite(demands: Demands = [{}]): Promise<Site> {
  const rows = createMemoryRows()
  const lent = createStateMemory()
  const faults = { decide: wants(...demands) }
  const world = createApprovalWorld(faults, { store: sealApprovals(rows), desk: createDesk({ lent, limit: 3 }) })
  const id = (await world.call()).body.approval.id as string
  return { ...world, id, rows, lent }
}

const stranger = '22222222-2222-4222-8222-222222222222'
const console = {
  actor: carol.actor,
  scopes: carol.scopes,
  roles: carol.roles,
  groups: carol.groups,
  authContexts: ['c1'],
}
const aliceAtConsole: Principal = { ...alice, ...console }
const mallory: Principal = { ...carol, tid: stranger, oid: 'a0000000-0000-4000-8000-000000000066' }

const voteAs =
  (principal: Principal, changes = {}): Abuse =>
  async ({ vote, id }) => [await vote(id, changes, principal)]

/** The same call in a deployment where one digest is another by now. */
const callElsewhere =
  (name: keyof Deployment & `${string}Digests`): Abuse =>
  async ({ vote, id, world }) => {
    const voted = await vote(id)
    const deployment = { ...world.deployment, [name]: new Map([[lineBackend.name, 'another']]) }
    const changed = { ...world, line: createLine(world.ports, deployment, world.identification) }
    const headers = { 'content-type': 'application/json', 'approval-id': id }
    return [voted, await run(changed, inboundFor('getItem', { id: '7' }, { headers }))]
  }

/** Whoever writes to the table alone changes the progress as stored, and the call comes again. */
const forge =
  (change: (progress: Record<string, unknown>) => object): Abuse =>
  async ({ rows, call, id }) => {
    rows.change(id, (row) => ({ ...row, progress: JSON.stringify(change(JSON.parse(row.progress))) }))
    return [await call({ id: '7' }, { id }), await call()]
  }

const never = 'the backend is never called'

/** Name, what is tried, the codes in turn, and the demands where they are not one approver's vote. */
const abuses: readonly (readonly [string, Abuse, readonly string[], Demands?])[] = [
  // Who votes.
  ['self approval at the console', voteAs(aliceAtConsole), ['policy_denied']],
  [
    'self approval of what was asked through another agent',
    async ({ call, vote }) => {
      const { id } = (await call({ id: '8' }, { principal: { ...alice, actor: 'another' } })).body.approval
      return [await vote(id, {}, aliceAtConsole)]
    },
    ['policy_denied'],
  ],
  [
    'self approval through the agent that asked',
    voteAs({ ...alice, roles: carol.roles, groups: carol.groups }),
    ['human_required'],
  ],
  [
    'self approval by a guest account',
    voteAs({ ...aliceAtConsole, kind: 'guest', guest: true, oid: 'a0000000-0000-4000-8000-000000000077' }),
    ['guest_not_allowed'],
  ],
  [
    'self approval as the delegate of an approver',
    async ({ lend, vote, id }) => [await lend(alice.oid), await vote(id, {}, aliceAtConsole)],
    ['ok', 'policy_denied'],
  ],
  [
    'self approval by the hand of one’s own delegate',
    async ({ lend, vote, id }) => [await lend(fred.oid, aliceAtConsole), await vote(id, {}, fred)],
    ['ok', 'operation_unknown'],
  ],
  ['a stranger without the role', voteAs({ ...carol, roles: [] }), ['operation_unknown']],
  ['a holder of the role in no group', voteAs(fred), ['operation_unknown']],
  ['a member of another group', voteAs(otto), ['operation_unknown']],
  ['another tenant’s approver', voteAs(mallory), ['operation_unknown']],
  ['another tenant’s approver with the same object id', voteAs({ ...carol, tid: stranger }), ['operation_unknown']],
  ['no step-up', voteAs({ ...carol, authContexts: [] }), ['claims_challenge']],
  ['a step-up of another kind', voteAs({ ...carol, authContexts: ['c2'] }), ['claims_challenge']],
  ['a stale step-up', voteAs({ ...carol, issuedAt: noon / 1000 - 901 }), ['claims_challenge']],
  [
    'an agent with the approver’s token',
    voteAs({ ...carol, actor: alice.actor, scopes: ['access_as_user'] }),
    ['human_required'],
  ],
  ['an agent whose token has the scope of control', voteAs({ ...carol, actor: alice.actor }), ['human_required']],
  ['an agent identity at the console', voteAs({ ...carol, kind: 'agent-for-person' }), ['human_required']],
  ['an agent’s own account', voteAs({ ...carol, kind: 'agent-user' }), ['human_required']],
  ['an application alone', voteAs({ ...carol, kind: 'app', scopes: [] }), ['human_required']],
  [
    'the console without the scope of control',
    voteAs({ ...carol, scopes: ['access_as_user'] }),
    ['scope_insufficient'],
  ],
  // What is voted for, and when.
  ['a vote for another digest', voteAs(carol, { digest: '0'.repeat(64) }), ['approval_mismatch']],
  ['a vote without a word', voteAs(carol, { justification: '  ' }), ['input_invalid']],
  [
    'a vote that comes late',
    async ({ pass, vote, fresh, id, call }) => {
      pass(60)
      return [await vote(id, {}, fresh(carol)), await call({ id: '7' }, { id })]
    },
    ['approval_expired', 'approval_expired'],
  ],
  ['a call before the vote', async ({ call, id }) => [await call({ id: '7' }, { id })], ['approval_pending']],
  [
    'a call after its time',
    async ({ vote, pass, call, id }) => {
      const voted = await vote(id)
      pass(15)
      return [voted, await call({ id: '7' }, { id })]
    },
    ['ok', 'approval_expired'],
  ],
  [
    'a link: reading changes nothing, whatever stands in it',
    async ({ ask, call, id }) => {
      const body = Buffer.from(JSON.stringify({ decision: 'approve', digest: '0'.repeat(64), justification: 'x' }))
      const query = '?decision=approve&justification=x'
      const get = { method: 'GET', query, body } as const
      return [
        await ask(carol, 'approval', { ...get, operation: id }),
        await ask(carol, 'approvals', get),
        await ask(carol, 'delegations', get),
        await call(),
      ]
    },
    ['ok', 'ok', 'ok', 'approval_pending'],
  ],
  // How often one person counts.
  [
    'one vote twice',
    async ({ vote, id, call }) => [await vote(id), await vote(id), await call()],
    ['ok', 'policy_denied', 'approval_pending'],
    [{ count: 2 }],
  ],
  [
    'a quorum by one person in two groups',
    async ({ vote, id, call }) => [await vote(id, {}, both), await vote(id, {}, both), await call()],
    ['ok', 'policy_denied', 'approval_pending'],
    [{ rule: 'a' }, { rule: 'b', group: 'managers' }],
  ],
  [
    'a quorum by one person and the vote that somebody lent them',
    async ({ lend, vote, id, call }) => [
      await lend(dan.oid),
      await vote(id, {}, dan),
      await vote(id, {}, dan),
      await call(),
    ],
    ['ok', 'ok', 'policy_denied', 'approval_pending'],
    [{ count: 2 }],
  ],
  [
    'a lender who votes besides their delegate',
    async ({ lend, vote, id, call }) => [await lend(fred.oid), await vote(id, {}, fred), await vote(id), await call()],
    ['ok', 'ok', 'policy_denied', 'approval_pending'],
    [{ count: 2 }],
  ],
  [
    'a delegate who votes besides their lender',
    async ({ lend, vote, id, call }) => [await lend(fred.oid), await vote(id), await vote(id, {}, fred), await call()],
    ['ok', 'ok', 'policy_denied', 'approval_pending'],
    [{ count: 2 }],
  ],
  [
    'two delegates of one lender',
    async ({ lend, vote, id, call }) => [
      await lend(fred.oid),
      await lend(otto.oid),
      await vote(id, {}, fred),
      await vote(id, {}, otto),
      await call(),
    ],
    ['ok', 'ok', 'ok', 'policy_denied', 'approval_pending'],
    [{ count: 2 }],
  ],
  // What may be lent.
  [
    'a delegate who lends on',
    async ({ lend }) => [await lend(fred.oid), await lend(dan.oid, fred)],
    ['ok', 'policy_denied'],
  ],
  [
    'a vote lent for longer than 14 days',
    async ({ lend }) => [await lend(fred.oid, carol, { until: '2026-12-06T12:00:01Z' })],
    ['input_invalid'],
  ],
  [
    'a vote lent until yesterday',
    async ({ lend }) => [await lend(fred.oid, carol, { until: '2026-11-21T12:00:00Z' })],
    ['input_invalid'],
  ],
  ['a vote lent to oneself', async ({ lend }) => [await lend(carol.oid)], ['input_invalid']],
  [
    'a vote lent without step-up',
    async ({ lend }) => [await lend(fred.oid, { ...carol, authContexts: [] })],
    ['claims_challenge'],
  ],
  [
    'a vote lent by an agent',
    async ({ lend }) => [await lend(fred.oid, { ...carol, actor: alice.actor })],
    ['human_required'],
  ],
  [
    'a vote lent by a guest',
    async ({ lend }) => [await lend(fred.oid, { ...carol, guest: true, kind: 'guest' })],
    ['guest_not_allowed'],
  ],
  ['a vote lent by another tenant', async ({ lend }) => [await lend(fred.oid, mallory)], ['policy_denied']],
  [
    'a delegate without the role',
    async ({ lend, vote, id }) => [await lend(fred.oid), await vote(id, {}, { ...fred, roles: [] })],
    ['ok', 'operation_unknown'],
  ],
  [
    'a delegation that was written into its table, or made longer there',
    async ({ lend, vote, fresh, pass, lent, id }) => {
      const until = new Date(noon + 5 * 60_000).toISOString()
      const given = await lend(fred.oid, carol, { until })
      const [row] = lent.rows()
      if (row === undefined) throw new Error('nothing was lent')
      const longer = String(row.values.body).replace(/"until":\d+/, `"until":${noon + 9e9}`)
      await lent.replace(row, { ...row.values, body: longer })
      await lent.insert({ partition: row.partition, key: `${carol.oid}!${otto.oid}` }, row.values)
      pass(6)
      return [given, await vote(id, {}, fresh(fred)), await vote(id, {}, fresh(otto))]
    },
    ['ok', 'operation_unknown', 'operation_unknown'],
  ],
  // Whom escalation asks.
  ['the group of an escalation before its time', voteAs(mia), ['operation_unknown'], [{ escalate: 'managers' }]],
  // What runs on it.
  [
    'another statement or value',
    async ({ vote, call, id }) => [await vote(id), await call({ id: '8' }, { id })],
    ['ok', 'approval_mismatch'],
  ],
  [
    'another operation',
    async ({ vote, call, id }) => [await vote(id), await call({ sql: 'SELECT 7' }, { id, operation: 'runText' })],
    ['ok', 'approval_mismatch'],
  ],
  [
    'somebody else’s approval',
    async ({ vote, call, id }) => [
      await vote(id),
      await call({ id: '7' }, { id, principal: { ...alice, oid: 'bob' } }),
      await call({ id: '7' }, { id, principal: { ...alice, actor: 'another agent' } }),
      await call({ id: '7' }, { id, principal: { ...alice, tid: stranger } }),
    ],
    ['ok', 'approval_mismatch', 'approval_mismatch', 'approval_mismatch'],
  ],
  ['another declaration', callElsewhere('declarationDigests'), ['ok', 'approval_mismatch']],
  ['another classification', callElsewhere('classificationDigests'), ['ok', 'approval_mismatch']],
  ['another target', callElsewhere('targetDigests'), ['ok', 'approval_mismatch']],
  [
    'what was taken back by its requester',
    async ({ vote, ask, call, id }) => [
      await vote(id),
      await ask(alice, 'cancelApproval', { operation: id }),
      await call({ id: '7' }, { id }),
    ],
    ['ok', 'ok', 'approval_rejected'],
  ],
  [
    'what was revoked by an approver',
    async ({ vote, ask, call, id }) => [
      await vote(id),
      await ask(dan, 'revokeApproval', { operation: id }),
      await call({ id: '7' }, { id }),
      await call(),
    ],
    ['ok', 'ok', 'approval_rejected', 'approval_rejected'],
  ],
  [
    'a stranger who cancels or revokes',
    async ({ vote, ask, id }) => [
      await vote(id),
      await ask({ ...alice, oid: 'bob' }, 'cancelApproval', { operation: id }),
      await ask(carol, 'cancelApproval', { operation: id }),
      await ask(fred, 'revokeApproval', { operation: id }),
    ],
    ['ok', 'operation_unknown', 'policy_denied', 'operation_unknown'],
  ],
  // What stands in the table.
  [
    'a row that was approved there',
    forge((progress) => ({ ...progress, state: 'approved', voters: [carol.oid], useBy: 9e15 })),
    ['approval_mismatch', 'approval_mismatch'],
  ],
  [
    'a row with votes that nobody cast',
    forge((progress) => ({ ...progress, votes: [{ approve: true, voter: carol.oid, circles: ['approvers'] }] })),
    ['approval_mismatch', 'approval_mismatch'],
  ],
  [
    'a row of a longer time',
    forge((progress) => ({ ...progress, decideBy: 9e15 })),
    ['approval_mismatch', 'approval_mismatch'],
  ],
  [
    'more open requests than a person may have',
    async ({ call }) => [
      await call({ id: '1' }),
      await call({ id: '2' }),
      await call({ id: '3' }),
      await call({ id: '1' }),
    ],
    ['approval_pending', 'approval_pending', 'quota_exceeded', 'approval_pending'],
  ],
]

describe('abuse of approvals', () => {
  it.each(abuses)(`by %s gives nothing, and ${never}`, async (...[, abuse, codes, demands]) => {
    const site = await openSite(demands)
    const before = site.world.events.length
    const answers = await abuse(site)
    expect(answers.map(({ code }) => code)).toEqual(codes)
    expect(site.world.calls).toEqual([])
    // A refusal alone leaves nothing in the book that could be read as a consent.
    if (!codes.includes('ok')) {
      const steps = site.world.events.slice(before).map(({ detail }) => detail.step)
      expect(steps.filter((step) => step !== 'request')).toEqual([])
    }
  })

  it.each<[string, Abuse, readonly string[], Demands?]>([
    [
      'replay',
      async ({ vote, call, id }) => [await vote(id), await call(), await call(), await call({ id: '7' }, { id })],
      ['ok', 'ok', 'approval_used', 'approval_used'],
    ],
    [
      'an older copy of the row',
      async ({ vote, call, rows, id }) => {
        const voted = await vote(id)
        const older = rows.kept.get(`${alice.tid}|${id}`)
        const first = await call()
        rows.change(id, (row) => older ?? row)
        return [voted, first, await call(), await call({ id: '7' }, { id })]
      },
      ['ok', 'ok', 'approval_used', 'approval_used'],
    ],
    [
      'twenty consumers at once',
      async ({ vote, call, id }) => {
        await vote(id)
        const all = await Promise.all(Array.from({ length: 20 }, () => call()))
        return all.sort((a, b) => (a.code < b.code ? 1 : -1))
      },
      ['ok', ...Array.from({ length: 19 }, () => 'approval_used')],
    ],
    [
      'one call more than a grant has',
      async ({ vote, call, id }) => [await vote(id), await call({ id: '1' }), await call({ id: '2' }, { id })],
      ['ok', 'ok', 'approval_used'],
      [{ grantMinutes: 60, grantCalls: 1 }],
    ],
    [
      'a grant after its time, or once it was revoked',
      async ({ vote, call, pass, id }) => {
        const first = [await vote(id), await call({ id: '1' })]
        pass(5)
        return [...first, await call({ id: '2' }, { id })]
      },
      ['ok', 'ok', 'approval_expired'],
      [{ grantMinutes: 5, grantCalls: 9 }],
    ],
    [
      'a revoked grant',
      async ({ vote, call, ask, id }) => [
        await vote(id),
        await call({ id: '1' }),
        await ask(carol, 'revokeApproval', { operation: id }),
        await call({ id: '2' }, { id }),
        await call({ id: '2' }),
      ],
      ['ok', 'ok', 'ok', 'approval_rejected', 'approval_rejected'],
      [{ grantMinutes: 60, grantCalls: 9 }],
    ],
  ])('by %s has one call, and no second one', async (...[, abuse, codes, demands]) => {
    const site = await openSite(demands)
    expect((await abuse(site)).map(({ code }) => code)).toEqual(codes)
    expect(site.world.calls).toHaveLength(1)
  })

  it.each(['policyDigest', 'schemaDigest', 'obligations'] as const)('by another %s is another call', async (what) => {
    let changed = false
    const demand = [{ kind: 'approval' as const, rule: 'four-eyes', group: 'approvers', count: 1 }]
    const other =
      what === 'obligations' ? { obligations: [{ kind: 'record' as const }, ...demand] } : { [what]: 'another' }
    const { call, vote, world } = createApprovalWorld({
      decide: ({ context }) => ({
        ...(context.approvals.length > 0 ? {} : { obligations: demand }),
        ...(changed ? other : {}),
      }),
    })
    const { id } = (await call()).body.approval
    await vote(id)
    changed = true
    expect((await call({ id: '7' }, { id })).code).toBe('approval_mismatch')
    expect(world.calls).toEqual([])
  })
})
