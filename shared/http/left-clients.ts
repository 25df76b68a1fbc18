import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Who waits for the answer of an invocation. */
export type Client = Pick<ServerResponse, 'destroyed' | 'writableFinished' | 'once'>

/** Answers of this process that are on their way, by invocation; each leaves when its connection is done with it. */
const open = new Map<string, ServerResponse>()

/**
 * Begins to watch who leaves. The Functions library (4.16.5) goes on writing to a connection that is closed and tells the
 * app nothing; what it answers goes through a server in this process, which Node tells of (`http.server.request.start`).
 */
export function watchClients(): void {
  subscribe('http.server.request.start', enter)
}

/** A request that names no invocation is of another server in this process. */
function enter(message: unknown): void {
  const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
  const id = request.headers['x-ms-invocation-id']
  if (typeof id !== 'string' || id === '') return
  open.set(id, response)
  response.once('close', () => {
    if (open.get(id) === response) open.delete(id)
  })
}

/** The client of this invocation, asked for as it begins: one that has left is not known any more. */
export function clientOf(invocationId: string): Client | undefined {
  return open.get(invocationId)
}

/** How many answers are on their way. */
export function countClients(): number {
  return open.size
}

/** The same stream, which ends with its next piece once the client has left, be it before the stream began. */
export function untilLeft(stream: AsyncIterable<Uint8Array>, client: Client | undefined): AsyncIterable<Uint8Array> {
  const iterator = stream[Symbol.asyncIterator]()
  // A stream that cannot be ended properly has said so to its maker.
  const leave = () => void iterator.return?.().catch(() => undefined)
  if (client?.destroyed && !client.writableFinished) leave()
  client?.once('close', () => {
    if (!client.writableFinished) leave()
  })
  return { [Symbol.asyncIterator]: () => iterator }
}
