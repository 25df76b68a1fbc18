import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { QuotaRule } from '../../shared/quota/quota.ts'
import { createQuotas } from '../../shared/quota/quotas.ts'
import type { StateTable } from '../../shared/state/state-table.ts'
import { createTableState } from '../../shared/state/table-state.ts'
import { createSuspensions } from '../../shared/suspension/suspensions.ts'
import { createTaints } from '../../shared/taint/taints.ts'
import { createUsageCounters } from '../../shared/usage/usage-counters.ts'
import { type Accident, type StateProxy, startStateProxy } from '../support/state-proxy.ts'
import { connectionStringOf, startTableServer, type TableServer } from './audit-azurite.ts'

let server: TableServer
let proxy: StateProxy
let tables = 0

beforeAll(async () => {
  server = await startTableServer()
  proxy = await startStateProxy(server.port)
}, 60_000)
afterAll(async () => {
  await proxy.stop()
  await server.stop()
})

/** A table of its own name; what one instance opens is another's by the same name. */
function open(table: string, port = server.port, timeout = 10_000): StateTable {
  const account = { connectionString: connectionStringOf(port) }
  return createTableState({ account, table, allowInsecure: true, timeout })
}

function name(): string {
  tables += 1
  return `state${tables}`
}

const target = { tid: 't1', oid: 'alice', actor: 'a1', backend: 'orders', operation: 'getOrder' }
const stop = {
  id: 's1',
  tenant: 't1',
  person: 'alice',
  cause: 'operator',
  reason: 'r',
  salt: '00',
  by: 'c',
  at: 0,
} as const
const rule: QuotaRule = { name: 'q', meter: 'calls', per: ['person'], window: 'day', limit: 60, onDemand: false }
const ask = { ...target, rowLimit: 10, demanded: [] }

describe('tables of state at a real table server', () => {
  it('stop a person on two instances within five seconds of their clocks', async () => {
    const table = name()
    let time = 0
    const [one, other] = [1, 2].map(() => createSuspensions({ table: open(table), now: () => time }))
    expect([await one?.find(target), await other?.find(target)]).toEqual([null, null])
    await one?.add(stop)
    time += 5000
    expect(await one?.find(target)).toMatchObject({ id: 's1', person: 'alice' })
    expect(await other?.find(target)).toMatchObject({ id: 's1', person: 'alice' })
  })

  it('let six instances at once have what there is, and no more', async () => {
    const table = name()
    const parts = { rules: [rule], now: () => 0, zone: 'UTC', onFault: () => undefined }
    const all = Array.from({ length: 6 }, () => createQuotas({ ...parts, table: open(table) }))
    const answers = await Promise.all(all.flatMap((quotas) => Array.from({ length: 12 }, () => quotas.reserve(ask))))
    const granted = answers.filter((answer) => answer.granted).length
    expect(granted).toBeLessThanOrEqual(60)
    expect(granted).toBeGreaterThan(40)
    await Promise.all(all.map((quotas) => quotas.close()))
    const [row] = await open(table).list()
    expect(row?.values.leased).toBe(granted)
  }, 30_000)

  it('show a taint to another instance as soon as it is marked', async () => {
    const table = name()
    const [one, other] = [1, 2].map(() => createTaints({ table: open(table), now: () => 0 }))
    expect(await other?.isTainted(target)).toBe(false)
    await one?.mark(target, 'd1')
    expect(await other?.isTainted(target)).toBe(true)
  })

  it('add up what instances counted, each once', async () => {
    const table = name()
    const parts = { day: () => '2026-11-22', later: () => undefined, onFault: () => undefined }
    const [one, other] = ['i1', 'i2'].map((instance) => createUsageCounters({ ...parts, instance, table: open(table) }))
    const totals = { calls: 1, refused: 0, rows: 5, bytes: 10, tokens: 0, cost: 0.5 }
    const entry = { ...target, unit: 'other', totals }
    for (const counters of [one, other, one]) counters?.count(entry)
    await Promise.all([one?.flush(), other?.flush()])
    one?.count(entry)
    await one?.flush()
    const lines = (await one?.read({ tid: 't1', from: '2026-11-22', to: '2026-11-22' })) ?? []
    expect(lines.map(({ totals: { calls, rows } }) => [calls, rows]).sort()).toEqual([
      [1, 5],
      [3, 15],
    ])
    expect(await one?.read({ tid: 't1', from: '2026-11-23', to: '2026-11-30' })).toEqual([])
  })
})

describe('a table of state that fails', () => {
  const both: readonly Accident[] = ['lose-reply', 'busy', 'lose-request']

  it.each(both)(
    'once (%s) keeps nobody waiting for a person to repeat, and counts nothing twice',
    async (accident) => {
      const table = name()
      const quotas = createQuotas({
        rules: [rule],
        table: open(table, proxy.port),
        now: () => 0,
        zone: 'UTC',
        onFault: () => undefined,
      })
      const taints = createTaints({ table: open(table, proxy.port), now: () => 0 })
      const suspensions = createSuspensions({ table: open(table, proxy.port), now: () => 0 })
      await Promise.all([taints.isTainted(target), suspensions.find(target), quotas.reserve(ask)])
      for (const use of [
        () => quotas.reserve({ ...ask, oid: accident }),
        () => taints.mark(target, 'd1'),
        () => suspensions.add({ ...stop, person: 'bob' }),
      ]) {
        proxy.fail(accident, 1)
        await use()
      }
      const held = (await open(table).list()).filter(({ key }) => key === 'lease')
      expect(held.map(({ values }) => values.leased)).toEqual([1, 1])
      expect(await createTaints({ table: open(table), now: () => 0 }).isTainted(target)).toBe(true)
    },
    30_000,
  )

  it.each(both)(
    'for good (%s) refuses, and says so in time',
    async (accident) => {
      const table = name()
      const far = () => open(table, proxy.port, 500)
      await far().list()
      const quotas = createQuotas({ rules: [rule], table: far(), now: () => 0, zone: 'UTC', onFault: () => undefined })
      const taints = createTaints({ table: far(), now: () => 0 })
      const suspensions = createSuspensions({ table: far(), now: () => 0 })
      proxy.fail(accident, 1000)
      const begun = Date.now()
      const fates = await Promise.allSettled([
        quotas.reserve(ask),
        taints.isTainted(target),
        taints.mark(target, 'd'),
        suspensions.find(target),
      ])
      proxy.fail('none', 0)
      expect(fates.map((fate) => fate.status === 'rejected' && fate.reason.code)).toEqual(
        Array(4).fill('policy_unavailable'),
      )
      expect(Date.now() - begun).toBeLessThan(15_000)
    },
    30_000,
  )
})
