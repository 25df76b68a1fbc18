import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../errors/problem.ts'
import type { UpstreamCall } from '../pipeline/ports.ts'
import type { WorkspaceRequest } from './databricks-request.ts'
import type { Answered, Workspace } from './databricks-run.ts'
import { failWith } from './failure.ts'
import { readBody } from './rest-body.ts'
import { joinPath } from './rest-request.ts'
import { problemOfStatus } from './rest-status.ts'
import { problemOfNetwork, readBackendIds, writeHeaders } from './rest-wire.ts'

/** What a workspace's connection needs; `parseChallenge` gives the claims (JSON) of a WWW-Authenticate value. */
export interface WireOptions {
  readonly fetch: typeof fetch
  /** Epoch milliseconds. */
  readonly clock: () => number
  readonly parseChallenge: (header: string | null) => string | undefined
  /** Largest single answer, in bytes. */
  readonly maxBytes: number
  /** Time for cancelling once a call's own is up. */
  readonly graceMs: number
}

type How = Parameters<Workspace['ask']>[1]

/** The workspace as the person of this call: exchanged token as bearer, one host, no redirects, bounded answers. */
export function connectWorkspace(call: UpstreamCall, baseUrl: string, options: WireOptions): Workspace {
  const base = new URL(baseUrl)
  return {
    ask: (request, how) => send({ call, base, request, how }, options),
    pause: async (ms, signal) => {
      await sleep(ms, undefined, { signal })
    },
    grace: () => AbortSignal.timeout(options.graceMs),
    now: options.clock,
  }
}

interface Sending {
  readonly call: UpstreamCall
  readonly base: URL
  readonly request: WorkspaceRequest
  readonly how: How
}

async function send(sending: Sending, options: WireOptions): Promise<Answered> {
  const { effect, signal } = sending.how
  const response = await fetchOnce(sending, options)
  const ids = idsOf(response)
  if (!response.ok) throw await refused(response, { effect, ids }, options)
  try {
    return { ...(await readBody(response, options.maxBytes, effect)), ids }
  } catch (error) {
    if (error instanceof Problem) throw effect === 'read' ? error : openFate(error, ids)
    throw problemOfNetwork(error, { effect, aborted: signal.aborted, sent: true })
  }
}

async function refused(
  response: Response,
  { effect, ids }: { effect: How['effect']; ids: Readonly<Record<string, string>> },
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

async function fetchOnce({ call, base, request, how }: Sending, options: WireOptions): Promise<Response> {
  const { effect, signal } = how
  if (signal.aborted) throw problemOfNetwork(null, { effect, aborted: true, sent: false })
  const url = joinPath(base, request.path)
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.append(name, value)
  const body = request.body === undefined ? null : JSON.stringify(request.body)
  const init = {
    method: request.method,
    headers: headersFor(call, body !== null),
    body,
    signal,
    redirect: 'manual' as const,
  }
  return options.fetch(url.href, init).catch((error: unknown) => {
    throw problemOfNetwork(error, { effect, aborted: signal.aborted, sent: true })
  })
}

/** The product and the decision stand in the user agent, the one header that the workspace's own audit log keeps. */
function headersFor(call: UpstreamCall, hasBody: boolean): Headers {
  const { decisionId } = call.intent
  const { traceparent, token } = call
  const headers = writeHeaders({
    token: token.value,
    traceparent,
    decisionId,
    idempotencyKey: null,
    hasBody,
    declared: {},
    extra: {},
  })
  headers.set('user-agent', `Countersign/1.0 decision/${decisionId}`)
  return headers
}

function idsOf(response: Response): Record<string, string> {
  const organisation = response.headers.get('x-databricks-org-id') ?? ''
  const known = /^\d{1,20}$/.test(organisation) ? { 'x-databricks-org-id': organisation } : {}
  return { ...readBackendIds(response), ...known }
}
