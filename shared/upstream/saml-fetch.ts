type Fetch = typeof globalThis.fetch

/**
 * A `fetch` for SAP Gateway: what changes something needs a CSRF token of the same session, which is asked for at the
 * service's root just before (`X-CSRF-Token: Fetch`), with the person's own token, and sent with the cookies that came
 * with it. Nothing of it is kept, so that no session outlives its call.
 */
export function createSapFetch(fetch: Fetch, baseUrl: () => string): Fetch {
  return async (input, init = {}) => {
    if (/^(?:GET|HEAD)$/.test(init.method ?? 'GET')) return fetch(input, init)
    const answer = await askToken(fetch, init, `${baseUrl().replace(/\/+$/, '')}/`)
    await answer.body?.cancel().catch(() => undefined)
    const token = answer.ok ? answer.headers.get('x-csrf-token') : null
    if (token === null) return refused(answer)
    const headers = new Headers(init.headers)
    headers.set('x-csrf-token', token)
    const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '')
    if (cookies.length > 0) headers.set('cookie', cookies.join('; '))
    return fetch(input, { ...init, headers })
  }
}

/** A refused person is told so; whatever else it was, nothing was sent that could change anything. */
function refused({ status, headers }: Response): Response {
  if (status === 401 || status === 403 || status === 429) return new Response(null, { status, headers })
  throw nothingSent()
}

async function askToken(fetch: Fetch, { headers, signal }: RequestInit, url: string): Promise<Response> {
  const own = new Headers(headers)
  for (const name of ['content-type', 'if-match', 'idempotency-key']) own.delete(name)
  own.set('x-csrf-token', 'Fetch')
  const question: RequestInit = { method: 'GET', headers: own, redirect: 'manual' }
  return fetch(url, signal == null ? question : { ...question, signal }).catch(() => {
    throw nothingSent()
  })
}

/** The executor takes this code to mean that nothing was sent. */
function nothingSent(): Error {
  return Object.assign(new Error('no CSRF token was given'), { code: 'EHOSTUNREACH' })
}
