/**
 * What stands between a gateway under test and its neighbours: it passes everything on, counts it, and answers by itself
 * where a test says so. The neighbours are the stack's own stand-ins.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Agent, request } from 'undici'

export interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface Scripted {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Answers instead of the neighbour, or undefined to pass the request on. */
type Script = (seen: Seen) => Scripted | undefined | Promise<Scripted | undefined>

export interface Front {
  readonly url: string
  readonly seen: Seen[]
  script: Script
  readonly stop: () => Promise<void>
}

interface FrontOptions {
  /** The neighbour's address. */
  readonly target: string
  /** PEM; serves https where given. */
  readonly certificate?: { readonly cert: string; readonly key: string }
  readonly ca?: string
}

const skipped = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host', 'content-length'])

export async function openFront({ target, certificate, ca }: FrontOptions): Promise<Front> {
  const agent = new Agent(ca === undefined ? {} : { connect: { ca } })
  const front = { seen: [] as Seen[], script: (() => undefined) as Script }
  const listener: RequestListener = (incoming, response) => {
    answer(incoming, response).catch(() => response.destroy())
  }
  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = incoming
    const seen = { method, path, headers, body: await readText(incoming) }
    front.seen.push(seen)
    const { status, headers: given = {}, body = '' } = (await front.script(seen)) ?? (await passOn(seen))
    response.writeHead(status, given).end(body)
  }
  async function passOn(seen: Seen): Promise<Scripted> {
    const { method, path, body } = seen
    const headers = Object.fromEntries(Object.entries(seen.headers).filter(([name]) => !skipped.has(name)))
    const sent = body === '' ? null : body
    const reply = await request(`${target}${path}`, { method: method as 'GET', headers, body: sent, dispatcher: agent })
    const kept = Object.entries(reply.headers).filter(([name]) => !skipped.has(name))
    return {
      status: reply.statusCode,
      headers: Object.fromEntries(kept) as Record<string, string>,
      body: await reply.body.text(),
    }
  }
  const server = certificate === undefined ? createServer(listener) : createTlsServer({ ...certificate }, listener)
  const port = await listen(server)
  return Object.assign(front, {
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
      // Not `close`: a neighbour that hangs would be waited for.
      await agent.destroy()
    },
  })
}

async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

async function listen(server: Pick<Server, 'listen' | 'address'>): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
