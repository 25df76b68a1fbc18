import { describe, expect, it } from 'vitest'
import { logRows } from '../../../shared/audit/row-log.ts'
import { createLog } from '../../../shared/telemetry/log.ts'
import { kid, openWriter, permitted, recordCall } from './fixture.ts'
import { createMemoryRows } from './memory-rows.ts'

function createWitness() {
  const memory = createMemoryRows()
  const lines: Record<string, unknown>[] = []
  const deferred: (() => void)[] = []
  const log = createLog(
    (line) => lines.push(JSON.parse(line)),
    () => 0,
  )
  const rows = logRows(memory, { log, defer: (work) => deferred.push(work) })
  const flush = () => {
    for (const work of deferred.splice(0)) work()
  }
  return { memory, rows, lines, flush, deferred }
}

describe('log of rows', () => {
  it('has every row that was committed, with its place and what it is', async () => {
    const { rows, lines, flush } = createWitness()
    await recordCall(openWriter(rows), 'd-1')
    flush()
    expect(lines.map(({ kind, seq }) => [kind, seq])).toEqual([
      ['lane-open', 0],
      ['intent', 1],
      ['outcome', 2],
    ])
    expect(lines[1]).toEqual({
      ...{ time: '1970-01-01T00:00:00.000Z', event: 'row', lane: 'L01', segment: 1, seq: 1, kind: 'intent', kid },
      ...{ decisionId: 'd-1', tenant: permitted('x').principal.tid, verdict: 'permit' },
      traceId: permitted('x').traceId,
    })
  })

  it('holds nothing personal', async () => {
    const { rows, lines, flush } = createWitness()
    await recordCall(openWriter(rows), 'd-1', { personal: { statement: 'SELECT 42', purpose: 'because' } })
    flush()
    const text = JSON.stringify(lines)
    for (const value of ['SELECT', 'because', permitted('x').principal.oid, 'sales.orders']) {
      expect(text).not.toContain(value)
    }
  })

  it('is written after the commit was answered, by nobody who waits', async () => {
    const { rows, lines, deferred, flush } = createWitness()
    await recordCall(openWriter(rows), 'd-1')
    expect([lines.length, deferred.length > 0]).toEqual([0, true])
    flush()
    expect(lines).toHaveLength(3)
  })

  it.each(['throttled', 'rejected'] as const)('has no row that was not committed: %s', async (mishap) => {
    const { memory, rows, lines, flush } = createWitness()
    const writer = openWriter(rows, { limits: { deadline: 50 } })
    await recordCall(writer, 'd-1')
    memory.mishap = (table) => (table === 'rows' ? mishap : 'none')
    await expect(writer.recordPermitted(permitted('d-2'))).rejects.toMatchObject({ code: 'audit_unavailable' })
    flush()
    expect(lines.map(({ decisionId }) => decisionId)).not.toContain('d-2')
  })

  it('has a row whose commit lost its reply, as unconfirmed', async () => {
    const { memory, rows, lines, flush } = createWitness()
    const writer = openWriter(rows)
    await recordCall(writer, 'd-1')
    let lost = 0
    memory.mishap = (table) => (table === 'rows' && lost++ === 0 ? 'after' : 'none')
    await writer.recordPermitted(permitted('d-2'))
    flush()
    expect(lines.filter(({ decisionId }) => decisionId === 'd-2')).toEqual([
      expect.objectContaining({ seq: 3, unconfirmed: true }),
    ])
  })

  it('names the trace of a row whose content is in pieces by its decision alone', async () => {
    const { rows, lines, flush } = createWitness()
    await openWriter(rows).recordPermitted(
      permitted('d-1', { reads: Array.from({ length: 5000 }, (_, at) => `schema.table_${at}`) }),
    )
    flush()
    expect(lines.at(-1)).toMatchObject({ decisionId: 'd-1', kind: 'intent' })
    expect(lines.at(-1)).not.toHaveProperty('traceId')
  })
})
