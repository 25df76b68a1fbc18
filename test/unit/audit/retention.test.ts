import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import type { AnchorRecord } from '../../../shared/audit/anchor.ts'
import { openAnchorWriter } from '../../../shared/audit/anchor-log.ts'
import { liftHold, setHold } from '../../../shared/audit/holds.ts'
import type { RowDocument } from '../../../shared/audit/record.ts'
import { type RetentionOptions, runRetention } from '../../../shared/audit/retention.ts'
import { guardRuns } from '../../../shared/audit/run-memory.ts'
import { runSealer } from '../../../shared/audit/sealer.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { readDocument } from '../../../shared/audit/subject-rows.ts'
import { verifyChain } from '../../../shared/audit/verify.ts'
import { openAnchorLog } from '../../../shared/audit/verify-anchor-log.ts'
import type { AuditWriter } from '../../../shared/audit/writer.ts'
import { called, key, kid, openWriter, origin, permitted, recordCall } from './fixture.ts'
import { createMemoryAnchors, logKey, type MemoryAnchors, signWith } from './memory-anchors.ts'
import { createMemoryErasure, createMemoryRemoval, type MemoryErasure } from './memory-erasure.ts'
import { createMemoryRows, keyOf, type MemoryRows } from './memory-rows.ts'

const lookup = async (id: string) => (id === kid ? { key } : null)
const tid = '11111111-1111-4111-8111-111111111111'
const oids = { alice: '22222222-2222-4222-8222-222222222222', bob: '99999999-2222-4222-8222-222222222222' }
const days = 183
const old = ['L01|000001', 'L02|000001', 'L01|000002', 'L02|000002']

let rows: MemoryRows
let store: MemoryErasure
let anchors: MemoryAnchors
let writers: readonly AuditWriter[]
let now: number

const clock = () => now
const records = () => anchors.lines.map((line) => JSON.parse(line) as AnchorRecord)
const log = () => openAnchorWriter({ store: anchors, sign: signWith(logKey), origin, clock })

function options(more: Partial<RetentionOptions> = {}): RetentionOptions {
  return {
    ...{ rows, store, book: createMemoryRemoval(rows), audit: writers[0] as AuditWriter, days, clock },
    anchors: {
      seals: async () => records().flatMap((record) => (record.kind === 'seal' ? [record.seal] : [])),
      retained: async () => new Set(retained()),
      appendRetention: async (lane, segment, root) => {
        await (await log()).append([{ kind: 'retention', lane, segment, root }])
      },
    },
    ...more,
  }
}

const retained = () =>
  records().flatMap((record) =>
    record.kind === 'retention' ? [`${record.lane}|${String(record.segment).padStart(6, '0')}`] : [],
  )
const partitions = () => [...new Set([...rows.tables.rows.values()].map(({ partitionKey }) => partitionKey))].sort()
const events = (): RowDocument[] =>
  [...rows.tables.rows.values()]
    .flatMap((entity) => readDocument(entity) ?? [])
    .filter(({ kind }) => kind === 'retention')
const holding = () => ({ rows, audit: writers[0] as AuditWriter, clock, random: randomBytes })

const seal = () =>
  runSealer({
    ...{ rows, keys: lookup, store: anchors, origin, clock },
    ...{ sign: signWith(logKey), publicKey: logKey.publicKey },
  })

/** Two lanes with a segment each on two days of January, and one of today that is open. */
beforeEach(async () => {
  rows = createMemoryRows()
  store = createMemoryErasure(rows)
  anchors = createMemoryAnchors()
  now = Date.parse('2026-01-10T10:00:00.000Z')
  writers = [openWriter(rows, { clock }), openWriter(rows, { clock })]
  for (const time of ['2026-01-10T10:00:00.000Z', '2026-01-11T10:00:00.000Z', '2026-11-22T10:00:00.000Z']) {
    for (const [lane, writer] of writers.entries()) {
      now = Date.parse(time) + lane * 1000
      const principal = { ...permitted('x').principal, oid: lane === 0 ? oids.alice : oids.bob }
      await recordCall(writer, `${time}-${lane}`, { principal, personal: { inputs: `input of ${time} ${lane}` } })
    }
  }
  await seal()
})

