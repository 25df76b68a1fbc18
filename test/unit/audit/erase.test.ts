import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { commitControl } from '../../../shared/audit/control-commitment.ts'
import { type EraseOptions, planErasure, runErasure } from '../../../shared/audit/erase.ts'
import { liftHold, readHolds, setHold } from '../../../shared/audit/holds.ts'
import type { StoredEntity } from '../../../shared/audit/record.ts'
import { createRecorder } from '../../../shared/audit/recorder.ts'
import { personKeyPartition } from '../../../shared/audit/recording.ts'
import { personalState, reproducibility } from '../../../shared/audit/reproducibility.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { readDocument } from '../../../shared/audit/subject-rows.ts'
import { verifyChain } from '../../../shared/audit/verify.ts'
import type { AuditWriter } from '../../../shared/audit/writer.ts'
import { called, key, kid, openWriter, permitted } from './fixture.ts'
import { createMemoryErasure, type MemoryErasure } from './memory-erasure.ts'
import { createMemoryRows, keyOf, type MemoryRows } from './memory-rows.ts'

const tid = '11111111-1111-4111-8111-111111111111'
const person = { kind: 'person', tid, oid: '22222222-2222-4222-8222-222222222222' } as const
const other = { kind: 'person', tid, oid: '99999999-2222-4222-8222-222222222222' } as const
const order = { subject: person, ticket: 'PRIV-42 (Zebra)', reason: 'She asked for it' }
const secret = async () => ({ version: 'v1', secret: new Uint8Array(32).fill(3) })

let rows: MemoryRows
let store: MemoryErasure
let writer: AuditWriter
let now: number

const clock = () => now
const recorder = () =>
  createRecorder({ rows, secret, pacing: { clock, wait: async () => undefined, random: randomBytes } })
const options = (more: Partial<EraseOptions> = {}): EraseOptions => ({
  ...{ pages: () => rows.list('rows'), rows, store, audit: writer, clock, random: randomBytes },
  ...more,
})
const holding = () => ({ rows, audit: writer, clock, random: randomBytes })
const documents = () => [...rows.tables.rows.values()].flatMap((entity) => readDocument(entity) ?? [])
const erasures = () => documents().filter(({ kind }) => kind === 'erasure')

/** A recorded call with everything personal that a call can have. */
async function call(decisionId: string, who = person as { tid: string; oid: string }, approval?: string) {
  const base = permitted(decisionId)
  const facts = {
    principal: { ...base.principal, tid: who.tid, oid: who.oid },
    obligations: [{ kind: 'record' as const }],
    personal: {
      inputs: `{"q":"marker-input-${decisionId}"}`,
      statement: `marker-sql-${decisionId}`,
      purpose: 'marker-purpose',
    },
    ...(approval === undefined ? {} : { approval: { id: approval, voters: [other.oid] } }),
  }
  const intent = await writer.recordPermitted(permitted(decisionId, facts))
  const recording = await recorder().keep({
    decisionId,
    person: who,
    content: Buffer.from(`marker-answer-${decisionId}`),
  })
  await writer.recordOutcome(intent, called({ recording }))
}

function keepApproval(id: string, progress: object) {
  const entity = (rowKey: string, properties: object): StoredEntity => ({
    ...{ partitionKey: tid, rowKey, etag: 'e' },
    properties: { ...properties },
  })
  store.approvals.set(
    keyOf(tid, id),
    entity(id, { request0: Buffer.from('marker-request'), progress: JSON.stringify(progress) }),
  )
  store.approvals.set(keyOf(tid, `spent!${id}`), entity(`spent!${id}`, { decisionId: 'd' }))
}

const vote = (id: string, oid: string) =>
  writer.recordEvent({ kind: 'approval', detail: { step: 'vote', id, tid, oid, azp: 'a', decision: 'reject' } })

