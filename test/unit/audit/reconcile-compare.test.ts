import { describe, expect, it } from 'vitest'
import { findingId } from '../../../shared/audit/finding-id.ts'
import { type Comparison, compareCalls } from '../../../shared/audit/reconcile-compare.ts'
import { compareExchanges, tokenLifeMs } from '../../../shared/audit/reconcile-exchanges.ts'
import type { BookCall, SourceEvent } from '../../../shared/audit/reconcile-source.ts'

const minute = 60_000
const day = 86_400_000
const noon = Date.parse('2026-11-22T12:00:00Z')
const ours = 'c0000000-0000-4000-8000-000000000001'
const other = 'c0000000-0000-4000-8000-0000000000ff'
const [alice, bob] = ['a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000002']

function call(decisionId: string, more: Partial<BookCall> = {}): BookCall {
  return {
    decisionId,
    lane: 'L01',
    seq: Number(decisionId.slice(1)),
    backend: 'azure-postgresql',
    operation: 'executeQuery',
    oid: alice,
    from: noon,
    to: noon + 1000,
    status: 'called',
    ...more,
  }
}

function event(id: string, more: Partial<SourceEvent> = {}): SourceEvent {
  return { id, time: noon + 500, person: alice, clientId: ours, isEffective: true, ...more }
}

function compare(more: Partial<Comparison>, compareBy = compareCalls) {
  return compareBy({
    backend: 'azure-postgresql',
    source: { name: 'PGSQLServerLogs', persons: 'object-id', settling: 0, records: () => true },
    window: { from: noon - 3_600_000, to: noon + 3_600_000 },
    until: noon + 3_600_000,
    calls: [],
    events: [],
    clientId: ours,
    known: new Set([alice]),
    ...more,
  })
}

const kinds = (result: { findings: readonly { kind: string }[] }) => result.findings.map(({ kind }) => kind)

describe('book and log of a night', () => {
  it.each<[string, BookCall[], SourceEvent[], string[]]>([
    ['agree', [call('d1')], [event('e1', { decisionId: 'd1' })], []],
    [
      'agree by the id that the backend gave',
      [call('d1', { statementId: 's1' })],
      [event('e1', { statementId: 's1' })],
      [],
    ],
    [
      'agree where one call has several entries',
      [call('d1')],
      ['a', 'b'].map((id) => event(id, { decisionId: 'd1' })),
      [],
    ],
    [
      'agree where a call of unknown fate was made',
      [call('d1', { status: 'unknown' })],
      [event('e1', { decisionId: 'd1' })],
      [],
    ],
    ['agree where a call of unknown fate was not made', [call('d1', { status: 'unknown' })], [], []],
    ['agree where nothing was called', [call('d1', { status: 'not-called' })], [], []],
    [
      'agree where a call was refused and the book says so',
      [call('d1', { status: 'not-called' })],
      [event('e1', { decisionId: 'd1', isEffective: false })],
      [],
    ],
    ['differ where the log does not know a call', [call('d1')], [], ['unconfirmed_call']],
    ['differ where the book does not know a call', [], [event('e1', { decisionId: 'd9' })], ['unrecorded_access']],
    ['differ where our mark stands without an id', [], [event('e1')], ['unrecorded_access']],
    [
      'differ where the book says that nothing was called',
      [call('d1', { status: 'not-called' })],
      [event('e1', { decisionId: 'd1' })],
      ['unrecorded_access'],
    ],
    [
      'differ where an id is used again later',
      [call('d1')],
      [event('e1', { decisionId: 'd1' }), event('e2', { decisionId: 'd1', time: noon + 10 * minute })],
      ['unrecorded_access'],
    ],
    [
      'differ where somebody else uses the id',
      [call('d1')],
      [event('e1', { decisionId: 'd1' }), event('e2', { decisionId: 'd1', person: bob })],
      ['unrecorded_access'],
    ],
    ['differ where a known person came another way', [], [event('e1', { clientId: other })], ['bypass_access']],
    ['do not know a person who never came through us', [], [event('e1', { clientId: other, person: bob })], []],
  ])('%s', (...[, calls, events, expected]) => {
    expect(kinds(compare({ calls, events }))).toEqual(expected)
  })

  it('count an entry that is delivered twice once', () => {
    const events = [event('e1', { decisionId: 'd1' }), event('e1', { decisionId: 'd1' }), event('e2'), event('e2')]
    const { counts } = compare({ calls: [call('d1')], events })
    expect(counts).toMatchObject({ events: 2, duplicates: 2, unrecorded: 1, confirmed: 1 })
  })

  it.each([
    ['early', -2 * minute, []],
    ['late', 2 * minute + 1000, []],
    ['too early', -2 * minute - 1, ['unrecorded_access', 'unconfirmed_call']],
    ['too late', 2 * minute + 1001, ['unrecorded_access', 'unconfirmed_call']],
  ])('allow for clocks that differ by two minutes: %s', (_what, offset, expected) => {
    const events = [event('e1', { decisionId: 'd1', time: noon + offset })]
    expect(kinds(compare({ calls: [call('d1')], events }))).toEqual(expected)
  })

  it.each([
    ['an hour', 3_600_000, 'reconciled', { awaiting: 1, unconfirmed: 0 }],
    ['6 days', 6 * day, 'awaiting_source', { awaiting: 1, unconfirmed: 0 }],
    ['8 days', 8 * day, 'reconciled', { awaiting: 0, unconfirmed: 1 }],
  ])('wait for a log that has been late for %s', (...[, age, status, counts]) => {
    const window = { from: noon - 3_600_000, to: noon - 60_000 }
    expect(compare({ calls: [call('d1')], window, until: noon + age })).toMatchObject({ status, counts })
  })

  it('judge each entry and each call in one window only', () => {
    const calls = [call('d1')]
    const events = [event('e1', { decisionId: 'd9' }), event('e2', { clientId: other })]
    const next = { from: noon + 3_600_000, to: noon + 7_200_000 }
    const result = compare({ calls, events, window: next, until: next.to })
    expect(result.findings).toEqual([])
    expect(result.counts).toMatchObject({ calls: 0, events: 0 })
  })

  it('learn who a sign-in name is from calls, one to one, so that a second name is somebody else', () => {
    const source = { name: 'log', persons: 'sign-in-name', settling: 0, records: () => true } as const
    const events = [
      event('e1', { decisionId: 'd1', person: 'alice@x' }),
      event('e2', { decisionId: 'd1', person: 'bob@x', time: noon + 600 }),
      event('e3', { person: 'alice@x', clientId: 'unknown' }),
      event('e4', { person: 'carol@x', clientId: 'unknown' }),
    ]
    const result = compare({ source, calls: [call('d1')], events })
    expect(kinds(result)).toEqual(['unrecorded_access', 'bypass_access'])
    expect(result.counts).toMatchObject({ others: 1, bypass: 1 })
    expect(JSON.stringify(result)).not.toMatch(/@x/)
    expect(result.findings[1]?.detail).toContain(alice)
  })

  it('name a bypass once a person, client and day, with an id that stays', () => {
    const events = Array.from({ length: 5 }, (_, at) => event(`e${at}`, { clientId: other, time: noon + at }))
    const [first, ...rest] = compare({ events }).findings
    expect(rest).toEqual([])
    const again = compare({ events: events.slice(0, 3) }).findings[0]
    expect(first && again && findingId(first) === findingId(again)).toBe(true)
    const elsewhere = compare({ events, backend: 'azure-storage-blob' }).findings[0]
    expect(first && elsewhere && findingId(first) === findingId(elsewhere)).toBe(false)
  })

  it('leave out calls of kinds that the log does not record', () => {
    const source = { name: 'log', persons: 'object-id', settling: 0, records: () => false } as const
    expect(compare({ source, calls: [call('d1')] })).toMatchObject({ counts: { calls: 0, unseen: 1 }, findings: [] })
  })

  it('keep to a hundred findings of a kind, and count all', () => {
    const events = Array.from({ length: 150 }, (_, at) => event(`e${at}`))
    const result = compare({ events })
    expect([result.findings.length, result.counts?.unrecorded]).toEqual([100, 150])
  })
})

