// Imitates a table of operational state in memory: keys, ETags and order as Table Storage has them. Differs: no network,
// no size limits; `fail` makes the next calls reject as an unreachable store does.
import { Problem } from '../../shared/errors/problem.ts'
import type { StateRow, StateTable } from '../../shared/state/state-table.ts'

export interface StateMemory extends StateTable {
  /** How many of the next calls reject. */
  readonly fail: (calls: number) => void
  /** Calls so far, failed ones too. */
  readonly calls: () => number
  readonly rows: () => readonly StateRow[]
}

export function createStateMemory(): StateMemory {
  const rows = new Map<string, StateRow>()
  let failing = 0
  let calls = 0
  let version = 0
  const nameOf = (place: { partition: string; key: string }) => JSON.stringify([place.partition, place.key])
  const guarded = async <T>(work: () => T): Promise<T> => {
    calls += 1
    await Promise.resolve()
    if (failing > 0) {
      failing -= 1
      throw new Problem('policy_unavailable', 'The store does not answer.', { retryAfter: 5 })
    }
    return work()
  }
  const put = ({ partition, key }: { partition: string; key: string }, values: StateRow['values']) => {
    version += 1
    rows.set(nameOf({ partition, key }), { partition, key, etag: `W/"${version}"`, values: { ...values } })
    return `W/"${version}"`
  }
  const sorted = () => [...rows.values()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  return {
    find: (place) => guarded(() => rows.get(nameOf(place)) ?? null),
    insert: (place, values) => guarded(() => (rows.has(nameOf(place)) ? null : put(place, values))),
    replace: (row, values) => guarded(() => (rows.get(nameOf(row))?.etag === row.etag ? put(row, values) : null)),
    remove: (place) => guarded(() => void rows.delete(nameOf(place))),
    discard: (row) => guarded(() => void (rows.get(nameOf(row))?.etag === row.etag && rows.delete(nameOf(row)))),
    list: (range) =>
      guarded(() =>
        sorted().filter(
          (row) =>
            range === undefined ||
            (row.partition === range.partition && row.key >= (range.from ?? '') && row.key <= (range.to ?? row.key)),
        ),
      ),
    fail: (count) => {
      failing = count
    },
    calls: () => calls,
    rows: sorted,
  }
}
