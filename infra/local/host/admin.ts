import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerEmpty } from './exchange.ts'
import { type HostKeys, isMaster } from './keys.ts'
import { type HeaderValues, joinHeaders } from './request-headers.ts'
import type { RequestTarget } from './request-target.ts'

/** What the host says about itself at `/admin/host/status`. */
export interface HostStatus {
  readonly id: string
  readonly state: 'Running' | 'Stopping'
  readonly version: string
  /** Milliseconds. */
  readonly processUptime: number
}

export interface Administration {
  readonly status: () => HostStatus
  readonly keys: HostKeys
  /** Starts a timer function; false where there is none of this name. */
  readonly start: (name: string) => boolean
}

/**
 * Answers `GET /admin/host/status`, and with the master key `POST /admin/functions/{name}`, which starts a timer function
 * as Azure does (202, before it has run). Every other path under `/admin` is an empty 404: functions cannot use it.
 */
export function createAdministration({ status, keys, start }: Administration) {
  return (target: RequestTarget, req: IncomingMessage, res: ServerResponse): boolean => {
    const [area = '', kind = '', name = '', ...rest] = target.segments.map((segment) => segment.toLowerCase())
    if (area !== 'admin') return false
    const asked = `${req.method} ${[kind, ...(kind === 'host' ? [name] : []), ...rest].join('/')}`
    if (asked === 'GET host/status') {
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(status()))
    } else answerEmpty(res, asked === 'POST functions' ? startOf(name, joinHeaders(req.rawHeaders)) : 404)
    return true
  }

  function startOf(name: string, headers: HeaderValues): number {
    return isMaster(keys, headers) && start(name) ? 202 : 404
  }
}
