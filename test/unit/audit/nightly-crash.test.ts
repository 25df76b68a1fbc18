import { describe, expect, it } from 'vitest'
import type { SegmentTask } from '../../../shared/audit/nightly.ts'
import { check, copy, dieAtSteps, prepare } from '../../support/night-crash.ts'
import { createNightWorld, minute } from '../../support/night-world.ts'

describe('a process that ends between any two steps', () => {
  // The long suite takes every step.
  it.each([
    ['before', 1, false],
    ['after', 2, true],
  ])('(%s the step was done) neither loses nor doubles a report', { timeout: 60_000 }, async (_, first, isDone) => {
    expect(await dieAtSteps({ first, stride: 4, isDone })).toBeGreaterThan(60)
  })
})

describe('a task', () => {
  it('that was given out before a crash and after it is done once', async () => {
    const { rows, outside } = copy(await prepare())
    const world = createNightWorld(rows, outside)
    const tasks: SegmentTask[] = []
    for (let wake = 0; wake < 3; wake++) {
      tasks.push(...(await world.wake()))
      world.now += minute
    }
    await Promise.all(tasks.map((task) => world.work([task])))
    await world.close()
    expect(tasks).toHaveLength(6)
    check(rows, world)
  })
})
