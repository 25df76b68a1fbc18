/**
 * Understanding one PostgreSQL statement (gate, parser in its thread, effect, tables and columns) against libpg-query alone
 * in the calling thread, which says only how the statement is written. CPU time of this process, all its threads. Then the
 * statements of every dialect's corpus, and how long one alone waits for its answer.
 */
import libpg from 'libpg-query'
import { createParser, type Parser } from '../../shared/sql/parser-worker.ts'
import { type Corpus, corpora } from '../support/sql-corpora.ts'
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
  'statements of the corpus': textsOf('postgres'),
}

function textsOf(dialect: string): readonly string[] {
  return corpora.find((corpus) => corpus.dialect === dialect)?.cases.map(({ sql }) => sql) ?? []
}

export const run: Bench = async ({ quick }) => {
  await libpg.loadModule()
  const parser = createParser()
  try {
    const figures: Figure[] = []
    for (const [name, all] of Object.entries(texts)) figures.push(await compare(name, all, { parser, quick }))
    for (const corpus of corpora) figures.push(...(await measureDialect(corpus, { parser, quick })))
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

/** A statement of a dialect's corpus, refused ones too: CPU of all threads with many at once, and the wait of one alone. */
async function measureDialect(
  { dialect, cases }: Corpus,
  { parser, quick }: { readonly parser: Parser; readonly quick: boolean },
): Promise<Figure[]> {
  const judge = (index: number) => parser.understand(dialect, cases[index % cases.length]?.sql ?? '')
  const total = cases.length * (quick ? 1 : 10)
  await runConcurrently({ total: cases.length * 2, width: 16 }, judge)
  const turns = []
  for (let turn = 0; turn < (quick ? 1 : 3); turn++) {
    turns.push(await spend(total, () => runConcurrently({ total, width: 16 }, judge)))
  }
  const waits = await waitsOf(cases.length, judge)
  return [
    { case: `${dialect}: statements of its corpus`, value: roundFigure(microseconds(turns)), unit: 'µs' },
    { case: `${dialect}: p50 of them, alone`, value: roundFigure(median(waits) * 1e3), unit: 'µs' },
  ]
}

async function waitsOf(count: number, ask: (index: number) => Promise<unknown>): Promise<number[]> {
  const waits: number[] = []
  for (let at = 0; at < count; at++) {
    const begin = performance.now()
    await ask(at)
    waits.push(performance.now() - begin)
  }
  return waits
}

/** From asking to answered, alone, with the way to the thread and back. */
async function measureLatency(parser: Parser): Promise<Figure> {
  const [text = ''] = texts['a plain query'] ?? []
  const waits = await waitsOf(300, () => parser.understand('postgres', text))
  return { case: 'p50 of a plain query, alone', value: roundFigure(median(waits) * 1e3), unit: 'µs' }
}