describe('retention', () => {
  it('removes whole sealed segments that are older, with their openings, and says so before', async () => {
    expect(partitions()).toEqual([...old, 'L01|000003', 'L02|000003'].sort())
    const before = new Map(rows.tables.rows)
    const run = await runRetention(options())
    expect(run).toEqual({ removed: old, holds: [], approvals: 0 })
    expect(partitions()).toEqual(['L01|000003', 'L02|000003'])
    expect([...rows.tables.pii.values()].map(({ properties }) => String(properties.decisionId).slice(0, 10))).toEqual(
      Array(2).fill('2026-11-22'),
    )
    expect(retained()).toEqual(old)
    expect(events().map(({ detail }) => [detail?.lane, detail?.segment, detail?.days])).toEqual([
      ['L01', 1, days],
      ['L02', 1, days],
      ['L01', 2, days],
      ['L02', 2, days],
    ])
    const survivors = [...rows.tables.rows].filter(([name]) => before.has(name) && !name.includes('!head'))
    expect(survivors.every(([name, entity]) => before.get(name) === entity)).toBe(true)
  })

  it('keeps what is younger by a day, and everything that is not sealed', async () => {
    now = Date.parse('2026-07-13T10:00:00.000Z')
    expect((await runRetention(options())).removed).toEqual(['L01|000001', 'L02|000001'])
    anchors.lines = anchors.lines.filter((line) => !line.includes('"segment":2'))
    now = Date.parse('2028-01-01T00:00:00.000Z')
    expect((await runRetention(options())).removed).toEqual([])
  })

  it('never takes the segment that a lane goes on from', async () => {
    for (const [name, entity] of rows.tables.meta) {
      rows.tables.meta.set(name, { ...entity, properties: { ...entity.properties, segment: 2 } })
    }
    expect((await runRetention(options())).removed).toEqual(['L01|000001', 'L02|000001'])
    rows.tables.rows.delete(keyOf('L01|000003', '!head'))
    for (const [name, entity] of rows.tables.meta) {
      rows.tables.meta.set(name, { ...entity, properties: { ...entity.properties, segment: 3 } })
    }
    expect((await runRetention(options())).removed).toEqual(['L02|000002'])
  })

  it.each([
    ['everything', [], { kind: 'all' }],
    ['a lane', ['L01|000001'], { kind: 'lane', lane: 'L02' }],
    ['a person of the first segment', [], { kind: 'person', tid, oid: oids.alice }],
    ['a person of the second', ['L01|000001'], { kind: 'person', tid, oid: oids.bob }],
    ['somebody else', old, { kind: 'person', tid, oid: 'nobody' }],
  ] as const)('ends before the first segment that a hold on %s keeps: %j is gone', async (_what, removed, subject) => {
    const { id } = await setHold(holding(), { subject, ticket: 'CASE-1' })
    const run = await runRetention(options())
    expect([run.removed, run.holds]).toEqual([[...removed], [id]])
    expect(retained()).toEqual([...removed])
    await liftHold(holding(), { id, ticket: 'CASE-1' })
    expect((await runRetention(options())).removed).toEqual(old.filter((name) => !removed.some((one) => one === name)))
  })

  it('keeps a segment that was announced when the hold came', async () => {
    const anchored = options().anchors
    const late = {
      ...anchored,
      appendRetention: async (...given: Parameters<typeof anchored.appendRetention>) => {
        await anchored.appendRetention(...given)
        await setHold(holding(), { subject: { kind: 'all' }, ticket: 'CASE-1' })
      },
    }
    const run = await runRetention(options({ anchors: late }))
    expect([run.removed, run.holds.length, partitions().length]).toEqual([[], 1, 6])
  })

  it('stands in the book though somebody has noted that it does', async () => {
    const runKey = { kid: 'audit-runs/00000001', key }
    const keys = { current: async () => runKey, find: async () => runKey }
    for (const name of old) {
      const place = { partitionKey: 'retention', rowKey: name.replace('|', '-') }
      rows.tables.runs.set(keyOf(place.partitionKey, place.rowKey), {
        ...place,
        etag: 'e',
        properties: { state: 'recorded' },
      })
    }
    await runRetention(options({ rows: guardRuns(rows, keys) }))
    expect(events()).toHaveLength(old.length)
  })

  it('is finished by the next run, wherever it was cut short', async () => {
    const used: string[] = []
    const image = structuredClone({ rows: rows.tables.rows, pii: rows.tables.pii, meta: rows.tables.meta })
    const lines = [...anchors.lines]
    await runRetention(mortal(Number.POSITIVE_INFINITY, used))
    expect(used.length).toBeGreaterThan(40)
    for (let death = 1; death <= used.length; death++) {
      Object.assign(rows.tables, structuredClone(image), { runs: new Map() })
      anchors.lines = [...lines]
      anchors.notes.clear()
      writers = [openWriter(rows, { clock }), openWriter(rows, { clock })]
      await expect(runRetention(mortal(death))).rejects.toThrow('killed')
      const again = await runRetention(options())
      expect([again.holds, partitions().filter((name) => old.includes(name)), rows.tables.pii.size]).toEqual([
        [],
        [],
        2,
      ])
      expect(new Set(retained())).toEqual(new Set(old))
      const named = events().map(({ detail }) => `${detail?.lane}|00000${detail?.segment}`)
      expect([new Set(named), named.length <= old.length + 1]).toEqual([new Set(old), true])
    }
  })

  it('leaves a book that verifies, though a call had its outcome after midnight', async () => {
    const principal = { ...permitted('x').principal, oid: oids.alice }
    now = Date.parse('2026-11-22T23:59:59.000Z')
    const late = await writers[0]?.recordPermitted(permitted('late', { principal }))
    if (late === undefined) throw new Error('no intent')
    now += 2000
    await writers[0]?.recordOutcome(late, called())
    await seal()
    const verify = () =>
      verifyChain({
        ...{ source: readStoredChain(rows), keys: lookup, now: now + 60_000 },
        anchors: async () =>
          openAnchorLog({ lines: anchors.lines, note: anchors.newest(), origin, publicKey: logKey.publicKey }),
      })
    expect((await verify()).verdict).toBe('PASS')
    now = Date.parse('2027-05-25T12:00:00.000Z')
    const { removed } = await runRetention(options())
    expect(removed).toEqual([...old, 'L01|000003'])
    const report = await verify()
    expect([report.verdict, report.findings]).toEqual(['PASS', []])
  })

  it('removes approvals by their own age, and the marks of their uses with them, but none while anything is held', async () => {
    const add = (rowKey: string, properties: object) =>
      store.approvals.set(keyOf(tid, rowKey), { partitionKey: tid, rowKey, etag: 'e', properties: { ...properties } })
    add('apr_1', { requestedAt: '2026-01-10T10:00:00.000Z' })
    add('apr_2', { requestedAt: '2026-11-22T09:00:00.000Z' })
    for (const mark of ['spent!apr_1', 'spent!apr_1!1', 'spent!apr_2', 'spent!apr_3']) add(mark, { decisionId: 'd' })
    const { id } = await setHold(holding(), { subject: { kind: 'lane', lane: 'L09' }, ticket: 'CASE-1' })
    expect((await runRetention(options())).approvals).toBe(0)
    await liftHold(holding(), { id, ticket: 'CASE-1' })
    expect((await runRetention(options())).approvals).toBe(1)
    expect([...store.approvals.values()].map(({ rowKey }) => rowKey)).toEqual(['apr_2', 'spent!apr_2'])
  })

  /** Ends before or after its `death`-th change: odd and even. */
  function mortal(death: number, used: string[] = []): RetentionOptions {
    const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      if (used.push(name) === death) throw new Error('killed')
      const result = await work()
      if (used.push(name) === death) throw new Error('killed')
      return result
    }
    const whole = options()
    return {
      ...whole,
      rows: { ...rows, commit: (table, writes) => step('commit', () => rows.commit(table, writes)) },
      store: { ...store, remove: (table, keys) => step('erase', () => store.remove(table, keys)) },
      book: { ...whole.book, remove: (table, keys) => step('remove', () => whole.book.remove(table, keys)) },
      audit: { recordEvent: (facts) => step('event', () => whole.audit.recordEvent(facts)) },
      anchors: {
        ...whole.anchors,
        appendRetention: (...given) => step('anchor', () => whole.anchors.appendRetention(...given)),
      },
    }
  }
})
