import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findBookFaults, findEmptyJoins, shareOfBusy } from '../support/isolation/judge.ts'
import { describeRun, type IsolationReport, runIsolation } from '../support/isolation/run.ts'
import { type IsolationWorld, openIsolationWorld } from '../support/isolation/world.ts'

/** The short form of what test/long does with 20,000 calls, with the same plan each time. */
const seed = Number(process.env.ISOLATION_SEED ?? 1)

let world: IsolationWorld
let report: IsolationReport

beforeAll(async () => {
  process.stdout.write(`isolation: seed ${seed} (ISOLATION_SEED repeats it)\n`)
  world = await openIsolationWorld()
  report = await runIsolation(world, { calls: 600, phases: 1, seed })
  process.stdout.write(`${describeRun(report)}\n`)
}, 180_000)
afterAll(() => world?.stop())

describe('people of two tenants, 64 calls at once, a quarter of them broken off', () => {
  it('get nothing but their own, and everybody who saw a call saw its own caller', () => {
    expect(report.findings).toEqual([])
    expect(findEmptyJoins(report, 5)).toEqual([])
    expect(shareOfBusy(report)).toBeLessThan(0.05)
  })

  it('leave a book that verifies, with an outcome for every intent', () => {
    expect(findBookFaults(report)).toEqual([])
  })
})