function verify() {
  const openings = (partition: string, id: string) => rows.read('pii', partition, id)
  const keys = async (id: string) => (id === kid ? { key } : null)
  return verifyChain({ source: readStoredChain(rows), keys, now: Date.now(), openings })
}

beforeEach(() => {
  rows = createMemoryRows()
  store = createMemoryErasure(rows)
  now = Date.parse('2026-11-22T12:00:00.000Z')
  writer = openWriter(rows, { clock })
})

describe('an erasure of a person', () => {
  beforeEach(async () => {
    await call('d1')
    await call('d2', person, 'apr_1')
    await call('o1', other)
    keepApproval('apr_1', { useBy: now - 7_200_000 })
    keepApproval('apr_2', { useBy: null, decideBy: now + 60_000 })
    keepApproval('apr_3', { useBy: now })
    await vote('apr_2', person.oid)
    await vote('apr_3', other.oid)
  })

  it('is planned by counts, and nothing changes', async () => {
    const before = [rows.tables.pii.size, store.approvals.size, rows.tables.runs.size, documents().length]
    expect(await planErasure(options(), person)).toEqual({
      decisions: 2,
      openings: 2,
      approvals: 2,
      recordings: 2,
      holds: [],
    })
    expect([rows.tables.pii.size, store.approvals.size, rows.tables.runs.size, documents().length]).toEqual(before)
  })

  it('leaves nothing, and stands in the book, though somebody planted one that was begun', async () => {
    const first = await runErasure(options(), { ...order, subject: other })
    if (first.status !== 'erased') throw new Error('not erased')
    const subject = commitControl('00', 'subject', `person ${tid}/${person.oid}`)
    const properties = { state: 'begun', salt: '00', until: '1970-01-01T00:00:00.000Z', subject }
    const planted = { partitionKey: 'erasure', rowKey: first.id, etag: 'planted', properties }
    rows.tables.runs.set(keyOf('erasure', first.id), planted)
    expect(await runErasure(options(), order)).toMatchObject({ status: 'erased', decisions: 2 })
    expect(await planErasure(options(), person)).toMatchObject({ openings: 0, approvals: 0, recordings: 0 })
    expect(erasures()).toHaveLength(2)
  })

  it('takes every personal value of the person, and none of anybody else', async () => {
    const done = await runErasure(options(), order)
    expect(done).toMatchObject({ status: 'erased', decisions: 2 })
    const left = [...rows.tables.pii.values()]
    expect(left.flatMap(({ properties }) => properties.decisionId ?? [])).toEqual(['o1'])
    expect(left.map(({ partitionKey }) => partitionKey)).toEqual(
      expect.arrayContaining(['rec|o1', personKeyPartition(other)]),
    )
    expect(left).toHaveLength(3)
    // A use is forgotten with its approval, unless that could still be in somebody's hands.
    expect([...store.approvals.values()].map(({ rowKey }) => rowKey).sort()).toEqual([
      'apr_3',
      'spent!apr_2',
      'spent!apr_3',
    ])
    expect(await recorder().open('d1', tid)).toBeNull()
    expect((await recorder().open('o1', tid))?.content.toString()).toBe('marker-answer-o1')
  })

  it('stands in the book by commitments that only the holder of the salt can show to be of this order', async () => {
    const done = await runErasure(options(), order)
    if (done.status !== 'erased') throw new Error('not erased')
    const [row] = erasures()
    expect(row?.detail).toEqual({
      ...{ id: done.id, scope: 'person', decisions: 2, approvals: 2 },
      subject: commitControl(done.salt, 'subject', `person ${tid}/${person.oid}`),
      ticket: commitControl(done.salt, 'ticket', order.ticket),
      reason: commitControl(done.salt, 'reason', order.reason),
    })
    const kept = JSON.stringify([...rows.tables.runs.values()])
    expect([kept.includes(done.salt), kept.includes(person.oid), kept.includes('Zebra')]).toEqual([false, false, false])
  })

  it('leaves a book that verifies, with decisions that cannot be made again', async () => {
    const stored = (row: { intent?: { personal: { partition?: string; id?: string } } }) =>
      rows.read('pii', row.intent?.personal.partition ?? '', row.intent?.personal.id ?? '')
    const judged = async () => {
      const intents = documents().filter(({ kind }) => kind === 'intent')
      return Promise.all(
        intents.map(async (row) => [
          row.decisionId,
          reproducibility(row, await stored(row)),
          personalState(row, await stored(row)),
        ]),
      )
    }
    expect((await judged()).map(([, one]) => one)).toEqual(['reproducible', 'reproducible', 'reproducible'])
    await runErasure(options(), order)
    expect(await judged()).toEqual([
      ['d1', 'not_reproducible_erased', 'erased'],
      ['d2', 'not_reproducible_erased', 'erased'],
      ['o1', 'reproducible', 'kept'],
    ])
    const report = await verify()
    expect([report.verdict, report.counts.openings, report.findings]).toEqual(['PASS', 1, []])
  })

  it('is nothing where there is nothing left, and leaves no second row', async () => {
    await runErasure(options(), order)
    expect(await runErasure(options(), order)).toEqual({ status: 'nothing' })
    expect(erasures()).toHaveLength(1)
  })

  it('is finished by the same order, wherever it was cut short', async () => {
    const steps = await countSteps()
    expect(steps).toBeGreaterThan(6)
    for (let death = 1; death <= steps; death++) {
      const world = await freshWorld()
      await expect(runErasure(mortal(death), order)).rejects.toThrow('killed')
      expect(await runErasure(options(), order)).toMatchObject({ status: expect.stringMatching(/^(erased|nothing)$/) })
      expect([world(), erasures().length]).toEqual([[['o1'], ['apr_3', 'spent!apr_2', 'spent!apr_3']], 1])
      expect((await verify()).verdict).toBe('PASS')
      expect([...rows.tables.runs.values()].map(({ properties }) => properties.state)).toEqual(['done'])
    }
  })

  /** The state before, anew; gives what is left of it. */
  async function freshWorld() {
    rows = createMemoryRows()
    store = createMemoryErasure(rows)
    writer = openWriter(rows, { clock })
    await call('d1')
    await call('d2', person, 'apr_1')
    await call('o1', other)
    keepApproval('apr_1', { useBy: now - 7_200_000 })
    keepApproval('apr_2', { useBy: null, decideBy: now + 60_000 })
    keepApproval('apr_3', { useBy: now })
    await vote('apr_2', person.oid)
    return () => [
      [...rows.tables.pii.values()].flatMap(({ properties }) => properties.decisionId ?? []),
      [...store.approvals.values()].map(({ rowKey }) => rowKey).sort(),
    ]
  }

  async function countSteps(): Promise<number> {
    await freshWorld()
    const used: string[] = []
    await runErasure(mortal(Number.POSITIVE_INFINITY, used), order)
    return used.length
  }

  /** Ends before or after its `death`-th change: odd and even. */
  function mortal(death: number, used: string[] = []): EraseOptions {
    const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      if (used.push(name) === death) throw new Error('killed')
      const result = await work()
      if (used.push(name) === death) throw new Error('killed')
      return result
    }
    return options({
      rows: { ...rows, commit: (table, writes) => step('commit', () => rows.commit(table, writes)) },
      store: { ...store, remove: (table, keys) => step('remove', () => store.remove(table, keys)) },
      audit: { recordEvent: (facts) => step('event', () => writer.recordEvent(facts)) },
    })
  }
})

