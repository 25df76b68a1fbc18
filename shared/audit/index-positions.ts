import type { StoredEntity } from './record.ts'
import type { RowStore, Write } from './store.ts'

const partition = 'position'
const tenants = 'tenant'

/** How far a lane is indexed: the next row to read, and the time up to which nothing is missing. */
export interface IndexPosition {
  readonly lane: string
  readonly segment: number
  readonly nextSeq: number
  /** Epoch milliseconds. */
  readonly upTo: number
  /** Empty where the lane has none yet. */
  readonly etag: string
}

/** Where to go on in a lane; at its beginning where it was never indexed. */
export async function readPosition(rows: Pick<RowStore, 'read'>, lane: string): Promise<IndexPosition> {
  const entity = await rows.read('index', partition, lane)
  return entity === null ? { lane, segment: 1, nextSeq: 0, upTo: 0, etag: '' } : toPosition(entity)
}

/** The position as it is then kept; null where another instance has moved it, or nobody can say. */
export async function savePosition(
  rows: Pick<RowStore, 'commit'>,
  { lane, segment, nextSeq, upTo, etag }: IndexPosition,
): Promise<IndexPosition | null> {
  const entity = { partitionKey: partition, rowKey: lane, properties: { segment, nextSeq, upTo: isoTime(upTo) } }
  const write: Write = etag === '' ? { kind: 'insert', entity } : { kind: 'replace', entity, etag }
  const commit = await rows.commit('index', [write])
  return commit.ok ? { lane, segment, nextSeq, upTo, etag: commit.etags[0] ?? '' } : null
}

/** The time (epoch milliseconds) up to which the index misses no row; null before it was ever made. */
export async function readIndexedUpTo(rows: Pick<RowStore, 'list'>): Promise<number | null> {
  let upTo: number | null = null
  for await (const page of rows.list('index', { partitionKey: partition })) {
    for (const entity of page) upTo = Math.min(upTo ?? Number.POSITIVE_INFINITY, toPosition(entity).upTo)
  }
  return upTo
}

/** The tenants that have entries. */
export async function listIndexedTenants(rows: Pick<RowStore, 'list'>): Promise<readonly string[]> {
  const found: string[] = []
  for await (const page of rows.list('index', { partitionKey: tenants })) {
    found.push(...page.map(({ properties }) => String(properties.tid)))
  }
  return found
}

/** The entity by which a tenant is listed. */
export function tenantEntity(tenant: string, rowKey: string) {
  return { partitionKey: tenants, rowKey, properties: { tid: tenant } }
}

function toPosition({ rowKey, etag, properties }: StoredEntity): IndexPosition {
  const { segment, nextSeq, upTo } = properties
  return {
    lane: rowKey,
    segment: Number(segment) || 1,
    nextSeq: Number(nextSeq) || 0,
    upTo: Date.parse(String(upTo)) || 0,
    etag,
  }
}

function isoTime(time: number): string {
  return new Date(time).toISOString()
}
