import { describe, expect, it } from 'vitest'
import { carryOver, createPeriod, mergePeriods, readPeriod } from '../../../shared/audit/period.ts'
import type { PeriodFacts, TallyName } from '../../../shared/audit/period-facts.ts'
import type { EventFacts, IntentFacts, OutcomeFacts, RowDocument } from '../../../shared/audit/record.ts'
import { fc } from '../../support/property.ts'
import { called, kid, origin, permitted } from './fixture.ts'

const tid = '11111111-1111-4111-8111-111111111111'
const alice = '22222222-2222-4222-8222-222222222222'
const agent = '33333333-3333-4333-8333-333333333333'
const mac = 'cd'.repeat(32)

let seq = 0

function place(kind: RowDocument['kind']) {
  const time = new Date(Date.UTC(2026, 10, 16, 8, 0, seq)).toISOString()
  return { v: 1, origin, lane: 'L01', segment: 1, seq: seq++, kid, kind, time } as const
}

function intent(decisionId: string, more: Omit<Partial<IntentFacts>, 'personal'> = {}): RowDocument {
  const { decisionId: _id, traceId, ...facts } = permitted(decisionId)
  return { ...place('intent'), decisionId, traceId, intent: { ...facts, personal: {}, ...more } }
}

function outcome(decisionId: string, more: Partial<OutcomeFacts> = {}): RowDocument {
  const facts = { ...called(more), intent: { lane: 'L01', segment: 1, seq: 0, mac } }
  return { ...place('outcome'), decisionId, outcome: facts }
}

function event(kind: EventFacts['kind'], detail: EventFacts['detail']): RowDocument {
  return { ...place(kind), detail }
}

function collect(rows: readonly RowDocument[]): PeriodFacts {
  const period = createPeriod()
  for (const row of rows) period.add(row)
  return period.facts()
}

const tally = (rows: readonly RowDocument[], name: TallyName) => collect(rows).tallies[name]

const refused = { verdict: 'deny', reasons: ['not_permitted', 'tainted_write'] } as const

const counted: [string, TallyName, () => RowDocument[], unknown][] = [
  [
    'calls by kind, effect, verdict, backend and operation',
    'calls',
    () => [intent('a'), intent('b'), intent('c', { effect: 'delete' })],
    [
      [['agent-for-person', 'delete', 'permit', 'azure-postgresql', 'query'], 1],
      [['agent-for-person', 'read', 'permit', 'azure-postgresql', 'query'], 2],
    ],
  ],
  [
    'each reason of a refusal',
    'refusals',
    () => [intent('a', refused)],
    [
      [['azure-postgresql', 'deny', 'not_permitted'], 1],
      [['azure-postgresql', 'deny', 'tainted_write'], 1],
    ],
  ],
  [
    'who saw which class, whole or in part, and what was withheld',
    'access',
    () => [
      intent('a'),
      outcome('a', {
        labels: ['pii', 'pii.name'],
        masked: [
          { path: '/a', label: 'pii', strategy: 'token' },
          { path: '/b', label: 'pii.birth', strategy: 'null' },
        ],
      }),
    ],
    [
      [[tid, alice, agent, 'azure-postgresql', 'pii', 'part'], 1],
      [[tid, alice, agent, 'azure-postgresql', 'pii.birth', 'withheld'], 1],
      [[tid, alice, agent, 'azure-postgresql', 'pii.name', 'clear'], 1],
    ],
  ],
  [
    'an answer that nobody classified, under no name',
    'access',
    () => [intent('a'), outcome('a', { labels: [], masked: [] })],
    [[[tid, alice, agent, 'azure-postgresql', '', 'clear'], 1]],
  ],
  ['no access where nothing was called', 'access', () => [intent('a'), outcome('a', { status: 'not-called' })], []],
  [
    'fields that nobody classified',
    'unclassified',
    () => [intent('a'), outcome('a', { masked: [{ path: '/columns/note', label: 'unclassified', strategy: 'drop' }] })],
    [[['azure-postgresql', 'query', '/columns/note', 'drop'], 1]],
  ],
  [
    'sources of identity proof, with what the backend said',
    'identity',
    () => [
      ...[intent('a'), outcome('a'), intent('b')],
      outcome('b', { identity: { ...called().identity, matches: false } }),
      ...[intent('c'), outcome('c', { identity: { ...called().identity, source: 'token', matches: null } })],
    ],
    [
      [['azure-postgresql', 'backend', 'current_user', 'no'], 1],
      [['azure-postgresql', 'backend', 'current_user', 'yes'], 1],
      [['azure-postgresql', 'token', 'current_user', 'unknown'], 1],
    ],
  ],
  [
    'app roles that tokens carried',
    'roles',
    () => [intent('a', { context: { roles: ['Countersign.Approver', 'Countersign.Auditor'] } })],
    [
      [[tid, alice, 'Countersign.Approver'], 1],
      [[tid, alice, 'Countersign.Auditor'], 1],
    ],
  ],
  [
    'whose vote a call used, but not of one that was refused',
    'approvedBy',
    () => [
      intent('a', { approval: { id: 'x', voters: ['bob'] } }),
      intent('b', { ...refused, approval: { id: 'x', voters: ['carol'] } }),
    ],
    [[[tid, alice, 'bob'], 1]],
  ],
  [
    'steps of approvals by person',
    'approvalSteps',
    () => [
      event('approval', { step: 'request', id: 'x', tid, oid: alice }),
      event('approval', { step: 'vote', id: 'x', tid, oid: 'bob', decision: 'approve' }),
    ],
    [
      [[tid, alice, 'request'], 1],
      [[tid, 'bob', 'vote'], 1],
    ],
  ],
  [
    'reads of the book',
    'reads',
    () => [event('read', { tid, oid: 'ada', what: 'records' })],
    [[[tid, 'ada', 'records'], 1]],
  ],
]

