import { describe, expect, it } from 'vitest'
import { entryKeyOf, monthsBack, parseEntryKey } from '../../../shared/audit/index-keys.ts'
import { openHits } from '../../../shared/audit/index-query.ts'
import { runIndexer } from '../../../shared/audit/index-rows.ts'
import type { RowStore } from '../../../shared/audit/store.ts'
import { tid } from '../../support/line-world.ts'
import { heartbeat, openWriter, permitted, recordCall } from './fixture.ts'
import { createMemoryRows } from './memory-rows.ts'

const start = Date.UTC(2026, 10, 22, 12)
const wait = async () => undefined

function indexerOf(rows: RowStore, clock: () => number) {
  return () => runIndexer({ rows, homeTenant: tid, clock, wait })
}

async function find(rows: RowStore, selectors: Parameters<typeof openHits>[1]['selectors'], most = 100_000) {
  const query = { tenants: [tid], selectors, window: { since: start - 9e9, until: start + 9e9 }, after: null }
  const hits = openHits(rows, query, most)
  return (await hits.take(10_000)).map(({ lane, seq }) => `${lane}:${seq}`)
}

describe('key of an entry', () => {
  it('leads back to the place, and sorts the newest first', () => {
    const place = { time: start, lane: 'L07', segment: 12, seq: 34_567 }
    expect(parseEntryKey(entryKeyOf(place))).toEqual(place)
    expect(entryKeyOf({ ...place, time: start + 1 }) < entryKeyOf(place)).toBe(true)
  })

  it.each(['', 'x', '0000000000000|L1|000000001|000000000000001', `${'0'.repeat(13)}|L01|1|1`])('is not %j', (text) => {
    expect(parseEntryKey(text)).toBe(null)
  })

  it('names the months back over a turn of the year', () => {
    expect(monthsBack(Date.UTC(2025, 11, 31), Date.UTC(2026, 1, 1))).toEqual(['2026-02', '2026-01', '2025-12'])
  })
})

