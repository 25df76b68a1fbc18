/**
 * A forwarder on loopback between a gateway and one HTTP service, plain or TLS. It enters every exchange in a plan and
 * lets happen to it what the plan says; what the service itself answers is passed on byte for byte otherwise.
 */
import { once } from 'node:events'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { createServer as createHttp, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { createServer as createHttps, Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Plan, Seen, Service } from './fault-plan.ts'

/** A request as it came. */
export interface Arrived {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** What an exchange is, and whose. `needsIntent`: the service may only be asked once the intent is in the book. */
export interface Described {
  readonly service: Service
  readonly label: string
  readonly decisionId?: string | null
  readonly needsIntent?: boolean
}

export interface Target {
  readonly url: string
  /** PEM of its authority, and the name on its certificate, where it speaks TLS. */
  readonly ca?: string
  readonly servername?: string
}

export interface ProxyOptions {
  readonly target: Target
  /** With it the proxy speaks TLS. */
  readonly certificate?: { readonly cert: string; readonly key: string }
  readonly describe: (arrived: Arrived) => Described
  /** The plan of whoever sent this. */
  readonly planOf: (arrived: Arrived) => Plan | undefined
  /** Changes the path that the service sees. */
  readonly rewrite?: (path: string) => string
}

export interface FaultProxy {
  readonly port: number
  readonly stop: () => Promise<void>
}

interface Reply {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
}

/** No client is waited for longer: one that has no limit of its own shows by the time that its call takes. */
const patienceMs = 20_000

/** Starts a forwarder on a free port of 127.0.0.1. */
export async function startFaultProxy(options: ProxyOptions): Promise<FaultProxy> {
  const send = makeSender(options)
  const serve = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    forward({ incoming, outgoing }, options, send).catch((e) => {
      console.error(e)
      outgoing.destroy()
    })
  }
  const server = options.certificate ? createHttps({ ...options.certificate }, serve) : createHttp(serve)
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy())
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

type Send = (arrived: Arrived) => Promise<Reply>

// Shared: connections to the services outlive the proxies of one case.
const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) }

function makeSender({ target, rewrite = (path) => path }: ProxyOptions): Send {
  const { protocol, hostname, port } = new URL(target.url)
  const request = protocol === 'https:' ? requestHttps : requestHttp
  return async ({ method, path, headers, body }) => {
    const sent = request({
      ...{ host: hostname, port, method, path: rewrite(path), agent: agents[protocol as 'http:'] },
      headers: { ...headers, ...(body.length === 0 ? {} : { 'content-length': body.length }) },
      ...(target.ca === undefined ? {} : { ca: target.ca, servername: target.servername ?? '' }),
    })
    sent.end(body)
    const [reply] = (await once(sent, 'response')) as [IncomingMessage]
    return { status: reply.statusCode ?? 502, headers: reply.headers, body: await readAll(reply) }
  }
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

interface Pair {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
}

async function forward({ incoming, outgoing }: Pair, options: ProxyOptions, send: Send): Promise<void> {
  const { method = 'GET', url = '/', headers } = incoming
  const arrived: Arrived = { method, path: url, headers, body: await readAll(incoming) }
  const plan = options.planOf(arrived)
  if (plan === undefined) return answer(outgoing, await send(arrived))
  const { service, label, decisionId = null, needsIntent = false } = options.describe(arrived)
  const seen = plan.meet(service, label, decisionId)
  const reach = async (): Promise<Reply> => {
    if (needsIntent) seen.durable = decisionId !== null && (await plan.isDurable(decisionId))
    seen.reached = true
    return send(arrived)
  }
  await befall(seen, outgoing, reach).finally(() => {
    seen.done = true
  })
}

async function befall(seen: Seen, outgoing: ServerResponse, reach: () => Promise<Reply>): Promise<void> {
  const hangUp = (): void => void outgoing.socket?.destroy()
  switch (seen.failure) {
    case 'request lost':
      return hangUp()
    case 'reply lost':
      await reach()
      return hangUp()
    case 'late':
      await untilGone(outgoing)
      return void (await reach())
    case 'slow':
      await reach()
      return untilGone(outgoing)
    case 'garbled':
    case 'truncated':
      return spoil(outgoing, await reach(), seen.failure)
    case null:
      return answer(outgoing, await reach())
    default:
      return answer(outgoing, standIn(seen.failure))
  }
}

/** Until the client has given up. */
async function untilGone(outgoing: ServerResponse): Promise<void> {
  if (outgoing.destroyed || outgoing.socket?.destroyed !== false) return
  await once(outgoing, 'close', { signal: AbortSignal.timeout(patienceMs) }).catch(() => outgoing.socket?.destroy())
}

function answer(outgoing: ServerResponse, { status, headers, body }: Reply): void {
  const { connection: _connection, 'keep-alive': _keepAlive, 'transfer-encoding': _encoding, ...kept } = headers
  const hasBody = status !== 204 && status !== 304
  outgoing.writeHead(status, { ...kept, ...(hasBody ? { 'content-length': body.length } : {}) })
  outgoing.end(hasBody ? body : undefined)
}

/** What something between us and the service answers in its place. */
function standIn(failure: string): Reply {
  const page = Buffer.from('<html><body>Please sign in to the network.</body></html>')
  if (failure === 'wrong type') return { status: 200, headers: { 'content-type': 'text/html' }, body: page }
  const [status = '503', wait] = failure.split(' ')
  const headers = { 'content-type': 'application/json', ...(wait === undefined ? {} : { 'retry-after': '3' }) }
  return { status: Number(status), headers, body: Buffer.from('{"error":{"code":"Planted","message":"planted"}}') }
}

function spoil(outgoing: ServerResponse, reply: Reply, failure: 'garbled' | 'truncated'): void {
  // Nothing to spoil in an answer without a body: it comes with one that it should not have, or not at all.
  if (reply.body.length === 0 && failure === 'truncated') return void outgoing.socket?.destroy()
  const status = reply.status === 204 ? 200 : reply.status
  const body =
    failure === 'garbled' ? Buffer.from('{"value":[{"broken') : reply.body.subarray(0, Math.ceil(reply.body.length / 2))
  answer(outgoing, { ...reply, status, body })
}
