import { Problem } from '../errors/problem.ts'
import type { Json, UpstreamCall } from '../pipeline/ports.ts'
import { readEvents } from './events.ts'
import { type FailureFacts, failWith, fateOfLostAnswer } from './failure.ts'
import { isObject } from './mcp-arguments.ts'
import type { Members } from './mcp-pins.ts'
import { readBody } from './rest-body.ts'
import { problemOfStatus } from './rest-status.ts'
import { problemOfNetwork, readBackendIds, writeHeaders } from './rest-wire.ts'
import { makeSafe } from './safe-json.ts'

/** What sending takes from outside. */
export interface McpWire {
  readonly fetch: typeof fetch
  /** Epoch milliseconds. */
  readonly clock: () => number
  readonly parseChallenge: (header: string | null) => string | undefined
  /** Bytes of one answer, and characters of one event of it; default 4 MiB. */
  readonly maxBytes?: number
}

/** One message to one server. */
export interface McpMessage {
  readonly url: URL
  readonly call: UpstreamCall
  /** Id, method and params of JSON-RPC; a notification has no id. */
  readonly body: Members
  /** Headers of the protocol. */
  readonly headers: Readonly<Record<string, string>>
  /** What this very message may change: the listing before a call changes nothing. */
  readonly isAction: boolean
}

/** A result, or the number of an error object. Nothing of its words is kept. */
export interface McpReply {
  readonly result: Members | null
  readonly errorCode: number
  readonly headers: Headers
  readonly backendIds: Readonly<Record<string, string>>
  readonly status: number
  readonly bytes: number
}

const refusalBytes = 64 * 1024
const mebibyte = 1024 * 1024

/**
 * Sends one message as the person: exchanged token as bearer, one host, no redirects. A refusal with 400, 404 or 405 is
 * given back, since it is how servers of another revision answer; every other status throws its Problem.
 */
export async function sendMcp(message: McpMessage, wire: McpWire): Promise<McpReply> {
  const { call } = message
  const response = await post(message, wire)
  const backendIds = readBackendIds(response, call.invocation.backend.records)
  const facts = { backendIds }
  const base = { headers: response.headers, backendIds, status: response.status }
  if (response.ok) {
    if (message.body.id === undefined) {
      await response.body?.cancel().catch(() => undefined)
      return { ...base, result: null, errorCode: 0, bytes: 0 }
    }
    return { ...base, ...(await readReply(response, message, wire)) }
  }
  const body = await readRefusal(response)
  if ([400, 404, 405].includes(response.status)) return { ...base, result: null, errorCode: codeOf(body), bytes: 0 }
  throw refusalOf(response, { message, wire, facts })
}

/** The Problem of a status that is no success. */
function refusalOf(
  { status, headers, type }: Response,
  { message, wire, facts }: { message: McpMessage; wire: McpWire; facts: FailureFacts },
): Problem {
  const claims = status === 401 ? wire.parseChallenge(headers.get('www-authenticate')) : undefined
  const known = { retryAfter: headers.get('retry-after'), claims, effect: effectOf(message), now: wire.clock(), facts }
  return problemOfStatus({ ...known, status: type === 'opaqueredirect' ? 0 : status })
}

/** Takes a session off the server that was opened for one call; whatever it says to that is of no matter. */
export async function endSession(message: McpMessage, wire: McpWire): Promise<void> {
  try {
    const response = await wire.fetch(message.url.href, { ...initOf(message), method: 'DELETE', body: null })
    await response.body?.cancel()
  } catch {
    // The server drops it in its own time.
  }
}

function effectOf({ call, isAction }: McpMessage) {
  return isAction ? call.understood.effect : 'read'
}

function initOf({ call, body, headers }: McpMessage) {
  const own = writeHeaders({
    token: call.token.value,
    traceparent: call.traceparent,
    decisionId: call.intent.decisionId,
    idempotencyKey: null,
    hasBody: true,
    declared: { accept: 'application/json, text/event-stream', ...headers },
    correlation: call.invocation.backend.correlation,
    extra: {},
  })
  return { method: 'POST', headers: own, body: JSON.stringify(body), signal: call.signal, redirect: 'manual' as const }
}

async function post(message: McpMessage, { fetch }: McpWire): Promise<Response> {
  const effect = effectOf(message)
  const aborted = () => message.call.signal.aborted
  if (aborted()) throw problemOfNetwork(null, { effect, aborted: true, sent: false })
  return fetch(message.url.href, initOf(message)).catch((error: unknown) => {
    throw problemOfNetwork(error, { effect, aborted: aborted(), sent: true })
  })
}

async function readReply(response: Response, message: McpMessage, wire: McpWire) {
  const effect = effectOf(message)
  const most = wire.maxBytes ?? 4 * mebibyte
  try {
    if (/^text\/event-stream\b/i.test(response.headers.get('content-type') ?? ''))
      return await readFlow(response, message, most)
    const { data, bytes } = await readBody(response, most, effect)
    const taken = take(data, message)
    if (taken === null) throw broken('rpc_shape', message)
    return { ...taken, bytes }
  } catch (error) {
    if (error instanceof Problem) throw error
    throw problemOfNetwork(error, { effect, aborted: message.call.signal.aborted, sent: true })
  }
}

async function readFlow(response: Response, message: McpMessage, totalBytes: number) {
  let bytes = 0
  const count = (more: number) => {
    bytes += more
  }
  const body = (response.body ?? []) as AsyncIterable<Uint8Array>
  for await (const { data } of readEvents(body, { eventLength: totalBytes, totalBytes, count })) {
    const taken = data === '' ? null : take(parse(data, message), message)
    if (taken !== null) return { ...taken, bytes }
  }
  throw broken('connection_lost', message)
}

/**
 * The answer to our message; null for a notification. A request of the server's (sampling, elicitation, roots) ends the
 * call: nobody answers for the person.
 */
function take(data: Json, message: McpMessage): Pick<McpReply, 'result' | 'errorCode'> | null {
  if (!isObject(data) || data.jsonrpc !== '2.0') throw broken('rpc_shape', message)
  if (typeof data.method === 'string') {
    if (data.id === undefined) return null
    throw broken('server_request', message)
  }
  if (data.id !== message.body.id) throw broken('rpc_id', message)
  if (data.error !== undefined) return { result: null, errorCode: codeOf(data) }
  if (!isObject(data.result)) throw broken('rpc_shape', message)
  return { result: data.result, errorCode: 0 }
}

function parse(text: string, message: McpMessage): Json {
  try {
    const safe = makeSafe(JSON.parse(text) as Json)
    if (safe !== undefined) return safe
  } catch {
    // Said below.
  }
  throw broken('json', message)
}

/** -32603 where the error has no number. */
function codeOf(data: Json): number {
  const error = isObject(data) && isObject(data.error) ? data.error : {}
  return Number.isSafeInteger(error.code) && error.code !== 0 ? Number(error.code) : -32603
}

async function readRefusal(response: Response): Promise<Json> {
  try {
    return (await readBody(response, refusalBytes, 'read')).data
  } catch {
    await response.body?.cancel().catch(() => undefined)
    return null
  }
}

/** What makes no sense, or does not end: of a change nobody can say then whether it was made. */
function broken(why: string, message: McpMessage): Problem {
  return failWith({ code: 'backend_failed', fate: fateOfLostAnswer(effectOf(message)), why })
}
