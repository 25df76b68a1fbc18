import { listLeases } from './lease.ts'
import { headKey } from './segment.ts'
import type { RowStore } from './store.ts'
import type { ChainSource } from './verify.ts'

/** The verifier's view of a row store. */
export function readStoredChain(rows: RowStore): ChainSource {
  return {
    pages: () => rows.list('rows'),
    rows: (partitionKey, from, to) => rows.list('rows', { partitionKey, from, to }),
    head: (partitionKey) => rows.read('rows', partitionKey, headKey),
    async lanes() {
      const leases = await listLeases(rows)
      return leases.filter((lease) => lease.segment > 0).map(({ lane, segment }) => ({ lane, segment }))
    },
  }
}
