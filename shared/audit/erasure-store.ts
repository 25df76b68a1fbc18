import type { StoredEntity } from './record.ts'
import type { EntityRange } from './store.ts'
import type { EntityKey } from './subject-rows.ts'

/** Tables from which entities can be removed. Everything rejects with `audit_unavailable` where the store cannot answer. */
export interface EntityRemoval<Table extends string> {
  readonly read: (table: Table, key: EntityKey) => Promise<StoredEntity | null>
  readonly list: (table: Table, range?: EntityRange) => AsyncIterable<readonly StoredEntity[]>
  /** Removes what is there; what is not there any more is no fault. */
  readonly remove: (table: Table, keys: readonly EntityKey[]) => Promise<void>
}

/** Where personal values stand; the book is not among them. */
export type ErasureStore = EntityRemoval<'pii' | 'approvals'>

/** The book itself, for whole segments whose time is over. */
export type BookRemoval = EntityRemoval<'rows'>
