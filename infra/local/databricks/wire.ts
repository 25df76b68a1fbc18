import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Reply } from './reply.ts'

const maxBody = 1_048_576

/** A request's body as JSON; undefined where there is none, it is none, or it is too large. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > maxBody) return undefined
    chunks.push(chunk as Buffer)
  }
  try {
    return size === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}

/** The workspace's own number, as its answers bear it. */
const organisation = '4242424242424242'

/** Sends a reply; one that hangs leaves the connection open until the caller gives up. */
export function send(response: ServerResponse, reply: Reply): void {
  if (reply === 'hang') return
  if (reply === 'drop') return void response.destroy()
  const { status, body, headers } = reply
  const text = body === undefined || typeof body === 'string' ? (body ?? '') : JSON.stringify(body)
  response.writeHead(status, {
    'x-request-id': randomUUID(),
    'x-databricks-org-id': organisation,
    ...(text === '' ? {} : { 'Content-Type': 'application/json' }),
    ...headers,
  })
  response.end(text)
}
