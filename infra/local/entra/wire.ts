/** HTTP plumbing shared by the stand-ins: a request read whole, an answer as a value, a table of routes. */
import type { RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a route sees. `path` holds the pattern's groups, decoded. */
export interface Request {
  readonly method: string
  readonly url: URL
  readonly path: readonly string[]
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** An answer: JSON unless `body` is a string; `drop` cuts the connection, `hang` never answers. */
export interface Reply {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly fate?: 'drop' | 'hang'
}

export interface Endpoint {
  readonly method: string
  /** Matched against the whole path. */
  readonly pattern: RegExp
  readonly handle: (request: Request) => Reply | Promise<Reply>
}

const bodyLimit = 1_048_576

async function readBody(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > bodyLimit) throw new RangeError('body too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function route(endpoints: readonly Endpoint[], request: Omit<Request, 'path'>): Promise<Reply> {
  for (const endpoint of endpoints) {
    const match = request.method === endpoint.method ? endpoint.pattern.exec(request.url.pathname) : null
    if (match)
      return endpoint.handle({ ...request, path: match.slice(1).map((part) => decodeURIComponent(part ?? '')) })
  }
  return { status: 404, body: { error: { code: 'NotFound', message: 'No such resource.' } } }
}

/** A JSON object from a body; anything else is an empty object. */
export function parseObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
  } catch {
    return {}
  }
}

function render(reply: Reply): { payload: string; headers: Record<string, string> } {
  const text = typeof reply.body === 'string'
  const payload = reply.body === undefined ? '' : text ? String(reply.body) : JSON.stringify(reply.body)
  const type = text ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8'
  return { payload, headers: { 'content-type': type, 'cache-control': 'no-store', ...reply.headers } }
}

function answer(reply: Reply, response: ServerResponse): void {
  if (reply.fate === 'hang') return
  if (reply.fate === 'drop') return void response.socket?.destroy()
  const { payload, headers } = render(reply)
  response.writeHead(reply.status, headers).end(payload)
}

/** Serves a table of endpoints, first match wins; a failure inside one is a plain 500 and never ends the process. */
export function serveEndpoints(endpoints: readonly Endpoint[]): RequestListener {
  return async (incoming, response) => {
    try {
      const url = new URL(incoming.url ?? '/', 'http://stand-in.invalid')
      const body = await readBody(incoming)
      const { method = 'GET', headers } = incoming
      answer(await route(endpoints, { method, url, headers, body }), response)
    } catch {
      answer({ status: 500, body: { error: { code: 'InternalError', message: 'The stand-in failed.' } } }, response)
    }
  }
}

/** Listens on 127.0.0.1 (0: any free port) and gives the port; rejects where the port is taken. */
export async function listen(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

/** Closes a server together with its open connections. */
export async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  await closed
}
