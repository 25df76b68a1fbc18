// Imitates Azure Table Storage in memory: ETags, all-or-nothing transactions whose first failing operation decides the
// code, key order, pages. Differs: no latency, no size limits but the 100 entities, and faults only where a test asks.
import type { StoredEntity } from '../../../shared/audit/record.ts'
import type { Commit, EntityRange, RowStore, TableName, Write } from '../../../shared/audit/store.ts'

/** What befalls one commit: `before` = it never arrives, `after` = it is committed and the reply is lost. */
export type Mishap = 'none' | 'before' | 'after' | 'throttled' | 'rejected' | 'late'

export interface MemoryRows extends RowStore {
  readonly tables: Record<TableName, Map<string, StoredEntity>>
  /** Decides the fate of each commit. */
  mishap: (table: TableName, writes: readonly Write[]) => Mishap
  /** Reads and lists reject while true. */
  isAway: boolean
  commits: number
  /** Copies that were kept back by `late` arrive now. */
  deliver(): void
}

const separator = '\u0000'

export function createMemoryRows(options: { latency?: () => Promise<void>; pageSize?: number } = {}): MemoryRows {
  const tables = {
    rows: new Map(),
    meta: new Map(),
    pii: new Map(),
    runs: new Map(),
    index: new Map(),
  } satisfies MemoryRows['tables']
  const late: (() => void)[] = []
  let version = 0

  function apply(table: TableName, writes: readonly Write[]): Commit {
    const rows = tables[table]
    for (const write of writes) {
      const stored = rows.get(keyOf(write.entity.partitionKey, write.entity.rowKey))
      if (write.kind === 'insert' && stored) return lost('409')
      if (write.kind === 'replace' && stored?.etag !== write.etag) return lost('412')
    }
    const etags = writes.map(({ entity }) => {
      const etag = `e${++version}`
      const properties = structuredClone(entity.properties) as Record<string, unknown>
      rows.set(keyOf(entity.partitionKey, entity.rowKey), { ...entity, etag, properties })
      return etag
    })
    return { ok: true, etags }
  }

  const store: MemoryRows = {
    tables,
    mishap: () => 'none',
    isAway: false,
    commits: 0,
    deliver() {
      for (const arrive of late.splice(0)) arrive()
    },
    async commit(table, writes) {
      await (options.latency ?? tick)()
      store.commits++
      if (store.isAway) return { ok: false, fault: 'throttled', detail: 'away' }
      if (writes.length > 100 || new Set(writes.map((write) => write.entity.partitionKey)).size !== 1) {
        return { ok: false, fault: 'rejected', detail: '400' }
      }
      return befall(store.mishap(table, writes), { apply: () => apply(table, writes), late })
    },
    async read(table, partitionKey, rowKey) {
      await tick()
      if (store.isAway) throw new Error('away')
      return tables[table].get(keyOf(partitionKey, rowKey)) ?? null
    },
    async *list(table, range) {
      const entries = findIn(tables[table], range)
      const found = entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entity]) => entity)
      const size = options.pageSize ?? 7
      for (let at = 0; at < found.length; at += size) {
        await tick()
        if (store.isAway) throw new Error('away')
        yield found.slice(at, at + size)
      }
    },
  }
  return store
}

function befall(mishap: Mishap, { apply, late }: { apply: () => Commit; late: (() => void)[] }): Commit {
  if (mishap === 'throttled') return { ok: false, fault: 'throttled', detail: '503 in 202' }
  if (mishap === 'rejected') return { ok: false, fault: 'rejected', detail: '403' }
  if (mishap === 'none') return apply()
  if (mishap === 'after') apply()
  if (mishap === 'late') late.push(apply)
  return { ok: false, fault: 'ambiguous', detail: 'ECONNRESET' }
}

export function keyOf(partitionKey: string, rowKey: string): string {
  return partitionKey + separator + rowKey
}

function lost(detail: string): Commit {
  return { ok: false, fault: 'lost-race', detail }
}

function findIn(table: ReadonlyMap<string, StoredEntity>, range?: EntityRange): [string, StoredEntity][] {
  const entries: [string, StoredEntity][] = []
  for (const entry of table) if (isIn(entry[1], range)) entries.push(entry)
  return entries
}

function isIn(entity: StoredEntity, range?: EntityRange): boolean {
  if (!range) return true
  if (entity.partitionKey !== range.partitionKey) return false
  return entity.rowKey >= (range.from ?? '') && entity.rowKey <= (range.to ?? '\uffff')
}

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
