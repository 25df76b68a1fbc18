import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Api } from './access-token.ts'

/** One request of a person whose token held. `body` is parsed JSON, or undefined. */
export interface Asked {
  readonly method: string
  readonly url: URL
  /** Path without slashes at its ends, in parts that are decoded. */
  readonly parts: readonly string[]
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly body: unknown
  readonly oid: string
}

export interface Reply {
  readonly status: number
  readonly body?: unknown
  readonly bytes?: Buffer
  readonly headers?: Readonly<Record<string, string>>
}

const maxBody = 4 * 1024 * 1024

/** A failure in the words of each API; `message` is ours. */
export function fail(api: Api, status: number, code: string): Reply {
  const message = `the stand-in says ${code}`
  if (api === 'fabric') return { status, body: { errorCode: code, message, requestId: randomUUID() } }
  const headers = api === 'onelake' ? { headers: { 'x-ms-error-code': code } } : {}
  return { status, body: { error: { code, message } }, ...headers }
}

/** The body as it came; null where it is too large. */
export async function readBytes(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > maxBody) return null
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

/** JSON, or undefined for anything else. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return bytes.length === 0 ? undefined : JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

export function send(response: ServerResponse, reply: Reply): void {
  const bytes = reply.bytes ?? (reply.body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(reply.body)))
  const type = reply.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }
  const ids = { requestid: randomUUID(), 'x-ms-request-id': randomUUID() }
  response.writeHead(reply.status, { ...ids, ...type, ...reply.headers })
  response.end(bytes)
}

/** A page of a list and where the next one is, as Fabric writes both. */
export function pageOf(items: readonly unknown[], { url }: Asked, size: number) {
  const from = Number(Buffer.from(url.searchParams.get('continuationToken') ?? '', 'base64url').toString() || '0')
  const rest = items.length > from + size
  const token = Buffer.from(String(from + size)).toString('base64url')
  const next = new URL(url)
  next.searchParams.set('continuationToken', token)
  const more = rest ? { continuationToken: token, continuationUri: next.href } : {}
  return { items: items.slice(from, from + size), more }
}
