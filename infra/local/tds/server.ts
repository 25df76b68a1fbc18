/**
 * Stands in for Azure SQL Database and its relatives: TDS 7.4 with TLS inside, sign-in by an Entra token alone (FEDAUTH),
 * batches and sp_executesql, attention, errors by number. It differs in that statements run on the stack's PostgreSQL,
 * as the person's own role, after a translation of names, markers and some functions only (dialect.ts); so that it proves
 * who a call runs as, which rows that person gets and how the protocol is spoken, not that a statement is T-SQL. Plans are
 * PostgreSQL's. `plant` makes the next thing go wrong.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { secureChannel } from './channel.ts'
import { type EnginePlace, openEngine } from './engine.ts'
import { readLogin, writePrelogin } from './login.ts'
import { type Message, makeMessageReader, packetTypes, writeMessage } from './packets.ts'
import { readRpc } from './rpc.ts'
import { answerRequest, type TdsState } from './session.ts'
import { type ServerFault, writeDone, writeError, writeLoginAnswer, writeRouting } from './tokens.ts'
import { guidBytes } from './values.ts'

/** The audience of tokens for Azure SQL Database and Synapse (public cloud). */
export const sqlAudience = 'https://database.windows.net'

/** What goes wrong once: at the sign-in, at the next statement, or on the wire. */
export type TdsFault =
  | { readonly at: 'prelogin'; readonly does: 'no_tls' }
  | { readonly at: 'login'; readonly does: 'route'; readonly host: string; readonly port: number }
  | { readonly at: 'login' | 'statement'; readonly does: 'error'; readonly error: ServerFault }
  | { readonly at: 'statement'; readonly does: 'cut' | 'cut_after' }

export interface TdsOptions {
  /** PEM of the server certificate and its key. */
  readonly certificate: { readonly cert: string; readonly key: string }
  readonly place: EnginePlace
  readonly homeTenant: string
  /** Verifies signature, issuer, audience and times; rejects where one fails. */
  readonly verifyToken: (token: string) => Promise<Readonly<Record<string, unknown>>>
  /** The SID of whoever has this object id; default: its bytes. */
  readonly sidOf?: (oid: string) => Buffer | null
  /** As whom somebody acts; default: as themselves. */
  readonly actsAs?: (login: string) => string
}

interface Seen {
  readonly programs: string[]
  logins: number
  readonly texts: string[]
}

/** A running server. `seen`: the programs' names of those who signed in, how many ever sent a login, the texts that came by RPC. */
export interface TdsServer {
  readonly port: number
  readonly seen: Seen
  readonly plant: (fault: TdsFault) => void
  stop(): Promise<void>
}

interface Shared {
  readonly options: TdsOptions
  readonly context: SecureContext
  readonly seen: Seen
  fault: TdsFault | null
}

/** Starts the server on a free port of 127.0.0.1. */
export async function startTds(options: TdsOptions): Promise<TdsServer> {
  const open = new Set<Socket>()
  const context = createSecureContext(options.certificate)
  const shared: Shared = { options, context, seen: { programs: [], logins: 0, texts: [] }, fault: null }
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    greet(socket, shared)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of open) socket.destroy()
    await closed
  }
  const plant = (fault: TdsFault) => {
    shared.fault = fault
  }
  return { port: (server.address() as AddressInfo).port, seen: shared.seen, plant, stop }
}

function take(shared: Shared, at: TdsFault['at']): TdsFault | null {
  const { fault } = shared
  if (fault?.at !== at) return null
  shared.fault = null
  return fault
}

/** PRELOGIN in clear, then TLS, then the rest. Whoever does not encrypt gets no further. */
function greet(socket: Socket, shared: Shared): void {
  const encrypts = take(shared, 'prelogin') === null
  let greeted = false
  const read = makeMessageReader(({ type }) => {
    if (type === packetTypes.login) shared.seen.logins += 1
    if (greeted || type !== packetTypes.prelogin) return void socket.destroy()
    greeted = true
    socket.write(writePrelogin(encrypts))
    if (!encrypts) return
    socket.off('data', onData)
    const channel = secureChannel(socket, shared.context, Buffer.alloc(0))
    channel.on('error', () => socket.destroy())
    channel.on('close', () => socket.destroy())
    serve(channel, shared)
  })
  const onData = (chunk: Buffer) => tryRead(read, chunk, socket)
  socket.on('data', onData)
}

