import type { Json, UpstreamAnswer, UpstreamCall } from '../pipeline/ports.ts'
import { fetchChunk, gatherRows } from './databricks-chunks.ts'
import { problemOfState } from './databricks-errors.ts'
import { boundTo, digestText, type Handle, handleLifeMs, readHandle, writeHandle } from './databricks-handle.ts'
import { isUnderWay, type StatementReply } from './databricks-reply.ts'
import { type DatabricksSettings, inputOf, refuseInput, submission } from './databricks-request.ts'
import { cancel, type Heard, poll, type Run, runStatement, type Workspace } from './databricks-run.ts'
import { columnsOf, type Table, toTable } from './databricks-table.ts'
import { failWith } from './failure.ts'
import { judgedText } from './judged-text.ts'

/** One call at its workspace. `handleKey` signs handles; it is fetched before anything is submitted. */
export interface Visit {
  readonly call: UpstreamCall
  readonly workspace: Workspace
  readonly settings: DatabricksSettings
  readonly signal: AbortSignal
  readonly handleKey: Uint8Array
  /** Largest result that the workspace is asked for, and what its answers to that may come to. */
  readonly maxBytes: number
  readonly answerBytes: number
}

/** What a visit brought back. */
export type Brought = Table & Pick<UpstreamAnswer, 'bytes' | 'backendIds'>

/** Runs the call's statement to its end; a read that takes longer than the caller waits is answered by a handle. */
export async function execute(visit: Visit): Promise<Brought> {
  const { call, workspace, settings, signal, maxBytes } = visit
  const effect = call.understood.effect
  const wait = inputOf(call, 'wait')
  const patient = effect !== 'read' || typeof wait !== 'number'
  const pendingAt = patient ? null : workspace.now() + wait * 1000
  const run: Run = { workspace, signal, effect, pendingAt }
  const heard = await runStatement(submission(call, { settings, maxBytes }), run)
  if (isUnderWay(heard.reply.status.state)) return pending(heard, handleFor(visit, heard))
  return finish(visit, heard)
}

/** The rows of a statement that is over, by the statement that was judged. Throws Problem where it did not succeed. */
export async function finish(visit: Visit, heard: Heard): Promise<Brought> {
  const { call, workspace, signal, answerBytes: maxBytes } = visit
  assertSucceeded(call, heard)
  const limit = call.rowLimit
  const { cells, bytes } = await gatherRows(heard, { workspace, signal, maxBytes, wanted: limit + 1 })
  const rows = { offset: 0, cells, limit, truncated: heard.reply.manifest?.truncated === true }
  return { ...toTable(call, { columns: columnsOf(heard.reply), rows }), bytes, backendIds: idsOf(heard) }
}

/** How a statement that runs on stands, or the first rows of its result. */
export async function getStatement(visit: Visit): Promise<Brought> {
  const handle = openHandle(visit)
  const heard = await look(visit, handle)
  const text = String(inputOf(visit.call, 'handle'))
  if (isUnderWay(heard.reply.status.state)) return pending(heard, text)
  assertSucceeded(visit.call, heard)
  return showChunk(visit, { heard, handle, bytes: heard.bytes, chunk: heard.reply.result ?? null })
}

/** One further part of a result. */
export async function getChunk(visit: Visit): Promise<Brought> {
  const handle = openHandle(visit)
  const heard = await look(visit, handle)
  assertSucceeded(visit.call, heard)
  const index = Number(inputOf(visit.call, 'chunk'))
  const { chunk, bytes } = await fetchChunk(handle.statementId, index, visit)
  // A later part that claims to be the beginning would have its rows counted from there.
  if (index > 0 && chunk.row_offset === 0)
    throw failWith({ code: 'backend_failed', fate: 'called', why: 'chunk_offset' })
  return showChunk(visit, { heard, handle, bytes, chunk })
}

/** Cancels a query that runs on, and says in which state it was seen then. */
export async function cancelStatement(visit: Visit): Promise<Brought> {
  const { statementId } = openHandle(visit)
  const heard = unheard(statementId)
  const state = await cancel(heard, visit.workspace)
  const data = { state: state ?? 'UNKNOWN' }
  return { data, rows: 1, bytes: 0, truncated: false, backendIds: { statement_id: statementId, ...data } }
}

interface Shown {
  readonly heard: Heard
  readonly handle: Handle
  readonly bytes: number
  readonly chunk: StatementReply['result'] | null
}

/** Rows beyond what was permitted when the statement was submitted, or is now, are not shown in parts either. */
function showChunk({ call }: Visit, { heard, handle, bytes, chunk }: Shown): Brought {
  const limit = Math.min(handle.rowLimit, call.rowLimit)
  const offset = chunk?.row_offset ?? 0
  const rows = { offset, cells: chunk?.data_array ?? [], limit, truncated: heard.reply.manifest?.truncated === true }
  const next = chunk?.next_chunk_index
  const more = next == null || offset + rows.cells.length >= limit ? {} : { next_chunk: next }
  const table = toTable(call, { columns: columnsOf(heard.reply), rows }, { state: heard.reply.status.state, ...more })
  return { ...table, bytes, backendIds: idsOf(heard) }
}

function look({ workspace, signal }: Visit, { statementId }: Handle): Promise<Heard> {
  return poll(unheard(statementId), { workspace, signal })
}

function unheard(statementId: string): Heard {
  return { reply: { statement_id: statementId, status: { state: 'PENDING' } }, bytes: 0, ids: {} }
}

function pending(heard: Heard, handle: string): Brought {
  const data: Json = { columns: [], rows: [], state: heard.reply.status.state, handle }
  return { data, columns: [], rows: 0, truncated: false, bytes: heard.bytes, backendIds: idsOf(heard) }
}

function handleFor({ call, workspace, handleKey }: Visit, { reply }: Heard): string {
  const bound = { ...boundTo(call, ''), digest: digestText(judgedText(call)) }
  const expiresAt = workspace.now() + handleLifeMs
  return writeHandle(handleKey, { statementId: reply.statement_id, expiresAt, rowLimit: call.rowLimit }, bound)
}

/** The handle that the call names, or Problem `input_invalid`. */
export function openHandle({ call, workspace, handleKey }: Visit): Handle {
  const text = String(inputOf(call, 'handle'))
  const handle = readHandle(handleKey, text, { bound: boundTo(call, text), now: workspace.now() })
  if (handle === null) throw refuseInput(call, 'handle', 'is no handle of this person and agent for this statement')
  return handle
}

function assertSucceeded({ understood }: UpstreamCall, heard: Heard): void {
  if (heard.reply.status.state === 'SUCCEEDED') return
  throw problemOfState(heard.reply, understood.effect, { backendIds: idsOf(heard) })
}

function idsOf({ ids, reply }: Heard): Record<string, string> {
  return { ...ids, statement_id: reply.statement_id, state: reply.status.state }
}
