import { describe, expect, it } from 'vitest'
import { alarm, createNoticeWorld, teams } from '../support/notice-world.ts'
import { createStateMemory, type StateMemory } from '../support/state-memory.ts'

/** A table that is lost at its nth call: before it did anything, or after, when the reply does not come. */
function breakingTable(at: number, when: 'before' | 'after'): StateMemory {
  const table = createStateMemory()
  let calls = 0
  const guard = <Args extends readonly unknown[], Result>(work: (...args: Args) => Promise<Result>) => {
    return async (...args: Args): Promise<Result> => {
      calls += 1
      if (calls !== at) return work(...args)
      if (when === 'after') await work(...args)
      throw new Error('away')
    }
  }
  const { find, insert, replace, remove, list } = table
  return {
    ...table,
    ...{ find: guard(find), insert: guard(insert), replace: guard(replace), remove: guard(remove), list: guard(list) },
  }
}

const steps = Array.from({ length: 12 }, (_, index) => index + 1)
const cases = steps.flatMap((at) => (['before', 'after'] as const).map((when) => ({ at, when })))

/** Ticks until nothing waits; a tick that fails is repeated as the host repeats it. */
async function settle(world: ReturnType<typeof createNoticeWorld>): Promise<void> {
  for (let tick = 0; tick < 12; tick++) {
    world.pass(130_000)
    await world.tick().catch(() => undefined)
  }
}

describe('a notice over a table that fails', () => {
  it.each(cases)(
    'is sent, at most twice and under one id, where call $at is lost $when it was made',
    async ({ at, when }) => {
      const world = createNoticeWorld({ channels: [teams], table: breakingTable(at, when) })
      const desk = world.open()
      const isKept = await desk.enqueue(alarm)
      await desk.close()
      // What was not kept is enqueued again by who looks through the approvals.
      if (!isKept) await world.open().enqueue(alarm)
      await settle(world)
      expect(world.sent.length).toBeGreaterThanOrEqual(1)
      expect(world.sent.length).toBeLessThanOrEqual(2)
      expect(new Set(world.sent.map(({ id }) => id))).toEqual(new Set([alarm.id]))
      expect(world.waiting()).toEqual([])
    },
  )

  it('is sent again where the process ends during the attempt, or between sending and noting it', async () => {
    const world = createNoticeWorld({ channels: [teams] })
    world.state.hang = new Promise(() => undefined)
    await world.open().enqueue(alarm)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect([world.sent.length, world.waiting().length]).toEqual([1, 1])
    world.state.hang = null
    world.pass(30_000)
    await world.tick()
    expect(world.sent).toHaveLength(1)
    world.pass(35_000)
    await world.tick()
    expect([world.sent.length, world.waiting().length]).toEqual([2, 0])
  })

  it('is repeated until the book has its alarm', async () => {
    const world = createNoticeWorld({ channels: [teams] })
    world.state.refuseEvents = true
    const desk = world.open()
    await desk.enqueue(alarm)
    await desk.close()
    expect([world.waiting().length, world.events]).toEqual([1, []])
    world.state.refuseEvents = false
    world.pass(65_000)
    await world.tick()
    expect([world.waiting().length, world.events.length]).toEqual([0, 1])
  })
})
