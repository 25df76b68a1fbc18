import type { Effect } from '../backend/effect.ts'
import { Problem } from '../errors/problem.ts'
import type { Json } from '../pipeline/ports.ts'
import { afterSubmission, problemOfOverdue } from './databricks-errors.ts'
import type { Driver, Page, Standing, Submission, Visit } from './warehouse-driver.ts'

/** What following a statement needs. `pendingAt` (epoch ms) is when the caller would rather have a handle than wait on. */
export interface Run {
  readonly driver: Driver
  readonly visit: Visit
  readonly effect: Effect
  readonly pendingAt: number | null
  readonly times: Times
}

/** Clock (epoch ms), and a pause that rejects where the signal aborts first. */
export interface Times {
  readonly clock: () => number
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
  /** Time for cancelling once a call's own is up. */
  readonly graceMs: number
}

const pauses = { firstMs: 60, factor: 1.6, longestMs: 3000 } as const
const mostMisses = 4
const mostPages = 1000

/**
 * Submits a statement and follows it to its end, or until the caller would rather have a handle. A statement whose time
 * is up, or that cannot be followed, is cancelled. Throws Problem as `Executor` says.
 */
export async function runStatement(submission: Submission, run: Run): Promise<Standing> {
  const first = await run.driver.submit(run.visit, submission)
  try {
    return await follow(first, run)
  } catch (error) {
    throw await giveUp(error, first, run)
  }
}

interface Turn {
  readonly standing: Standing
  readonly misses: number
  readonly waitMs: number
}

async function follow(first: Standing, run: Run): Promise<Standing> {
  const { visit, pendingAt, times } = run
  let turn: Turn = { standing: first, misses: 0, waitMs: pauses.firstMs }
  while (turn.standing.state === 'running') {
    if (pendingAt !== null && times.clock() >= pendingAt) break
    await times.pause(turn.waitMs, visit.signal)
    turn = await take(turn, run)
  }
  return turn.standing
}

async function take({ standing, misses, waitMs }: Turn, { driver, visit }: Run): Promise<Turn> {
  try {
    const next = await driver.look(visit, standing.id)
    const merged = { ...next, ids: { ...standing.ids, ...next.ids } }
    return { standing: merged, misses: 0, waitMs: Math.min(pauses.longestMs, waitMs * pauses.factor) }
  } catch (error) {
    const missed = readMiss(error)
    const count = missed.throttled ? misses : misses + 1
    if (count > mostMisses) throw error
    return { standing, misses: count, waitMs: Math.max(missed.waitMs, waitMs) }
  }
}

/** The statement runs on where only the question failed: busy and broken answers are asked again, others end it. */
function readMiss(error: unknown): { readonly throttled: boolean; readonly waitMs: number } {
  if (!(error instanceof Problem)) throw error
  const throttled = error.code === 'backend_rejected' && error.status === 429
  const broken =
    error.code === 'backend_failed' && /(?:^|:)(?:status_5\d\d|connection_lost|unreachable)$/.test(error.reason)
  if (!throttled && !broken) throw error
  return { throttled, waitMs: 1000 * (error.members.retryAfter ?? 0.25) }
}

async function giveUp(error: unknown, { id, ids }: Standing, run: Run): Promise<unknown> {
  const { visit, effect } = run
  const state = await cancelStatement(id, run)
  const facts = { backendIds: { ...ids, state: state ?? 'UNKNOWN' } }
  if (visit.signal.aborted) return problemOfOverdue({ effect, state, facts })
  return afterSubmission(error, effect, facts)
}

const looksAfterCancel = 12
const finalStates = { done: 'SUCCEEDED', failed: 'CANCELED' } as const

/** Cancels a statement and says how it was seen then; null where nobody answered. Never rejects. */
export async function cancelStatement(id: string, { driver, visit, times }: Omit<Run, 'pendingAt' | 'effect'>) {
  const own: Visit = { ...visit, signal: AbortSignal.timeout(times.graceMs) }
  try {
    await driver.cancel(own, id)
  } catch {
    // Whether it was heard shows in the state.
  }
  let last: string | null = null
  for (let look = 0; look < looksAfterCancel; look += 1) {
    try {
      const { state } = await driver.look(own, id)
      if (state !== 'running') return finalStates[state]
      last = 'RUNNING'
      await times.pause(150, own.signal)
    } catch {
      return last
    }
  }
  return last
}

/** A result, as far as it was wanted. */
export interface Gathered {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Json[])[]
  readonly bytes: number
  readonly more: boolean
}

/** Fetches pages until so many rows are there, the pages end, or the bytes are too many for one answer. */
export async function gatherRows(done: Standing & { state: 'done' }, wanted: number, run: Run): Promise<Gathered> {
  const { driver, visit } = run
  let page: Page = done.first ?? (await driver.page(visit, done.id, null))
  const { columns } = page
  const rows = [...page.rows]
  let bytes = page.bytes
  for (let count = 0; page.next !== null && rows.length < wanted && count < mostPages; count += 1) {
    if (bytes >= visit.maxBytes) break
    page = await driver.page(visit, done.id, page.next)
    rows.push(...page.rows)
    bytes += page.bytes
  }
  return { columns, rows, bytes, more: page.next !== null }
}