describe('a period', () => {
  it.each(counted)('counts %s', (...[, name, rows, expected]) => {
    expect(tally(rows(), name)).toEqual(expected)
  })

  it('keeps the rows of their own interest, in the order of time', () => {
    const rows = [
      event('erasure', { decisions: 3, ticket: mac }),
      event('heartbeat', { calls: 0 }),
      event('review', { date: '2026-11-15', oid: 'ada', decision: 'accepted' }),
      event('approval', { step: 'forged', id: 'unknown', tid }),
      event('approval', { step: 'vote', id: 'x', tid, oid: 'bob' }),
    ]
    expect(collect(rows.toReversed()).events.map(({ kind }) => kind)).toEqual(['erasure', 'review', 'approval'])
  })

  it('says when each digest was in force', () => {
    const first = intent('a')
    const changed = intent('b', { digests: { ...permitted('b').digests, policy: 'ef'.repeat(32) } })
    const policies = collect([first, changed]).inForce.filter(({ what }) => what === 'policy')
    expect(policies).toMatchObject([
      { first: first.time, last: first.time, rows: 1 },
      { digest: 'ef'.repeat(32), first: changed.time },
    ])
  })

  it('names calls of unknown fate, with what was found out later', () => {
    const { unknown } = collect([intent('a'), outcome('a', { status: 'unknown', evidence: 'no such statement' })])
    expect(unknown).toMatchObject([{ decisionId: 'a', oid: alice, evidence: 'no such statement' }])
  })

  it('keeps what waits for its other half', () => {
    const facts = collect([intent('a'), outcome('b')])
    expect([facts.open, facts.early].map((list) => list.map(({ decisionId }) => decisionId))).toEqual([['a'], ['b']])
  })

  it('counts what finds no place', () => {
    const facts = collect(Array.from({ length: 5003 }, () => event('hold', { scope: 'all' })))
    expect([facts.events.length, facts.dropped]).toEqual([5000, { events: 3 }])
  })

  it('says the same however the rows were cut into segments', () => {
    const rows = ['a', 'b', 'c', 'd'].flatMap((id) => [
      intent(id),
      outcome(id),
      event('keychange', { from: id, to: 'k' }),
    ])
    const whole = collect(rows)
    const cuts = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: rows.length, maxLength: rows.length })
    fc.assert(
      fc.property(cuts, (segmentOf) => {
        const parts = [0, 1, 2, 3].map((segment) => collect(rows.filter((_, at) => segmentOf[at] === segment)))
        expect(mergePeriods(parts.map((part) => readPeriod(JSON.parse(JSON.stringify(part)))!))).toEqual(whole)
      }),
      { numRuns: 50 },
    )
  })

  it('hands on to the next night only what still waits, and pairs it there', () => {
    const tonight = collect([intent('a'), intent('b'), outcome('b')])
    const next = mergePeriods([carryOver(tonight), collect([outcome('a')])])
    expect([next.open, next.tallies.calls]).toEqual([[], []])
    expect(next.tallies.outcomes).toEqual([[['azure-postgresql', 'called', 'ok'], 1]])
  })

  it('is not taken for one where it is something else', () => {
    expect([null, 'x', {}, { version: 2, tallies: {} }].map(readPeriod)).toEqual([null, null, null, null])
  })
})
