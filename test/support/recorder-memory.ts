/** The real recorder over a table in memory that knows inserts, reads and lists of a partition, and never fails of itself. */
import { randomBytes } from 'node:crypto'
import type { StoredEntity } from '../../shared/audit/record.ts'
import { createRecorder, type Recorder } from '../../shared/audit/recorder.ts'
import type { Entity } from '../../shared/audit/store.ts'

/** `onKeep` runs before each recording is kept, and may throw. */
export function createMemoryRecorder(onKeep: () => Promise<void> = async () => undefined): Recorder {
  const kept: Entity[] = []
  const stored = (entity: Entity): StoredEntity => ({ ...entity, etag: 'e' })
  const recorder = createRecorder({
    rows: {
      commit: async (_table, writes) => {
        kept.push(...writes.map(({ entity }) => entity))
        return { ok: true, etags: writes.map(() => 'e') }
      },
      read: async (_table, partitionKey, rowKey) => {
        const found = kept.find((entity) => entity.partitionKey === partitionKey && entity.rowKey === rowKey)
        return found ? stored(found) : null
      },
      async *list(_table, range) {
        const found = kept.filter(({ partitionKey }) => partitionKey === range?.partitionKey)
        yield found.sort((a, b) => (a.rowKey < b.rowKey ? -1 : 1)).map(stored)
      },
    },
    secret: async () => ({ version: 'v1', secret: new Uint8Array(32).fill(9) }),
    pacing: { clock: Date.now, wait: async () => undefined, random: randomBytes },
  })
  return {
    ...recorder,
    keep: async (call) => {
      await onKeep()
      return recorder.keep(call)
    },
  }
}
