import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerEmpty } from './exchange.ts'
import type { RequestTarget } from './request-target.ts'

/** What the host says about itself at `/admin/host/status`. */
export interface HostStatus {
  readonly id: string
  readonly state: 'Running' | 'Stopping'
  readonly version: string
  /** Milliseconds. */
  readonly processUptime: number
}

/** Answers `GET /admin/host/status`; every other path under `/admin` is an empty 404, as functions cannot use it. */
export function createAdministration(status: () => HostStatus) {
  return (target: RequestTarget, req: IncomingMessage, res: ServerResponse): boolean => {
    const [area = '', ...rest] = target.segments.map((segment) => segment.toLowerCase())
    if (area !== 'admin') return false
    if (rest.join('/') !== 'host/status' || req.method !== 'GET') answerEmpty(res, 404)
    else res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(status()))
    return true
  }
}
