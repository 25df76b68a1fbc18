import type { Backend } from '../backend/define.ts'
import type { RestAnswer } from '../backend/rest-call.ts'
import { Problem } from '../errors/problem.ts'
import type { Executor, UpstreamAnswer, UpstreamCall } from '../pipeline/ports.ts'
import { noteIdentity } from './failure.ts'
import { type ParseXml, type ReadAnswer, readAnswer } from './rest-answer.ts'
import { withValues } from './rest-fill.ts'
import { type ProofMemory, proveIdentity } from './rest-identity.ts'
import { boundPage, buildRequest, joinPath, type RestRequest } from './rest-request.ts'
import { limitRows } from './rest-rows.ts'
import { problemOfStatus } from './rest-status.ts'
import { problemOfNetwork, readBackendIds, writeHeaders } from './rest-wire.ts'

/** Where a deployment has a backend: a base URL that `checkBaseUrl` allows, and static headers. */
export interface RestSettings {
  readonly baseUrl: string
  readonly headers?: Readonly<Record<string, string>>
  /** The deployment's own values, which templates take as `{@name}`. */
  readonly values?: Readonly<Record<string, string>>
}

/** What the executor needs from outside. `parseChallenge` gives the claims (JSON) of a WWW-Authenticate value. */
export interface RestOptions {
  readonly fetch: typeof fetch
  /** Of the backend's own endpoint, or of the further one that the operation names. Throws where it is not there. */
  readonly settingsFor: (backend: Backend, at: string | undefined) => RestSettings
  /** Epoch milliseconds. */
  readonly clock: () => number
  readonly parseChallenge: (header: string | null) => string | undefined
  readonly parseXml: ParseXml
  /** Longest time for one call with its probe, at most 200,000 ms; default 200,000. */
  readonly deadlineMs?: number
  /** Largest answer; default 4 MiB. */
  readonly maxBytes?: number
}

interface Exchange {
  readonly call: UpstreamCall
  readonly settings: RestSettings
  readonly signal: AbortSignal
  readonly answer: RestAnswer
}

interface Answered extends ReadAnswer {
  readonly backendIds: Readonly<Record<string, string>>
}

const json: RestAnswer = { kind: 'json' }
const longestMs = 200_000
const defaultMaxBytes = 4 * 1024 * 1024

/**
 * Calls REST backends as the person: exchanged token as bearer, one host, no redirects, bounded in time and size, the
 * person proven by the backend's own probe. Failures are Problems as `Executor` says; the backend's words never leave.
 */
export function createRestExecutor(options: RestOptions): Executor {
  const memory: ProofMemory = { proofs: new WeakMap(), now: options.clock }
  return { call: (call) => callBackend(call, options, memory), close: async () => undefined }
}

async function callBackend(call: UpstreamCall, options: RestOptions, memory: ProofMemory): Promise<UpstreamAnswer> {
  const { invocation } = call
  const template = invocation.operation.call
  if (template.technology !== 'rest')
    throw new Problem('internal', 'The call could not be made.', { reason: 'not_called:technology' })
  const settings = options.settingsFor(invocation.backend, invocation.operation.at)
  const base = new URL(settings.baseUrl)
  const inputs = withValues(invocation.inputs, { ...settings.values, decisionId: call.intent.decisionId })
  const request = buildRequest(base, template, boundPage(template, inputs, call.rowLimit))
  const deadline = AbortSignal.timeout(Math.min(options.deadlineMs ?? longestMs, longestMs))
  const signal = AbortSignal.any([call.signal, deadline])
  const exchange = { call, settings, signal, answer: template.answer ?? json }
  const ask = async (path: string) => {
    const probe: RestRequest = { method: 'GET', url: joinPath(base, path), headers: {}, body: null }
    return (await send(probe, { ...exchange, answer: json, call: asRead(call) }, options)).data
  }
  const identity = await proveIdentity(call, ask, memory)
  const { data, bytes, backendIds, truncated } = await send(request, exchange, options).catch((error: unknown) => {
    throw noteIdentity(error, identity)
  })
  const limited = limitRows(data, call.rowLimit)
  return { ...limited, truncated: limited.truncated || truncated, bytes, backendIds, identity }
}

async function send(request: RestRequest, exchange: Exchange, options: RestOptions): Promise<Answered> {
  const { call, signal } = exchange
  const response = await fetchOnce(request, exchange, options)
  const backendIds = readBackendIds(response, call.invocation.backend.records)
  if (!response.ok) {
    await response.body?.cancel().catch(() => undefined)
    throw problemOfStatus({
      status: response.type === 'opaqueredirect' ? 0 : response.status,
      retryAfter: response.headers.get('retry-after'),
      claims: response.status === 401 ? options.parseChallenge(response.headers.get('www-authenticate')) : undefined,
      effect: call.understood.effect,
      now: options.clock(),
      facts: { backendIds },
    })
  }
  try {
    return { ...(await readAnswer(response, answerJob(exchange, options))), backendIds }
  } catch (error) {
    if (error instanceof Problem) throw error
    throw problemOfNetwork(error, { effect: call.understood.effect, aborted: signal.aborted, sent: true })
  }
}

function answerJob({ call, answer }: Exchange, { maxBytes, parseXml }: RestOptions) {
  const { effect } = call.understood
  return { answer, effect, maxBytes: maxBytes ?? defaultMaxBytes, objects: call.invocation.backend.objects, parseXml }
}

async function fetchOnce(request: RestRequest, exchange: Exchange, options: RestOptions): Promise<Response> {
  const { call, settings, signal } = exchange
  const effect = call.understood.effect
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
    extra: settings.headers ?? {},
  })
  const init = { method: request.method, headers, body: request.body, signal, redirect: 'manual' as const }
  // The URL must be a string: some fetch implementations do not take URL objects of another realm.
  return options.fetch(request.url.href, init).catch((error: unknown) => {
    throw problemOfNetwork(error, { effect, aborted: signal.aborted, sent: true })
  })
}

/** The probe itself changes nothing, whatever the call behind it does. */
function asRead(call: UpstreamCall): UpstreamCall {
  return { ...call, understood: { ...call.understood, effect: 'read' } }
}
