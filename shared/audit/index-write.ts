import { Problem } from '../errors/problem.ts'
import type { Pacing } from './pause.ts'
import type { Entity, RowStore, Write } from './store.ts'

const perTransaction = 100
const atOnce = 8
const attempts = 6
const pauseMs = 100

export interface EntryWriter {
  readonly rows: Pick<RowStore, 'commit' | 'read'>
  readonly wait: Pacing['wait']
}

/**
 * Inserts entries, however often: what is there already is passed over, and nothing is ever replaced. Rejects with
 * `audit_unavailable` where an entry could not be made durable.
 */
export async function insertEntries(writer: EntryWriter, entries: readonly Entity[]): Promise<void> {
  const chunks = chunksOf(entries)
  const next = async (): Promise<void> => {
    for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) await insertChunk(writer, chunk)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, chunks.length) }, next))
}

/** One partition each, at most 100 entries, no key twice. */
function chunksOf(entries: readonly Entity[]): (readonly Entity[])[] {
  const partitions = new Map<string, Map<string, Entity>>()
  for (const entry of entries) {
    const partition = partitions.get(entry.partitionKey) ?? new Map<string, Entity>()
    partitions.set(entry.partitionKey, partition.set(entry.rowKey, entry))
  }
  return [...partitions.values()].flatMap((partition) => {
    const all = [...partition.values()]
    const count = Math.ceil(all.length / perTransaction)
    return Array.from({ length: count }, (_, at) => all.slice(at * perTransaction, (at + 1) * perTransaction))
  })
}

async function insertChunk(writer: EntryWriter, chunk: readonly Entity[]): Promise<void> {
  let left = chunk
  for (let attempt = 0; attempt < attempts && left.length > 0; attempt++) {
    const writes = left.map((entity): Write => ({ kind: 'insert', entity }))
    const commit = await writer.rows.commit('index', writes)
    if (commit.ok) return
    if (commit.fault === 'rejected') break
    if (commit.fault === 'lost-race') left = await findMissing(writer, left)
    else await writer.wait(pauseMs * 2 ** attempt)
  }
  if (left.length > 0) throw new Problem('audit_unavailable', 'The index cannot be written.', { retryAfter: 5 })
}

async function findMissing({ rows }: EntryWriter, entries: readonly Entity[]): Promise<readonly Entity[]> {
  const found = await Promise.all(entries.map(({ partitionKey, rowKey }) => rows.read('index', partitionKey, rowKey)))
  return entries.filter((_, at) => found[at] === null)
}