describe('book and sign-ins of a night', () => {
  const pg = { object: 'azure-postgresql' }
  it.each<[string, BookCall[], SourceEvent[], string[]]>([
    [
      'agree where one exchange serves many calls',
      [call('d1'), call('d2', { from: noon + tokenLifeMs, to: noon + tokenLifeMs })],
      [event('s1', pg)],
      [],
    ],
    ['differ where a call has no exchange', [call('d1')], [], ['unconfirmed_call']],
    [
      'differ where the exchange was for another backend',
      [call('d1')],
      [event('s1', { object: 'databricks-sql' })],
      ['unrecorded_access', 'unconfirmed_call'],
    ],
    [
      'differ where the exchange was too long ago',
      [call('d1')],
      [event('s1', { ...pg, time: noon - tokenLifeMs - 3 * minute })],
      ['unrecorded_access', 'unconfirmed_call'],
    ],
    [
      'differ where the exchange failed',
      [call('d1')],
      [event('s1', { ...pg, isEffective: false })],
      ['unconfirmed_call'],
    ],
    [
      'agree where the call that it was for was not made',
      [call('d1', { status: 'not-called' })],
      [event('s1', pg)],
      [],
    ],
    ['differ where no decision can have needed the exchange', [], [event('s1', pg)], ['unrecorded_access']],
    [
      'differ where a known person signed in through another application',
      [],
      [event('s1', { ...pg, clientId: other })],
      ['bypass_access'],
    ],
    ['do not know a person who never came through us', [], [event('s1', { ...pg, clientId: other, person: bob })], []],
  ])('%s', (...[, calls, events, expected]) => {
    const window = { from: noon - 3 * tokenLifeMs, to: noon + 2 * tokenLifeMs }
    expect(kinds(compare({ backend: 'entra', calls, events, window, until: window.to }, compareExchanges))).toEqual(
      expected,
    )
  })
})
