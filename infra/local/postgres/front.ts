/**
 * Stands in for the sign-in of Azure Database for PostgreSQL: TLS only, the person's Entra access token is the
 * password, the role's name is the person's sign-in name. It differs in that the token is checked here and not in the
 * server, and that the session goes on over a private socket; rights, statements and errors are PostgreSQL's own.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { takeMessage } from './intake.ts'
import { askPassword, readParameters, readPassword, readStartup, requestCodes, writeFatal } from './wire.ts'

/** The audience of tokens for Azure Database for PostgreSQL (public cloud). */
export const postgresAudience = 'https://ossrdbms-aad.database.windows.net'

export interface FrontOptions {
  /** Path of the server's socket. */
  readonly socket: string
  /** PEM of the server certificate and its key. */
  readonly certificate: { readonly cert: string; readonly key: string }
  readonly homeTenant: string
  /** Verifies signature, issuer, audience and times; rejects where one fails. */
  readonly verifyToken: (token: string) => Promise<Readonly<Record<string, unknown>>>
}

export interface Front {
  readonly port: number
  stop(): Promise<void>
}

const signInDeadlineMs = 10_000

/** Starts the front on a free port of 127.0.0.1. */
export async function startFront(options: FrontOptions): Promise<Front> {
  const open = new Set<Socket>()
  const context = createSecureContext(options.certificate)
  const server: Server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    const timer = setTimeout(() => socket.destroy(), signInDeadlineMs)
    greet(socket, { ...options, context }).then(
      () => clearTimeout(timer),
      () => socket.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, stop: () => stopServer(server, open) }
}

type GreetOptions = FrontOptions & { readonly context: ReturnType<typeof createSecureContext> }

async function greet(socket: Socket, options: GreetOptions): Promise<void> {
  const { message, rest } = await takeMessage(socket, readStartup)
  if (message.code === requestCodes.cancel) return forwardCancel(message.bytes, options.socket)
  if (message.code === requestCodes.gss) {
    socket.write('N')
    return greet(socket, options)
  }
  if (message.code !== requestCodes.ssl) return refuse(socket, '28000', 'encryption is required: connect with TLS')
  // Bytes sent ahead of the handshake would be read as if they had been encrypted (CVE-2021-23214).
  if (rest.length > 0) return void socket.destroy()
  socket.write('S')
  const secure = new TLSSocket(socket, { isServer: true, secureContext: options.context })
  secure.on('error', () => socket.destroy())
  await signIn(secure, options)
}

async function signIn(client: TLSSocket, options: FrontOptions): Promise<void> {
  const { message: startup } = await takeMessage(client, readStartup)
  if (startup.code === requestCodes.cancel) return forwardCancel(startup.bytes, options.socket)
  if (startup.code >>> 16 !== 3) return refuse(client, '08P01', 'unsupported frontend protocol')
  const user = readParameters(startup).get('user') ?? ''
  client.write(askPassword)
  const { message: token, rest } = await takeMessage(client, readPassword)
  const claims = await options.verifyToken(token).catch(() => null)
  if (claims === null || !namesPerson(claims, user, options.homeTenant))
    return refuse(client, '28P01', `password authentication failed for user "${user}"`)
  bridge(client, { startup: startup.bytes, first: rest, path: options.socket })
}

/** The role must be exactly the token's sign-in name (case matters in PostgreSQL), and the token one of a person. */
function namesPerson(claims: Readonly<Record<string, unknown>>, user: string, homeTenant: string): boolean {
  const name = claims.upn ?? claims.unique_name
  const delegated = typeof claims.scp === 'string' && claims.scp.split(' ').includes('user_impersonation')
  return user !== '' && name === user && claims.tid === homeTenant && delegated
}

/** The server logs in whom the packet names: only this process reaches its socket, and only after the check above. */
function bridge(client: TLSSocket, session: { startup: Buffer; first: Buffer; path: string }): void {
  const server = connect(session.path)
  server.write(session.startup)
  if (session.first.length > 0) server.write(session.first)
  server.on('error', () => client.destroy())
  server.on('close', () => client.end())
  client.on('close', () => server.destroy())
  server.pipe(client)
  client.pipe(server)
}

async function forwardCancel(packet: Buffer, path: string): Promise<void> {
  const server = connect(path)
  server.on('error', () => server.destroy())
  server.end(packet)
}

function refuse(socket: Socket, sqlState: string, message: string): void {
  socket.end(writeFatal(sqlState, message))
}

async function stopServer(server: Server, open: ReadonlySet<Socket>): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  for (const socket of open) socket.destroy()
  await closed
}
