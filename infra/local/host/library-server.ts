import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { ProgrammingModel } from './contract.ts'

/**
 * The server by which the library streams. It listens on loopback only (the library would take all interfaces), and
 * takes larger headers than node's 16 KiB, so that an app sees every request that the public side let in.
 */
export interface LibraryServer {
  readonly port: number
  /** Hands a request over without a network hop. */
  emit(req: IncomingMessage, res: ServerResponse): void
  /** The library's side of an answer, kept until `forget`. */
  responseOf(id: string): ServerResponse | undefined
  forget(id: string): void
  close(): void
}

const maxHeaderSize = 64 * 1024

function listenOnLoopback(server: Server): void {
  const listen = server.listen.bind(server)
  const replacement = (...given: unknown[]): Server => {
    const ready = given.find((value) => typeof value === 'function') as (() => void) | undefined
    return listen({ port: 0, host: '127.0.0.1' }, ready)
  }
  server.listen = replacement as Server['listen']
}

/** Asks the library for its capabilities, and catches the server that it opens meanwhile, if any. */
async function captureServer(model: ProgrammingModel): Promise<Server | undefined> {
  const create = http.createServer
  let captured: Server | undefined
  const replacement = (): Server => {
    captured = create({ maxHeaderSize, keepAliveTimeout: 0, requestTimeout: 0 })
    listenOnLoopback(captured)
    return captured
  }
  http.createServer = replacement as typeof http.createServer
  try {
    await model.getCapabilities({})
  } finally {
    http.createServer = create
  }
  return captured
}

/** Ends the library's start-up; undefined when the app does not stream (`enableHttpStream` is off). */
export async function openLibraryServer(model: ProgrammingModel): Promise<LibraryServer | undefined> {
  const server = await captureServer(model)
  const address = server?.address()
  if (server === undefined || address === null || typeof address !== 'object') return undefined
  const responses = new Map<string, ServerResponse>()
  server.prependListener('request', (req: IncomingMessage, res: ServerResponse) => {
    responses.set(String(req.headers['x-ms-invocation-id']), res)
  })
  return {
    port: address.port,
    emit: (req, res) => void server.emit('request', req, res),
    responseOf: (id) => responses.get(id),
    forget: (id) => void responses.delete(id),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
