import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Answers of this process that are on their way; each leaves when its connection is done with it. */
const open = new Map<ServerResponse, IncomingMessage>()

/**
 * Begins to watch who leaves. The Functions library (4.16.5) goes on writing to a connection that is closed and tells the
 * app nothing; what it answers goes through a server in this process, which Node tells of (`http.server.request.start`).
 */
export function watchClients(): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
    open.set(response, request)
    response.once('close', () => open.delete(response))
  })
}

/** The same stream, which ends with its next piece once the client of this invocation has left. */
export function untilLeft(stream: AsyncIterable<Uint8Array>, invocationId: string): AsyncIterable<Uint8Array> {
  const [response] = [...open].find(([, { headers }]) => headers['x-ms-invocation-id'] === invocationId) ?? []
  const iterator = stream[Symbol.asyncIterator]()
  // A stream that broke off already rejects, and nobody else would hear of it but the process.
  const leave = () => void iterator.return?.().catch(() => undefined)
  if (response?.destroyed) leave()
  response?.once('close', () => {
    if (!response.writableFinished) leave()
  })
  return { [Symbol.asyncIterator]: () => iterator }
}
