/** A refusal as the gateway answers it (RFC 9457). */
export interface Refused {
  readonly code: string
  readonly detail: string
  readonly reasons?: readonly string[]
  /** A claims challenge, base64. */
  readonly claims?: string
}

export type Reply<T> = { readonly ok: true; readonly body: T } | { readonly ok: false; readonly problem: Refused }

export interface Gateway {
  readonly get: <T>(path: string) => Promise<Reply<T>>
  readonly post: <T>(path: string, body: object) => Promise<Reply<T>>
  readonly put: <T>(path: string, body: object) => Promise<Reply<T>>
}

/** The gateway's routes, as the person who signed in. */
export function openGateway(token: string): Gateway {
  const send = async <T>(path: string, init: RequestInit): Promise<Reply<T>> => {
    const headers = { ...init.headers, authorization: `Bearer ${token}` }
    const response = await fetch(path, { ...init, headers }).catch(() => null)
    if (response === null) return unreachable
    const body: unknown = await response.json().catch(() => null)
    return response.ok ? { ok: true, body: body as T } : { ok: false, problem: readProblem(body, response.status) }
  }
  const sendBody = <T>(method: string, path: string, body: object): Promise<Reply<T>> =>
    send(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return {
    get: (path) => send(path, {}),
    post: (path, body) => sendBody('POST', path, body),
    put: (path, body) => sendBody('PUT', path, body),
  }
}

const unreachable = {
  ok: false,
  problem: { code: 'unreachable', detail: 'The gateway does not answer. Nothing was changed that is not shown here.' },
} as const

function readProblem(body: unknown, status: number): Refused {
  if (typeof body === 'object' && body !== null && 'code' in body) return body as Refused
  return { code: `status_${status}`, detail: 'The gateway answered something that this page does not understand.' }
}
