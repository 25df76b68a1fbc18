import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'

/** Which statement to cancel, and where: the same server, TLS included, that runs it. */
export interface CancelRequest {
  readonly host: string
  readonly port: number
  readonly tls: ConnectionOptions
  /** BackendKeyData of the connection. */
  readonly processId: number
  readonly secretKey: number
}

const patienceMs = 2000

/**
 * Asks the server to cancel what a connection is running (PostgreSQL protocol, "Canceling Requests in Progress"); the
 * driver would ask in plain text, which servers that demand TLS do not take. Resolves when asked or after 2 s, never
 * rejects: the statement's own time limit is the second line.
 */
export async function cancelStatement(request: CancelRequest): Promise<void> {
  const signal = AbortSignal.timeout(patienceMs)
  const socket = connectTcp({ host: request.host, port: request.port })
  const giveUp = () => socket.destroy()
  signal.addEventListener('abort', giveUp)
  // Errors end the waiting below; a socket without a listener would end the process.
  socket.on('error', giveUp)
  await ask(socket, request, signal).catch(() => undefined)
  signal.removeEventListener('abort', giveUp)
  socket.destroy()
}

async function ask(socket: ReturnType<typeof connectTcp>, request: CancelRequest, signal: AbortSignal): Promise<void> {
  await once(socket, 'connect', { signal })
  socket.write(packet(80877103))
  const [answer] = (await once(socket, 'data', { signal })) as [Buffer]
  if (answer.toString('latin1') !== 'S') return
  const secure = connectTls({ ...request.tls, host: request.host, socket })
  secure.on('error', () => socket.destroy())
  await once(secure, 'secureConnect', { signal })
  const closed = once(secure, 'close', { signal })
  secure.end(packet(80877102, request.processId, request.secretKey))
  await closed
}

function packet(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * values.length)
  bytes.writeInt32BE(bytes.length, 0)
  for (const [index, value] of values.entries()) bytes.writeInt32BE(value, 4 + 4 * index)
  return bytes
}
