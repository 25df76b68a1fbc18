/**
 * Rows of one lane with 64 writers at once: the audit writer against one row in each transaction under the same lock and
 * with the same durability (nobody goes on before the row is in the table). Once against a table server (Azurite, in
 * memory, another process, a fresh table each time), once against a table in this process that takes 10 ms for each
 * transaction, as a table account does. On the clock, since waiting is what it is about.
 */
import { randomBytes } from 'node:crypto'
import { sealBatch } from '../../shared/audit/batch.ts'
import { commitBatch } from '../../shared/audit/commit.ts'
import { draftIntent } from '../../shared/audit/document.ts'
import { claimLane, type Lane, type LaneContext } from '../../shared/audit/lane.ts'
import type { RowStore } from '../../shared/audit/store.ts'
import { startTableServer } from '../fault/audit-azurite.ts'
import { key, kid, openWriter, origin, permitted } from '../unit/audit/fixture.ts'
import { createMemoryRows } from '../unit/audit/memory-rows.ts'
import { openFreshRows } from './fresh-tables.ts'
import { type Bench, compareFigure, type Figure } from './measurement.ts'
import { median, quantile, runConcurrently, takeTurns } from './rounds.ts'

const width = 64
const peer = 'one row a transaction'
const slowMs = 10

type Append = (decisionId: string) => Promise<unknown>

interface Appending {
  readonly append: Append
  readonly close: () => Promise<void>
}

interface Taken {
  readonly rowsPerSecond: number
  /** Milliseconds from asking to durable. */
  readonly p99: number
}

export const run: Bench = async ({ quick }) => {
  const server = await startTableServer()
  try {
    const fresh = () => openFreshRows(server.port)
    await Promise.all([measure(openGroups(fresh()), 300), measure(await openSingles(fresh()), 100)])
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
    ours: () => measure(openGroups(fresh()), sizes.ours),
    peer: async () => measure(await openSingles(fresh()), sizes.peer),
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

async function measure({ append, close }: Appending, rows: number): Promise<Taken> {
  const waits: number[] = []
  await append('before the clock')
  const begin = performance.now()
  await runConcurrently({ total: rows, width }, async (index) => {
    const asked = performance.now()
    await append(`decision-${index}`)
    waits.push(performance.now() - asked)
  })
  const seconds = (performance.now() - begin) / 1e3
  await close()
  return { rowsPerSecond: rows / seconds, p99: quantile(waits, 0.99) }
}

function openGroups(rows: RowStore): Appending {
  // The deadline of a call is no part of this: a machine that is busy must not turn rows into refusals.
  const writer = openWriter(rows, { limits: { deadline: 60_000 } })
  return { append: (id) => writer.recordPermitted(permitted(id)), close: () => writer.close() }
}

/** The same rows and heads by the same functions; one in a transaction, one transaction after the other. */
async function openSingles(rows: RowStore): Promise<Appending> {
  const pacing = { clock: Date.now, random: randomBytes, wait: async () => undefined }
  const context: LaneContext = { rows, pacing, origin, owner: 'bench' }
  let lane: Lane = await claimLane(context, [{ kid, key }], new Set())
  let last: Promise<void> = Promise.resolve()

  async function commitOne(decisionId: string): Promise<void> {
    const drafts = [draftIntent(permitted(decisionId), {})]
    const batch = sealBatch(context, { lane, key: { kid, key }, drafts })
    const fate = await commitBatch(rows, batch, async (attempt) => attempt === 0)
    if (fate.fate !== 'committed' || fate.etag === null) throw new Error(`the row was not committed: ${fate.fate}`)
    lane = { ...lane, head: batch.next, etag: fate.etag }
  }

  return {
    append: (id) => {
      last = last.then(() => commitOne(id))
      return last
    },
    close: async () => undefined,
  }
}

function openSlowRows(): RowStore {
  return createMemoryRows({ latency: () => new Promise((resolve) => setTimeout(resolve, slowMs)) })
}
