/**
 * Rows of one lane with 64 writers at once: the audit writer against one row in each transaction under the same lock and
 * with the same durability (nobody goes on before the row is in the table). Once against a table server (Azurite, in
 * memory, another process, a fresh table each time), once against a table in this process that takes 10 ms for each
 * transaction, as a table account does. On the clock, since waiting is what it is about.
 */
import type { RowStore } from '../../shared/audit/store.ts'
import { startTableServer } from '../fault/audit-azurite.ts'
import { createMemoryRows } from '../unit/audit/memory-rows.ts'
import { measureAppends, openGroups, openSingles, type Taken } from './append-contenders.ts'
import { openFreshRows } from './fresh-tables.ts'
import { type Bench, compareFigure, type Figure } from './measurement.ts'
import { median, takeTurns } from './rounds.ts'

const width = 64
const peer = 'one row a transaction'
const slowMs = 10

export const run: Bench = async ({ quick }) => {
  const server = await startTableServer()
  try {
    const fresh = () => openFreshRows(server.port)
    await Promise.all([
      measureAppends(openGroups(fresh()), { rows: 300, width }),
      measureAppends(await openSingles(fresh()), { rows: 100, width }),
    ])
    const share = quick ? 0.12 : 1
    const turns = quick ? 2 : 5
    const onServer = await compare(fresh, { turns, ours: 3_000 * share, peer: 800 * share })
    const onSlow = await compare(openSlowRows, { turns: quick ? 1 : 3, ours: 4_000 * share, peer: 250 * share })
    return [...describe('', onServer), ...describe(` at ${slowMs} ms a transaction`, onSlow)]
  } finally {
    await server.stop()
  }
}

interface Sizes {
  readonly turns: number
  readonly ours: number
  readonly peer: number
}

function compare(fresh: () => RowStore, sizes: Sizes) {
  return takeTurns(sizes.turns, {
    ours: () => measureAppends(openGroups(fresh()), { rows: sizes.ours, width }),
    peer: async () => measureAppends(await openSingles(fresh()), { rows: sizes.peer, width }),
  })
}

function describe(where: string, turns: readonly { readonly ours: Taken; readonly peer: Taken }[]): readonly Figure[] {
  const middle = (side: 'ours' | 'peer', what: keyof Taken) => median(turns.map((turn) => turn[side][what]))
  const rate = { case: `rows a second${where}`, value: middle('ours', 'rowsPerSecond'), unit: 'rows/s', peer }
  const late = { case: `p99${where}`, value: middle('ours', 'p99'), unit: 'ms', peer }
  return [
    compareFigure('rate', rate, middle('peer', 'rowsPerSecond')),
    compareFigure('cost', late, middle('peer', 'p99')),
  ]
}

function openSlowRows(): RowStore {
  return createMemoryRows({ latency: () => new Promise((resolve) => setTimeout(resolve, slowMs)) })
}
