import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { outcomeBoundMs, reconcileGraceMs } from '../../../shared/audit/outcome-bound.ts'
import { type DanglingPorts, reconcileDangling } from '../../../shared/audit/reconcile-dangling.ts'
import type { RowDocument } from '../../../shared/audit/record.ts'
import type { AuditWriter } from '../../../shared/audit/writer.ts'
import { timeLimits } from '../../../shared/config/time-limits.ts'
import { called, key, kid, openWriter, origin, permitted, recordCall, verify } from './fixture.ts'
import { createMemoryRows, keyOf, type MemoryRows } from './memory-rows.ts'

const start = Date.parse('2026-11-22T10:00:00Z')
const minute = 60_000

interface World {
  readonly rows: MemoryRows
  readonly clock: { now: number }
  gateway(): AuditWriter
  ports(more?: Partial<DanglingPorts>): DanglingPorts
  outcomes(): readonly RowDocument[]
}

function createWorld(): World {
  const rows = createMemoryRows()
  const clock = { now: start }
  const open = () => openWriter(rows, { clock: () => clock.now })
  const documents = () =>
    [...rows.tables.rows.values()].flatMap(({ properties }) =>
      properties.kind === undefined
        ? []
        : [JSON.parse(Buffer.from(properties.c as Uint8Array).toString()) as RowDocument],
    )
  return {
    rows,
    clock,
    gateway: open,
    ports: (more = {}) => ({
      rows,
      keys: async (id) => (id === kid ? { key } : null),
      origin,
      writer: open(),
      clock: () => clock.now,
      random: randomBytes,
      ...more,
    }),
    outcomes: () => documents().filter(({ kind }) => kind === 'outcome'),
  }
}

const late = () => Date.now() + 24 * 3_600_000

describe('bound of outcomes', () => {
  it('covers the longest honest call, and ends well before the grace', () => {
    const { append, call } = timeLimits
    // Intent, two exchanges and two calls, the outcome; approval and cancellation have ten seconds each.
    expect(2 * (append + 1000) + 4 * call + 20_000).toBeLessThan(outcomeBoundMs)
    const [skew, onTheWay] = [4 * minute, 65_000]
    expect(outcomeBoundMs + skew + onTheWay).toBeLessThan(reconcileGraceMs)
    expect(reconcileGraceMs).toBeLessThan(15 * minute)
  })

  it('refuses an outcome of its own writer that comes later', async () => {
    const { clock, gateway, outcomes } = createWorld()
    const writer = gateway()
    const [early, old] = [
      await writer.recordPermitted(permitted('early')),
      await writer.recordPermitted(permitted('old')),
    ]
    clock.now += outcomeBoundMs
    await writer.recordOutcome(early, called())
    clock.now += 1
    await expect(writer.recordOutcome(old, called())).rejects.toMatchObject({ code: 'audit_unavailable' })
    await writer.close()
    expect(outcomes().map(({ decisionId }) => decisionId)).toEqual(['early'])
  })

  it('does not let an outcome that is owed be paid later', async () => {
    const { rows, clock, gateway, outcomes } = createWorld()
    const writer = gateway()
    const intent = await writer.recordPermitted(permitted('d1'))
    rows.mishap = () => 'rejected'
    await expect(writer.recordOutcome(intent, called())).rejects.toMatchObject({ code: 'audit_unavailable' })
    rows.mishap = () => 'none'
    clock.now += outcomeBoundMs + 1
    await recordCall(writer, 'd2')
    await writer.close()
    expect(outcomes().map(({ decisionId }) => decisionId)).toEqual(['d2'])
  })
})

