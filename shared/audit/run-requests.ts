import type { StoredEntity } from './record.ts'
import type { RowStore } from './store.ts'

/** Somebody asked for a verification out of turn. */
export interface RunRequest {
  readonly id: string
  /** ISO 8601 UTC. */
  readonly at: string
  readonly state: 'requested' | 'taken'
  readonly etag: string
}

const partition = 'request'
/** A request that was not taken is not made twice within so many milliseconds. */
const openMs = 15 * 60_000

/**
 * Asks the evidence app for a run: entity `request` | time and id in the table of runs, which its timer looks at. One
 * that waits already is given back. Null where it could not be kept.
 */
export async function requestRun(
  rows: Pick<RowStore, 'commit' | 'list'>,
  { now, id }: { readonly now: number; readonly id: string },
): Promise<RunRequest | null> {
  const recent = await listRequests(rows, now - openMs)
  const waiting = recent.find(({ state }) => state === 'requested')
  if (waiting !== undefined) return waiting
  const at = new Date(now).toISOString()
  const entity = { partitionKey: partition, rowKey: `${at}|${id}`, properties: { at, state: 'requested' } }
  const commit = await rows.commit('runs', [{ kind: 'insert', entity }])
  return commit.ok ? { id: entity.rowKey, at, state: 'requested', etag: commit.etags[0] ?? '' } : null
}

/** Requests that were made since (epoch milliseconds), the oldest first. */
export async function listRequests(rows: Pick<RowStore, 'list'>, since: number): Promise<readonly RunRequest[]> {
  const found: RunRequest[] = []
  const range = { partitionKey: partition, from: new Date(since).toISOString() }
  for await (const page of rows.list('runs', range)) found.push(...page.map(toRequest))
  return found
}

/** Takes a request: true for exactly one who asks. `run` names the run that serves it. */
export async function takeRequest(
  rows: Pick<RowStore, 'commit'>,
  { id, at, etag }: RunRequest,
  run: string,
): Promise<boolean> {
  const entity = { partitionKey: partition, rowKey: id, properties: { at, state: 'taken', run } }
  return (await rows.commit('runs', [{ kind: 'replace', entity, etag }])).ok
}

function toRequest({ rowKey, etag, properties }: StoredEntity): RunRequest {
  const state = properties.state === 'taken' ? 'taken' : 'requested'
  return { id: rowKey, at: String(properties.at), state, etag }
}
