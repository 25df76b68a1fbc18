/**
 * Stands in for what may stand before a gateway: a front door or an API Management that passes everything on under its own
 * address. It differs in that it holds whole answers, and can be told to do it wrong.
 */
import { createServer } from 'node:http'
import { close, listen, type Reply, type Request, serveEndpoints } from '../entra/wire.ts'

/** What the front does wrong; nothing where it is empty. */
export interface FrontFaults {
  /** Milliseconds by which its clock is wrong. */
  skewMs?: number
  /** In place of its own address in what the gateway says of itself. */
  address?: string
  /** A path that it answers itself, and how. */
  shadow?: { readonly path: string; readonly reply: Reply }
}

export interface Front {
  readonly url: string
  readonly faults: FrontFaults
  readonly stop: () => Promise<void>
}

const passed = ['www-authenticate', 'x-countersign-decision', 'retry-after']

/** Starts before the gateway at this address. */
export async function startFront(gateway: string): Promise<Front> {
  const faults: FrontFaults = {}
  let url = ''
  const handle = (request: Request) => pass(request, { gateway, url, faults })
  const pattern = /^\/.*$/
  const server = createServer(serveEndpoints(['GET', 'POST'].map((method) => ({ method, pattern, handle }))))
  url = `http://localhost:${await listen(server)}`
  return { url, faults, stop: () => close(server) }
}

interface Standing {
  readonly gateway: string
  readonly url: string
  readonly faults: FrontFaults
}

async function pass(request: Request, { gateway, url, faults }: Standing): Promise<Reply> {
  const date = new Date(Date.now() + (faults.skewMs ?? 0)).toUTCString()
  const { shadow } = faults
  if (shadow !== undefined && request.url.pathname.startsWith(shadow.path))
    return { ...shadow.reply, headers: { ...shadow.reply.headers, date } }
  const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers
  const response = await fetch(`${gateway}${request.url.pathname}${request.url.search}`, {
    method: request.method,
    headers: headers as Record<string, string>,
    ...(request.method === 'GET' ? {} : { body: request.body }),
  })
  const rename = (text: string) => text.replaceAll(gateway, faults.address ?? url)
  const kept = passed.flatMap((name) => {
    const value = response.headers.get(name)
    return value === null ? [] : [[name, rename(value)] as const]
  })
  const type = response.headers.get('content-type') ?? 'application/json'
  const given = { ...Object.fromEntries(kept), 'content-type': type, date }
  return { status: response.status, headers: given, body: rename(await response.text()) }
}
