import type { StoredEntity } from '../../../shared/audit/record.ts'
import type { EntityRange, RowStore, TableName, Write } from '../../../shared/audit/store.ts'

/** A copy of a store that keeps what is written to itself: a forgery can be tried without touching the book. */
export function overlayRows(base: RowStore): RowStore {
  const written = new Map<string, StoredEntity>()
  let version = 0
  const read: RowStore['read'] = async (table, partitionKey, rowKey) =>
    written.get(nameOf(table, partitionKey, rowKey)) ?? (await base.read(table, partitionKey, rowKey))
  const keep = (table: TableName, { entity }: Write): string => {
    const etag = `copy-${++version}`
    written.set(nameOf(table, entity.partitionKey, entity.rowKey), { ...entity, etag })
    return etag
  }
  return {
    read,
    async commit(table, writes) {
      const stored = await Promise.all(writes.map(({ entity }) => read(table, entity.partitionKey, entity.rowKey)))
      const isLost = writes.some((write, at) =>
        write.kind === 'insert' ? stored[at] !== null : stored[at]?.etag !== write.etag,
      )
      if (isLost) return { ok: false, fault: 'lost-race', detail: 'the copy has another' }
      return { ok: true, etags: writes.map((write) => keep(table, write)) }
    },
    async *list(table, range) {
      const all = new Map<string, StoredEntity>()
      const add = (one: StoredEntity) => all.set(nameOf(table, one.partitionKey, one.rowKey), one)
      for await (const page of base.list(table, range)) page.forEach(add)
      const own = [...written].filter(([name]) => name.startsWith(`${table}\n`)).map(([, one]) => one)
      own.filter((one) => isIn(one, range)).forEach(add)
      yield [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
    },
  }
}

function nameOf(table: TableName, partitionKey: string, rowKey: string): string {
  return [table, partitionKey, rowKey].join('\n')
}

function isIn({ partitionKey, rowKey }: StoredEntity, range?: EntityRange): boolean {
  if (range === undefined) return true
  return partitionKey === range.partitionKey && rowKey >= (range.from ?? '') && rowKey <= (range.to ?? '\uffff')
}
