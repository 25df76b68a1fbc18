import { hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createDays } from '../../../shared/quota/window.ts'
import { addTotals, type UsageTotals, unitOf } from '../../../shared/usage/usage.ts'
import type { UsageLine } from '../../../shared/usage/usage-counters.ts'
import { sumUsage } from '../../../shared/usage/usage-report.ts'
import { alice, tid } from '../../support/line-world.ts'
import { carol, createUsageWorld, otherTenant } from '../../support/usage-world.ts'

const none: UsageTotals = { calls: 0, refused: 0, rows: 0, bytes: 0, tokens: 0, cost: 0 }
const line = (more: Partial<Omit<UsageLine, 'totals'>>, totals: Partial<UsageTotals>): UsageLine => ({
  ...{ tid, oid: 'ann', actor: 'scout', backend: 'pg', operation: 'read', unit: 'sales', day: '2026-11-22' },
  ...more,
  totals: { ...none, ...totals },
})

describe('a business unit', () => {
  const units = { sales: ['g1', 'g2'], hr: ['g3'], rest: [] }

  it.each([
    [['g2'], 'sales'],
    [['g3', 'g1'], 'sales'],
    [['g3'], 'hr'],
    [['g9'], 'other'],
    [[], 'other'],
  ])('of %j is %s', (groups, expected) => {
    expect(unitOf(groups, units)).toBe(expected)
  })
})

describe('sums of usage', () => {
  const lines = [
    line({}, { calls: 2, rows: 10, cost: 0.1 }),
    line({ oid: 'bea', unit: 'hr' }, { calls: 1, refused: 4, bytes: 7 }),
    line({ day: '2026-11-23', operation: 'write' }, { calls: 3, tokens: 5, cost: 0.2 }),
  ]

  it('are of all meters, by what they are asked for, in order', () => {
    expect(sumUsage(lines, ['person'])).toEqual([
      { names: { person: 'ann' }, totals: { ...none, calls: 5, rows: 10, tokens: 5, cost: 0.3 } },
      { names: { person: 'bea' }, totals: { ...none, calls: 1, refused: 4, bytes: 7 } },
    ])
    expect(sumUsage(lines, ['unit', 'day']).map(({ names }) => names)).toEqual([
      { unit: 'hr', day: '2026-11-22' },
      { unit: 'sales', day: '2026-11-22' },
      { unit: 'sales', day: '2026-11-23' },
    ])
  })

  it('lose nothing, however they are told apart', () => {
    const whole = lines.map(({ totals }) => totals).reduce(addTotals)
    for (const by of ['agent', 'backend', 'operation', 'unit', 'day', 'tenant'] as const) {
      const again = sumUsage(lines, [by])
        .map(({ totals }) => totals)
        .reduce(addTotals)
      expect([by, again.calls, again.refused, again.rows]).toEqual([by, whole.calls, whole.refused, whole.rows])
    }
  })
})

describe('a day of usage', () => {
  it.each([
    ['Europe/Brussels', '2026-11-22T22:59:59.999Z', '2026-11-22'],
    ['Europe/Brussels', '2026-11-22T23:00:00.000Z', '2026-11-23'],
    ['America/New_York', '2026-11-22T04:59:59.999Z', '2026-11-21'],
    ['UTC', '2026-11-22T23:59:59.999Z', '2026-11-22'],
  ])('in %s at %s is %s', (zone, time, day) => {
    expect(createDays(zone)(Date.parse(time)).name).toBe(day)
  })

  it.each([
    ['2026-03-29', 23],
    ['2026-10-25', 25],
    ['2026-11-22', 24],
  ])('%s in Brussels has %i hours', (day, hours) => {
    const days = createDays('Europe/Brussels')
    const noon = Date.parse(`${day}T11:00:00Z`)
    const before = days(noon - 86_400_000).end
    expect((days(noon).end - before) / 3_600_000).toBe(hours)
  })
})

describe('GET /api/usage', () => {
  it('has the figures of what was called', async () => {
    const world = createUsageWorld()
    await world.call()
    await world.call()
    await world.call({ ...alice, oid: carol.oid })
    await world.usage.flush()
    const { body } = await world.ask('usage', carol, { query: 'by=person' })
    expect(body.usage.map(({ person, calls }: { person: string; calls: number }) => [person, calls])).toEqual(
      [
        [alice.oid, 2],
        [carol.oid, 1],
      ].sort(),
    )
    const other = await world.ask('usage', carol, { query: `tenant=${otherTenant}` })
    expect(other.body.usage).toEqual([])
  })

  it('as CSV begins no cell as a formula does, and proves itself', async () => {
    const units = { '=cmd|calc': [...(alice.groups ?? [])] }
    const world = createUsageWorld({ units })
    await world.call()
    await world.usage.flush()
    const { answer } = await world.ask('usage', carol, { query: 'by=unit&format=csv' })
    const lines = (answer?.body ?? '').split('\r\n')
    expect(lines.find((one) => one.includes('cmd'))).toMatch(/^"'=cmd\|calc","1",/)
    for (const one of lines) expect(one).not.toMatch(/^"?[=+@-]/)
    const at = answer?.body.lastIndexOf('# sha256') ?? 0
    const body = answer?.body.slice(0, at).replace(/"$/, '') ?? ''
    expect(answer?.body).toContain(hash('sha256', body, 'hex'))
  })
})