describe('indexer', () => {
  it('enters intents and events, and outcomes at the place of their intent', async () => {
    const rows = createMemoryRows()
    const writer = openWriter(rows, { clock: () => start })
    await recordCall(writer, 'd-1')
    await writer.recordEvent(heartbeat)
    const run = await indexerOf(rows, () => start + 60_000)()
    expect(run).toMatchObject({ rows: 4, unreadable: 0, behind: [] })
    expect(await find(rows, [{ dimension: 'decision', value: 'd-1' }])).toEqual(['L01:1'])
    expect(await find(rows, [{ dimension: 'class', value: 'pii' }])).toEqual(['L01:1'])
    expect(await find(rows, [{ dimension: 'kind', value: 'heartbeat' }])).toEqual(['L01:3'])
    expect(await find(rows, [])).toHaveLength(3)
  })

  it('pairs an outcome with an intent of an earlier run', async () => {
    const rows = createMemoryRows()
    const writer = openWriter(rows, { clock: () => start })
    const run = indexerOf(rows, () => start)
    const intent = await writer.recordPermitted(permitted('d-1'))
    await run()
    expect(await find(rows, [{ dimension: 'status', value: 'called' }])).toEqual([])
    await writer.recordOutcome(intent, {
      ...{ status: 'called', code: 'ok', backendIds: {}, rows: 0, bytes: 0, labels: [], masked: [] },
      identity: { source: 'none', method: 'none', checkedAt: '2026-11-22T12:00:00.000Z', matches: null },
    })
    await run()
    expect(await find(rows, [{ dimension: 'status', value: 'called' }])).toEqual(['L01:1'])
  })

  it('follows a lane through its segments', async () => {
    const rows = createMemoryRows()
    const writer = openWriter(rows, { clock: () => start, limits: { segmentRows: 4 } })
    for (let at = 0; at < 10; at++) await recordCall(writer, `d-${at}`)
    const run = await indexerOf(rows, () => start)()
    expect(run.behind).toEqual([])
    expect(await find(rows, [{ dimension: 'effect', value: 'read' }])).toHaveLength(10)
  })

  it('adds nothing when it is run again, or by several at once', async () => {
    const rows = createMemoryRows()
    const writer = openWriter(rows, { clock: () => start })
    await Promise.all(Array.from({ length: 40 }, (_, at) => recordCall(writer, `d-${at}`)))
    const run = indexerOf(rows, () => start)
    await Promise.all([run(), run(), run()])
    const size = rows.tables.index.size
    await run()
    await run()
    expect(rows.tables.index.size).toBe(size)
    expect(await find(rows, [{ dimension: 'backend', value: 'azure-postgresql' }])).toHaveLength(40)
  })

  it.each(['before', 'after', 'throttled'] as const)(
    'loses and doubles nothing where commits go wrong: %s',
    async (mishap) => {
      const rows = createMemoryRows()
      const writer = openWriter(rows, { clock: () => start })
      for (let at = 0; at < 12; at++) await recordCall(writer, `d-${at}`)
      let commits = 0
      rows.mishap = (table) => (table === 'index' && ++commits % 3 === 0 ? mishap : 'none')
      for (let attempt = 0; attempt < 20; attempt++) await indexerOf(rows, () => start)()
      expect(await find(rows, [{ dimension: 'class', value: 'pii' }])).toHaveLength(12)
      expect(await find(rows, [])).toHaveLength(13)
    },
  )

  it('keeps its place where an entry cannot be written, and says so', async () => {
    const rows = createMemoryRows()
    await recordCall(openWriter(rows, { clock: () => start }), 'd-1')
    rows.mishap = (table) => (table === 'index' ? 'rejected' : 'none')
    await expect(indexerOf(rows, () => start)()).rejects.toMatchObject({ code: 'audit_unavailable' })
    rows.mishap = () => 'none'
    await indexerOf(rows, () => start)()
    expect(await find(rows, [{ dimension: 'decision', value: 'd-1' }])).toEqual(['L01:1'])
  })

  it('enters no row above the head', async () => {
    const rows = createMemoryRows()
    await recordCall(openWriter(rows, { clock: () => start }), 'd-1')
    const [, last] = [...rows.tables.rows.entries()].at(-1) ?? []
    if (last === undefined) throw new Error('no row')
    const forged = { ...last, rowKey: 'r0000000000000099' }
    rows.tables.rows.set(`${forged.partitionKey}\u0000${forged.rowKey}`, forged)
    const run = await indexerOf(rows, () => start)()
    expect(run.rows).toBe(3)
  })

  it('passes over what is no row, and counts it', async () => {
    const rows = createMemoryRows()
    await recordCall(openWriter(rows, { clock: () => start }), 'd-1')
    for (const entity of rows.tables.rows.values()) {
      if (entity.rowKey.endsWith('2')) (entity.properties as Record<string, unknown>).c = Buffer.from('{"b":1,"a":2}')
    }
    expect(await indexerOf(rows, () => start)()).toMatchObject({ rows: 3, unreadable: 1 })
  })

  it('has no value in clear', async () => {
    const rows = createMemoryRows()
    await recordCall(openWriter(rows, { clock: () => start }), 'd-1')
    await indexerOf(rows, () => start)()
    const kept = JSON.stringify([...rows.tables.index.values()])
    for (const text of ['sales.orders', permitted('x').principal.oid, 'azure-postgresql', 'readers']) {
      expect(kept).not.toContain(text)
    }
  })
})

describe('search', () => {
  const many = async (count: number) => {
    const rows = createMemoryRows({ pageSize: 100 })
    let time = start
    const writer = openWriter(rows, { clock: () => time })
    for (let at = 0; at < count; at++) {
      time += 7 * 3_600_000
      const effect = at % 10 === 0 ? 'write' : 'read'
      await writer.recordPermitted(permitted(`d-${at}`, { effect, backend: at % 3 === 0 ? 'rare' : 'usual' }))
    }
    await indexerOf(rows, () => time)()
    return { rows, until: time }
  }

  it('finds what several filters have in common, over months, the newest first', async () => {
    const { rows, until } = await many(150)
    const selectors = [
      { dimension: 'effect', value: 'write' },
      { dimension: 'backend', value: 'rare' },
    ] as const
    const query = { tenants: [tid], selectors, window: { since: start, until }, after: null }
    const found = await openHits(rows, query, 100_000).take(1000)
    expect(found).toHaveLength(5)
    expect(found.map(({ time }) => time)).toEqual(found.map(({ time }) => time).sort((a, b) => b - a))
  })

  it('goes on where the entries that it may look at were used up, and gives each once', async () => {
    const { rows, until } = await many(300)
    const selectors = [
      { dimension: 'effect', value: 'write' },
      { dimension: 'backend', value: 'usual' },
    ] as const
    const seen: string[] = []
    let after: string | null = null
    let pages = 0
    do {
      const query = { tenants: [tid], selectors, window: { since: start, until }, after }
      const hits = openHits(rows, query, 1)
      seen.push(...(await hits.take(7)).map(({ key }) => key))
      after = hits.after()
      pages++
    } while (after !== null && pages < 100)
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toHaveLength(20)
  })
})
