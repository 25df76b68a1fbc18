import { Problem } from '../errors/problem.ts'
import type { Json, UpstreamCall } from '../pipeline/ports.ts'
import { problemOfRefusal } from './openai-refusal.ts'
import type { OpenAiRequest } from './openai-request.ts'
import type { RestSettings } from './rest.ts'
import { readBody } from './rest-body.ts'
import { problemOfNetwork, readBackendIds, writeHeaders } from './rest-wire.ts'

/** What sending takes. `parseChallenge` gives the claims (JSON) of a WWW-Authenticate value. */
export interface WireOptions {
  readonly fetch: typeof fetch
  /** Epoch milliseconds. */
  readonly clock: () => number
  readonly parseChallenge: (header: string | null) => string | undefined
}

/** One request of one call. */
export interface Sending {
  readonly call: UpstreamCall
  readonly request: OpenAiRequest
  readonly settings: RestSettings
  readonly signal: AbortSignal
}

/** A success, its body still to be read. */
export interface Response2xx {
  readonly response: Response
  readonly backendIds: Readonly<Record<string, string>>
}

/** Largest body of a refusal that is looked at. */
const refusalBytes = 64 * 1024

/**
 * Sends one request as the person: exchanged token as bearer, one host, no redirects. Throws the Problem of whatever is
 * no success; the service's words never leave.
 */
export async function sendOpenAi(sending: Sending, options: WireOptions): Promise<Response2xx> {
  const { call } = sending
  const response = await fetchOnce(sending, options)
  const backendIds = { ...readBackendIds(response), ...recordedOf(response.headers, call.invocation.backend.records) }
  if (response.ok) return { response, backendIds }
  const { status, headers } = response
  const effect = call.understood.effect
  const body = await readRefusal(response)
  const claims = status === 401 ? options.parseChallenge(headers.get('www-authenticate')) : undefined
  const known = { headers, body, claims, effect, now: options.clock(), facts: { backendIds } }
  throw problemOfRefusal({ ...known, status: response.type === 'opaqueredirect' ? 0 : status })
}

/** Reads a whole answer as JSON. */
export async function readWhole(
  { response }: Response2xx,
  { call, signal }: Sending,
  maxBytes: number,
): Promise<{ readonly data: Json; readonly bytes: number }> {
  try {
    return await readBody(response, maxBytes, call.understood.effect)
  } catch (error) {
    throw lostAnswer(error, call, signal)
  }
}

/** What a broken body means for the call. */
export function lostAnswer(error: unknown, call: UpstreamCall, signal: AbortSignal): Problem {
  if (error instanceof Problem) return error
  return problemOfNetwork(error, { effect: call.understood.effect, aborted: signal.aborted, sent: true })
}

async function fetchOnce({ call, request, settings, signal }: Sending, options: WireOptions): Promise<Response> {
  const effect = call.understood.effect
  if (signal.aborted) throw problemOfNetwork(null, { effect, aborted: true, sent: false })
  const headers = writeHeaders({
    token: call.token.value,
    traceparent: call.traceparent,
    decisionId: call.intent.decisionId,
    idempotencyKey: null,
    hasBody: request.body !== null,
    declared: request.flows ? { accept: 'text/event-stream' } : {},
    extra: settings.headers ?? {},
  })
  const init = { method: request.method, headers, body: request.body, signal, redirect: 'manual' as const }
  return options.fetch(request.url.href, init).catch((error: unknown) => {
    throw problemOfNetwork(error, { effect, aborted: signal.aborted, sent: true })
  })
}

/** Null for whatever is no JSON: only its codes matter. */
async function readRefusal(response: Response): Promise<Json> {
  try {
    return (await readBody(response, refusalBytes, 'read')).data
  } catch {
    await response.body?.cancel().catch(() => undefined)
    return null
  }
}

function recordedOf(headers: Headers, names: readonly string[] = []): Record<string, string> {
  const found = names.map((name) => [name, headers.get(name)] as const)
  return Object.fromEntries(
    found.filter((pair): pair is [string, string] => pair[1] !== null && /^[\x21-\x7e]{1,200}$/.test(pair[1])),
  )
}
