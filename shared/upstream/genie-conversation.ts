import { Problem } from '../errors/problem.ts'
import type { Json } from '../pipeline/ports.ts'
import type { Answered } from './databricks-run.ts'
import type { Brought, Visit } from './databricks-statements.ts'
import { genieInput, type MessagePlace, openMessageHandle, writeMessageHandle } from './genie-handle.ts'
import { assertAnswered, type GenieMessage, isThinking, readMessage, readStarted } from './genie-message.ts'

const spaces = '/api/2.0/genie/spaces'
const pauses = { firstMs: 400, factor: 1.5, longestMs: 5000 } as const
const mostMisses = 4

/** What was last heard of a message. */
interface Heard {
  readonly message: GenieMessage
  readonly bytes: number
  readonly ids: Readonly<Record<string, string>>
}

/** Asks a question in a new conversation, and waits for what Genie makes of it. */
export async function startConversation(visit: Visit): Promise<Brought> {
  const space = encodeURIComponent(String(genieInput(visit.call, 'space')))
  return post(visit, space, `${spaces}/${space}/start-conversation`)
}

/** Asks on in the conversation that a handle stands for. */
export async function askOn(visit: Visit): Promise<Brought> {
  const { space, conversation } = openMessageHandle(visit)
  return post(visit, space, `${spaces}/${space}/conversations/${conversation}/messages`)
}

async function post(visit: Visit, space: string, path: string): Promise<Brought> {
  const { call, workspace, signal } = visit
  const body = { content: String(genieInput(call, 'question')) }
  const asked = await workspace.ask({ method: 'POST', path, body }, { signal, effect: call.understood.effect })
  const place = { space, ...readStarted(asked.data) }
  return show(visit, place, await follow(visit, place))
}

/** How a message stands, or what it brought. */
export async function getMessage(visit: Visit): Promise<Brought> {
  const place = openMessageHandle(visit)
  return show(visit, place, await follow(visit, place))
}

/** Asks once for a message. */
export async function fetchMessage({ workspace, signal }: Visit, place: MessagePlace): Promise<Heard> {
  const answered: Answered = await workspace.ask(
    { method: 'GET', path: messagePath(place) },
    { signal, effect: 'read' },
  )
  return { message: readMessage(answered.data), bytes: answered.bytes, ids: idsOf(answered.ids, place) }
}

/** Path of a message. */
export function messagePath({ space, conversation, message }: MessagePlace): string {
  return `${spaces}/${space}/conversations/${conversation}/messages/${message}`
}

/** Until Genie is done, or the caller would rather have a handle; null where nothing was heard by then. */
async function follow(visit: Visit, place: MessagePlace): Promise<Heard | null> {
  const { workspace, signal, call } = visit
  const until = workspace.now() + Number(genieInput(call, 'wait') ?? 0) * 1000
  let turn: Turn = { heard: null, misses: 0 }
  for (let waitMs: number = pauses.firstMs; ; waitMs = Math.min(pauses.longestMs, waitMs * pauses.factor)) {
    turn = await take(visit, place, turn)
    const isDone = turn.heard !== null && !isThinking(turn.heard.message)
    if (isDone || workspace.now() + waitMs >= until) return turn.heard
    await workspace.pause(waitMs, signal)
  }
}

/** Where the following stands: what was heard last, and unanswered questions in a row. */
interface Turn {
  readonly heard: Heard | null
  readonly misses: number
}

async function take(visit: Visit, place: MessagePlace, { heard, misses }: Turn): Promise<Turn> {
  try {
    return { heard: await fetchMessage(visit, place), misses: 0 }
  } catch (error) {
    if (misses >= mostMisses || !isPassing(error)) throw error
    return { heard, misses: misses + 1 }
  }
}

/** Genie thinks on where only the question after it failed: busy and broken answers are asked again. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Problem)) return false
  if (error.code === 'backend_rejected') return error.status === 429
  return error.code === 'backend_failed' && /(?:^|:)(?:status_5\d\d|connection_lost|unreachable)$/.test(error.reason)
}

function show(visit: Visit, place: MessagePlace, heard: Heard | null): Brought {
  const handle = writeMessageHandle(visit, place)
  const backendIds = heard?.ids ?? idsOf({}, place)
  const { conversation, message } = place
  if (heard === null || isThinking(heard.message)) {
    const data: Json = { status: 'running', handle, conversation, message, attachments: [] }
    return { data, rows: 0, bytes: heard?.bytes ?? 0, truncated: false, backendIds }
  }
  assertAnswered(heard.message, backendIds)
  const attachments = heard.message.attachments as unknown as Json
  const data: Json = { status: 'done', handle, conversation, message, attachments }
  return { data, rows: heard.message.attachments.length, bytes: heard.bytes, truncated: false, backendIds }
}

function idsOf(ids: Readonly<Record<string, string>>, place: MessagePlace): Record<string, string> {
  return { ...ids, conversation_id: place.conversation, message_id: place.message }
}
