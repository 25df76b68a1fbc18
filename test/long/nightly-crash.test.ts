import { describe, expect, it } from 'vitest'
import { dieAtSteps } from '../support/night-crash.ts'

describe('a process that ends at any step of a night', () => {
  it.each([
    ['before', false],
    ['after', true],
  ])('(%s it was done) neither loses nor doubles a report', { timeout: 300_000 }, async (_, isDone) => {
    const steps = await dieAtSteps({ first: 1, stride: 1, isDone })
    expect(steps).toBeGreaterThan(60)
    console.log(`${steps} steps`)
  })
})
