import { describe, expect, it } from 'vitest'
import { type Suspension, stops } from '../../../shared/suspension/suspension.ts'
import { createSuspensions } from '../../../shared/suspension/suspensions.ts'
import { createStateMemory } from '../../support/state-memory.ts'

const noon = Date.UTC(2026, 10, 22, 12)
const target = { tid: 't1', oid: 'alice', actor: 'a1', backend: 'orders', operation: 'getOrder' }

function suspension(changes: Partial<Suspension> = {}): Suspension {
  const who = { by: 'carol', reason: 'a reason', salt: '00', at: noon }
  return { id: 's1', tenant: 't1', cause: 'operator', person: 'alice', ...who, ...changes }
}

describe('suspension', () => {
  const nobody = { person: undefined }
  it.each<[string, Partial<Suspension>, boolean]>([
    ['its person', {}, true],
    ['another person', { person: 'bob' }, false],
    ['a person of that id in another tenant', { tenant: 't2' }, false],
    ['its agent', { ...nobody, agent: 'a1' }, true],
    ['another agent', { ...nobody, agent: 'a2' }, false],
    ['its person through its agent', { agent: 'a1' }, true],
    ['its person through another agent', { agent: 'a2' }, false],
    ['its backend', { ...nobody, backend: 'orders' }, true],
    ['another backend', { ...nobody, backend: 'files' }, false],
    ['its operation', { ...nobody, backend: 'orders', operation: 'getOrder' }, true],
    ['another operation', { ...nobody, backend: 'orders', operation: 'listOrders' }, false],
    ['every tenant', { ...nobody, tenant: 'all', backend: 'orders' }, true],
    ['a time that is to come', { until: noon + 1 }, true],
    ['a time that is over', { until: noon }, false],
    ['an end that cannot be read', { until: Number.NaN }, true],
  ])('for %s', (_, changes, expected) => {
    expect(stops(suspension(changes), target, noon)).toBe(expected)
  })
})

function open() {
  const table = createStateMemory()
  const clock = { now: noon }
  const start = () => createSuspensions({ table, now: () => clock.now })
  return { table, clock, start, one: start() }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('suspensions of an instance', () => {
  it('are in force at once where they were made, and lifted at once', async () => {
    const { one } = open()
    expect(await one.find(target)).toBeNull()
    await one.add(suspension())
    expect(await one.find(target)).toMatchObject({ id: 's1', reason: 'a reason' })
    await one.remove(suspension())
    expect(await one.find(target)).toBeNull()
  })

  it('are in force on another instance within five seconds, whatever it asked before', async () => {
    const { one, start, clock } = open()
    const other = start()
    await other.find(target)
    await one.add(suspension())
    clock.now += 5000
    expect(await other.find(target)).not.toBeNull()
  })

  it('are asked for beside the calls while there are calls', async () => {
    const { one, start, clock } = open()
    const other = start()
    await other.find(target)
    await one.add(suspension())
    clock.now += 1000
    expect(await other.find(target)).toBeNull()
    await settle()
    expect(await other.find(target)).not.toBeNull()
  })

  it('cost one question a second', async () => {
    const { one, table, clock } = open()
    for (let call = 0; call < 100; call += 1) {
      await one.find(target)
      clock.now += 100
      await settle()
    }
    expect(table.calls()).toBeLessThanOrEqual(11)
  })

  it('refuse all where the table has been away for five seconds, and nobody before', async () => {
    const { one, table, clock } = open()
    await one.find(target)
    table.fail(1000)
    clock.now += 3900
    expect(await one.find(target)).toBeNull()
    clock.now += 1000
    await expect(one.find(target)).rejects.toMatchObject({ code: 'policy_unavailable' })
    table.fail(0)
    expect(await one.find(target)).toBeNull()
  })

  it('refuse all where they were never had', async () => {
    const { one, table } = open()
    table.fail(1)
    await expect(one.find(target)).rejects.toMatchObject({ code: 'policy_unavailable' })
  })

  it('do not take an answer for new that was asked for before the change', async () => {
    const { one } = open()
    const early = one.find(target)
    const added = one.add(suspension())
    await Promise.all([early, added])
    expect(await one.find(target)).not.toBeNull()
  })

  it('are over when their time is, without another question', async () => {
    const { one, clock } = open()
    await one.add(suspension({ until: noon + 500 }))
    expect(await one.find(target)).not.toBeNull()
    clock.now += 500
    expect(await one.find(target)).toBeNull()
    expect(await one.list()).toEqual([])
  })

  it('give way to a later one of the same id', async () => {
    const { one } = open()
    await one.add(suspension())
    await one.add(suspension({ reason: 'another' }))
    expect((await one.list()).map(({ reason }) => reason)).toEqual(['another'])
  })
})
