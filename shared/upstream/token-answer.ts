import { Problem, type ProblemCode } from '../errors/problem.ts'
import { readBounded } from '../identity/bounded-body.ts'
import { type JsonObject, parseJsonObject } from '../identity/json-object.ts'
import { readRetryAfter } from '../identity/sts-answer.ts'
import { failWith } from './failure.ts'

/** How to reach a token service; `clock` gives epoch milliseconds. */
export interface TokenWire {
  readonly fetch: typeof fetch
  readonly clock: () => number
}

/** One request to a token service. */
export interface TokenRequest {
  readonly url: string
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal: AbortSignal
}

const maxBytes = 256 * 1024
const usualWait = 5
const longestWait = 3600

/** Sends a form (RFC 6749), as `requestToken` does. */
export function postForm(
  { form, ...request }: Omit<TokenRequest, 'body'> & { readonly form: Readonly<Record<string, string>> },
  wire: TokenWire,
): Promise<string> {
  const headers = { ...request.headers, 'content-type': 'application/x-www-form-urlencoded' }
  return requestToken({ ...request, headers, body: new URLSearchParams(form).toString() }, wire)
}

/**
 * Sends one request to a token service and gives the text of a 200; follows no redirect and reads 256 KiB at most.
 * Throws Problem as `TokenService` says, with nothing in it that the service wrote.
 */
export async function requestToken(request: TokenRequest, { fetch, clock }: TokenWire): Promise<string> {
  const { url, method = 'POST', headers = {}, body, signal } = request
  const init = { method, headers: { accept: 'application/json', ...headers }, redirect: 'error' as const, signal }
  let response: Response
  let text: string | undefined
  try {
    response = await fetch(url, body === undefined ? init : { ...init, body })
    text = await readBounded(response, maxBytes)
  } catch (error) {
    // What an own wrapper of the network has to say of its own is no failure of the network.
    if (error instanceof Problem) throw error
    throw unavailable('token_service_unreachable', usualWait)
  }
  if (text === undefined) throw unavailable('token_service_too_large', usualWait)
  if (response.status === 200) return text
  throw refusalOf(response, text, clock())
}

/** The text as a JSON object, or Problem `exchange_unavailable`. */
export function parseAnswer(text: string): JsonObject {
  const parsed = parseJsonObject(text)
  if (parsed === undefined) throw unavailable('token_service_answer', usualWait)
  return parsed
}

/** A member that has to be a text with something in it; without it there is no token, whatever the status was. */
export function textIn(answer: JsonObject, name: string): string {
  const value = answer[name]
  if (typeof value !== 'string' || value === '') throw unavailable('token_service_without_token', usualWait)
  return value
}

/** When a token ends (epoch ms) that lives for so many seconds; one without an end lives for five minutes here. */
export function endOf(seconds: unknown, now: number): number {
  const life = typeof seconds === 'string' ? Number(seconds) : seconds
  return now + 1000 * (typeof life === 'number' && life > 0 ? Math.min(life, 3600) : 300)
}

/** RFC 6749 section 5.2 and RFC 8693 section 2.2.2: errors that are about the person, or about this very token. */
const aboutPerson: readonly string[] = ['invalid_grant', 'access_denied', 'interaction_required', 'invalid_token']

function refusalOf({ status, headers }: Response, text: string, now: number): Problem {
  if (status === 429 || status >= 500 || status < 400) {
    const wait = readRetryAfter(headers.get('retry-after'), now) ?? usualWait
    return unavailable(`token_service_status_${status}`, Math.min(Math.max(wait, 1), longestWait))
  }
  const error = parseJsonObject(text)?.error
  const person = status === 403 || (typeof error === 'string' && aboutPerson.includes(error))
  return person ? refusedPerson('token_service_refused') : misconfigured(`token_service_status_${status}`)
}

/** The service does not know this person, or lets them in nowhere. */
function refusedPerson(why: string): Problem {
  return stop('access_denied', why, 'The token service of this backend does not know this person, or refuses them.')
}

/** The service does not know us, or what we ask for. */
export function misconfigured(why: string): Problem {
  const detail = 'The token service of this backend refuses the gateway. An operator has to look at the settings of it.'
  return stop('identity_configuration', why, detail)
}

/** The service answered for somebody else. */
export function seenSomebodyElse(why: string): Problem {
  return failWith({ code: 'identity_mismatch', fate: 'not_called', why })
}

function stop(code: ProblemCode, why: string, detail: string): Problem {
  return failWith({ code, fate: 'not_called', why, detail, members: { next: { action: 'stop' } } })
}

/** Nobody can say now; seconds to wait. */
export function unavailable(why: string, retryAfter: number): Problem {
  return failWith({
    code: 'exchange_unavailable',
    fate: 'not_called',
    why,
    detail: 'The token for the backend cannot be had now. Try again later.',
    members: { retryAfter, next: { action: 'wait', after: retryAfter } },
  })
}
