import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { called, openWriter, permitted, recordCall, verify } from '../unit/audit/fixture.ts'
import { type Accident, openRows, startTableServer, type TableServer } from './audit-azurite.ts'

const hour = 3_600_000
let server: TableServer
let tables = 0

beforeAll(async () => {
  server = await startTableServer()
})
afterAll(() => server.stop())
beforeEach(() => {
  server.accident = () => 'none'
})

function freshRows() {
  return server.rows(`t${Date.now().toString(36)}${tables++}`)
}

/** Only transactions on rows, since the others have their own tests. */
function onRows(accidents: Accident[]): (body: Buffer) => Accident {
  return (body) => (/rows\(|rows HTTP/.test(body.toString('latin1')) ? (accidents.shift() ?? 'none') : 'none')
}

describe('the audit writer on a table server', () => {
  it('records calls that verify', async () => {
    const rows = freshRows()
    const writer = openWriter(rows)
    await Promise.all(
      Array.from({ length: 150 }, (_, index) => recordCall(writer, `d${index}`, { personal: { inputs: '{"ü":1}' } })),
    )
    await writer.close()
    expect(await verify(rows)).toMatchObject({ verdict: 'PASS', counts: { intents: 150, outcomes: 150, lanes: 1 } })
  })

  it('stores rows above 64 KiB and reads them back', async () => {
    const rows = freshRows()
    const writer = openWriter(rows)
    const reads = Array.from({ length: 6000 }, (_, index) => `schema_number_${index}.table_${index}`)
    await recordCall(writer, 'd1', { reads })
    await writer.close()
    expect(await verify(rows)).toMatchObject({ verdict: 'PASS', counts: { rows: 3 } })
  })

  it('never forks where eight writers race for one lane', async () => {
    const rows = freshRows()
    const first = openWriter(rows)
    await recordCall(first, 'first')
    await first.close()
    // A lease that never lasts makes every writer claim the same idle lane; only the head's ETag is left.
    const writers = Array.from({ length: 8 }, () => openWriter(rows, { leaseMs: 0, limits: { deadline: 15_000 } }))
    const results = await Promise.allSettled(
      writers.flatMap((writer, one) => Array.from({ length: 6 }, (_, two) => recordCall(writer, `w${one}-${two}`))),
    )
    await Promise.all(writers.map((writer) => writer.close()))
    const done = results.filter((result) => result.status === 'fulfilled').length
    const report = await verify(rows, { now: Date.now() + hour })
    expect(done).toBeGreaterThan(0)
    expect(report.findings.filter((finding) => finding.kind !== 'dangling_intent')).toEqual([])
    expect(report.counts.outcomes).toBeGreaterThanOrEqual(done)
  })

  it.each<[Accident, number]>([
    ['lose-reply', 1],
    ['lose-reply', 2],
    ['lose-request', 2],
    ['cut-reply', 1],
    ['busy', 2],
    ['busy-inside', 2],
  ])('neither loses nor doubles a row after %s (%i times)', async (accident, times) => {
    const rows = freshRows()
    const writer = openWriter(rows)
    await recordCall(writer, 'd0')
    const accidents = Array.from({ length: times }, () => accident)
    server.accident = onRows(accidents)
    await Promise.all(Array.from({ length: 20 }, (_, index) => recordCall(writer, `d${index + 1}`)))
    await writer.close()
    const report = await verify(rows)
    expect(accidents).toEqual([])
    expect(report).toMatchObject({ verdict: 'PASS', counts: { intents: 21, outcomes: 21, rows: 43 } })
  })

  it('refuses with audit_unavailable while the table is away, and goes on afterwards', async () => {
    const rows = freshRows()
    const writer = openWriter(rows, { limits: { deadline: 400 } })
    await recordCall(writer, 'd0')
    server.accident = () => 'lose-request'
    await expect(writer.recordPermitted(permitted('d1'))).rejects.toMatchObject({
      code: 'audit_unavailable',
      status: 503,
      members: { retryAfter: 5 },
    })
    server.accident = () => 'none'
    await recordCall(writer, 'd2')
    await writer.close()
    expect(await verify(rows)).toMatchObject({ verdict: 'PASS', counts: { intents: 2 } })
  })

  it('refuses where nothing listens', async () => {
    const writer = openWriter(openRows(1, 'nowhere'), { limits: { deadline: 400 } })
    await expect(writer.recordPermitted(permitted('d1'))).rejects.toMatchObject({ code: 'audit_unavailable' })
  })

  it('leaves a dangling intent where the process ends between intent and outcome', async () => {
    const rows = freshRows()
    const crashed = openWriter(rows)
    await recordCall(crashed, 'd0')
    const intent = await crashed.recordPermitted(permitted('d1'))
    const next = openWriter(rows)
    await recordCall(next, 'd2')
    await next.close()
    const report = await verify(rows, { now: Date.now() + hour })
    expect(report.verdict).toBe('PASS WITH EXCEPTIONS')
    expect(report.findings).toMatchObject([{ kind: 'dangling_intent', lane: intent.lane, seq: intent.seq }])
    await crashed.recordOutcome(intent, called())
    await crashed.close()
  })

  it('names a row that was edited in the store', async () => {
    const rows = freshRows()
    const writer = openWriter(rows)
    for (const id of ['d0', 'd1', 'd2']) await recordCall(writer, id)
    await writer.close()
    const stored = await rows.read('rows', 'L01|000001', 'r0000000000000003')
    const bytes = Buffer.from(stored?.properties.c as Uint8Array)
    const changed = Buffer.from(bytes.toString('utf8').replace('sales.orders', 'sales.others'))
    const properties = { ...stored?.properties, c: changed } as Record<string, string | Uint8Array>
    const entity = { partitionKey: 'L01|000001', rowKey: 'r0000000000000003', properties }
    const commit = await rows.commit('rows', [{ kind: 'replace', entity, etag: stored?.etag ?? '' }])
    expect(commit.ok).toBe(true)
    const report = await verify(rows)
    expect(report.verdict).toBe('FAIL')
    expect(report.findings[0]).toMatchObject({ kind: 'edited', lane: 'L01', seq: 3 })
  })
})
