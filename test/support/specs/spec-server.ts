import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SentRequest } from './match.ts'

/** What the server answers with. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface SpecServer {
  /** Without a slash at its end. */
  readonly url: string
  readonly close: () => Promise<void>
}

/** A server on this machine that answers as it is told. */
export async function serveReplies(reply: (request: SentRequest) => Reply): Promise<SpecServer> {
  const server = createServer((request, response) => {
    void answer(request, response, reply).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, reply: (sent: SentRequest) => Reply) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks).toString('utf8')
  const {
    status,
    headers,
    body: text,
  } = reply({
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    body,
  })
  response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : text)
}
