import type { Subject } from './control-commitment.ts'
import type { ErasureStore } from './erasure-store.ts'
import { personKeyPartition, recordingPartition } from './recording.ts'
import type { EntityRange } from './store.ts'
import type { EntityKey, Traces } from './subject-rows.ts'

/** An hour after its last use an approval is in nobody's hands any more. */
const settledMs = 3_600_000

/** Removes what one row leads to. `now` is epoch milliseconds. */
export async function eraseTraces(store: ErasureStore, traces: Traces, now: number): Promise<void> {
  if (traces.openings.length > 0) await store.remove('pii', traces.openings)
  for (const approval of traces.approvals) await eraseApproval(store, approval, now)
  for (const decisionId of traces.recordings) await removeRange(store, { partitionKey: recordingPartition(decisionId) })
}

/** Removes the keys of a person's recordings: without them, no copy of a recording can be read. */
export async function erasePersonKeys(store: ErasureStore, subject: Subject): Promise<void> {
  if (subject.kind === 'person') await removeRange(store, { partitionKey: personKeyPartition(subject) })
}

/** How many of a row's traces are still there. */
export async function countTraces(store: ErasureStore, { openings, approvals, recordings }: Traces) {
  const [kept, asked, recorded] = await Promise.all([
    Promise.all(openings.map((key) => store.read('pii', key))),
    Promise.all(approvals.map((key) => store.read('approvals', key))),
    Promise.all(recordings.map((decisionId) => isAny(store, recordingPartition(decisionId)))),
  ])
  return {
    openings: kept.filter((entity) => entity !== null).length,
    approvals: approvals.filter((_key, at) => asked[at] !== null).map(({ rowKey }) => rowKey),
    recordings: recorded.filter((there) => there).length,
  }
}

/** The rows that mark uses go with an approval that nobody can use any more; one that is in use keeps them. */
async function eraseApproval(store: ErasureStore, key: EntityKey, now: number): Promise<void> {
  const stored = await store.read('approvals', key)
  if (stored === null) return
  const { partitionKey, rowKey } = key
  // The approval comes last: a crash before leaves it to be found again.
  if (now >= endOf(stored.properties.progress) + settledMs) {
    await removeRange(store, { partitionKey, from: `spent!${rowKey}`, to: `spent!${rowKey}` }, 'approvals')
    await removeRange(store, { partitionKey, from: `spent!${rowKey}!`, to: `spent!${rowKey}!~` }, 'approvals')
  }
  await store.remove('approvals', [key])
}

function endOf(progress: unknown): number {
  try {
    const { useBy, decideBy } = JSON.parse(String(progress)) as { useBy?: number; decideBy?: number }
    return useBy ?? decideBy ?? 0
  } catch {
    return 0
  }
}

async function removeRange(store: ErasureStore, range: EntityRange, table: 'pii' | 'approvals' = 'pii'): Promise<void> {
  for await (const page of store.list(table, range)) await store.remove(table, page)
}

async function isAny(store: ErasureStore, partitionKey: string): Promise<boolean> {
  for await (const page of store.list('pii', { partitionKey })) if (page.length > 0) return true
  return false
}
