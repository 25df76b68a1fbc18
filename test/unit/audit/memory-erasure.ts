// Imitates the deletion of entities in memory, over the erasable table of the memory rows and a map of approvals.
import type { BookRemoval, ErasureStore } from '../../../shared/audit/erasure-store.ts'
import type { StoredEntity } from '../../../shared/audit/record.ts'
import type { EntityRange } from '../../../shared/audit/store.ts'
import { keyOf, type MemoryRows } from './memory-rows.ts'

export interface MemoryErasure extends ErasureStore {
  readonly approvals: Map<string, StoredEntity>
}

export function createMemoryErasure(rows: MemoryRows): MemoryErasure {
  const approvals = new Map<string, StoredEntity>()
  const of = (table: 'pii' | 'approvals') => (table === 'pii' ? rows.tables.pii : approvals)
  return {
    approvals,
    read: async (table, { partitionKey, rowKey }) => of(table).get(keyOf(partitionKey, rowKey)) ?? null,
    async *list(table, range) {
      yield [...of(table).values()].filter((entity) => isIn(entity, range))
    },
    async remove(table, keys) {
      for (const { partitionKey, rowKey } of keys) of(table).delete(keyOf(partitionKey, rowKey))
    },
  }
}

function isIn({ partitionKey, rowKey }: StoredEntity, range?: EntityRange): boolean {
  if (range === undefined) return true
  return partitionKey === range.partitionKey && rowKey >= (range.from ?? '') && rowKey <= (range.to ?? '\uffff')
}

/** The book's own entities, for retention. */
export function createMemoryRemoval(rows: MemoryRows): BookRemoval {
  return {
    read: (_table, { partitionKey, rowKey }) => rows.read('rows', partitionKey, rowKey),
    list: (_table, range) => rows.list('rows', range),
    async remove(_table, keys) {
      for (const { partitionKey, rowKey } of keys) rows.tables.rows.delete(keyOf(partitionKey, rowKey))
    },
  }
}
