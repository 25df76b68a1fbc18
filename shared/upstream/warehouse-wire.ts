import type { Effect } from '../backend/effect.ts'
import { Problem } from '../errors/problem.ts'
import type { Json, UpstreamCall } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'
import { readBody } from './rest-body.ts'
import { joinPath } from './rest-request.ts'
import { problemOfStatus } from './rest-status.ts'
import { problemOfNetwork, readBackendIds, writeHeaders } from './rest-wire.ts'

/** What a warehouse's connection needs; `parseChallenge` gives the claims (JSON) of a WWW-Authenticate value. */
export interface WireOptions {
  readonly fetch: typeof fetch
  /** Epoch milliseconds. */
  readonly clock: () => number
  readonly parseChallenge: (header: string | null) => string | undefined
}

/** One request; the path is ours, the query goes into the URL encoded. */
export interface WireRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Json
  /** What may have been changed when the answer gets lost. */
  readonly effect: Effect
}

export interface WireAnswer {
  readonly status: number
  readonly data: Json
  readonly bytes: number
  readonly ids: Readonly<Record<string, string>>
}

/** Asks with the person's token: one host, no redirects, bounded answers. Throws Problem as `Executor` says. */
export type Wire = (request: WireRequest, signal: AbortSignal) => Promise<WireAnswer>

/** What one call's connection is made of. */
export interface WirePlace {
  readonly baseUrl: string
  readonly maxBytes: number
}

/** The warehouse as the person of this call. */
export function connectWarehouse(call: UpstreamCall, place: WirePlace, options: WireOptions): Wire {
  return async (request, signal) => {
    const response = await fetchOnce({ call, place, request, signal }, options)
    const ids = idsOf(response)
    if (!response.ok) throw await refused(response, { effect: request.effect, ids }, options)
    const { data, bytes } = await readBody(response, place.maxBytes, request.effect).catch((error: unknown) => {
      throw problemOfBody(error, request, { ids, aborted: signal.aborted })
    })
    return { status: response.status, data, bytes, ids }
  }
}

function problemOfBody(error: unknown, { effect }: WireRequest, facts: { ids: WireAnswer['ids']; aborted: boolean }) {
  if (!(error instanceof Problem)) return problemOfNetwork(error, { effect, aborted: facts.aborted, sent: true })
  return effect === 'read' ? error : openFate(error, facts.ids)
}

interface Sending {
  readonly call: UpstreamCall
  readonly place: WirePlace
  readonly request: WireRequest
  readonly signal: AbortSignal
}

async function fetchOnce({ call, place, request, signal }: Sending, options: WireOptions): Promise<Response> {
  const { effect, method } = request
  if (signal.aborted) throw problemOfNetwork(null, { effect, aborted: true, sent: false })
  const url = joinPath(new URL(place.baseUrl), request.path)
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.append(name, value)
  const body = request.body === undefined ? null : JSON.stringify(request.body)
  const headers = headersFor(call, request, body !== null)
  return options.fetch(url.href, { method, headers, body, signal, redirect: 'manual' }).catch((error: unknown) => {
    throw problemOfNetwork(error, { effect, aborted: signal.aborted, sent: true })
  })
}

/** The decision stands in the user agent too, the one header that these services' own logs keep. */
function headersFor({ token, traceparent, intent }: UpstreamCall, request: WireRequest, hasBody: boolean): Headers {
  const { decisionId } = intent
  const declared = request.headers ?? {}
  const headers = writeHeaders({
    token: token.value,
    traceparent,
    decisionId,
    idempotencyKey: null,
    hasBody,
    declared,
    extra: {},
  })
  headers.set('user-agent', `Countersign/1.0 decision/${decisionId}`)
  return headers
}

async function refused(
  response: Response,
  { effect, ids }: { effect: Effect; ids: Readonly<Record<string, string>> },
  options: WireOptions,
): Promise<Problem> {
  await response.body?.cancel().catch(() => undefined)
  const { status, headers } = response
  return problemOfStatus({
    status: response.type === 'opaqueredirect' ? 0 : status,
    retryAfter: headers.get('retry-after'),
    claims: status === 401 ? options.parseChallenge(headers.get('www-authenticate')) : undefined,
    effect,
    now: options.clock(),
    facts: { backendIds: ids },
  })
}

/** What was asked for may have been done, whatever the answer to it looks like. */
function openFate({ code, reason, members }: Problem, backendIds: Readonly<Record<string, string>>): Problem {
  return failWith({ code, fate: 'unknown', why: reason.replace(/^\w+:/, ''), members, facts: { backendIds } })
}

const recorded = ['x-amzn-requestid', 'x-goog-request-id', 'x-snowflake-request-id'] as const

function idsOf(response: Response): Record<string, string> {
  const ids = readBackendIds(response)
  for (const name of recorded) {
    const value = response.headers.get(name)
    if (value !== null && /^[\x21-\x7e]{1,200}$/.test(value)) ids[name] = value
  }
  return ids
}
