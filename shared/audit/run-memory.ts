import { createHmac, type KeyObject } from 'node:crypto'
import { encodeFields, isSameDigest } from './chain.ts'
import type { StoredEntity } from './record.ts'
import type { RunKeys } from './run-key.ts'
import type { Entity, RowStore, Write } from './store.ts'

/** Partitions of the table of runs in which the verifier keeps what its next run goes by. */
const guarded: ReadonlySet<string> = new Set(['run', 'reconcile', 'retention'])

/**
 * A store whose table of runs remembers only what was written under the verifier's own key: an entity of a guarded
 * partition that somebody else wrote or changed reads as an empty one, which can be replaced. Its MAC does not say that it
 * is the newest; what is put back makes a run look again at what it has seen.
 */
export function guardRuns(rows: RowStore, keys: RunKeys): RowStore {
  return {
    async commit(table, writes) {
      if (table !== 'runs' || !writes.some(({ entity }) => guarded.has(entity.partitionKey)))
        return rows.commit(table, writes)
      const signed = await signAll(keys, writes).catch(() => null)
      return signed === null ? { ok: false, fault: 'throttled', detail: 'no key' } : rows.commit(table, signed)
    },
    async read(table, partitionKey, rowKey) {
      const stored = await rows.read(table, partitionKey, rowKey)
      return stored === null ? null : believe(keys, table, stored)
    },
    async *list(table, range) {
      for await (const page of rows.list(table, range))
        yield await Promise.all(page.map((stored) => believe(keys, table, stored)))
    },
  }
}

async function signAll(keys: RunKeys, writes: readonly Write[]): Promise<Write[]> {
  const { kid, key } = await keys.current()
  return writes.map((write) => {
    const { entity } = write
    const memoryMac = macOf({ kid, key }, entity)
    return { ...write, entity: { ...entity, properties: { ...entity.properties, memoryKid: kid, memoryMac } } }
  })
}

async function believe(keys: RunKeys, table: string, stored: StoredEntity): Promise<StoredEntity> {
  if (table !== 'runs' || !guarded.has(stored.partitionKey)) return stored
  const { memoryKid: kid, memoryMac: mac, ...properties } = stored.properties
  const held = typeof kid === 'string' ? await keys.find(kid) : null
  const isOurs =
    held !== null &&
    mac instanceof Uint8Array &&
    isSameDigest(macOf({ kid: String(kid), key: held.key }, { ...stored, properties }), mac)
  return { ...stored, properties: isOurs ? properties : {} }
}

function macOf(
  { kid, key }: { readonly kid: string; readonly key: KeyObject },
  { partitionKey, rowKey, properties }: Pick<Entity, 'partitionKey' | 'rowKey'> & Pick<StoredEntity, 'properties'>,
): Buffer {
  const fields = Object.entries(properties)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => [name, value instanceof Uint8Array ? value : String(value)])
  return createHmac('sha256', key)
    .update(encodeFields(['audit-memory/v1', kid, partitionKey, rowKey, ...fields]))
    .digest()
}
