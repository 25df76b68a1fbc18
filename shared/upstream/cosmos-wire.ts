import type { CosmosClientOptions } from '@azure/cosmos'
import { Problem } from '../errors/problem.ts'
import type { UpstreamCall } from '../pipeline/ports.ts'
import type { PartitionKey } from './cosmos-inputs.ts'
import { failWith } from './failure.ts'
import { readBody } from './rest-body.ts'
import { problemOfStatus } from './rest-status.ts'
import { problemOfNetwork } from './rest-wire.ts'

/** What carries the SDK's requests. */
export type CosmosHttp = NonNullable<CosmosClientOptions['httpClient']>
type Request = Parameters<CosmosHttp['sendRequest']>[0]
type Response = Awaited<ReturnType<CosmosHttp['sendRequest']>>

/** What a wire needs. `parseChallenge` gives the claims (JSON) of a WWW-Authenticate value. */
export interface WireOptions {
  readonly fetch: typeof fetch
  /** Epoch milliseconds. */
  readonly clock: () => number
  readonly parseChallenge: (header: string | null) => string | undefined
}

/** One call's wire. */
export interface WireJob extends WireOptions {
  readonly call: UpstreamCall
  /** The only origin that anything is sent to. */
  readonly origin: string
  readonly signal: AbortSignal
  /** Bytes of all answers together. */
  readonly maxBytes: number
  /** The partition that every request for items has to be for; null where the deployment has no rule. */
  readonly forced: PartitionKey | null
}

export interface Wire extends CosmosHttp {
  /** Why it ended, where it did; the SDK's own error says less. */
  readonly failure: () => Problem | undefined
  readonly bytes: () => number
  /** Ids and the charge of the requests so far. */
  readonly ids: () => Record<string, string>
}

interface State {
  failure: Problem | undefined
  bytes: number
  charge: number
  ids: Record<string, string>
}

/**
 * Carries the SDK's requests over one origin, without redirects, within the call's time and size. What the SDK would
 * try again, or look for elsewhere, ends the call here; what it has to see itself (400, 404, 409, 410, 412) it gets,
 * without the service's words. It ends, too, where a request for items would leave the partition that a rule demands.
 */
export function openWire(job: WireJob): Wire {
  const state: State = { failure: undefined, bytes: 0, charge: 0, ids: {} }
  return {
    sendRequest: async (request) => {
      try {
        if (state.failure !== undefined) throw state.failure
        return await send(request, job, state)
      } catch (error) {
        state.failure ??=
          error instanceof Problem ? error : failWith({ code: 'internal', fate: 'unknown', why: 'wire' })
        // Not the Problem itself: the SDK writes into the errors that it passes on.
        throw new Error('the call has ended')
      }
    },
    failure: () => state.failure,
    bytes: () => state.bytes,
    ids: () => ({ ...state.ids, ...(state.charge > 0 ? { 'x-ms-request-charge': charged(state.charge) } : {}) }),
  }
}

async function send(request: Request, job: WireJob, state: State): Promise<Response> {
  assertInside(request, job)
  const { call, signal } = job
  // What only looks around, before a change, has changed nothing.
  const looks = request.method === 'GET' || isQuery(request)
  const effect = looks ? 'read' : call.understood.effect
  const before = looks && call.understood.effect !== 'read'
  try {
    if (signal.aborted) throw problemOfNetwork(null, { effect, aborted: true, sent: false })
    const response = await fetchOnce(request, job).catch((error: unknown) => {
      throw problemOfNetwork(error, { effect, aborted: signal.aborted, sent: true })
    })
    note(response, state)
    refuseStatus(response, { job, effect, state })
    return await readAnswer(request, response, { job, effect, state })
  } catch (error) {
    throw before && error instanceof Problem ? asNotCalled(error) : error
  }
}

function fetchOnce(request: Request, { fetch, call, signal }: WireJob) {
  const headers = new Headers(request.headers.toJSON())
  headers.set('user-agent', 'Countersign')
  headers.set('traceparent', call.traceparent)
  for (const name of ['x-ms-activity-id', 'x-ms-cosmos-correlated-activityid', 'x-ms-client-request-id'])
    headers.set(name, call.intent.decisionId)
  const { body = null } = request
  return fetch(request.url, {
    method: request.method,
    headers,
    body: typeof body === 'string' ? body : null,
    signal,
    redirect: 'manual',
  })
}

