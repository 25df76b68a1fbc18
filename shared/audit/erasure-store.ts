import type { StoredEntity } from './record.ts'
import type { EntityRange } from './store.ts'
import type { EntityKey } from './subject-rows.ts'

/** Tables from which personal values can be removed; the book is none of them. */
export type ErasableTable = 'pii' | 'approvals'

/** Where personal values stand. Everything rejects with `audit_unavailable` where the store cannot answer. */
export interface ErasureStore {
  readonly read: (table: ErasableTable, key: EntityKey) => Promise<StoredEntity | null>
  readonly list: (table: ErasableTable, range?: EntityRange) => AsyncIterable<readonly StoredEntity[]>
  /** Removes what is there; what is not there any more is no fault. */
  readonly remove: (table: ErasableTable, keys: readonly EntityKey[]) => Promise<void>
}
