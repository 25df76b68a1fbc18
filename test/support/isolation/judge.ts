/** What a run has to show, beside being without findings. */
import type { Holdings } from './inspector.ts'
import type { IsolationReport } from './run.ts'

const mib = 2 ** 20
/** From the end of the first phase to the end of the last. */
const bounds = { heap: 6 * mib, rss: 64 * mib, sockets: 100 }

/** What has grown beyond its bound since the first phase. */
export function findGrowth(holdings: readonly Holdings[]): readonly string[] {
  const [first, last] = [holdings[0], holdings.at(-1)]
  if (first === undefined || last === undefined) return ['nothing was measured']
  const grown = (what: string, by: number, bound: number) => (by > bound ? [`${what} grew by ${by}`] : [])
  const total = ({ handles }: Holdings) => Object.values(handles).reduce((sum, count) => sum + count, 0)
  return [
    ...grown('heap', last.heapUsed - first.heapUsed, bounds.heap),
    ...grown('rss', last.rss - first.rss, bounds.rss),
    ...grown('handles', total(last), bounds.sockets),
  ]
}

/** Joins that a run of any length must have compared something in: without that they would prove nothing. */
export const joins = [
  'book by trace',
  'answers by decision',
  'outcomes',
  'outcomes by intent',
  'outcomes of what was broken off',
  'exchanges',
  'exchanges refused',
  'orders API',
  'idempotency keys',
  'database',
  'database connections',
  'approval steps',
  'approvals by intent',
] as const

export function findEmptyJoins({ counts }: IsolationReport): readonly string[] {
  return joins.filter((join) => (counts[join] ?? 0) < 5)
}