function isQuery({ headers }: Request): boolean {
  return headers.get('content-type') === 'application/query+json' || isPlan(headers)
}

/** How a query would be run; it brings back no item. */
function isPlan(headers: Request['headers']): boolean {
  return headers.get('x-ms-cosmos-is-query-plan-request')?.toLowerCase() === 'true'
}

function assertInside({ url, headers }: Request, { origin, forced }: WireJob): void {
  const { origin: own, pathname } = new URL(url)
  if (own !== origin) throw failWith({ code: 'backend_failed', fate: 'not_called', why: 'other_host' })
  if (forced === null || !/\/docs(\/|$)/.test(pathname) || isPlan(headers)) return
  if (!isSameKey(headers.get('x-ms-documentdb-partitionkey'), forced))
    throw failWith({ code: 'internal', fate: 'not_called', why: 'partition_left' })
}

function isSameKey(header: string | undefined, key: PartitionKey): boolean {
  try {
    return JSON.stringify(JSON.parse(header ?? 'null')) === JSON.stringify(key)
  } catch {
    return false
  }
}

const recorded = ['x-ms-activity-id', 'x-ms-substatus', 'etag'] as const

function note(response: globalThis.Response, state: State): void {
  state.ids.status = String(response.status)
  for (const name of recorded) {
    const value = response.headers.get(name)
    if (value !== null && /^[\x21-\x7e]{1,200}$/.test(value)) state.ids[name] = value
  }
  const charge = Number(response.headers.get('x-ms-request-charge'))
  if (Number.isFinite(charge) && charge > 0) state.charge += charge
}

function charged(units: number): string {
  return String(Math.round(units * 100) / 100)
}

interface Asked {
  readonly job: WireJob
  readonly effect: UpstreamCall['understood']['effect']
  readonly state: State
}

const passed: readonly number[] = [304, 400, 404, 409, 410, 412]

function refuseStatus(response: globalThis.Response, { job, effect, state }: Asked): void {
  const { status, headers, type } = response
  if (type !== 'opaqueredirect' && (response.ok || passed.includes(status))) return
  void response.body?.cancel().catch(() => undefined)
  throw problemOfStatus({
    status: type === 'opaqueredirect' ? 0 : status,
    retryAfter: waitOf(headers),
    claims: status === 401 ? job.parseChallenge(headers.get('www-authenticate')) : undefined,
    effect,
    now: job.clock(),
    facts: { backendIds: { ...state.ids } },
  })
}

/** The service says it in milliseconds. */
function waitOf(headers: Headers): string | null {
  const wait = headers.get('x-ms-retry-after-ms')
  return wait !== null && /^\d{1,9}$/.test(wait) ? String(Math.ceil(Number(wait) / 1000)) : headers.get('retry-after')
}

async function readAnswer(request: Request, response: globalThis.Response, asked: Asked): Promise<Response> {
  const { job, effect, state } = asked
  const body = await readBody(response, job.maxBytes - state.bytes, effect).catch((error: unknown) => {
    if (error instanceof Problem) throw error
    throw problemOfNetwork(error, { effect, aborted: job.signal.aborted, sent: true })
  })
  state.bytes += body.bytes
  const isEmpty = response.status === 204 || response.status === 304
  const data = response.ok || response.status === 400 ? body.data : { message: '' }
  return {
    request,
    status: response.status,
    headers: headersOf(response.headers),
    bodyAsText: isEmpty ? null : JSON.stringify(data ?? { message: '' }),
  }
}

/** As the SDK's pipeline reads headers. A challenge is ours to answer, with the person. */
function headersOf(headers: Headers): Response['headers'] {
  const all = new Map([...headers].filter(([name]) => name !== 'www-authenticate'))
  return {
    get: (name) => all.get(name.toLowerCase()),
    has: (name) => all.has(name.toLowerCase()),
    set: (name, value) => void all.set(name.toLowerCase(), String(value)),
    delete: (name) => void all.delete(name.toLowerCase()),
    toJSON: () => Object.fromEntries(all),
    [Symbol.iterator]: () => all[Symbol.iterator](),
  }
}

function asNotCalled(problem: Problem): Problem {
  if (problem.reason.startsWith('not_called:')) return problem
  const reason = `not_called:${problem.reason.replace(/^unknown:/, '')}`
  return new Problem(problem.code, problem.detail, { ...problem.members, reason, cause: problem })
}
