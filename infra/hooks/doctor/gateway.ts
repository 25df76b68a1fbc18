import type { CallAnswer, CallGateway } from '../../local/doctor/call-check.ts'

/** What a gateway answered; `body` is null where it was no JSON. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>> | null
  /** Epoch milliseconds, half way between asking and being answered. */
  readonly at: number
}

export interface Request {
  readonly method?: 'GET' | 'POST'
  readonly path: string
  /** With the person's token; without one where there is none. */
  readonly signedIn?: boolean
  readonly body?: unknown
}

/** A deployment's gateway, asked as an agent would; null where it did not answer at all. */
export type Gateway = (request: Request) => Promise<Reply | null>

export interface GatewayOptions {
  readonly url: string
  /** Access token for the gateway's own API; null for nobody. */
  readonly token: string | null
  /** Milliseconds. */
  readonly requestMs: number
}

export function openGateway({ url, token, requestMs }: GatewayOptions): Gateway {
  return async ({ method = 'GET', path, signedIn = false, body }) => {
    const asked = Date.now()
    try {
      const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
        method,
        redirect: 'manual',
        headers: {
          accept: 'application/json',
          'countersign-agent': 'doctor',
          'countersign-purpose': 'to see whether this deployment works',
          ...(signedIn && token !== null ? { authorization: `Bearer ${token}` } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(requestMs),
      })
      const text = await response.text()
      const at = (asked + Date.now()) / 2
      return { status: response.status, headers: response.headers, body: parse(text), at }
    } catch {
      return null
    }
  }
}

function parse(text: string): Reply['body'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}

/** The code of a problem of ours; empty for any other answer. */
export function codeOf(reply: Reply | null): string {
  const isOurs = reply?.headers.get('content-type')?.startsWith('application/problem+json') === true
  return isOurs && typeof reply?.body?.code === 'string' ? reply.body.code : ''
}

/** Calls an operation as the person; rejects where nothing answered. */
export function callThrough(gateway: Gateway): CallGateway {
  return async (backend, operation, inputs) => {
    const path = `/api/${backend}/${operation}`
    const reply = await gateway({ method: 'POST', path, signedIn: true, body: inputs })
    if (reply === null) throw new Error('the gateway did not answer')
    return { status: reply.status, body: (reply.body ?? {}) as CallAnswer['body'] }
  }
}
