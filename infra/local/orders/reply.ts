/** What the API answers; `body` is sent as JSON unless it is undefined. */
export interface Reply {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** An error reply in the API's own shape. */
export function fail(status: number, code: string, message: string): Reply {
  return { status, body: { error: { code, message } } }
}

/** 401 with a Bearer challenge (RFC 6750); `extra` are further parameters of it. */
export function unauthorized(error: string, extra = ''): Reply {
  const header = `Bearer realm="orders", error="${error}"${extra}`
  return { ...fail(401, error, 'a valid access token for this API is needed'), headers: { 'WWW-Authenticate': header } }
}
