/** What a run has to show, beside being without findings. */
import { busy } from './field.ts'
import type { Holdings } from './inspector.ts'
import { declaredOpen } from './join.ts'
import type { IsolationReport } from './run.ts'

const mib = 2 ** 20
/** From the end of the first phase to the end of the last. */
const bounds = { heap: 4 * mib, rss: 64 * mib, entries: 1500, handles: 100 }

/** What has grown beyond its bound since the first phase. */
export function findGrowth(holdings: readonly Holdings[]): readonly string[] {
  const [first, last] = [holdings[0], holdings.at(-1)]
  if (first === undefined || last === undefined) return ['nothing was measured']
  const grown = (what: string, by: number, bound: number) => (by > bound ? [`${what} grew by ${by}`] : [])
  const handles = Object.values(last.handles).reduce((sum, count) => sum + count, 0)
  const entries = ({ maps, sets }: Holdings) => maps.entries + sets.entries
  return [
    ...grown('heap', last.heapUsed - first.heapUsed, bounds.heap),
    ...grown('rss', last.rss - first.rss, bounds.rss),
    ...grown('entries', entries(last) - entries(first), bounds.entries),
    ...grown('handles', handles, bounds.handles),
  ]
}

/** Joins that a run of any length must have compared something in: without that they would prove nothing. */
const joins = [
  'book by trace',
  'answers by decision',
  'outcomes',
  'outcomes by intent',
  'outcomes of what was broken off',
  'exchanges',
  'orders API',
  'idempotency keys',
  'database',
  'database connections',
  'approval steps',
  'approvals by intent',
] as const

/** Joins that compared less than `fewest` pairs. */
export function findEmptyJoins({ counts }: IsolationReport, fewest: number): readonly string[] {
  return joins.filter((join) => (counts[join] ?? 0) < fewest)
}

/** What is wrong with the book: anything but what the log declares. */
export function findBookFaults({ book, counts }: IsolationReport): readonly string[] {
  const { rows, verified, intents, outcomes, open } = book.counts
  const declared = counts[declaredOpen] ?? 0
  const wrong = (what: string, isWrong: boolean) => (isWrong ? [`${what}: ${JSON.stringify(book)}`] : [])
  return [
    // No sealer runs in that world: nothing is anchored, and nothing else may be wrong.
    ...wrong('the verdict', book.notes.join() !== 'no row is anchored' || book.findings.length > 0),
    ...wrong('rows that were not verified', verified !== rows),
    ...wrong(`open calls, with ${declared} declared`, open !== declared || intents !== outcomes + declared),
  ]
}

/** The share of calls that something was not to be had in time for. */
export function shareOfBusy({ tally }: IsolationReport): number {
  const all = [...tally].reduce((sum, [, count]) => sum + count, 0)
  return [...tally].reduce((sum, [name, count]) => sum + (busy.test(name) ? count : 0), 0) / all
}
