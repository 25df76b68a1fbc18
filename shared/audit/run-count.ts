import type { Pacing } from './pause.ts'
import { type DocumentPlace, partitionOf, type RunDocuments } from './run-documents.ts'
import type { RowStore, Write } from './store.ts'

const countKey = 'count'
const attempts = 20

/**
 * Keeps a result and counts it, in one transaction, so that none counts twice; answers how many there are then. Null
 * where too many others counted at once: the result is kept, and the timer finds it.
 */
export async function putCounted(
  { rows, pacing, documents }: { readonly rows: RowStore; readonly pacing: Pacing; readonly documents: RunDocuments },
  place: DocumentPlace,
  value: unknown,
): Promise<number | null> {
  const insert = await documents.prepare(place, value)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { write, done } = await nextCount(rows, place.run)
    const commit = await rows.commit('runs', [insert, write])
    if (commit.ok) return done
    // A result that is there was counted with it, by us or by somebody else.
    if (await documents.read(place)) return readCount(rows, place.run)
    await pacing.wait(10 + (pacing.random(1)[0] ?? 0))
  }
  await documents.put(place, value)
  return null
}

async function readCount(rows: RowStore, run: string): Promise<number> {
  return (await nextCount(rows, run)).done - 1
}

async function nextCount(rows: RowStore, run: string): Promise<{ readonly write: Write; readonly done: number }> {
  const partitionKey = partitionOf(run)
  const stored = await rows.read('runs', partitionKey, countKey)
  const done = (Number(stored?.properties.done) || 0) + 1
  const entity = { partitionKey, rowKey: countKey, properties: { done } }
  return { write: stored ? { kind: 'replace', entity, etag: stored.etag } : { kind: 'insert', entity }, done }
}
