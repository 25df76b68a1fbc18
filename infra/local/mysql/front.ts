/**
 * Stands in for the sign-in of Azure Database for MySQL: TLS only, the person's Entra access token is the password in
 * clear, the user's name is the person's sign-in name or object id without dashes. It differs in that the token is
 * checked here and not in the server, and that the server behind is MariaDB; rights, statements and errors are its own.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import { takeMessage } from '../postgres/intake.ts'
import {
  askClearPassword,
  offerTls,
  type Packet,
  readPacket,
  readResponse,
  writeFailure,
  writePacket,
  writeResponse,
} from './wire.ts'

export interface MysqlFrontOptions {
  /** Path of the server's socket. */
  readonly socket: string
  /** PEM of the server certificate and its key. */
  readonly certificate: { readonly cert: string; readonly key: string }
  readonly homeTenant: string
  /** Verifies signature, issuer, audience and times; rejects where one fails. */
  readonly verifyToken: (token: string) => Promise<Readonly<Record<string, unknown>>>
  /** As whom somebody is signed in behind; default: as themselves. */
  readonly mapUser?: (user: string) => string
  /** Default: true. */
  readonly offersTls?: boolean
}

/** A running front. `tokens` counts those that were sent to it. */
export interface MysqlFront {
  readonly port: number
  readonly seen: { tokens: number }
  /** Cuts everything that is open now. */
  cut(): void
  stop(): Promise<void>
}

type Shared = MysqlFrontOptions & { readonly context: SecureContext; readonly seen: { tokens: number } }

/** Starts the front on a free port of 127.0.0.1. */
export async function startMysqlFront(options: MysqlFrontOptions): Promise<MysqlFront> {
  const open = new Set<Socket>()
  const seen = { tokens: 0 }
  const shared: Shared = { ...options, context: createSecureContext(options.certificate), seen }
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    greet(socket, shared).catch(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of open) socket.destroy()
  }
  const stop = async () => {
    const closed = once(server, 'close')
    server.close()
    cut()
    await closed
  }
  return { port: (server.address() as AddressInfo).port, seen, cut, stop }
}

async function greet(socket: Socket, shared: Shared): Promise<void> {
  const behind = connect(shared.socket)
  behind.on('error', () => socket.destroy())
  socket.on('close', () => behind.destroy())
  const { message: greeting } = await takeMessage(behind, readPacket)
  socket.write(writePacket(0, offerTls(greeting.payload, shared.offersTls !== false)))
  const { message: wish, rest } = await takeMessage(socket, readPacket)
  // A request for TLS ends before the user's name. The handshake may follow it at once.
  if (wish.payload.length !== 32) return void socket.destroy()
  if (rest.length > 0) socket.unshift(rest)
  const secure = new TLSSocket(socket, { isServer: true, secureContext: shared.context })
  secure.on('error', () => socket.destroy())
  await signIn({ secure, behind, greeting }, shared)
}

type Ends = { readonly secure: TLSSocket; readonly behind: Socket; readonly greeting: Packet }

async function signIn({ secure, behind }: Ends, shared: Shared): Promise<void> {
  const { message } = await takeMessage(secure, readPacket)
  const response = readResponse(message.payload)
  secure.write(writePacket(message.sequence + 1, askClearPassword))
  const { message: password } = await takeMessage(secure, readPacket)
  shared.seen.tokens += 1
  const token = password.payload.toString('utf8').replace(/\0$/, '')
  const claims = await shared.verifyToken(token).catch(() => null)
  const sequence = password.sequence + 1
  if (claims === null || !namesPerson(claims, response.user, shared.homeTenant))
    return void secure.end(writePacket(sequence, writeFailure(1045, '28000', 'Access denied')))
  const user = shared.mapUser?.(response.user) ?? response.user
  behind.write(writePacket(1, writeResponse({ ...response, user })))
  const { message: verdict, rest } = await takeMessage(behind, readPacket)
  secure.write(Buffer.concat([writePacket(sequence, verdict.payload), rest]))
  behind.on('close', () => secure.end())
  secure.on('close', () => behind.destroy())
  behind.pipe(secure)
  secure.pipe(behind)
}

/** The user must be exactly who the token is of, and the token one of a person. */
function namesPerson(claims: Readonly<Record<string, unknown>>, user: string, homeTenant: string): boolean {
  const names = [claims.upn, String(claims.oid ?? '').replaceAll('-', '')]
  const delegated = typeof claims.scp === 'string' && claims.scp.split(' ').includes('user_impersonation')
  return user !== '' && names.includes(user) && claims.tid === homeTenant && delegated
}
