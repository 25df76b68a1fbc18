import { describe, expect, it } from 'vitest'
import { type SweptTable, sweepOldRows, sweptTables } from '../../../shared/state/old-rows.ts'
import type { StateRow } from '../../../shared/state/state-table.ts'
import { createStateMemory, type StateMemory } from '../../support/state-memory.ts'

const now = Date.parse('2026-11-22T12:00:00Z')
const tenant = '11111111-1111-4111-8111-111111111111'
const iso = (days: number) => new Date(now + days * 86_400_000).toISOString()
const glass = (until: string, review: object | null) => ({ value: JSON.stringify({ id: 'bg_1', until, review }) })
const delegation = (days: number) => ({ body: JSON.stringify({ until: now + days * 86_400_000, endedAt: null }) })

interface Given {
  readonly key?: string
  readonly values?: StateRow['values']
}

/** A row each that is over, and that is not. */
const cases: [SweptTable, string, Given, Given][] = [
  ['quotas', 'a day', { values: { window: '2026-11-19' } }, { values: { window: '2026-11-20' } }],
  ['quotas', 'a minute', { values: { window: '2026-11-19T23:59' } }, { values: { window: '2026-11-22T12:00' } }],
  ['taints', 'a taint', { values: { until: now - 1 } }, { values: { until: now + 1 } }],
  ['taints', 'a row that is none', { values: { until: now - 1 } }, { values: { until: 'later' } }],
  ['usage', 'a day', { key: '2026-05-22|i|w' }, { key: '2026-05-23|i|w' }],
  ['openapprovals', 'a request', { key: `${iso(-1.1)}!apr_1` }, { key: `${iso(-0.9)}!apr_1` }],
  ['delegations', 'a delegation', { values: delegation(-31) }, { values: delegation(-29) }],
  ['delegations', 'a row that is none', { values: delegation(-31) }, { values: { body: 'x' } }],
  [
    'breakglass',
    'an opening',
    { key: 'active!o', values: glass(iso(-2), null) },
    { key: 'active!o', values: glass(iso(0), null) },
  ],
  [
    'breakglass',
    'a reviewed use',
    { key: 'use!1', values: glass(iso(-184), {}) },
    { key: 'use!1', values: glass(iso(-2), {}) },
  ],
  [
    'breakglass',
    'a use that nobody has reviewed',
    { key: 'use!1', values: glass(iso(-184), {}) },
    { key: 'use!1', values: glass(iso(-900), null) },
  ],
]

function createSweepWorld() {
  const tables = Object.fromEntries(sweptTables.map((name) => [name, createStateMemory()])) as Record<
    SweptTable,
    StateMemory
  >
  const faults: string[] = []
  const onFault = (table: string) => void faults.push(table)
  const sweep = () => sweepOldRows({ tables, now, retentionDays: 183, tenants: [tenant], onFault })
  const put = (name: SweptTable, { key = 'k', values = {} }: Given) =>
    tables[name].insert({ partition: tenant, key }, values)
  return { tables, faults, sweep, put }
}

describe('a sweep of the state tables', () => {
  it.each(cases)('in %s removes %s that is over, and no other', async (...[name, , over, kept]) => {
    const gone = createSweepWorld()
    await gone.put(name, over)
    expect([(await gone.sweep())[name], gone.tables[name].rows().length]).toEqual([1, 0])
    const left = createSweepWorld()
    await left.put(name, kept)
    expect([(await left.sweep())[name], left.tables[name].rows().length]).toEqual([0, 1])
  })

  it('leaves a row that somebody changed meanwhile', async () => {
    const { tables, sweep, put } = createSweepWorld()
    await put('quotas', { values: { window: '2026-11-01', leased: 5 } })
    const { list } = tables.quotas
    const listThenChange: StateMemory['list'] = async (range) => {
      const rows = await list(range)
      for (const row of rows) await tables.quotas.replace(row, { window: '2026-11-22', leased: 7 })
      return rows
    }
    Object.assign(tables.quotas, { list: listThenChange })
    await sweep()
    expect(tables.quotas.rows().map(({ values }) => values.leased)).toEqual([7])
  })

  it('goes on with the others where a table does not answer', async () => {
    const { tables, faults, sweep, put } = createSweepWorld()
    await put('taints', { values: { until: now - 1 } })
    tables.quotas.fail(1)
    expect(await sweep()).toMatchObject({ taints: 1 })
    expect([faults, tables.taints.rows()]).toEqual([['quotas'], []])
  })

  it('removes no more than 2,000 rows of a table at a time', async () => {
    const { tables, sweep } = createSweepWorld()
    const rows = Array.from({ length: 2001 }, (_, at) => ({ partition: tenant, key: `p${at}` }))
    await Promise.all(rows.map((place) => tables.taints.insert(place, { until: 1 })))
    await sweep()
    expect(tables.taints.rows()).toHaveLength(1)
    await sweep()
    expect(tables.taints.rows()).toHaveLength(0)
  })
})
