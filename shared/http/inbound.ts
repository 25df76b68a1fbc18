import type { HttpRequest } from '@azure/functions'
import { bodyLimits } from '../backend/inputs.ts'
import type { Inbound } from '../pipeline/ports.ts'

/** A Functions request as plain values. Of a body that is too long only its beginning is kept, by which it is judged. */
export async function readInbound(request: HttpRequest, backend: string | undefined): Promise<Inbound> {
  const url = new URL(request.url)
  const headers = Object.fromEntries(request.headers.entries())
  return {
    method: request.method.toUpperCase(),
    path: url.pathname,
    backend: backend ?? request.params.backend ?? '',
    operation: named(request.params, ['operation', 'code', 'resource', 'id', 'date', 'file']),
    headers,
    query: url.search,
    body: await readBody(request),
    remoteAddress: lastHop(headers['x-forwarded-for']),
  }
}

/** The one parameter of the route's path, whatever it is called there. */
function named(params: Readonly<Record<string, string>>, names: readonly string[]): string {
  return names.map((name) => params[name]).find((value) => value !== undefined) ?? ''
}

/** What is read, and not kept, of a body that is too long. */
const mostDrained = 32 * bodyLimits.bytes

/**
 * Read on to its end where that is near: where bodies are streamed, one that is given up half-way leaves the connection to
 * the host in a state in which the request after it never ends.
 */
async function readBody(request: HttpRequest): Promise<Uint8Array> {
  if (request.method === 'GET' || request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    if (size <= bodyLimits.bytes) chunks.push(chunk)
    size += chunk.byteLength
    if (size > mostDrained) break
  }
  return Buffer.concat(chunks)
}

/** Azure's front end appends the peer's address; anything before it is the caller's own claim. */
function lastHop(forwarded: string | undefined): string {
  const last = forwarded?.split(',').at(-1)?.trim() ?? ''
  return last.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
}
