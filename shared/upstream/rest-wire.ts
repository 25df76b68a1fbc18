import type { Effect } from '../backend/effect.ts'
import type { Problem } from '../errors/problem.ts'
import { failWith, fateOfLostAnswer } from './failure.ts'

/** What identifies one call to the backend and in its logs. */
export interface CallHeaders {
  readonly token: string
  readonly traceparent: string
  readonly decisionId: string
  /** For the backend to recognise a repeat; null where the operation takes none. */
  readonly idempotencyKey: string | null
  readonly hasBody: boolean
  /** Headers that the operation declares: in place of our usual `accept` and content type, of nothing else of ours. */
  readonly declared: Readonly<Record<string, string>>
  /** Headers by which the backend's own log can be searched for the call; `{decisionId}` takes its id. */
  readonly correlation?: Readonly<Record<string, string>> | undefined
  /** Static headers of the deployment; ours win. */
  readonly extra: Readonly<Record<string, string>>
}

/** Headers of a call; neither a deployment's static headers nor an operation's can replace ours or carry credentials. */
export function writeHeaders(call: CallHeaders): Headers {
  const headers = new Headers({ ...call.extra })
  for (const name of ['cookie', 'proxy-authorization', 'host']) headers.delete(name)
  headers.set('accept', 'application/json')
  if (call.hasBody) headers.set('content-type', 'application/json')
  for (const [name, text] of Object.entries(call.correlation ?? {}))
    headers.set(name, text.replaceAll('{decisionId}', call.decisionId))
  for (const [name, value] of Object.entries(call.declared)) headers.set(name, value)
  headers.set('authorization', `Bearer ${call.token}`)
  if (call.correlation?.['user-agent'] === undefined) headers.set('user-agent', 'Countersign')
  headers.set('traceparent', call.traceparent)
  headers.set('x-request-id', call.decisionId)
  headers.set('x-ms-client-request-id', call.decisionId)
  headers.delete('idempotency-key')
  if (call.idempotencyKey !== null) headers.set('idempotency-key', call.idempotencyKey)
  return headers
}

const recorded = [
  'x-request-id',
  'x-ms-request-id',
  'apim-request-id',
  'etag',
  'x-ms-error-code',
  'x-ms-version',
] as const

/**
 * The backend's own ids of a call, what its logs can be searched by: the usual headers and the declared ones. A location
 * is kept without its query.
 */
export function readBackendIds(response: Response, records: readonly string[] = []): Record<string, string> {
  const ids: Record<string, string> = {}
  for (const name of [...recorded, ...records]) {
    const value = response.headers.get(name)
    if (value !== null && /^[\x21-\x7e]{1,200}$/.test(value)) ids[name] = value
  }
  const path = locationPath(response)
  if (path !== null) ids.location = path
  return { ...ids, status: String(response.status) }
}

/** Failures that come before any byte of the request is sent: name, connection and TLS handshake. */
const beforeSending =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EAI_FAIL|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|ERR_SSL_\w+)$/

/** Translates a failed `fetch` or a failed read of its body. `sent` is false while nothing can have left. */
export function problemOfNetwork(error: unknown, facts: { effect: Effect; aborted: boolean; sent: boolean }): Problem {
  const fate = facts.sent ? fateOfLostAnswer(facts.effect) : 'not_called'
  if (facts.aborted) return failWith({ code: 'backend_timeout', fate, why: 'deadline' })
  const codes = codesOf(error, 0)
  if (codes.some((code) => beforeSending.test(code)))
    return failWith({ code: 'backend_failed', fate: 'not_called', why: 'unreachable' })
  return failWith({ code: 'backend_failed', fate, why: 'connection_lost' })
}

function codesOf(error: unknown, depth: number): string[] {
  if (depth > 4 || typeof error !== 'object' || error === null) return []
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  return [...(typeof code === 'string' ? [code] : []), ...codesOf(cause, depth + 1)]
}

function locationPath(response: Response): string | null {
  const location = response.headers.get('location')
  if (location === null || !URL.canParse(location, response.url || 'https://unknown.invalid')) return null
  return new URL(location, response.url || 'https://unknown.invalid').pathname.slice(0, 200)
}
