/**
 * The forwarder for PostgreSQL: TLS on both sides, so that it can cut a connection before or after any question of the
 * extended or simple protocol. One exchange is everything up to the server's ReadyForQuery; the first is the sign-in.
 */
import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls'
import { requestCodes, writeFatal } from '../../infra/local/postgres/wire.ts'
import type { Plan, Seen } from './fault-plan.ts'
import type { FaultProxy } from './fault-proxy.ts'

export interface PostgresProxyOptions {
  /** Port of the server's front on 127.0.0.1, and PEM of its authority. */
  readonly port: number
  readonly ca: string
  readonly certificate: { readonly cert: string; readonly key: string }
  readonly plan: Plan
}

const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
const page = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html></html>'

export async function startPostgresProxy(options: PostgresProxyOptions): Promise<FaultProxy> {
  const open = new Set<Socket>()
  const context = createSecureContext(options.certificate)
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy())
    socket.once('data', () => {
      socket.write('S')
      const client = new TLSSocket(socket, { isServer: true, secureContext: context })
      client.on('error', () => socket.destroy())
      bridge(client, options).catch(() => socket.destroy())
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

async function openUpstream({ port, ca }: PostgresProxyOptions): Promise<TLSSocket> {
  const socket = connectTcp({ host: '127.0.0.1', port })
  socket.on('error', () => socket.destroy())
  socket.write(sslRequest)
  await once(socket, 'data')
  const secure = connectTls({ socket, host: '127.0.0.1', ca })
  secure.on('error', () => socket.destroy())
  await once(secure, 'secureConnect')
  return secure
}

interface Session {
  readonly client: TLSSocket
  readonly upstream: TLSSocket
  readonly plan: Plan
  /** What is being asked; null between two questions. */
  current: Seen | null
  decisionId: string | null
  /** What the server has answered to it so far. */
  reply: Buffer
  /** Client bytes that a `late` exchange keeps back. */
  held: Buffer
}

async function bridge(client: TLSSocket, options: PostgresProxyOptions): Promise<void> {
  const upstream = await openUpstream(options)
  const session: Session = {
    ...{ client, upstream, plan: options.plan, current: null, decisionId: null },
    ...{ reply: Buffer.alloc(0), held: Buffer.alloc(0) },
  }
  let turn = Promise.resolve()
  client.on('data', (chunk: Buffer) => {
    turn = turn.then(() => fromClient(session, chunk)).catch(() => void client.destroy())
  })
  client.on('close', () => leave(session))
  upstream.on('data', (chunk: Buffer) => fromServer(session, chunk))
  upstream.on('close', () => client.destroy())
}

async function fromClient(session: Session, chunk: Buffer): Promise<void> {
  if (session.current !== null) return pass(session, chunk)
  if (chunk.length === 16 && chunk.readUInt32BE(4) === requestCodes.cancel) return void session.upstream.end(chunk)
  session.current = await begin(session, chunk)
  session.reply = Buffer.alloc(0)
  strike(session, chunk)
}

/** Every transaction names its decision as it begins; what is asked after that is for the same one. */
async function begin(session: Session, chunk: Buffer): Promise<Seen> {
  const text = chunk.toString('latin1')
  session.decisionId = /application_name(?: = '|\0)countersign-([0-9a-f-]{36})/.exec(text)?.[1] ?? session.decisionId
  const { decisionId, plan } = session
  const seen = plan.meet('postgres', labelOf(text), decisionId)
  const willReach = !(seen.failure && /request lost|429|503|wrong type/.test(seen.failure))
  if (willReach && seen.failure !== 'late') await note(session, seen)
  return seen
}

async function note({ plan, decisionId }: Session, seen: Seen): Promise<void> {
  seen.durable = decisionId !== null && (await plan.isDurable(decisionId))
  seen.reached = true
}

function labelOf(text: string): string {
  if (/^.{4}\0\u0003\0/s.test(text)) return 'sign in'
  if (text.includes('pg_attribute')) return 'name the columns'
  const simple = /^Q.{4}(\w+)/s.exec(text)?.[1]
  return simple ?? 'statement'
}

function strike(session: Session, chunk: Buffer): void {
  const { client, upstream, current } = session
  const fatal = fatalStates[current?.failure ?? '']
  if (current?.failure === 'request lost') cut(session)
  else if (current?.failure === 'wrong type') client.write(page)
  else if (fatal === undefined) pass(session, chunk)
  else {
    client.end(writeFatal(fatal, 'planted'))
    upstream.destroy()
  }
}

/** What the server says where an HTTP service would say 412, 429 or 503. */
const fatalStates: Readonly<Record<string, string>> = {
  '412': '57P03',
  '429': '53300',
  '429 wait': '53300',
  '503': '57P03',
}

function pass(session: Session, chunk: Buffer): void {
  if (session.current?.failure === 'late') session.held = Buffer.concat([session.held, chunk])
  else if (session.current?.failure !== 'wrong type') session.upstream.write(chunk)
}

function cut({ client, upstream }: Session): void {
  client.destroy()
  upstream.destroy()
}

/** The client is gone: what it asked last gets there now, if it was late. */
function leave(session: Session): void {
  const { current, upstream, held } = session
  if (current?.failure !== 'late' || held.length === 0) upstream.destroy()
  else void note(session, current).then(() => upstream.write(held))
}

function fromServer(session: Session, chunk: Buffer): void {
  const { client, current } = session
  session.reply = Buffer.concat([session.reply, chunk])
  const isDone = endsReady(session.reply)
  // Within the sign-in the server asks for the password first: only its last word is the reply.
  const isAsking = current?.label === 'sign in' && !isDone
  if (current === null || current.failure === null || isAsking) client.write(chunk)
  if (!isDone) return
  if (current !== null) finish(session, current)
  session.reply = Buffer.alloc(0)
  session.current = null
}

function finish(session: Session, { failure }: Seen): void {
  const { client, upstream, reply } = session
  if (failure === 'late') upstream.end()
  else if (failure === 'reply lost') cut(session)
  else if (failure === 'garbled') client.write(Buffer.from([0x7f, 0, 0, 0, 8, 1, 2, 3, 4]))
  else if (failure === 'truncated') {
    client.end(reply.subarray(0, Math.ceil(reply.length / 2)))
    upstream.destroy()
  }
}

/** Whether the messages end with ReadyForQuery. */
function endsReady(bytes: Buffer): boolean {
  let at = 0
  let last = 0
  while (at + 5 <= bytes.length) {
    last = bytes[at] ?? 0
    at += 1 + bytes.readUInt32BE(at + 1)
  }
  return at === bytes.length && last === 0x5a
}
