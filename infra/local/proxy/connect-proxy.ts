/**
 * The network around the embedded stack: a CONNECT proxy on loopback that leads the hosts of Azure to their local
 * counterparts, so that clients keep their real URLs and verify real names. Unlike a company's proxy it knows no
 * other host: anything unmapped is refused with 502 and remembered, which shows that nothing calls outside.
 */
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'

/** Where a host leads. */
export interface Route {
  readonly host: string
  readonly port: number
}

/** Keys are host names, or `*.suffix` for every name under a suffix. Read at each connection, so it may grow. */
type Routes = Readonly<Record<string, Route>>

export interface Proxy {
  /** For HTTPS_PROXY. */
  readonly url: string
  /** `host:port` of every refused connection, oldest first, at most 1,000. */
  readonly refused: readonly string[]
  stop(): Promise<void>
}

const rememberedLimit = 1_000

function routeFor(routes: Routes, host: string): Route | undefined {
  if (Object.hasOwn(routes, host)) return routes[host]
  const suffix = Object.keys(routes).find((name) => name.startsWith('*.') && host.endsWith(name.slice(1)))
  return suffix === undefined ? undefined : routes[suffix]
}

function tunnel(client: Duplex, route: Route, head: Buffer): void {
  const upstream = connect(route.port, route.host, () => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    if (head.length > 0) upstream.write(head)
    upstream.pipe(client).pipe(upstream)
  })
  upstream.on('error', () => client.destroy())
  upstream.on('close', () => client.destroy())
  client.on('close', () => upstream.destroy())
}

/** Starts the proxy on a free port of 127.0.0.1; only the CONNECT method is served, anything else gets 405. */
export async function startProxy(options: { routes: Routes; port?: number }): Promise<Proxy> {
  const refused: string[] = []
  const open = new Set<Duplex>()
  const server = createServer((_request, response) => response.writeHead(405, { allow: 'CONNECT' }).end())
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    open.add(client)
    client.on('close', () => open.delete(client))
    client.on('error', () => client.destroy())
    const target = request.url ?? ''
    const route = routeFor(options.routes, target.replace(/:\d+$/, '').toLowerCase())
    if (route) return tunnel(client, route, head)
    if (refused.length < rememberedLimit) refused.push(target)
    client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  async function stop(): Promise<void> {
    for (const socket of open) socket.destroy()
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return { url: `http://127.0.0.1:${port}`, refused, stop }
}
