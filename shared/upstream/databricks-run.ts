import type { Effect } from '../backend/effect.ts'
import { Problem } from '../errors/problem.ts'
import type { Json } from '../pipeline/ports.ts'
import { afterSubmission, problemOfOverdue } from './databricks-errors.ts'
import { isUnderWay, readReply, type StatementReply, type StatementState } from './databricks-reply.ts'
import { statementsPath, type WorkspaceRequest } from './databricks-request.ts'
import { failWith } from './failure.ts'

/** A parsed answer with its size and the ids that the workspace's logs can be searched by. */
export interface Answered {
  readonly data: Json
  readonly bytes: number
  readonly ids: Readonly<Record<string, string>>
}

/** The workspace as one person reaches it. */
export interface Workspace {
  /** One request with the person's token; throws Problem. What may have been changed when it fails depends on `effect`. */
  readonly ask: (request: WorkspaceRequest, how: { signal: AbortSignal; effect: Effect }) => Promise<Answered>
  /** Rejects where the signal aborts first. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
  /** A signal for what still has to be done when the call's own time is up. */
  readonly grace: () => AbortSignal
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** One statement on its way. `pendingAt` (epoch ms) is when the caller would rather have a handle than wait on. */
export interface Run {
  readonly workspace: Workspace
  readonly signal: AbortSignal
  readonly effect: Effect
  readonly pendingAt: number | null
}

/** What was last heard of a statement. */
export interface Heard {
  readonly reply: StatementReply
  readonly bytes: number
  readonly ids: Readonly<Record<string, string>>
}

const pauses = { firstMs: 60, factor: 1.6, longestMs: 3000 } as const
const mostMisses = 4

/**
 * Submits a statement and follows it to its end, or until the caller would rather have a handle. A statement whose time
 * is up, or that cannot be followed, is cancelled. Throws Problem as `Executor` says.
 */
export async function runStatement(submit: WorkspaceRequest, run: Run): Promise<Heard> {
  const { workspace, signal, effect } = run
  const first = await workspace.ask(submit, { signal, effect })
  const heard = readFirst(first, effect)
  try {
    return await follow(heard, run)
  } catch (error) {
    throw await giveUp(error, heard, run)
  }
}

/** Without a sound first answer nobody knows the id of a statement that may well be running. */
function readFirst(first: Answered, effect: Effect): Heard {
  try {
    const reply = readReply(first.data)
    return { reply, bytes: first.bytes, ids: { ...first.ids, statement_id: reply.statement_id } }
  } catch (error) {
    throw afterSubmission(error, effect, { backendIds: first.ids })
  }
}

async function follow(first: Heard, run: Run): Promise<Heard> {
  let turn: Turn = { heard: first, misses: 0, waitMs: pauses.firstMs }
  while (isUnderWay(turn.heard.reply.status.state)) {
    if (run.pendingAt !== null && run.workspace.now() >= run.pendingAt) break
    await run.workspace.pause(turn.waitMs, run.signal)
    turn = await take(turn, run)
  }
  return turn.heard
}

/** Where the following of a statement stands: what was heard last, unanswered questions in a row, the next pause. */
interface Turn {
  readonly heard: Heard
  readonly misses: number
  readonly waitMs: number
}

async function take(turn: Turn, run: Run): Promise<Turn> {
  try {
    const heard = await poll(turn.heard, run)
    return { heard, misses: 0, waitMs: Math.min(pauses.longestMs, turn.waitMs * pauses.factor) }
  } catch (error) {
    const { throttled, waitMs } = missed(error)
    const misses = throttled ? turn.misses : turn.misses + 1
    if (misses > mostMisses) throw error
    return { heard: turn.heard, misses, waitMs: Math.max(waitMs, turn.waitMs) }
  }
}

/** Asks once how a statement stands. */
export async function poll(heard: Heard, { workspace, signal }: Pick<Run, 'workspace' | 'signal'>): Promise<Heard> {
  const id = heard.reply.statement_id
  const answered = await workspace.ask({ method: 'GET', path: `${statementsPath}/${id}` }, { signal, effect: 'read' })
  const reply = readReply(answered.data)
  if (reply.statement_id !== id) throw failWith({ code: 'backend_failed', fate: 'called', why: 'another_statement' })
  return { reply, bytes: answered.bytes, ids: { ...heard.ids, ...answered.ids, statement_id: id } }
}

interface Miss {
  readonly throttled: boolean
  readonly waitMs: number
}

/** The statement runs on where only the question failed: busy and broken answers are asked again, others end it. */
function missed(error: unknown): Miss {
  if (!(error instanceof Problem)) throw error
  const throttled = error.code === 'backend_rejected' && error.status === 429
  const broken =
    error.code === 'backend_failed' && /(?:^|:)(?:status_5\d\d|connection_lost|unreachable)$/.test(error.reason)
  if (!throttled && !broken) throw error
  return { throttled, waitMs: 1000 * (error.members.retryAfter ?? 0.25) }
}

async function giveUp(error: unknown, heard: Heard, { workspace, signal, effect }: Run): Promise<unknown> {
  const state = await cancel(heard, workspace)
  const backendIds = { ...heard.ids, state: state ?? 'UNKNOWN' }
  if (signal.aborted) return problemOfOverdue({ effect, state, facts: { backendIds } })
  return afterSubmission(error, effect, { backendIds })
}

const looksAfterCancel = 12

/** Cancels a statement and says in which state it was seen then; null where nobody answered. Never rejects. */
export async function cancel(heard: Heard, workspace: Workspace): Promise<StatementState | null> {
  const signal = workspace.grace()
  const path = `${statementsPath}/${heard.reply.statement_id}/cancel`
  try {
    await workspace.ask({ method: 'POST', path, body: {} }, { signal, effect: 'write' })
  } catch {
    // Whether it was heard shows in the state.
  }
  let last: StatementState | null = null
  for (let look = 0; look < looksAfterCancel; look += 1) {
    try {
      last = (await poll(heard, { workspace, signal })).reply.status.state
      if (!isUnderWay(last)) return last
      await workspace.pause(150, signal)
    } catch {
      return last
    }
  }
  return last
}
