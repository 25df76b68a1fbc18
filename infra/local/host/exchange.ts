import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RegisteredFunction } from './app.ts'
import type { HttpData } from './contract.ts'
import type { Invocation } from './invocation.ts'
import type { HeaderValues } from './request-headers.ts'
import type { RouteValues } from './route-match.ts'
import { startTrace } from './trace.ts'

/** One HTTP request that has found its function. */
export interface Exchange {
  readonly id: string
  readonly fn: RegisteredFunction
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly headers: HeaderValues
  /** Origin-form target, as sent. */
  readonly path: string
  readonly params: RouteValues
}

/**
 * How a request gets to the library: over loopback as on Azure, or in this process. Resolves when nothing more is
 * under way; a request that never reached the library is known by the absence of its response there.
 */
export type Deliver = (exchange: Exchange) => Promise<void>

/** Query parameters, repeated ones joined by a comma. */
export function readQuery(path: string): Readonly<Record<string, string>> {
  const joined = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(path.split('?').slice(1).join('?'))) {
    const former = joined.get(name)
    joined.set(name, former === undefined ? value : `${former},${value}`)
  }
  return Object.fromEntries(joined)
}

/** The invocation of an exchange; `http` is empty when the library reads the request from its own server. */
export function toInvocation(exchange: Exchange, http: HttpData): Invocation {
  const { id, fn, headers, path, params } = exchange
  const routeValues = Object.entries(params).map(([name, string]) => [name, { string }] as const)
  return {
    id,
    fn,
    request: {
      inputData: [{ name: fn.triggerName, data: { http } }],
      triggerMetadata: {
        ...Object.fromEntries(routeValues),
        Headers: { json: JSON.stringify(headers) },
        Query: { json: JSON.stringify(readQuery(path)) },
      },
      traceContext: startTrace(headers.traceparent, headers.tracestate),
    },
  }
}

/** Answers with a status and nothing else, if nothing was sent yet. */
export function answerEmpty(res: ServerResponse, status: number): void {
  if (res.headersSent || res.destroyed) return
  res.writeHead(status, { 'content-length': '0' }).end()
}
