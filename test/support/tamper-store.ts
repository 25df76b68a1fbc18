// The stores of a tampered book as an administrator has them: every entity and blob can be read, replaced and removed, behind
// the back of whatever stands in front.
import { TableClient } from '@azure/data-tables'
import type { ContainerClient } from '@azure/storage-blob'
import type { Properties, RowStore, TableName } from '../../shared/audit/store.ts'
import type { TamperServers } from './tamper-servers.ts'

/** Properties by table, partition and row key; contents by blob name. */
export interface Snapshot {
  readonly rows: Map<string, Properties>
  readonly meta: Map<string, Properties>
  readonly pii: Map<string, Properties>
  readonly blobs: Map<string, Buffer>
}

const tables = ['rows', 'meta', 'pii'] as const
const separator = '\u0000'

export function keyOf(partitionKey: string, rowKey: string): string {
  return partitionKey + separator + rowKey
}

export function splitKey(key: string): readonly [partitionKey: string, rowKey: string] {
  const [partitionKey = '', rowKey = ''] = key.split(separator)
  return [partitionKey, rowKey]
}

/** A copy that can be changed without changing this one. Values are never changed in place. */
export function copySnapshot({ rows, meta, pii, blobs }: Snapshot): Snapshot {
  return { rows: new Map(rows), meta: new Map(meta), pii: new Map(pii), blobs: new Map(blobs) }
}

/** Everything that is stored now, read through the product's own client and the blob client. */
export async function takeSnapshot(rows: RowStore, container: ContainerClient): Promise<Snapshot> {
  const snapshot: Snapshot = { rows: new Map(), meta: new Map(), pii: new Map(), blobs: new Map() }
  for (const table of tables) {
    for await (const page of rows.list(table)) {
      for (const { partitionKey, rowKey, properties } of page)
        snapshot[table].set(keyOf(partitionKey, rowKey), properties as Properties)
    }
  }
  for await (const { name } of container.listBlobsFlat())
    snapshot.blobs.set(name, await container.getBlobClient(name).downloadToBuffer())
  return snapshot
}

/** Makes what is stored go from one state to the other; only what differs is written. */
export type Mover = (from: Snapshot, to: Snapshot) => Promise<void>

/** An administrator of both accounts. */
export function openAdministrator(
  { tables: connectionString, container }: TamperServers,
  names: Readonly<Record<TableName, string>>,
): Mover {
  const of = (table: TableName) =>
    TableClient.fromConnectionString(connectionString, names[table], { allowInsecureConnection: true })
  return async (from, to) => {
    for (const table of tables) await moveTable(of(table), from[table], to[table])
    await moveBlobs(container, from.blobs, to.blobs)
  }
}

async function moveTable(
  client: TableClient,
  from: ReadonlyMap<string, Properties>,
  to: ReadonlyMap<string, Properties>,
): Promise<void> {
  const work: Promise<unknown>[] = []
  for (const key of from.keys()) if (!to.has(key)) work.push(client.deleteEntity(...splitKey(key)).catch(ignoreMissing))
  for (const [key, properties] of to) {
    if (from.get(key) === properties) continue
    const [partitionKey, rowKey] = splitKey(key)
    work.push(client.upsertEntity({ ...properties, partitionKey, rowKey }, 'Replace'))
  }
  await Promise.all(work)
}

async function moveBlobs(
  client: ContainerClient,
  from: ReadonlyMap<string, Buffer>,
  to: ReadonlyMap<string, Buffer>,
): Promise<void> {
  for (const name of from.keys()) if (!to.has(name)) await client.getBlobClient(name).deleteIfExists()
  for (const [name, bytes] of to) {
    if (from.get(name) === bytes) continue
    await client.getBlobClient(name).deleteIfExists()
    if (name.startsWith('anchors/')) await putAppendBlob(client, name, bytes)
    else await client.getBlockBlobClient(name).uploadData(bytes)
  }
}

async function putAppendBlob(client: ContainerClient, name: string, bytes: Buffer): Promise<void> {
  const blob = client.getAppendBlobClient(name)
  await blob.create()
  if (bytes.length > 0) await blob.appendBlock(bytes, bytes.length)
}

function ignoreMissing(cause: unknown): void {
  if ((cause as { statusCode?: number }).statusCode !== 404) throw cause
}
