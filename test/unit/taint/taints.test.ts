import { describe, expect, it } from 'vitest'
import { createTaints } from '../../../shared/taint/taints.ts'
import { createStateMemory } from '../../support/state-memory.ts'

const noon = Date.UTC(2026, 10, 22, 12)
const hour = 3_600_000
const alice = { tid: 't1', oid: 'alice', actor: 'a1' }

function open() {
  const table = createStateMemory()
  const clock = { now: noon }
  const start = () => createTaints({ table, now: () => clock.now })
  return { table, clock, start, taints: start() }
}

describe('taint', () => {
  it.each([
    [0, true],
    [8 * hour - 1, true],
    [8 * hour, false],
  ])('after %i ms holds: %s, on every instance', async (passed, expected) => {
    const { taints, start, clock } = open()
    await taints.mark(alice, 'd1')
    clock.now += passed
    expect([await taints.isTainted(alice), await start().isTainted(alice)]).toEqual([expected, expected])
  })

  it.each([{ oid: 'bob' }, { actor: 'a2' }, { tid: 't2' }])(
    'is of this person through this agent, not of %j',
    async (other) => {
      const { taints } = open()
      await taints.mark(alice, 'd1')
      expect(await taints.isTainted({ ...alice, ...other })).toBe(false)
    },
  )

  it('is seen by an instance that has just found none', async () => {
    const { taints, start } = open()
    const other = start()
    expect(await other.isTainted(alice)).toBe(false)
    await taints.mark(alice, 'd1')
    expect(await other.isTainted(alice)).toBe(true)
  })

  it('is not missed by a question that joins one which was asked before the mark', async () => {
    const { taints, start } = open()
    const other = start()
    const early = other.isTainted(alice)
    const marked = taints.mark(alice, 'd1')
    const late = marked.then(() => other.isTainted(alice))
    expect([typeof (await early), await late]).toEqual(['boolean', true])
  })

  it('is asked for once by those who come while a question is under way', async () => {
    const { taints, table } = open()
    await Promise.all(Array.from({ length: 50 }, () => taints.isTainted(alice)))
    expect(table.calls()).toBe(2)
  })

  it('is not asked for again while it is known to hold', async () => {
    const { taints, table } = open()
    await taints.mark(alice, 'd1')
    const before = table.calls()
    for (let call = 0; call < 10; call += 1) expect(await taints.isTainted(alice)).toBe(true)
    await taints.mark(alice, 'd2')
    expect(table.calls()).toBe(before)
  })

  it('gets longer by a later mark, never shorter', async () => {
    const { taints, start, clock, table } = open()
    clock.now += hour
    await taints.mark(alice, 'd2')
    clock.now -= hour
    await start().mark(alice, 'd1')
    expect(table.rows()[0]?.values.until).toBe(noon + 9 * hour)
  })

  it('cannot be told where the table is away, neither there nor not', async () => {
    const { taints, table } = open()
    table.fail(2)
    await expect(taints.isTainted(alice)).rejects.toMatchObject({ code: 'policy_unavailable' })
    await expect(taints.mark(alice, 'd1')).rejects.toMatchObject({ code: 'policy_unavailable' })
    expect(await taints.isTainted(alice)).toBe(false)
  })
})
