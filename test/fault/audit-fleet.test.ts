import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runFleet } from '../support/fleet/fleet.ts'
import { judgeFleet } from '../support/fleet/judge.ts'
import { startTableServer, type TableServer } from './audit-azurite.ts'

let server: TableServer

beforeAll(async () => {
  server = await startTableServer()
})
afterAll(() => server.stop())

/** The short form of what test/long does with eight processes for a minute. */
describe('three processes that write one book, one of them killed', () => {
  it('lose no row that anybody has a receipt for, and leave nothing wrong but calls that its end cut short', async () => {
    const { port } = server
    const run = await runFleet({ port, processes: 3, ms: 3000, kills: 1, leaseMs: 1000, segmentRows: 25, seed: 1 })
    const { findings, verification, receipts } = await judgeFleet(run)
    expect(findings.slice(0, 20)).toEqual([])
    expect(receipts).toBeGreaterThan(50)
    expect(verification).toMatchObject({ notes: [], counts: { notVerified: 0 } })
    expect(verification.counts.openings).toBe(verification.counts.intents)
    expect(verification.counts.segments).toBeGreaterThan(verification.counts.lanes)
  }, 60_000)
})
