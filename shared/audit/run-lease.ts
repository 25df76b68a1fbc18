import type { StoredEntity } from './record.ts'
import type { RowStore, Write } from './store.ts'

/** How far a run is: its report is still to be made, stands in the book, or was told to everybody who wanted to know. */
export type RunStep = 'begun' | 'reported' | 'told'

/** A nightly run in the table `runs`, and who works at it. */
export interface Run {
  /** The night, `2026-11-22`. */
  readonly date: string
  readonly step: RunStep
  /** ISO 8601 UTC. */
  readonly begunAt: string
  readonly owner: string
  /** Epoch milliseconds; after that anybody may go on with it. */
  readonly until: number
  readonly etag: string
}

const directory = 'run'
const dateForm = /^\d{4}-\d\d-\d\d$/
/** No lease is longer, in ms: whatever says so is nobody's. */
const longest = 3_600_000

/** All runs of nights up to `newest` in order of their dates; a night that is still to come has none. Rejects with `audit_unavailable`. */
export async function listRuns(rows: RowStore, newest: string): Promise<Run[]> {
  const runs: Run[] = []
  const range = { partitionKey: directory, from: '0', to: newest }
  for await (const page of rows.list('runs', range)) runs.push(...page.map(readRun))
  return runs.filter(({ date }) => dateForm.test(date))
}

/** One run, null where it was never begun. */
export async function findRun(rows: RowStore, date: string): Promise<Run | null> {
  const stored = await rows.read('runs', directory, date)
  return stored && readRun(stored)
}

/** A run with the changes, in hand: null where somebody else was quicker, or the store did not say. */
export async function saveRun(rows: RowStore, run: Run, changes: Partial<Run>): Promise<Run | null> {
  const next = { ...run, ...changes }
  const { date, step, begunAt, owner, until } = next
  const entity = { partitionKey: directory, rowKey: date, properties: { step, begunAt, owner, until: timeOf(until) } }
  const write: Write = run.etag ? { kind: 'replace', entity, etag: run.etag } : { kind: 'insert', entity }
  const commit = await rows.commit('runs', [write])
  if (commit.ok) return { ...next, etag: commit.etags[0] ?? '' }
  if (commit.fault !== 'ambiguous') return null
  const found = await findRun(rows, date)
  return found?.owner === owner && found.until === until && found.step === step ? found : null
}

/** Whether somebody other than `owner` has it in hand. */
export function isTaken(run: Run, { owner, now }: { owner: string; now: number }): boolean {
  return run.until > now && run.until <= now + longest && run.owner !== owner
}

function readRun({ rowKey, etag, properties }: StoredEntity): Run {
  const { step, begunAt, owner, until } = properties
  const known = step === 'reported' || step === 'told' ? step : 'begun'
  return {
    date: rowKey,
    step: known,
    begunAt: String(begunAt),
    owner: String(owner),
    until: Date.parse(String(until)) || 0,
    etag,
  }
}

function timeOf(until: number): string {
  return new Date(until).toISOString()
}
