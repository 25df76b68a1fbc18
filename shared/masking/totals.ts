import type { Json } from '../pipeline/ports.ts'
import type { Total } from '../sql/statement.ts'
import type { Ruling } from './rulebook.ts'

/** What a row has to show before totals in it may be seen. */
export interface TotalGuard {
  readonly label: string
  /** The column that counts the values that the total is made of. */
  readonly counter: number
  readonly k: number
}

/** Where neither policy nor the classification names a number. */
const defaultSize = 10

/**
 * The guard of a column with totals: some column of the same row has to count the values of the very column that is
 * summed, since a count of rows would also count those without a value. Null where the column is no such total.
 */
export function findGuard(
  index: number,
  { label, rule }: Ruling,
  totals: readonly (Total | null)[],
): TotalGuard | null {
  const total = totals[index]
  if (total === null || total === undefined) return null
  const counter = totals.findIndex((one) => one?.by === 'count' && one.column === total.column)
  return counter < 0 ? null : { label, counter, k: Math.max(2, rule?.k ?? defaultSize) }
}

/** Whether a row's group is large enough; what is no number is not. */
export function isLargeEnough(row: readonly Json[], { counter, k }: TotalGuard): boolean {
  const count = row[counter]
  return (typeof count === 'number' || typeof count === 'string') && Number(count) >= k
}
