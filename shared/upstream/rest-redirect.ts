import { failWith } from './failure.ts'
import { checkHost } from './hosts.ts'
import type { RestRequest } from './rest-request.ts'

/** Where one redirect may lead, and what to fetch it with. */
export interface RedirectRule {
  /** Host suffixes of the declaration; none of them allows every host. */
  readonly suffixes: readonly string[]
  readonly fetch: typeof fetch
  readonly signal: AbortSignal
}

const statuses: readonly number[] = [301, 302, 303, 307, 308]
const longest = 8000

/** True for an answer that sends us elsewhere for what was asked. */
export function isRedirect(response: Response): boolean {
  return statuses.includes(response.status)
}

/**
 * What is behind a redirect of a backend's: fetched once, without token, cookie or id of the call, since the link opens
 * to whoever has it. Of the request only the range goes along. Throws Problem `backend_failed` (`redirect`) for a link
 * that may not be followed, one that leads on to another, or one that wants a token; rejects as `fetch` does.
 */
export async function fetchBehind(first: Response, request: RestRequest, rule: RedirectRule): Promise<Response> {
  await first.body?.cancel().catch(() => undefined)
  const target = request.method === 'GET' ? linkOf(first.headers.get('location'), request.url, rule.suffixes) : null
  if (target === null) throw refused()
  const { range } = request.headers
  const headers = { accept: '*/*', 'user-agent': 'Countersign', ...(range === undefined ? {} : { range }) }
  const init = { method: 'GET', headers, signal: rule.signal, redirect: 'manual', credentials: 'omit' } as const
  const response = await rule.fetch(target, init)
  // A link that wants a token is none that opens by itself, and says nothing of the person's token.
  if (!isRedirect(response) && response.type !== 'opaqueredirect' && response.status !== 401) return response
  await response.body?.cancel().catch(() => undefined)
  throw refused()
}

/** https under a suffix, on its usual port and without user; on this machine also where the backend itself is here. */
function linkOf(text: string | null, from: URL, suffixes: readonly string[]): string | null {
  const url = text === null ? null : absolute(text)
  if (url === null || url.username !== '' || url.password !== '') return null
  if (isHere(from.hostname) && isHere(url.hostname)) return url.href
  const isUsual = url.protocol === 'https:' && url.port === ''
  return isUsual && suffixes.length > 0 && checkHost(url.hostname, suffixes, false) === null ? url.href : null
}

/** What every parser reads alike: no backslashes, no fragment, nothing but ASCII. */
function absolute(text: string): URL | null {
  const isPlain = text.length <= longest && /^https?:\/\/[\x21-\x7e]+$/i.test(text) && !/[\\#]/.test(text)
  return isPlain && URL.canParse(text) ? new URL(text) : null
}

/** A backend's own address is of this machine in development alone (`checkBaseUrl`). */
function isHere(host: string): boolean {
  return host === '127.0.0.1' || host === 'localhost'
}

function refused() {
  return failWith({ code: 'backend_failed', fate: 'called', why: 'redirect' })
}
