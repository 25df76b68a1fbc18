import { openHead } from './entity.ts'
import type { RowPosition } from './receipt.ts'
import { headKey, partitionKey } from './segment.ts'
import type { RowStore } from './store.ts'

/**
 * The place of a row of which lane and sequence number are known: heads say where segments begin, and are searched by
 * halves. Null where there is no such segment. `newest` is a segment that exists.
 */
export async function locateRow(
  rows: Pick<RowStore, 'read'>,
  { lane, seq, newest }: { readonly lane: string; readonly seq: number; readonly newest: number },
): Promise<RowPosition | null> {
  let low = 1
  let high = newest
  while (low <= high) {
    const segment = Math.floor((low + high) / 2)
    const entity = await rows.read('rows', partitionKey(lane, segment), headKey)
    const head = entity && openHead(entity, [])
    if (head === null) return null
    if (seq < head.first) high = segment - 1
    else if (seq >= head.nextSeq) low = segment + 1
    else return { lane, segment, seq }
  }
  return null
}