describe('an erasure of one decision', () => {
  it('takes that decision and its approval, and no other', async () => {
    await call('d1', person, 'apr_1')
    await call('d2')
    keepApproval('apr_1', { useBy: 0 })
    const subject = { kind: 'decision', decisionId: 'd1' } as const
    expect(await runErasure(options(), { ...order, subject })).toMatchObject({ status: 'erased', decisions: 1 })
    const left = [...rows.tables.pii.values()].flatMap(({ properties }) => properties.decisionId ?? [])
    expect([left, store.approvals.size]).toEqual([['d2'], 0])
    expect(erasures()[0]?.detail).toMatchObject({ scope: 'decision', decisions: 1 })
  })
})

describe('an erasure while the person goes on', () => {
  it('takes what there was when it began', async () => {
    await call('d1')
    now += 1000
    const late = async function* () {
      yield* rows.list('rows')
      now += 1000
      await call('d2')
    }
    await runErasure(options({ pages: late }), order)
    const left = [...rows.tables.pii.values()].flatMap(({ properties }) => properties.decisionId ?? [])
    expect(left).toContain('d2')
    expect(left).not.toContain('d1')
  })
})

describe('a legal hold', () => {
  beforeEach(async () => {
    await call('d1')
  })

  it.each([
    ['everything', 'hold', { kind: 'all' }],
    ['the person', 'hold', person],
    ['another person', 'erased', other],
    ['the lane', 'hold', { kind: 'lane', lane: 'L01' }],
    ['another lane', 'erased', { kind: 'lane', lane: 'L02' }],
  ] as const)('on %s meets an erasure: %s', async (_what, expected, subject) => {
    const { id } = await setHold(holding(), { subject, ticket: 'CASE-1' })
    const done = await runErasure(options(), order)
    expect(done.status).toBe(expected)
    expect(rows.tables.pii.size).toBe(expected === 'hold' ? 3 : 0)
    if (expected === 'hold') expect(done).toEqual({ status: 'hold', holds: [id] })
  })

  it('stands in the book without a name, and ends by being lifted, which stands there too', async () => {
    const { id, salt } = await setHold(holding(), { subject: person, ticket: 'CASE-1' })
    expect(await readHolds(rows)).toHaveLength(1)
    expect(await liftHold(holding(), { id, ticket: 'CASE-1 closed' })).toBe(true)
    expect([await readHolds(rows), await liftHold(holding(), { id, ticket: 'again' })]).toEqual([[], false])
    const events = documents().filter(({ kind }) => kind === 'hold')
    expect(events.map(({ detail }) => [detail?.step, detail?.id, detail?.scope])).toEqual([
      ['set', id, 'person'],
      ['lift', id, 'person'],
    ])
    expect(events[0]?.detail?.subject).toBe(commitControl(salt, 'subject', `person ${tid}/${person.oid}`))
    expect(JSON.stringify(events)).not.toContain(person.oid)
    expect((await runErasure(options(), order)).status).toBe('erased')
  })

  it('is in force before it stands in the book, and the same order finishes it', async () => {
    const dead = { recordEvent: async () => Promise.reject(new Error('killed')) }
    await expect(setHold({ ...holding(), audit: dead }, { subject: person, ticket: 'CASE-1' })).rejects.toThrow(
      'killed',
    )
    expect((await runErasure(options(), order)).status).toBe('hold')
    const { id } = await setHold(holding(), { subject: person, ticket: 'CASE-1' })
    expect((await setHold(holding(), { subject: person, ticket: 'CASE-1' })).id).toBe(id)
    expect([rows.tables.runs.size, documents().filter(({ kind }) => kind === 'hold').length]).toEqual([1, 1])
  })

  it('stops an erasure that is under way', async () => {
    for (let index = 0; index < 250; index++) await call(`m${index}`)
    let removed = 0
    const slow = {
      ...store,
      remove: async (...given: Parameters<typeof store.remove>) => {
        if (++removed === 20) await setHold(holding(), { subject: { kind: 'all' }, ticket: 'CASE-2' })
        return store.remove(...given)
      },
    }
    expect((await runErasure(options({ store: slow }), order)).status).toBe('hold')
    const left = [...rows.tables.pii.values()].filter(({ properties }) => properties.decisionId !== undefined)
    expect(left.length).toBeGreaterThan(140)
    expect(erasures()).toHaveLength(0)
  })
})
