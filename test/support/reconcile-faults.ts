import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reconcileGraceMs } from '../../shared/audit/outcome-bound.ts'
import { reconcileDangling } from '../../shared/audit/reconcile-dangling.ts'
import type { RowStore } from '../../shared/audit/store.ts'
import { openRows, startTableServer, type TableServer } from '../fault/audit-azurite.ts'
import { type ExchangeProxy, type Mishap, startExchangeProxy } from '../fault/exchange-proxy.ts'
import { called, key, kid, openWriter, origin, permitted, recordCall, verify } from '../unit/audit/fixture.ts'

/** Takes a prime number of cases, so that every `share`-th exchange covers other places in each kind of failure. */
export function describeReconcileFaults(mishaps: readonly Mishap[], share: number): void {
  describe('reconciler of intents left open, with any one exchange going wrong', () => {
    let server: TableServer
    let proxy: ExchangeProxy
    let tables = 0
    beforeAll(async () => {
      server = await startTableServer()
      proxy = await startExchangeProxy(server.port)
    })
    afterAll(async () => {
      await proxy?.stop()
      await server?.stop()
    })

    const clock = { offset: 0 }
    const now = () => Date.now() + clock.offset
    const open = (rows: RowStore) => openWriter(rows, { clock: now })
    const run = (rows: RowStore, writer = open(rows)) =>
      reconcileDangling({
        rows,
        keys: async (id) => (id === kid ? { key } : null),
        origin,
        writer,
        clock: now,
        random: randomBytes,
      })

    /** A gateway that stopped with two intents open, its lane idle; then one reconciler whose n-th exchange goes wrong. */
    async function play(number: number, mishap: Mishap) {
      clock.offset = 0
      const prefix = `x${Date.now().toString(36)}${tables++}`
      const [direct, troubled] = [openRows(server.port, prefix), openRows(proxy.port, prefix)]
      const gateway = open(direct)
      await recordCall(gateway, 'd0')
      const intent = await gateway.recordPermitted(permitted('d1'))
      await gateway.recordRefused({ ...permitted('d2'), verdict: 'deny' })
      await direct.list('runs')[Symbol.asyncIterator]().next()
      clock.offset += reconcileGraceMs + 1000
      const first = open(troubled)
      proxy.arm(number, mishap)
      await run(troubled, first).catch(() => undefined)
      const count = proxy.count()
      clock.offset += 600_000
      await run(direct)
      await proxy.deliver()
      // Both come back to life, with what they may still owe.
      await Promise.all([first.close(), gateway.recordOutcome(intent, called()).catch(() => undefined)])
      await gateway.close()
      const report = await verify(direct, { now: now() + 3_600_000 })
      return { count, verdict: report.verdict, findings: report.findings, outcomes: report.counts.outcomes }
    }

    const expected = { verdict: 'PASS', findings: [], outcomes: 3 }
    it.each(mishaps)('closes each once: %s', { timeout: 120_000 }, async (mishap) => {
      const { count } = await play(0, mishap)
      expect(count).toBeGreaterThan(15)
      const numbers = Array.from({ length: count }, (_, at) => at + 1).filter(
        (number) => number % share === tables % share,
      )
      for (const number of numbers)
        expect({ number, ...(await play(number, mishap)) }).toMatchObject({ number, ...expected })
    })
  })
}
