/** A book in memory as auditors' routes see it: rows under one key, and reports that a test puts there. */
import type { AuditBook, KeptCheckpoint } from '../../shared/http/audit-book.ts'
import { key, kid, origin } from '../unit/audit/fixture.ts'
import { createMemoryRows, type MemoryRows } from '../unit/audit/memory-rows.ts'

export interface MemoryBook extends AuditBook {
  readonly rows: MemoryRows
  readonly files: Map<string, Uint8Array>
  kept: KeptCheckpoint | null
}

export function createMemoryBook(rows: MemoryRows = createMemoryRows({ pageSize: 1000 })): MemoryBook {
  const files = new Map<string, Uint8Array>()
  const book: MemoryBook = {
    rows,
    files,
    kept: null,
    keys: { current: async () => ({ kid, key }) },
    origin,
    reports: {
      read: async (name) => files.get(name) ?? null,
      list: async (prefix) => [...files.keys()].filter((name) => name.startsWith(prefix)).sort(),
    },
    checkpoint: async () => book.kept,
  }
  return book
}