function tryRead(read: (chunk: Buffer) => void, chunk: Buffer, socket: { destroy: () => unknown }): void {
  try {
    read(chunk)
  } catch {
    socket.destroy()
  }
}

interface Conversation {
  state: TdsState | null
  busy: Promise<void>
}

function serve(channel: TLSSocket, shared: Shared): void {
  const talk: Conversation = { state: null, busy: Promise.resolve() }
  const read = makeMessageReader((message) => {
    if (message.type === packetTypes.attention) void stopWork(channel, talk)
    else
      talk.busy = talk.busy.then(() => handle(message, { channel, shared, talk })).catch(() => void channel.destroy())
  })
  channel.on('data', (chunk: Buffer) => tryRead(read, chunk, channel))
  channel.on('close', () => talk.state?.engine.close())
}

/** Two messages: the end of what was under way, then the acknowledgement (MS-TDS 3.3.5.7). */
async function stopWork(channel: TLSSocket, talk: Conversation): Promise<void> {
  if (talk.state !== null) {
    talk.state.cancelled = true
    await talk.state.engine.cancel().catch(() => undefined)
  }
  await talk.busy
  channel.write(writeMessage(writeDone(0xfd, { attention: true })))
}

type Place = { readonly channel: TLSSocket; readonly shared: Shared; readonly talk: Conversation }

async function handle(message: Message, { channel, shared, talk }: Place): Promise<void> {
  if (talk.state === null) {
    const { answer, state } = await signIn(message, shared)
    talk.state = state
    channel.write(writeMessage(answer))
    if (state === null) channel.end()
    return
  }
  const isOurs = message.type === packetTypes.rpc
  if (isOurs) shared.seen.texts.push(readRpc(message.data)?.text ?? '')
  const fault = isOurs ? take(shared, 'statement') : null
  if (fault?.does === 'cut') return void channel.destroy()
  if (fault?.does === 'error') talk.state.fault = fault.error
  const answer = writeMessage(await answerRequest(message, talk.state))
  if (fault?.does !== 'cut_after') return void channel.write(answer)
  channel.write(answer.subarray(0, Math.floor(answer.length / 2)), () => channel.destroy())
}

interface SignedIn {
  readonly answer: Buffer
  readonly state: TdsState | null
}

const refused: ServerFault = {
  number: 18456,
  severity: 14,
  message: "Login failed for user '<token-identified principal>'.",
}

async function signIn(message: Message, shared: Shared): Promise<SignedIn> {
  shared.seen.logins += 1
  const fault = take(shared, 'login')
  if (fault?.does === 'error') return deny(fault.error)
  if (message.type !== packetTypes.login) return deny(refused)
  const { token, program, database } = readLogin(message.data)
  const claims = token === null ? null : await shared.options.verifyToken(token).catch(() => null)
  const name = claims?.upn ?? claims?.unique_name
  const isPerson = typeof claims?.scp === 'string' && claims.scp.split(' ').includes('user_impersonation')
  if (claims === null || typeof name !== 'string' || !isPerson || claims.tid !== shared.options.homeTenant)
    return deny(refused)
  if (fault?.does === 'route')
    return { answer: Buffer.concat([writeRouting(fault.host, fault.port), writeLoginAnswer(database)]), state: null }
  const engine = await openEngine(shared.options.place, name, program).catch(() => null)
  if (engine === null) return deny(refused)
  shared.seen.programs.push(program)
  const { sidOf = guidBytes, actsAs = (login: string) => login } = shared.options
  const sid = sidOf(String(claims.oid))
  const facts = { sid: sid === null ? null : `'\\x${sid.toString('hex')}'::bytea`, login: actsAs(name) }
  return {
    answer: writeLoginAnswer(database),
    state: { engine, facts, fault: null, planning: false, cancelled: false },
  }
}

function deny(error: ServerFault): SignedIn {
  return { answer: Buffer.concat([writeError(error), writeDone(0xfd, { error: true })]), state: null }
}
