import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Reply } from './reply.ts'

const maxBody = 4 * 1_048_576

/** A request's body; `json` is undefined where there is none, it is none, or it is too large. */
export interface ReadBody {
  readonly json: unknown
  readonly bytes: Buffer
}

/** Reads a request's body whole. */
export async function readRequest(request: IncomingMessage): Promise<ReadBody> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > maxBody) return { json: undefined, bytes: Buffer.alloc(0) }
    chunks.push(chunk as Buffer)
  }
  const bytes = Buffer.concat(chunks)
  try {
    return { json: size === 0 ? undefined : JSON.parse(bytes.toString('utf8')), bytes }
  } catch {
    return { json: undefined, bytes }
  }
}

/** The workspace's own number, as its answers bear it. */
const organisation = '4242424242424242'

/** Sends a reply; one that hangs leaves the connection open until the caller gives up. */
export function send(response: ServerResponse, reply: Reply): void {
  if (reply === 'hang') return
  if (reply === 'drop') return void response.destroy()
  const { status, body, headers } = reply
  const isPlain = body === undefined || typeof body === 'string' || Buffer.isBuffer(body)
  const text = isPlain ? (body ?? '') : JSON.stringify(body)
  response.writeHead(status, {
    'x-request-id': randomUUID(),
    'x-databricks-org-id': organisation,
    ...(text.length === 0 ? {} : { 'Content-Type': 'application/json' }),
    ...headers,
  })
  response.end(text)
}
