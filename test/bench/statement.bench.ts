/**
 * Understanding one PostgreSQL statement (gate, parser in its thread, effect, tables and columns) against libpg-query alone
 * in the calling thread, which says only how the statement is written. CPU time of this process, both threads.
 */
import libpg from 'libpg-query'
import { createParser, type Parser } from '../../shared/sql/parser-worker.ts'
import corpus from '../support/sql-corpus-postgres.json' with { type: 'json' }
import { type Bench, compareFigure, type Figure, roundFigure } from './measurement.ts'
import { median, microseconds, runConcurrently, spend, takeTurns } from './rounds.ts'

const texts: Readonly<Record<string, readonly string[]>> = {
  'a plain query': ["SELECT id, name, email FROM sales.customers WHERE region = 'EMEA' ORDER BY id LIMIT 25"],
  'a query with joins, a CTE and a window': [
    `WITH late AS (SELECT order_id, customer_id, total_eur FROM sales.orders WHERE status = 'open' AND ordered_at < $1)
     SELECT c.region, c.name, sum(l.total_eur) AS euro, rank() OVER (PARTITION BY c.region ORDER BY sum(l.total_eur) DESC)
     FROM late l JOIN sales.customers c ON c.id = l.customer_id LEFT JOIN sales.notes n ON n.customer_id = c.id
     WHERE n.id IS NULL OR n.kind IN ('call', 'visit') GROUP BY c.region, c.name HAVING sum(l.total_eur) > 1000
     ORDER BY euro DESC LIMIT 100`,
  ],
  'statements of the corpus': corpus.cases.map(({ sql }) => sql),
}

export const run: Bench = async ({ quick }) => {
  await libpg.loadModule()
  const parser = createParser()
  try {
    const figures: Figure[] = []
    for (const [name, all] of Object.entries(texts)) figures.push(await compare(name, all, { parser, quick }))
    return [...figures, await measureLatency(parser)]
  } finally {
    await parser.stop()
  }
}

async function compare(
  name: string,
  all: readonly string[],
  { parser, quick }: { readonly parser: Parser; readonly quick: boolean },
): Promise<Figure> {
  // A text that the parser refuses costs a tree and a search for its reason in neither.
  const parsable = all.filter(isParsable)
  const textAt = (index: number) => parsable[index % parsable.length] ?? ''
  const ours = (total: number) =>
    spend(total, () => runConcurrently({ total, width: 16 }, (index) => parser.understand('postgres', textAt(index))))
  const peer = (total: number) =>
    spend(total, () => {
      for (let at = 0; at < total; at++) libpg.parseSync(textAt(at))
    })
  await ours(300)
  await peer(300)
  const total = quick ? 200 : 4_000
  const turns = await takeTurns(quick ? 2 : 5, { ours: () => ours(total), peer: () => peer(total) })
  const value = microseconds(turns.map((turn) => turn.ours))
  return compareFigure(
    'cost',
    { case: name, value, unit: 'µs', peer: 'libpg-query alone' },
    microseconds(turns.map((turn) => turn.peer)),
  )
}

function isParsable(text: string): boolean {
  try {
    libpg.parseSync(text)
    return true
  } catch {
    return false
  }
}

/** From asking to answered, alone, with the way to the thread and back. */
async function measureLatency(parser: Parser): Promise<Figure> {
  const waits: number[] = []
  const [text = ''] = texts['a plain query'] ?? []
  for (let at = 0; at < 300; at++) {
    const begin = performance.now()
    await parser.understand('postgres', text)
    waits.push(performance.now() - begin)
  }
  return { case: 'p50 of a plain query, alone', value: roundFigure(median(waits) * 1e3), unit: 'µs' }
}
