import { Problem } from '../errors/problem.ts'
import type { RowStore } from './store.ts'

const partition = 'retention'

/** Whether the book says already that this segment is given up. */
export async function wasRecorded(rows: RowStore, name: string): Promise<boolean> {
  return (await rows.read('runs', partition, keyOf(name)))?.properties.state === 'recorded'
}

/** Notes that it does. A crash just before leaves a second row of the same content, which says nothing new. */
export async function noteRecorded(rows: RowStore, name: string): Promise<void> {
  const entity = { partitionKey: partition, rowKey: keyOf(name), properties: { state: 'recorded' } }
  const commit = await rows.commit('runs', [{ kind: 'insert', entity }])
  if (commit.ok || commit.fault === 'lost-race') return
  throw new Problem('audit_unavailable', 'The retention cannot be noted.', { retryAfter: 5, reason: commit.detail })
}

function keyOf(name: string): string {
  return name.replace('|', '-')
}
