// Imitates a table of state that is some way off: each call takes a way of its own length there and
// back, so that calls of several instances overlap in every order. Differs: time does not pass, only order changes.
import type { StateTable } from '../../shared/state/state-table.ts'

/** A table to and from which each call goes a way. */
export function slowDown(table: StateTable, way: () => Promise<void>): StateTable {
  const slow = async <T>(work: () => Promise<T>): Promise<T> => {
    await way()
    const answer = await work()
    await way()
    return answer
  }
  return {
    find: (place) => slow(() => table.find(place)),
    insert: (place, values) => slow(() => table.insert(place, values)),
    replace: (row, values) => slow(() => table.replace(row, values)),
    remove: (place) => slow(() => table.remove(place)),
    discard: (row) => slow(() => table.discard(row)),
    list: (range) => slow(() => table.list(range)),
  }
}

/** A way of so many turns of the event loop; `turns` says how many the next one takes. */
export function wayOf(turns: () => number): () => Promise<void> {
  return async () => {
    for (let left = turns(); left > 0; left -= 1) await Promise.resolve()
  }
}
