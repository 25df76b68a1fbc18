import * as z from 'zod'
import { parse, readReply } from './databricks-reply.ts'
import type { Heard } from './databricks-run.ts'
import { type Brought, finish, type Visit } from './databricks-statements.ts'
import { failWith } from './failure.ts'
import { fetchMessage, messagePath } from './genie-conversation.ts'
import { genieInput, type MessagePlace, openMessageHandle } from './genie-handle.ts'
import { judgedText } from './judged-text.ts'

const makeResult = () => z.object({ statement_response: z.record(z.string(), z.unknown()) })
const mostLooks = 40
const lookMs = 500

/**
 * The rows of a statement that Genie wrote, for which this very call was judged. What is masked and counted is that
 * statement's; where the message holds another by the time that the rows are there, nobody sees them. Throws Problem
 * `backend_rejected` (409, why `statement_changed`) then.
 */
export async function getResult(visit: Visit): Promise<Brought> {
  judgedText(visit.call)
  const place = openMessageHandle(visit)
  const path = `${attachmentPath(visit, place)}/query-result`
  return showRows(visit, place, await look(visit, { method: 'GET', path }))
}

/** Runs the statement again, whose result is no longer kept, and gives its rows in the same way. */
export async function runAgain(visit: Visit): Promise<Brought> {
  judgedText(visit.call)
  const place = openMessageHandle(visit)
  await assertSame(visit, place)
  const path = attachmentPath(visit, place)
  const started = await look(visit, { method: 'POST', path: `${path}/execute-query` })
  if (!isOpen(started)) return showRows(visit, place, started)
  return showRows(visit, place, await look(visit, { method: 'GET', path: `${path}/query-result` }))
}

function attachmentPath({ call }: Visit, place: MessagePlace): string {
  return `${messagePath(place)}/attachments/${encodeURIComponent(String(genieInput(call, 'attachment')))}`
}

const isOpen = ({ reply }: Heard) => reply.status.state === 'PENDING' || reply.status.state === 'RUNNING'

/** Asks until the statement is over: a question that changes something is asked once. */
async function look(visit: Visit, request: { method: 'GET' | 'POST'; path: string }): Promise<Heard> {
  const { workspace, signal } = visit
  for (let turn = 1; ; turn += 1) {
    const { data, bytes, ids } = await workspace.ask(request, { signal, effect: 'read' })
    const reply = readReply(parse(makeResult(), data).statement_response as Parameters<typeof readReply>[0])
    const heard = { reply, bytes, ids: { ...ids, statement_id: reply.statement_id } }
    if (!isOpen(heard) || request.method === 'POST') return heard
    if (turn >= mostLooks)
      throw failWith({
        code: 'backend_timeout',
        fate: 'called',
        why: 'still_running',
        facts: { backendIds: heard.ids },
      })
    await workspace.pause(lookMs, signal)
  }
}

async function showRows(visit: Visit, place: MessagePlace, heard: Heard): Promise<Brought> {
  const brought = await finish(visit, heard)
  await assertSame(visit, place)
  return brought
}

/** The statement may be edited in the workspace while we look: only the one that was judged counts. */
async function assertSame(visit: Visit, place: MessagePlace): Promise<void> {
  const { message } = await fetchMessage(visit, place)
  const wanted = genieInput(visit.call, 'attachment')
  const found = message.attachments.find(({ attachment }) => attachment === wanted)
  if (found?.sql === judgedText(visit.call)) return
  throw failWith({
    code: 'backend_rejected',
    fate: 'called',
    why: 'statement_changed',
    detail: 'The statement was changed while its result was asked for; ask again.',
    members: { status: 409 },
  })
}
