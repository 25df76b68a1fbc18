import { describe, expect, it } from 'vitest'
import { buildFaulty, isolationFaults } from '../support/isolation/faults.ts'
import { findGrowth } from '../support/isolation/judge.ts'
import { runIsolation } from '../support/isolation/run.ts'
import { openIsolationWorld } from '../support/isolation/world.ts'

/** Without this the isolation test might be one that cannot fail. */
describe('a gateway with a fault', () => {
  it.each(isolationFaults)('is noticed where $name', async (fault) => {
    const { app, remove } = await buildFaulty(fault)
    try {
      const world = await openIsolationWorld({ app })
      try {
        const report = await runIsolation(world, { calls: 400, phases: 1, ...fault.run, seed: 11 })
        const found = [...report.findings, ...findGrowth(report.holdings)]
        const noticed = found.filter((finding) => fault.noticed.test(finding))
        process.stdout.write(
          `${fault.name}: ${found.length} findings, first: ${(noticed[0] ?? found[0])?.slice(0, 160)}\n`,
        )
        expect(noticed.length, found.slice(0, 5).join('\n')).toBeGreaterThan(0)
      } finally {
        await world.stop()
      }
    } finally {
      await remove()
    }
  })
})
