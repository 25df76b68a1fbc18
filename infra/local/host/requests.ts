import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { App, RegisteredFunction } from './app.ts'
import { answerEmpty, type Exchange } from './exchange.ts'
import type { InFlight } from './in-flight.ts'
import { type HostKeys, mayCall } from './keys.ts'
import { describeError } from './log.ts'
import { type HeaderValues, joinHeaders, readHost, readPublicHeaders } from './request-headers.ts'
import { type RequestTarget, readTarget } from './request-target.ts'
import type { RouteTable } from './route-table.ts'

/** What answering requests needs. */
export interface RequestSite {
  readonly app: App
  readonly routes: RouteTable<RegisteredFunction>
  readonly keys: HostKeys
  readonly inFlight: InFlight
  readonly stopping: AbortSignal
  readonly run: (exchange: Exchange) => Promise<void>
  /** Answers the host's own routes; false leaves the request to the functions. */
  readonly administer: (target: RequestTarget, req: IncomingMessage, res: ServerResponse) => boolean
}

function untilClosed(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => (res.closed ? resolve() : res.once('close', () => resolve())))
}

function start(site: RequestSite, exchange: Exchange): void {
  const running = site.run(exchange).catch((error: unknown) => {
    site.app.log.problem(`the host failed on function '${exchange.fn.name}': ${describeError(error)}`)
    answerEmpty(exchange.res, 500)
  })
  site.inFlight.track(running)
  site.inFlight.track(untilClosed(exchange.res))
}

function route(site: RequestSite, call: { req: IncomingMessage; res: ServerResponse; target: RequestTarget }): void {
  const { req, res, target } = call
  const hit = site.routes.find(req.method ?? 'GET', target.segments)
  if (hit === undefined) {
    answerEmpty(res, 404)
    return
  }
  const headers: HeaderValues = readPublicHeaders(req)
  if (!mayCall(hit.target, site.keys, { headers, path: target.path })) answerEmpty(res, 401)
  else start(site, { id: randomUUID(), fn: hit.target, req, res, headers, path: target.path, params: hit.values })
}

/**
 * Answers public requests: 400 for a missing or doubled host, the host's empty 404 where no route and method fit,
 * an empty 401 without the key that a function asks for.
 */
export function createAnswer(site: RequestSite): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    if (site.stopping.aborted) res.setHeader('connection', 'close')
    const target = readTarget(req.url ?? '')
    if (readHost(joinHeaders(req.rawHeaders)) === undefined) answerEmpty(res, 400)
    else if (target === undefined) answerEmpty(res, 404)
    else if (!site.administer(target, req, res)) route(site, { req, res, target })
  }
}