describe('dangling intent', () => {
  it('is closed as unknown once it is older than the grace', async () => {
    const { rows, clock, gateway, ports, outcomes } = createWorld()
    const writer = gateway()
    await recordCall(writer, 'd1')
    const intent = await writer.recordPermitted(permitted('d2'))
    clock.now += reconcileGraceMs
    expect(await reconcileDangling(ports())).toMatchObject({ status: 'done', closed: 0, open: 1 })
    clock.now += minute
    expect(await reconcileDangling(ports())).toEqual({ status: 'done', closed: 1, failed: 0, open: 0 })
    clock.now += 5 * minute
    expect(await reconcileDangling(ports())).toMatchObject({ status: 'done', closed: 0 })
    const [, closing] = outcomes()
    const { lane, segment, seq, mac } = intent
    expect(closing).toMatchObject({
      decisionId: 'd2',
      outcome: { status: 'unknown', code: 'reconciled', intent: { lane, segment, seq, mac }, rows: 0 },
    })
    expect(closing?.outcome?.evidence).toBeTruthy()
    expect(await verify(rows, { now: late() })).toMatchObject({ verdict: 'PASS', counts: { intents: 2, outcomes: 2 } })
  })

  it.each(['deny', 'pending'] as const)('was certainly not called where the intent says %s', async (verdict) => {
    const { rows, clock, gateway, ports, outcomes } = createWorld()
    await gateway().recordRefused({ ...permitted('d1'), verdict })
    clock.now += reconcileGraceMs + 1
    expect(await reconcileDangling(ports())).toMatchObject({ closed: 1 })
    expect(outcomes()[0]?.outcome).toMatchObject({ status: 'not-called', code: 'reconciled' })
    expect(await verify(rows, { now: late() })).toMatchObject({ verdict: 'PASS' })
  })

  it('is closed with what a log says for certain, and as unknown where the log is away', async () => {
    const { clock, gateway, ports, outcomes } = createWorld()
    const writer = gateway()
    await writer.recordPermitted(permitted('d1'))
    await writer.recordPermitted(permitted('d2'))
    clock.now += reconcileGraceMs + 1
    const asked: unknown[] = []
    const findFate: DanglingPorts['findFate'] = async ({ decisionId, intent }) => {
      asked.push([decisionId, intent?.backend])
      if (decisionId === 'd2') throw new Error('away')
      return { status: 'called', backendIds: { session: '6aaae7b4.1dc3' }, evidence: 'PGSQLServerLogs' }
    }
    expect(await reconcileDangling(ports({ findFate }))).toMatchObject({ closed: 2 })
    expect(asked).toEqual([
      ['d1', 'azure-postgresql'],
      ['d2', 'azure-postgresql'],
    ])
    expect(outcomes().map(({ outcome }) => [outcome?.status, outcome?.backendIds])).toEqual([
      ['called', { session: '6aaae7b4.1dc3' }],
      ['unknown', {}],
    ])
  })

  it('is left alone where an outcome stands in another lane, whichever lane is read first', async () => {
    const { rows, clock, gateway, ports, outcomes } = createWorld()
    const [first, second] = [gateway(), gateway()]
    await recordCall(first, 'a')
    await recordCall(second, 'b')
    for (const [from, to, id] of [
      [first, second, 'c'],
      [second, first, 'd'],
    ] as const) {
      const intent = await from.recordPermitted(permitted(id))
      await to.recordOutcome(intent, called())
    }
    clock.now += reconcileGraceMs + 1
    expect(await reconcileDangling(ports())).toMatchObject({ status: 'done', closed: 0, open: 0 })
    expect(outcomes()).toHaveLength(4)
    expect(await verify(rows, { now: late() })).toMatchObject({ verdict: 'PASS' })
  })

  it('is left alone where its outcome was tampered with: a second one would make two', async () => {
    const { rows, clock, gateway, ports } = createWorld()
    await recordCall(gateway(), 'd1')
    const at = keyOf('L01|000001', 'r0000000000000002')
    const stored = rows.tables.rows.get(at)
    if (stored === undefined) throw new Error('no such row')
    const c = Buffer.from(String(Buffer.from(stored.properties.c as Uint8Array)).replace('"rows":3', '"rows":4'))
    rows.tables.rows.set(at, { ...stored, properties: { ...stored.properties, c } })
    clock.now += reconcileGraceMs + 1
    expect(await reconcileDangling(ports())).toMatchObject({ status: 'done', closed: 0, open: 0 })
  })

  it('is never closed for a row that nobody with the key wrote', async () => {
    const { rows, clock, gateway, ports, outcomes } = createWorld()
    await gateway().recordPermitted(permitted('d1'))
    const stored = rows.tables.rows.get(keyOf('L01|000001', 'r0000000000000001'))
    if (stored === undefined) throw new Error('no such row')
    rows.tables.rows.set(keyOf('L01|000001', 'r0000000000000001'), {
      ...stored,
      properties: { ...stored.properties, mac: Buffer.alloc(32) },
    })
    clock.now += reconcileGraceMs + 1
    expect(await reconcileDangling(ports())).toMatchObject({ closed: 0, open: 0 })
    expect(outcomes()).toEqual([])
  })

  it.each(['late', 'before'] as const)(
    "gets one outcome where the gateway's own was on its way (%s) when the gateway stopped",
    async (mishap) => {
      const { rows, clock, gateway, ports, outcomes } = createWorld()
      const writer = gateway()
      const intent = await writer.recordPermitted(permitted('d1'))
      // The lane that the reconciler will take: it must not be by taking the gateway's own that it keeps that one out.
      const other = gateway()
      await recordCall(other, 'd0')
      await other.close()
      const before = rows.commits
      rows.mishap = (table) => (table === 'rows' ? mishap : 'none')
      const refused = writer.recordOutcome(intent, called())
      const failing = expect(refused).rejects.toMatchObject({ code: 'audit_unavailable' })
      while (rows.commits < before + 2) await new Promise((resolve) => setImmediate(resolve))
      clock.now += 3000
      await failing
      rows.mishap = () => 'none'
      clock.now += reconcileGraceMs
      expect(await reconcileDangling(ports())).toMatchObject({ status: 'done', closed: 1 })
      // What was frozen in the network arrives now, and the gateway wakes up and settles what it does not know.
      rows.deliver()
      await recordCall(writer, 'd2')
      await writer.close()
      expect(outcomes().filter(({ decisionId }) => decisionId === 'd1')).toHaveLength(1)
      expect(await verify(rows, { now: late() })).toMatchObject({ verdict: 'PASS' })
    },
  )

  it('is closed once by any number of reconcilers at a time', async () => {
    const { rows, clock, gateway, ports, outcomes } = createWorld()
    const writer = gateway()
    for (let count = 0; count < 30; count++) await writer.recordPermitted(permitted(`d${count}`))
    clock.now += reconcileGraceMs + 1
    const results = await Promise.all(Array.from({ length: 6 }, () => reconcileDangling(ports())))
    expect(results.map(({ status }) => status).filter((status) => status === 'done')).toHaveLength(1)
    expect(outcomes()).toHaveLength(30)
    expect(await verify(rows, { now: late() })).toMatchObject({ verdict: 'PASS' })
  })

  it.each(['before', 'late', 'rejected'] as const)(
    'is closed once where a reconciler dies while its outcome is on its way (%s)',
    async (mishap) => {
      const { rows, clock, gateway, ports, outcomes } = createWorld()
      await gateway().recordPermitted(permitted('d1'))
      clock.now += reconcileGraceMs + 1
      let armed = false
      rows.mishap = (table, writes) => {
        armed ||= writes.some(({ entity }) => entity.properties.kind === 'outcome')
        return table === 'rows' && armed ? mishap : 'none'
      }
      const first = ports()
      const running = reconcileDangling(first)
      while (!armed) await new Promise((resolve) => setImmediate(resolve))
      clock.now += 3000
      expect(await running).toMatchObject({ failed: 1 })
      rows.mishap = () => 'none'
      clock.now += 5 * minute
      expect(await reconcileDangling(ports())).toMatchObject({ status: 'busy' })
      clock.now += 5 * minute
      expect(await reconcileDangling(ports())).toMatchObject({ status: 'done', closed: 1 })
      rows.deliver()
      // The first one comes back to life with an outcome that it still owes.
      await first.writer.recordReconciled(reference, called(), 0).catch(() => undefined)
      await recordCall(gateway(), 'd2')
      expect(outcomes().filter(({ decisionId }) => decisionId === 'd1')).toHaveLength(1)
      expect(await verify(rows, { now: late() })).toMatchObject({ verdict: 'PASS' })
    },
  )

  it('waits where the store or a head cannot be read, without barring the next run', async () => {
    const { rows, clock, gateway, ports, outcomes } = createWorld()
    await gateway().recordPermitted(permitted('d1'))
    clock.now += reconcileGraceMs + 1
    const read = rows.read
    rows.read = (table, partition, row) => {
      if (table === 'rows') throw new Error('away')
      return read(table, partition, row)
    }
    await expect(reconcileDangling(ports())).rejects.toThrow()
    rows.read = read
    await expect(reconcileDangling(ports({ keys: async () => null }))).rejects.toMatchObject({
      code: 'audit_unavailable',
    })
    expect(outcomes()).toEqual([])
    expect(await reconcileDangling(ports())).toMatchObject({ closed: 1 })
  })

  it('is not closed before the book was read to its end', async () => {
    const { clock, gateway, ports, outcomes } = createWorld()
    const writer = gateway()
    const intent = await writer.recordPermitted(permitted('d1'))
    for (let count = 0; count < 20; count++) await recordCall(writer, `x${count}`)
    await writer.recordOutcome(intent, called())
    clock.now += reconcileGraceMs + 1
    const statuses: string[] = []
    for (let turn = 0; turn < 4; turn++) statuses.push((await reconcileDangling(ports(), { rows: 14 })).status)
    expect(statuses).toEqual(['behind', 'behind', 'behind', 'done'])
    expect(outcomes()).toHaveLength(21)
  })

  it('is found over segments, and after the oldest were removed', async () => {
    const { rows, clock, ports, outcomes } = createWorld()
    const writer = openWriter(rows, { clock: () => clock.now, limits: { segmentRows: 3 } })
    for (let count = 0; count < 5; count++) await recordCall(writer, `d${count}`)
    await writer.recordPermitted(permitted('open'))
    await writer.close()
    for (const at of [...rows.tables.rows.keys()]) if (at.startsWith('L01|000001')) rows.tables.rows.delete(at)
    clock.now += reconcileGraceMs + 1
    expect(await reconcileDangling(ports())).toMatchObject({ closed: 1 })
    expect(outcomes().at(-1)?.decisionId).toBe('open')
  })
})

const reference = { decisionId: 'd1', lane: 'L01', segment: 1, seq: 1, mac: '00'.repeat(32) }
