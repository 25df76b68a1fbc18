import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTableServer, type TableServer } from '../fault/audit-azurite.ts'
import { runFleet } from '../support/fleet/fleet.ts'
import { type FleetReport, judgeFleet } from '../support/fleet/judge.ts'

const seed = Number(process.env.FLEET_SEED ?? Date.now() % 100_000)
const ms = 60_000

let server: TableServer
let report: FleetReport

beforeAll(async () => {
  server = await startTableServer()
  const { port } = server
  const run = await runFleet({ port, processes: 8, ms, kills: 6, leaseMs: 4000, segmentRows: 250, seed })
  report = await judgeFleet(run)
  const { verification, findings: _findings, ...figures } = report
  process.stdout.write(`fleet: seed ${seed}; ${JSON.stringify({ ...figures, ...verification.counts })}\n`)
}, 1_200_000)
afterAll(() => server?.stop())

describe('eight processes that write one book for a minute, six of them killed', () => {
  it('lose no row that anybody has a receipt for, double none, and share no lane', () => {
    expect(report.findings.slice(0, 20)).toEqual([])
    expect(report.receipts).toBeGreaterThan(1000)
    expect(report.handovers).toBeGreaterThan(0)
  })

  it('leave a book with nothing wrong but calls that their end cut short', () => {
    const { verdict, counts, notes } = report.verification
    expect(['PASS', 'PASS WITH EXCEPTIONS']).toContain(verdict)
    expect([notes, counts.notVerified]).toEqual([[], 0])
    expect(counts.openings).toBe(counts.intents)
    expect(counts.segments).toBeGreaterThan(counts.lanes)
  })
})
