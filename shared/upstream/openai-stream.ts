import type { Problem } from '../errors/problem.ts'
import type { Json, UpstreamCall } from '../pipeline/ports.ts'
import { readEvents, type ServerEvent } from './events.ts'
import { failWith } from './failure.ts'
import { type AnswerFacts, listOf, membersOf } from './openai-facts.ts'
import { lostAnswer, type Response2xx } from './openai-wire.ts'
import { makeSafe } from './safe-json.ts'

type Members = Readonly<Record<string, Json>>

/** How one stream is read. */
export interface StreamJob {
  readonly call: UpstreamCall
  readonly signal: AbortSignal
  readonly form: 'chat' | 'responses'
  readonly facts: AnswerFacts
  readonly count: (bytes: number) => void
  /** The caller asked for the chunk that says what it took; else it stays here. */
  readonly showsUsage: boolean
  readonly totalBytes: number
}

/** Refuses a success that is no stream of events, before anything is said to have begun. */
export async function requireEvents({ response }: Response2xx): Promise<void> {
  if (/^text\/event-stream\s*(?:;|$)/i.test(response.headers.get('content-type') ?? '')) return
  await response.body?.cancel().catch(() => undefined)
  throw broken('content_type')
}

/** Longest event, in characters. */
const eventLength = 1024 * 1024

/**
 * The pieces of an answer that flows. Throws Problem `backend_failed` where it breaks off before its own end or
 * tells of an error; `backend_timeout` where time is up.
 */
export async function* readPieces({ response }: Response2xx, job: StreamJob): AsyncGenerator<Members> {
  try {
    yield* piecesOf((response.body ?? []) as AsyncIterable<Uint8Array>, job)
  } catch (error) {
    throw lostAnswer(error, job.call, job.signal)
  } finally {
    await response.body?.cancel().catch(() => undefined)
  }
}

async function* piecesOf(body: AsyncIterable<Uint8Array>, job: StreamJob): AsyncGenerator<Members> {
  const { form, showsUsage, totalBytes, count, facts } = job
  for await (const event of readEvents(body, { eventLength, totalBytes, count })) {
    if (event.data === '[DONE]') return
    const piece = parse(event)
    facts.note(piece)
    const shown = form === 'chat' ? trim(piece, showsUsage) : piece
    if (shown !== null) yield shown
    if (form === 'responses' && isOver(piece)) return
  }
  throw broken('connection_lost')
}

function isOver({ type }: Members): boolean {
  return type === 'response.completed' || type === 'response.incomplete'
}

/** An error within the stream; its words stay here. */
function parse({ data }: ServerEvent): Members {
  const piece = membersOf(makeSafe(parseJson(data)) ?? null)
  const { type } = piece
  if (piece.error !== undefined && piece.error !== null) throw broken('stream_error')
  if (type === 'error' || type === 'response.failed') throw broken('stream_error')
  return piece
}

function parseJson(data: string): Json {
  try {
    return JSON.parse(data) as Json
  } catch {
    throw broken('json')
  }
}

/** Without what the caller did not ask for; null where nothing else was in it. */
function trim(piece: Members, showsUsage: boolean): Members | null {
  if (showsUsage) return piece
  const { usage, ...rest } = piece
  return usage !== undefined && usage !== null && listOf(piece.choices).length === 0 ? null : rest
}

function broken(why: string): Problem {
  return failWith({ code: 'backend_failed', fate: 'called', why })
}
