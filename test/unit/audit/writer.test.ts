import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseCanonical } from '../../../shared/audit/canonical.ts'
import type { RowDocument } from '../../../shared/audit/record.ts'
import { Problem } from '../../../shared/errors/problem.ts'
import { called, heartbeat, openWriter, permitted, recordCall, verify } from './fixture.ts'
import { createMemoryRows, keyOf, type MemoryRows } from './memory-rows.ts'

const short = { deadline: 150, queue: 4096, segmentRows: 100_000 }

function rowsOf(store: MemoryRows): RowDocument[] {
  return [...store.tables.rows.values()]
    .filter((entity) => entity.rowKey !== '!head')
    .map((entity) => parseCanonical(entity.properties.c as Uint8Array) as unknown as RowDocument)
}

describe('the audit writer', () => {
  it('makes a chain that verifies, with the rows where the receipts say', async () => {
    const store = createMemoryRows()
    const writer = openWriter(store)
    const { intent, outcome } = await recordCall(writer, 'd1', { personal: { inputs: '{"q":"Müller"}' } })
    await writer.recordEvent(heartbeat)
    await writer.close()
    const report = await verify(store)
    expect(report).toMatchObject({ verdict: 'PASS', findings: [], anchoredUpTo: null })
    expect(report.counts).toMatchObject({ rows: 4, verified: 4, intents: 1, outcomes: 1, lanes: 1, notAnchored: 4 })
    expect(intent).toMatchObject({ lane: 'L01', segment: 1, seq: 1, decisionId: 'd1' })
    expect(outcome).toMatchObject({ seq: 2, intent: { lane: 'L01', segment: 1, seq: 1 } })
    expect(store.tables.rows.has(keyOf('L01|000001', 'r0000000000000001'))).toBe(true)
  })

  it('groups what waits into transactions of at most 99 rows and the head', async () => {
    const store = createMemoryRows()
    const sizes: number[] = []
    store.mishap = (table, writes) => {
      if (table === 'rows') sizes.push(writes.length)
      return 'none'
    }
    const writer = openWriter(store)
    await Promise.all(Array.from({ length: 250 }, (_, index) => writer.recordPermitted(permitted(`d${index}`))))
    await writer.close()
    expect(sizes).toEqual([2, 100, 100, 53])
  })

  it('keeps personal values out of the rows and commits to the stored opening', async () => {
    const store = createMemoryRows()
    const writer = openWriter(store)
    const value = "select * from people where name = 'Zoë'"
    await writer.recordPermitted(permitted('d1', { personal: { statement: value, purpose: 'audit' } }))
    await writer.close()
    const row = rowsOf(store).find((document) => document.kind === 'intent')
    expect(JSON.stringify(rowsOf(store))).not.toContain('Zoë')
    const { partition, id, statement } = row?.intent?.personal ?? {}
    const opening = store.tables.pii.get(keyOf(partition ?? '', id ?? ''))?.properties
    const salt = opening?.statement_salt as Uint8Array
    expect(Buffer.from(opening?.statement_0 as Uint8Array).toString('utf8')).toBe(value)
    const fields = [Buffer.from('pii/v1'), Buffer.from(salt), Buffer.from(value)]
    const words = fields.flatMap((field) => [word(field.length), field])
    expect(
      createHash('sha256')
        .update(Buffer.concat([word(3), ...words]))
        .digest('hex'),
    ).toBe(statement)
  })

  it('makes openings durable before the row that commits to them', async () => {
    const store = createMemoryRows()
    const order: string[] = []
    store.mishap = (table, writes) => {
      if (table !== 'meta' && writes.length > 0) order.push(table)
      return 'none'
    }
    const writer = openWriter(store)
    await recordCall(writer, 'd0')
    order.length = 0
    await writer.recordPermitted(permitted('d1', { personal: { inputs: '{}' } }))
    expect(order).toEqual(['pii', 'rows'])
    store.mishap = (table) => (table === 'pii' ? 'rejected' : 'none')
    const before = store.tables.rows.size
    await expect(writer.recordPermitted(permitted('d2', { personal: { inputs: '{}' } }))).rejects.toMatchObject({
      code: 'audit_unavailable',
    })
    expect(store.tables.rows.size).toBe(before)
    await writer.close()
  })

  it('sends a batch whose reply was lost identically, and stores it once', async () => {
    const store = createMemoryRows()
    const writer = openWriter(store)
    await recordCall(writer, 'd0')
    let losses = 1
    store.mishap = (table) => (table === 'rows' && losses-- > 0 ? 'after' : 'none')
    await recordCall(writer, 'd1')
    await writer.close()
    expect(rowsOf(store).filter((row) => row.decisionId === 'd1')).toHaveLength(2)
    expect(await verify(store)).toMatchObject({ verdict: 'PASS' })
  })

  it('re-sends the identical batch under the same ETag where the first copy never arrived', async () => {
    const store = createMemoryRows()
    const writer = openWriter(store)
    await recordCall(writer, 'd0')
    const sent: unknown[] = []
    let losses = 2
    store.mishap = (table, writes) => {
      if (table === 'rows') sent.push(writes)
      return table === 'rows' && losses-- > 0 ? 'before' : 'none'
    }
    await writer.recordPermitted(permitted('d1'))
    expect(sent).toHaveLength(3)
    expect(sent[1]).toEqual(sent[0])
    expect(sent[2]).toEqual(sent[0])
    await writer.close()
    expect((await verify(store)).counts.intents).toBe(2)
  })

  it('refuses with audit_unavailable at the deadline, leaves the lane, and closes what came in late', async () => {
    const store = createMemoryRows()
    const writer = openWriter(store, { limits: short })
    await recordCall(writer, 'd0')
    let isFirst = true
    store.mishap = (table, writes) => {
      if (table !== 'rows' || writes[0]?.entity.partitionKey !== 'L01|000001') return 'none'
      const mishap = isFirst ? 'late' : 'before'
      isFirst = false
      return mishap
    }
    const refused = await writer.recordPermitted(permitted('d1')).catch((cause: unknown) => cause)
    expect(refused).toBeInstanceOf(Problem)
    expect(refused).toMatchObject({ code: 'audit_unavailable', members: { retryAfter: 5 } })
    store.deliver()
    store.mishap = () => 'none'
    const next = await writer.recordPermitted(permitted('d2'))
    expect(next.lane).toBe('L02')
    await writer.recordOutcome(next, called())
    await writer.close()
    const closing = rowsOf(store).find((row) => row.decisionId === 'd1' && row.kind === 'outcome')
    expect(closing?.outcome).toMatchObject({ status: 'not-called', code: 'audit_unavailable' })
    expect(await verify(store)).toMatchObject({ verdict: 'PASS', counts: { open: 0 } })
  })

  it('fences a lane whose batch never came in, so that a late copy is refused', async () => {
    const store = createMemoryRows()
    const writer = openWriter(store, { limits: short })
    await recordCall(writer, 'd0')
    store.mishap = (table, writes) => (table === 'rows' && writes.length > 1 ? 'late' : 'none')
    await expect(writer.recordPermitted(permitted('d1'))).rejects.toMatchObject({ code: 'audit_unavailable' })
    store.mishap = () => 'none'
    await writer.close()
    store.deliver()
    expect(rowsOf(store).filter((row) => row.decisionId === 'd1')).toEqual([])
    expect(await verify(store)).toMatchObject({ verdict: 'PASS' })
  })

  it.each(['throttled', 'rejected'] as const)('refuses while every transaction is %s, and recovers', async (mishap) => {
    const store = createMemoryRows()
    const writer = openWriter(store, { limits: short })
    store.mishap = () => mishap
    await expect(writer.recordPermitted(permitted('d1'))).rejects.toMatchObject({ code: 'audit_unavailable' })
    store.mishap = () => 'none'
    await recordCall(writer, 'd2')
    await writer.close()
    expect((await verify(store)).counts).toMatchObject({ intents: 1, outcomes: 1 })
  })

  it('refuses without a key, and writes nothing', async () => {
    const store = createMemoryRows()
    const broken = { current: () => Promise.reject(new Problem('audit_unavailable', 'no key')) }
    const writer = openWriter(store, { keys: broken })
    await expect(writer.recordPermitted(permitted('d1'))).rejects.toMatchObject({ code: 'audit_unavailable' })
    expect(store.tables.rows.size).toBe(0)
  })

  it('gives no receipt that clears a call for a row that refuses it', async () => {
    const store = createMemoryRows()
    const writer = openWriter(store)
    const denied = { ...permitted('d1'), verdict: 'deny' } as const
    await expect(writer.recordPermitted(denied)).rejects.toMatchObject({ code: 'internal' })
    await expect(writer.recordRefused(permitted('d1'))).rejects.toMatchObject({ code: 'internal' })
    expect(store.tables.rows.size).toBe(0)
  })

  it('pushes back beyond its queue bound', async () => {
    const store = createMemoryRows()
    const writer = openWriter(store, { limits: { ...short, queue: 3 } })
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => writer.recordPermitted(permitted(`d${index}`))),
    )
    const refused = results.filter((result) => result.status === 'rejected')
    expect(refused).toHaveLength(7)
    expect(refused[0]?.reason).toMatchObject({ code: 'audit_unavailable', members: { retryAfter: 1 } })
    await writer.close()
  })

  it('isolates a row that cannot be encoded from the others of its batch', async () => {
    const store = createMemoryRows()
    const writer = openWriter(store)
    const bad = writer.recordPermitted(permitted('d1', { context: { share: 0.5 } }))
    const good = writer.recordPermitted(permitted('d2'))
    await expect(bad).rejects.toThrow(TypeError)
    await expect(good).resolves.toMatchObject({ decisionId: 'd2' })
    await writer.close()
  })

  it('stores a row above 64 KiB in chunks that verify', async () => {
    const store = createMemoryRows()
    const writer = openWriter(store)
    const reads = Array.from({ length: 4000 }, (_, index) => `schema_number_${index}.table_${index}`)
    await recordCall(writer, 'd1', { reads })
    await writer.close()
    const entity = store.tables.rows.get(keyOf('L01|000001', 'r0000000000000001'))
    expect(Object.keys(entity?.properties ?? {}).filter((name) => /^c\d+$/.test(name)).length).toBeGreaterThan(1)
    expect(await verify(store)).toMatchObject({ verdict: 'PASS' })
  })

  it('rolls segments by rows, and the lane stays one chain', async () => {
    const store = createMemoryRows()
    const writer = openWriter(store, { limits: { segmentRows: 5 } })
    for (let index = 0; index < 9; index++) await recordCall(writer, `d${index}`)
    await writer.close()
    const report = await verify(store)
    expect(report).toMatchObject({ verdict: 'PASS', counts: { lanes: 1, segments: 4, rows: 19 } })
  })

  it('rolls segments by day', async () => {
    const store = createMemoryRows()
    let now = Date.parse('2026-11-22T23:59:59.900Z')
    const writer = openWriter(store, { clock: () => now })
    await recordCall(writer, 'd1')
    now += 1000
    const { intent } = await recordCall(writer, 'd2')
    expect(intent).toMatchObject({ segment: 2, seq: 3 })
    await writer.close()
    expect(await verify(store, { now })).toMatchObject({ verdict: 'PASS', counts: { segments: 2 } })
  })

  it('reuses an idle lane and gives concurrent instances a lane each', async () => {
    const store = createMemoryRows()
    const [one, two] = [openWriter(store), openWriter(store)]
    const lanes = await Promise.all([recordCall(one, 'd1'), recordCall(two, 'd2')])
    expect(new Set(lanes.map(({ intent }) => intent.lane)).size).toBe(2)
    await Promise.all([one.close(), two.close()])
    const three = openWriter(store)
    const { intent } = await recordCall(three, 'd3')
    expect(['L01', 'L02']).toContain(intent.lane)
    await three.close()
    expect(await verify(store)).toMatchObject({ verdict: 'PASS', counts: { lanes: 2 } })
  })
})

function word(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32LE(value)
  return bytes
}
