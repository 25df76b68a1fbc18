import { describe, expect, it } from 'vitest'
import { type NightPorts, reconcileNight } from '../../../shared/audit/reconcile-night.ts'
import type { LogSource, SourceEvent, SourceWindow } from '../../../shared/audit/reconcile-source.ts'
import { called, key, kid, openWriter, origin, permitted } from './fixture.ts'
import { createMemoryRows } from './memory-rows.ts'

const start = Date.parse('2026-11-22T10:00:00Z')
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
const backend = 'azure-postgresql'
const person = '22222222-2222-4222-8222-222222222222'

function createWorld() {
  const rows = createMemoryRows()
  const clock = { now: start }
  const writer = openWriter(rows, { clock: () => clock.now, limits: { segmentRows: 6 } })
  const events: SourceEvent[] = []
  const asked: SourceWindow[] = []
  const log: LogSource & { isAway: boolean } = {
    isAway: false,
    name: 'log',
    persons: 'object-id',
    settling: 0,
    newest: async () => (events.length === 0 ? null : Math.max(...events.map(({ time }) => time))),
    async read(window) {
      if (log.isAway) throw new Error('away')
      asked.push(window)
      return events.filter(({ time }) => time > window.from && time <= window.to)
    },
    records: () => true,
  }
  const ports: NightPorts = {
    rows,
    keys: async (id) => (id === kid ? { key } : null),
    origin,
    sources: new Map([[backend, log]]),
    backends: [backend, 'rest-entra-api'],
    clientId: 'ours',
  }
  const see = (id: string, more: Partial<SourceEvent> = {}) =>
    void events.push({ id, time: clock.now, person, clientId: 'ours', isEffective: true, ...more })
  const call = async (decisionId: string, isLogged = true) => {
    const intent = await writer.recordPermitted(permitted(decisionId))
    if (isLogged) see(`e-${decisionId}`, { decisionId })
    clock.now += 1000
    await writer.recordOutcome(intent, called())
  }
  const night = async (date: string, given = ports) => {
    const results = await reconcileNight(given, { date, until: clock.now })
    const found = results.find((one) => one.backend === backend)
    if (found === undefined) throw new Error('no result')
    return { ...found, kinds: found.findings.map(({ kind }) => kind), all: results }
  }
  return { rows, clock, log, asked, ports, see, call, night }
}

describe('reconciliation of a night', () => {
  it('compares what came since the night before, once, over segments', async () => {
    const { clock, call, see, night } = createWorld()
    for (let count = 0; count < 10; count++) await call(`a${count}`)
    await call('lost', false)
    clock.now += 10 * minute
    see('bypass', { clientId: 'other' })
    const first = await night('1')
    expect(first.kinds).toEqual(['unconfirmed_call', 'bypass_access'])
    expect(first.counts).toMatchObject({ calls: 11, confirmed: 10, events: 11 })
    clock.now += day
    for (let count = 0; count < 3; count++) await call(`b${count}`)
    see('unknown', { decisionId: 'never' })
    const second = await night('2')
    expect(second.kinds).toEqual(['unrecorded_access'])
    expect(second.counts).toMatchObject({ calls: 3, confirmed: 3, events: 4 })
  })

  it.each([
    ['goes by what a row says where only its columns were changed', undefined, []],
    ['goes by no such row under a key that had retired', '2026-11-22T09:00:00.000Z', ['unrecorded_access']],
  ])('%s', async (_, retiredAt, kinds) => {
    const { rows, clock, call, ports, night } = createWorld()
    await call('a1')
    for (const { properties } of rows.tables.rows.values()) {
      if (properties.kind === 'intent') Object.assign(properties, { verdict: 'deny' })
    }
    clock.now += 10 * minute
    const keys = async () => ({ key, ...(retiredAt === undefined ? {} : { retiredAt }) })
    const found = await night('1', { ...ports, keys })
    expect(found.kinds).toEqual(kinds)
  })

  it('says the same of a night that is done again', async () => {
    const { clock, call, see, night } = createWorld()
    await call('a1')
    clock.now += 10 * minute
    see('bypass', { clientId: 'other' })
    const first = await night('1')
    await call('a2', false)
    clock.now += minute
    const again = await night('1')
    expect(again.kinds).toEqual(first.kinds)
    expect(again.window).toEqual(first.window)
    await call('a3')
    clock.now += 10 * minute
    see('other', { person: 'somebody', clientId: 'other' })
    expect((await night('2')).kinds).toEqual(['unconfirmed_call'])
  })

  it('waits for a log that is late, then compares all that it missed', async () => {
    const { clock, see, call, night } = createWorld()
    await call('a1')
    await night('1')
    clock.now += hour
    await call('a2', false)
    await call('a3', false)
    clock.now += 12 * hour
    expect(await night('2')).toMatchObject({ status: 'awaiting_source', kinds: [], counts: { awaiting: 2 } })
    clock.now += day
    expect(await night('3')).toMatchObject({ status: 'awaiting_source', kinds: [] })
    see('late-a2', { decisionId: 'a2', time: start + hour + 1500 })
    see('late-a3', { decisionId: 'a3', time: start + hour + 2500 })
    see('newer', { person: 'somebody', clientId: 'other' })
    expect(await night('4')).toMatchObject({ status: 'reconciled', kinds: [], counts: { unconfirmed: 0, awaiting: 0 } })
  })

  it('waits seven days and no longer', async () => {
    const { clock, call, night } = createWorld()
    await call('a1')
    await night('1')
    clock.now += hour
    await call('a2', false)
    clock.now += 6 * day
    expect((await night('2')).kinds).toEqual([])
    clock.now += 2 * day
    expect((await night('3')).kinds).toEqual(['unconfirmed_call'])
    clock.now += day
    expect((await night('4')).kinds).toEqual([])
  })

  it('reports a log that cannot be read, and compares that night with the next', async () => {
    const { clock, log, see, call, night } = createWorld()
    await call('a1')
    await call('lost', false)
    clock.now += 10 * minute
    see('last', { person: 'somebody', clientId: 'other' })
    log.isAway = true
    expect(await night('1')).toMatchObject({ status: 'failed', counts: null, kinds: [] })
    log.isAway = false
    clock.now += minute
    expect((await night('2')).kinds).toEqual(['unconfirmed_call'])
  })

  it('says of a backend without a log that it cannot be reconciled', async () => {
    const { call, night } = createWorld()
    await call('a1')
    const { all } = await night('1')
    expect(all.find((one) => one.backend === 'rest-entra-api')).toMatchObject({
      status: 'not_reconcilable',
      source: null,
    })
  })

  it('rejects where the book cannot be read, and keeps its place', async () => {
    const { rows, clock, call, see, ports, night } = createWorld()
    await call('a1', false)
    clock.now += 10 * minute
    see('last', { person: 'somebody', clientId: 'other' })
    await expect(
      reconcileNight({ ...ports, keys: async () => null }, { date: '1', until: clock.now }),
    ).rejects.toThrow()
    rows.isAway = true
    await expect(night('1')).rejects.toThrow()
    rows.isAway = false
    expect((await night('1')).kinds).toEqual(['unconfirmed_call'])
  })
})
