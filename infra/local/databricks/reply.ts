/** What the workspace answers: `body` is sent as JSON unless it is text or bytes. `hang` never answers, `drop` cuts the connection. */
export type Reply =
  | {
      readonly status: number
      readonly body?: unknown
      readonly headers?: Readonly<Record<string, string>>
    }
  | 'hang'
  | 'drop'

/** An error in the shape of Databricks' REST APIs. */
export function fail(status: number, errorCode: string, message: string): Exclude<Reply, string> {
  return { status, body: { error_code: errorCode, message } }
}

/** 401; `extra` are parameters of the Bearer challenge. */
export function unauthorized(error: string, extra = ''): Reply {
  const header = `Bearer realm="DatabricksRealm", error="${error}"${extra}`
  return {
    ...fail(401, 'UNAUTHENTICATED', 'Credential was not sent or was of an unsupported type'),
    headers: { 'WWW-Authenticate': header },
  }
}

/** 200 with a body. */
export function ok(body: unknown = {}): Reply {
  return { status: 200, body }
}

/** What is not there, or not for this person, in the words of the API. */
export function absent(what: string): Reply {
  return fail(404, 'RESOURCE_DOES_NOT_EXIST', `${what} does not exist.`)
}

/** One page of a list, by a size and a token (the position) in the query. */
export function pageOf(
  member: string,
  items: readonly unknown[],
  { query, size }: { query: URLSearchParams; size: string },
) {
  const from = Number(query.get('page_token') ?? '0')
  const wanted = Math.max(1, Number(query.get(size) ?? '0') || 100)
  const more = items.length > from + wanted
  return ok({ [member]: items.slice(from, from + wanted), ...(more ? { next_page_token: String(from + wanted) } : {}) })
}
