import { normalize } from './index-dimensions.ts'
import { readIndexedUpTo } from './index-positions.ts'
import { type Hit, type IndexQuery, openHits } from './index-query.ts'
import { type BookRecord, type RecordReader, readRecord, type Wanted } from './index-record.ts'
import { mapSome } from './index-work.ts'
import type { RowStore } from './store.ts'

export interface RecordsQuery extends IndexQuery, Wanted {
  readonly limit: number
}

export interface RecordsPage {
  readonly records: readonly BookRecord[]
  /** Key after which to go on; null where nothing is left. */
  readonly after: string | null
  /** Entries that were looked at, and records returned. */
  readonly population: { readonly scanned: number; readonly returned: number }
  /** ISO 8601 UTC; what was written later may be missing. Null where the index was never made. */
  readonly indexedUpTo: string | null
}

interface Parts {
  readonly rows: Pick<RowStore, 'list' | 'read'>
  readonly reader: RecordReader
  /** Entries that one page may look at. */
  readonly most?: number
}

const mostLooked = 20_000
const atOnce = 16

/** One page of records, the newest first. Rejects with `audit_unavailable`. */
export async function findRecords({ rows, reader, most }: Parts, query: RecordsQuery): Promise<RecordsPage> {
  // Read before the search: what is indexed meanwhile may show, and nothing is claimed that was not there.
  const upTo = await readIndexedUpTo(rows)
  const hits = openHits(rows, { ...query, selectors: query.selectors.map(normalize) }, most ?? mostLooked)
  const records: BookRecord[] = []
  for (let isMore = true; isMore && records.length < query.limit; ) {
    const some = await hits.take(query.limit - records.length)
    const read = await mapSome(some, atOnce, (hit: Hit) => readRecord(reader, hit, query))
    records.push(...read.filter((record) => record !== null))
    isMore = some.length > 0
  }
  return {
    records,
    after: hits.after(),
    population: { scanned: hits.looked(), returned: records.length },
    indexedUpTo: upTo === null ? null : new Date(upTo).toISOString(),
  }
}
