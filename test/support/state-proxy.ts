// A proxy in front of a table server that loses requests or replies, or is busy. Differs from a network: it fails whole
// exchanges, by their number.
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Accident = 'none' | 'lose-request' | 'lose-reply' | 'busy'

export interface StateProxy {
  readonly port: number
  /** What befalls the next exchanges, and how many of them. */
  readonly fail: (accident: Accident, count: number) => void
  readonly stop: () => Promise<void>
}

export async function startStateProxy(target: number): Promise<StateProxy> {
  let left = 0
  let next: Accident = 'none'
  const take = (): Accident => {
    if (left === 0) return 'none'
    left -= 1
    return next
  }
  const server = createServer((incoming, outgoing) => void forward({ incoming, outgoing, target, accident: take() }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    fail: (accident, count) => {
      next = accident
      left = count
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Exchange {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly target: number
  readonly accident: Accident
}

async function forward({ incoming, outgoing, target, accident }: Exchange): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  if (accident === 'lose-request') return void outgoing.socket?.destroy()
  if (accident === 'busy') return void outgoing.writeHead(503).end()
  const { method = 'GET', url = '/', headers } = incoming
  const upstream = request({ host: '127.0.0.1', port: target, method, path: url, headers })
  upstream.on('error', () => outgoing.destroy())
  upstream.on('response', (reply) => {
    if (accident === 'lose-reply') return void reply.resume().on('end', () => outgoing.socket?.destroy())
    outgoing.writeHead(reply.statusCode ?? 500, reply.headers)
    reply.pipe(outgoing)
  })
  upstream.end(Buffer.concat(chunks))
}
