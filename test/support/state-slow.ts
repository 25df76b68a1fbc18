// Imitates a table of state that is some way off: each call takes a turn of its own length on the way there and on the
// way back, so that calls of several instances overlap in every order. Differs: time does not pass, only order changes.
import type { StateTable } from '../../shared/state/state-table.ts'

/** `turns` says how many turns of the event loop the next way takes. */
export function slowDown(table: StateTable, turns: () => number): StateTable {
  const way = async () => {
    for (let left = turns(); left > 0; left -= 1) await Promise.resolve()
  }
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
