import { beforeAll, describe, expect, it } from 'vitest'
import type { IntentFacts, RowDocument } from '../../../shared/audit/record.ts'
import { handle } from '../../../shared/pipeline/handle.ts'
import type { Decision, PolicyRequest } from '../../../shared/policy/decision.ts'
import { decisionFromRow, requestFromRow } from '../../../shared/policy/from-row.ts'
import type { Policy } from '../../../shared/policy/policy.ts'
import { createReplay, type ReplayKind } from '../../../shared/policy/replay.ts'
import { alice, createWorld, inboundFor } from '../../support/line-world.ts'
import { policyOf, readBy } from './fixtures.ts'

const orders =
  '@id("orders") @title("T") permit (principal, action, resource in Countersign::Backend::"azure-postgresql");'
const seen = '@id("seen") @title("T") permit (principal, action == Countersign::Action::"see", resource);'
const forbid = '@id("closed") @title("T") forbid (principal, action, resource);'
const onWrite =
  '@id("ask") @title("T") @approval("ask: 1 of approvers") forbid (principal, action == Countersign::Action::"write", resource) unless { context.fulfilled.contains("approval:ask") };'
const limit =
  '@id("limit") @title("T") @rowlimit("5") forbid (principal, action == Countersign::Action::"read", resource) unless { context.fulfilled.contains("rowlimit:5") };'
const hide =
  '@id("hide") @title("T") @mask("pii=drop") forbid (principal, action == Countersign::Action::"read", resource) unless { context.fulfilled.contains("mask:pii=drop") };'

let current: Policy
beforeAll(async () => {
  current = await policyOf([orders, seen])
})

type Intent = NonNullable<RowDocument['intent']>

/** The row of a decision, as the line writes it. */
function rowOf(request: PolicyRequest, decision: Decision, changes: Partial<Intent> = {}): RowDocument {
  const { principal, resource, context } = request
  const { kind, tid, oid, actor: azp, authContexts: acrs, ...who } = principal
  const { backend, operation, reads, writes, ...what } = resource
  const intent: Intent = {
    principal: { kind, tid, oid, azp, tokenId: 't', acrs },
    ...{ backend, operation, effect: request.action, reads, writes },
    verdict: decision.verdict,
    ...{ rules: decision.rules, reasons: decision.reasons, obligations: decision.obligations },
    context: { ...who, ...what, ...(context as unknown as Record<string, string>) } as Intent['context'],
    digests: {
      policy: decision.policyDigest,
      schema: decision.schemaDigest,
      ...{ classification: '', declaration: '', settings: '', build: '' },
    },
    personal: {},
    ...changes,
  }
  return { kind: 'intent', decisionId: 'd-1', intent } as unknown as RowDocument
}

function replayed(row: RowDocument, candidate: Policy, now = current) {
  const replay = createReplay(now, candidate)
  replay.take(row)
  return replay.report()
}

const kindOf = ({ counts }: ReturnType<typeof replayed>) =>
  Object.entries(counts).find(([, count]) => count > 0)?.[0] as ReplayKind

const read = readBy('alice', { labels: ['pii'] })
const write = readBy('alice', { effect: 'write', writes: ['sales.orders'] })

describe('a replay', () => {
  const cases: readonly [ReplayKind, PolicyRequest, readonly string[], string][] = [
    ['unchanged', read, [orders, seen], '(any)'],
    ['newly_denied', read, [orders, forbid], 'closed'],
    ['newly_needing_approval', write, [orders, seen, onWrite], 'ask'],
    ['changed_obligations', read, [orders, seen, limit], 'limit'],
    ['changed_masks', read, [orders, seen, hide], 'hide'],
    ['changed_masks', read, [orders], '(default)'],
  ]
  it.each(cases)('says %s', async (...[kind, request, policies, rule]) => {
    const row = rowOf(request, current.decide(request))
    const report = replayed(row, await policyOf(policies))
    expect([kindOf(report), report.groups[0]?.rule, report.verified]).toEqual([kind, rule, 1])
    expect(report.groups[0]?.examples).toEqual(['d-1'])
  })

  it('says newly_permitted', async () => {
    const closed = await policyOf([orders, forbid])
    const row = rowOf(read, closed.decide(read))
    expect(kindOf(replayed(row, current, closed))).toBe('newly_permitted')
  })

  it('says not_deterministic where the same set decides otherwise than the row', () => {
    const row = rowOf(read, { ...current.decide(read), rules: ['another'] })
    expect(kindOf(replayed(row, current))).toBe('not_deterministic')
  })

  it('compares a row of another set with the candidate alone', async () => {
    const old = await policyOf([orders, seen, limit])
    const report = replayed(rowOf(read, old.decide(read)), current)
    expect([kindOf(report), report.verified]).toEqual(['changed_obligations', 0])
  })

  it.each([
    ['an object kept out of the book', { reads: ['(quoted)'] }],
    ['no context', { context: {} }],
  ])('says not_reproducible for a row with %s', (_what, changes) => {
    expect(kindOf(replayed(rowOf(read, current.decide(read), changes), current))).toBe('not_reproducible')
  })

  it('counts what policies that are only watched would have changed', () => {
    const { context } = rowOf(read, current.decide(read)).intent as Intent
    const row = rowOf(read, current.decide(read), { context: { ...context, shadow: ['tried'] } })
    expect(replayed(row, current)).toMatchObject({ shadows: { tried: 1 }, counts: { unchanged: 1 } })
  })
})

describe('the decision in a row', () => {
  it.each([
    ['deny', ['not_permitted'], 'deny'],
    ['deny', ['quota_exceeded'], 'permit'],
    ['deny', ['approval_rejected'], 'permit'],
    ['pending', ['approval_pending'], 'permit'],
    ['permit', [], 'permit'],
  ] as const)('%s with %j was policy saying %s', (verdict, reasons, expected) => {
    const { intent } = rowOf(read, current.decide(read), { verdict, reasons })
    expect(decisionFromRow(intent as Intent).verdict).toBe(expected)
  })
})

describe('a request rebuilt from a row', () => {
  it('is the one that the line decided', async () => {
    const asked: PolicyRequest[] = []
    const decide = (request: PolicyRequest) => {
      asked.push(request)
      return {}
    }
    const groups = ['b', 'a']
    const world = createWorld({ faults: { decide, verify: () => ({ ...alice, groups, authContexts: ['c1'] }) } })
    await handle(inboundFor('getItem'), world.line)
    const facts = world.rows[0]?.facts as IntentFacts
    const { context, ...rest } = requestFromRow(facts as unknown as Intent) ?? ({} as PolicyRequest)
    expect({ ...rest, context: { ...context, breakGlass: undefined } }).toEqual({
      ...asked[0],
      context: { ...asked[0]?.context, breakGlass: undefined },
    })
  })
})
