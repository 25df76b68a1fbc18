import type { StoredEntity } from './record.ts'
import type { EntityRange } from './store.ts'

/** An OData filter for a range of one partition. */
export function rangeFilter({ partitionKey, from, to }: EntityRange): string {
  const parts = [`PartitionKey eq ${quote(partitionKey)}`]
  if (from !== undefined) parts.push(`RowKey ge ${quote(from)}`)
  if (to !== undefined) parts.push(`RowKey le ${quote(to)}`)
  return parts.join(' and ')
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

/** An entity as the table's client gives it, without what the service adds. */
export function toStored(entity: Record<string, unknown>): StoredEntity {
  const { partitionKey, rowKey, etag, timestamp: _timestamp, 'odata.metadata': _metadata, ...properties } = entity
  return { partitionKey: String(partitionKey), rowKey: String(rowKey), etag: String(etag), properties }
}
