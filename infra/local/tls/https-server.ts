import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A stand-in's server; `stop` also ends what is still connected. */
export interface HttpsServer {
  /** Without a slash at its end. */
  readonly url: string
  stop(): Promise<void>
}

/** Listens on a free port of 127.0.0.1. */
export async function listenHttps(
  { cert, key }: { readonly cert: string; readonly key: string },
  answer: RequestListener,
): Promise<HttpsServer> {
  const server = createServer({ cert, key }, answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, stop }
}
