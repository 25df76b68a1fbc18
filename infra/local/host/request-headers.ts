import type { IncomingMessage } from 'node:http'

/** Header name in lower case → value. */
export type HeaderValues = Readonly<Record<string, string>>

const invocationHeader = 'x-ms-invocation-id'

/**
 * Joins all values of a header with a comma, in the order sent. node:http would keep only the first `Authorization`;
 * Azure's host hands over both, and an app must be able to see that there were two.
 */
export function joinHeaders(raw: readonly string[]): HeaderValues {
  const joined = new Map<string, string>()
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase()
    const value = raw[index + 1] ?? ''
    const former = joined.get(name)
    joined.set(name, former === undefined ? value : `${former},${value}`)
  }
  return Object.fromEntries(joined)
}

function isForgeable(name: string): boolean {
  return name.startsWith('x-ms-client-principal') || name.startsWith('x-forwarded-') || name === invocationHeader
}

/** `host[:port]` of a request; undefined if absent, repeated or not a host. */
export function readHost(headers: HeaderValues): string | undefined {
  const host = headers.host
  if (host === undefined || !/^[^\s/?#@\\,]+$/.test(host)) return undefined
  return URL.canParse(`http://${host}/`) ? host : undefined
}

/**
 * The headers that an app sees: those sent, without what only the platform may say (signed-in user, invocation id),
 * and with `x-forwarded-*` set from the connection itself, never taken from the caller.
 */
export function readPublicHeaders(req: IncomingMessage): HeaderValues {
  const sent = Object.entries(joinHeaders(req.rawHeaders)).filter(([name]) => !isForgeable(name))
  return {
    ...Object.fromEntries(sent),
    'x-forwarded-for': `${req.socket.remoteAddress ?? ''}:${req.socket.remotePort ?? ''}`,
    'x-forwarded-host': req.headers.host ?? '',
    'x-forwarded-proto': 'http',
  }
}

/** The same headers with the id by which the library finds the invocation. */
export function withInvocationId(headers: HeaderValues, id: string): HeaderValues {
  return { ...headers, [invocationHeader]: id }
}
