import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findBookFaults, findEmptyJoins, findGrowth, shareOfBusy } from '../support/isolation/judge.ts'
import { describeRun, type IsolationReport, runIsolation } from '../support/isolation/run.ts'
import { type IsolationWorld, openIsolationWorld } from '../support/isolation/world.ts'

const calls = Number(process.env.ISOLATION_CALLS ?? 20_000)
const seed = Number(process.env.ISOLATION_SEED ?? Date.now() % 100_000)
const phases = 5

let world: IsolationWorld
let report: IsolationReport

beforeAll(async () => {
  process.stdout.write(`isolation: seed ${seed} (ISOLATION_SEED repeats it)\n`)
  world = await openIsolationWorld()
  report = await runIsolation(world, { calls: Math.ceil(calls / phases), phases, seed })
  process.stdout.write(`${describeRun(report)}\n`)
}, 3_600_000)
afterAll(() => world?.stop())

describe('people of two tenants, 64 calls at once, a quarter of them broken off', () => {
  it('get nothing but their own, and everybody who saw a call saw its own caller', () => {
    expect(report.findings).toEqual([])
    expect(findEmptyJoins(report, 100)).toEqual([])
    expect(shareOfBusy(report)).toBeLessThan(0.05)
  })

  it('leave a book that verifies, with an outcome for every intent', () => {
    expect(findBookFaults(report)).toEqual([])
  })

  it('leave a gateway that holds no more than after the first fifth', () => {
    expect(findGrowth(report.holdings)).toEqual([])
  })
})
