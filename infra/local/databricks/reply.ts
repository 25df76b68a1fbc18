/** What the workspace answers: `body` is sent as JSON unless it is text. `hang` never answers, `drop` cuts the connection. */
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
