// A forwarder in front of a table server that lets one exchange, counted from when it was armed, go wrong.
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** `late`: the request arrives when its sender has given up. */
export type Mishap = 'request lost' | 'reply lost' | 'busy' | 'late'

export interface ExchangeProxy {
  readonly port: number
  /** Lets the exchange of that number (from 1) go wrong, and counts anew. */
  arm(number: number, mishap: Mishap): void
  /** Exchanges since it was armed. */
  count(): number
  /** Lets what was held back arrive, and waits for it. */
  deliver(): Promise<void>
  stop(): Promise<void>
}

export async function startExchangeProxy(target: number): Promise<ExchangeProxy> {
  const state: State = { target, number: 0, mishap: 'busy', count: 0, held: [] }
  const server = createServer((incoming, outgoing) => void forward(state, incoming, outgoing))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    arm(number, mishap) {
      Object.assign(state, { number, mishap, count: 0 })
    },
    count: () => state.count,
    async deliver() {
      for (const arrive of state.held.splice(0)) await arrive()
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

interface State {
  readonly target: number
  number: number
  mishap: Mishap
  count: number
  readonly held: (() => Promise<unknown>)[]
}

async function forward(state: State, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const isStruck = ++state.count === state.number
  if (!isStruck) return answer(outgoing, await send(state, incoming, body))
  if (state.mishap === 'busy') return void outgoing.writeHead(503).end()
  if (state.mishap === 'late') state.held.push(() => send(state, incoming, body))
  if (state.mishap === 'reply lost') await send(state, incoming, body)
  outgoing.socket?.destroy()
}

interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

async function send({ target }: State, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Reply> {
  const sent = request({ host: '127.0.0.1', port: target, method, path: url, headers })
  sent.end(body)
  const [reply] = (await once(sent, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of reply) chunks.push(chunk as Buffer)
  return { status: reply.statusCode ?? 502, headers: reply.headers, body: Buffer.concat(chunks) }
}

function answer(outgoing: ServerResponse, { status, headers, body }: Reply): void {
  const { 'transfer-encoding': _encoding, connection: _connection, ...kept } = headers
  outgoing.writeHead(status, kept).end(body)
}
