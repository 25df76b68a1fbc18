import type { ErasureStore } from './erasure-store.ts'
import type { StoredEntity } from './record.ts'
import type { EntityKey } from './subject-rows.ts'

const spent = /^spent!(.*?)(?:!\d+)?$/

/** Approvals that were requested before `cutoff` (ISO 8601), and marks of use whose approval is gone; in pages. */
export async function* readExpiredApprovals(store: ErasureStore, cutoff: string): AsyncIterable<readonly EntityKey[]> {
  for await (const page of store.list('approvals')) {
    const expired: EntityKey[] = page.filter(({ properties }) => isOlder(properties.requestedAt, cutoff))
    for (const mark of page.filter(({ rowKey }) => spent.test(rowKey))) {
      if (await isOrphan(store, mark, expired)) expired.push(mark)
    }
    if (expired.length > 0) yield expired
  }
}

function isOlder(requestedAt: unknown, cutoff: string): boolean {
  return typeof requestedAt === 'string' && requestedAt < cutoff
}

/** Asked of the table itself: a page may be older than the approval that the mark belongs to. */
async function isOrphan(store: ErasureStore, mark: StoredEntity, expired: readonly EntityKey[]): Promise<boolean> {
  const key = { partitionKey: mark.partitionKey, rowKey: spent.exec(mark.rowKey)?.[1] ?? '' }
  const goes = expired.some(({ partitionKey, rowKey }) => partitionKey === key.partitionKey && rowKey === key.rowKey)
  return goes || (await store.read('approvals', key)) === null
}
