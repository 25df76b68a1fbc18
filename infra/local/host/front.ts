import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** The public HTTP side of the host. */
export interface Front {
  readonly url: string
  readonly port: number
  /** Accepts no further connection; those in use stay until `cut`. */
  refuse(): void
  /** Ends whatever is still connected and waits until the port is free. */
  cut(): Promise<void>
}

export interface FrontOptions {
  readonly hostname: string
  /** 0 takes any free port. */
  readonly port: number
  readonly answer: (req: IncomingMessage, res: ServerResponse) => void
}

/** Twice node's own limit, so that an app can refuse a long token itself and say why; beyond it node answers 431. */
const maxHeaderSize = 32 * 1024

/** Listens; rejects when the port is taken. */
export async function openFront(options: FrontOptions): Promise<Front> {
  const server = createServer({ maxHeaderSize }, options.answer)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: options.port, host: options.hostname }, resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  const closed = new Promise<void>((resolve) => server.once('close', () => resolve()))
  return {
    url: `http://${options.hostname.includes(':') ? `[${options.hostname}]` : options.hostname}:${port}`,
    port,
    refuse() {
      server.close()
      server.closeIdleConnections()
    },
    async cut() {
      server.closeAllConnections()
      await closed
    },
  }
}
