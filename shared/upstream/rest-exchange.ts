import type { Effect } from '../backend/effect.ts'
import type { RestAnswer } from '../backend/rest-call.ts'
import { Problem } from '../errors/problem.ts'
import type { UpstreamCall } from '../pipeline/ports.ts'
import { type ParseXml, readAnswer } from './rest-answer.ts'
import type { RestRequest } from './rest-request.ts'
import { problemOfStatus } from './rest-status.ts'
import type { Answered } from './rest-visit.ts'
import { problemOfNetwork, readBackendIds, writeHeaders } from './rest-wire.ts'

/** One request of a call: whose, what its failure would mean, and how its answer is read. */
export interface Exchange {
  readonly call: UpstreamCall
  readonly effect: Effect
  readonly signal: AbortSignal
  readonly answer: RestAnswer
  readonly maxBytes: number
  /** Static headers of the deployment. */
  readonly extra: Readonly<Record<string, string>>
}

/** What a request needs from outside. */
export interface Wire {
  readonly fetch: typeof fetch
  /** Epoch milliseconds. */
  readonly clock: () => number
  /** Gives the claims (JSON) of a WWW-Authenticate value. */
  readonly parseChallenge: (header: string | null) => string | undefined
  readonly parseXml: ParseXml
}

/** Sends one request as the person and reads its answer. Throws Problem for whatever is no success. */
export async function send(request: RestRequest, exchange: Exchange, wire: Wire): Promise<Answered> {
  const { call, effect, signal } = exchange
  const response = await fetchOnce(request, exchange, wire)
  const backendIds = readBackendIds(response, call.invocation.backend.records)
  if (!response.ok) {
    await response.body?.cancel().catch(() => undefined)
    throw problemOfStatus({
      status: response.type === 'opaqueredirect' ? 0 : response.status,
      retryAfter: response.headers.get('retry-after'),
      claims: response.status === 401 ? wire.parseChallenge(response.headers.get('www-authenticate')) : undefined,
      effect,
      now: wire.clock(),
      facts: { backendIds },
    })
  }
  try {
    const job = { ...exchange, objects: call.invocation.backend.objects, parseXml: wire.parseXml }
    const { status, headers } = response
    return { ...(await readAnswer(response, job)), status, headers, backendIds }
  } catch (error) {
    if (error instanceof Problem) throw error
    throw problemOfNetwork(error, { effect, aborted: signal.aborted, sent: true })
  }
}

async function fetchOnce(request: RestRequest, exchange: Exchange, wire: Wire): Promise<Response> {
  const { call, effect, signal, extra } = exchange
  if (signal.aborted) throw problemOfNetwork(null, { effect, aborted: true, sent: false })
  const template = call.invocation.operation.call
  const takesKey = request.method !== 'GET' && template.technology === 'rest' && template.idempotencyKey === true
  const headers = writeHeaders({
    token: call.token.value,
    traceparent: call.traceparent,
    decisionId: call.intent.decisionId,
    idempotencyKey: takesKey ? call.idempotencyKey : null,
    hasBody: request.body !== null,
    declared: request.headers,
    correlation: call.invocation.backend.correlation,
    extra,
  })
  const init = { method: request.method, headers, body: request.body, signal, redirect: 'manual' as const }
  // The URL must be a string: some fetch implementations do not take URL objects of another realm.
  return wire.fetch(request.url.href, init).catch((error: unknown) => {
    throw problemOfNetwork(error, { effect, aborted: signal.aborted, sent: true })
  })
}
