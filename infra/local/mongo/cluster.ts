/**
 * Stands in for a cluster of Azure DocumentDB (MongoDB's wire protocol over TLS): people sign in by MONGODB-OIDC with an
 * access token, whose signature, issuer, times, tenant and audience are checked, and have rights by collection. Queries
 * and updates are answered by mingo. It differs from the service: one server without replicas; sessions mean nothing; it
 * knows only the commands below, no joins and no writing pipelines; an aggregation may cost memory without bound; requests
 * can be made to fail on demand.
 */
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:tls'
import { BSON, type Document } from 'mongodb'
import { openStore, type Refusal, refusal, runCommand, type Store } from './commands.ts'
import { isKnown } from './roles.ts'
import { readRequests, type WireRequest } from './wire.ts'

export interface ClusterOptions {
  readonly certificate: { readonly cert: string; readonly key: string }
  readonly tenant: string
  /** Resolves with the claims of a token for the service; rejects otherwise. */
  readonly verifyToken: (token: string) => Promise<Readonly<Record<string, unknown>>>
}

/** What the next such command is answered with instead. */
export interface ClusterFault {
  readonly command: string
  readonly code?: number
  /** Milliseconds before the answer. */
  readonly after?: number
  /** Cuts the connection. */
  readonly cut?: boolean
  /** Takes the place of the whole answer. */
  readonly answer?: Document
}

/** A running cluster. */
export interface MongoCluster {
  readonly port: number
  /** Commands of people so far, without those by which drivers look around. */
  readonly seen: readonly { readonly oid: string; readonly command: Document }[]
  /** Connections that somebody has signed in on. */
  readonly signIns: readonly string[]
  failNext(fault: ClusterFault): void
  stop(): Promise<void>
}

interface World {
  readonly options: ClusterOptions
  readonly store: Store
  readonly seen: { oid: string; command: Document }[]
  readonly signIns: string[]
  readonly faults: ClusterFault[]
}

interface Session {
  oid: string | null
}

/** Listens on a free port of 127.0.0.1. */
export async function startCluster(options: ClusterOptions): Promise<MongoCluster> {
  const world: World = { options, store: openStore(), seen: [], signIns: [], faults: [] }
  const open = new Set<Socket>()
  const server = createServer(options.certificate, (socket) => {
    const session: Session = { oid: null }
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    readRequests(socket, (request) => serve(request, { world, session, socket }))
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of open) socket.destroy()
    await closed
  }
  const { port } = server.address() as AddressInfo
  return { port, seen: world.seen, signIns: world.signIns, failNext: (fault) => void world.faults.push(fault), stop }
}

interface Place {
  readonly world: World
  readonly session: Session
  readonly socket: Socket
}

async function serve({ command, reply }: WireRequest, place: Place): Promise<void> {
  const [name = ''] = Object.keys(command)
  const { faults } = place.world
  const at = faults.findIndex((one) => one.command === name)
  const [fault] = at < 0 ? [] : faults.splice(at, 1)
  if (fault?.after !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.after))
  if (fault?.cut === true) return void place.socket.destroy()
  try {
    if (fault?.code !== undefined) throw refusal(fault.code, 'Fault')
    reply(fault?.answer ?? (await answer(name, command, place)))
  } catch (error) {
    const { code = 8, codeName = 'UnknownError' } = error as Partial<Refusal>
    reply({ ok: 0, code, codeName, errmsg: `the server says ${codeName} in words of its own` })
  }
}

async function answer(name: string, command: Document, { world, session }: Place): Promise<Document> {
  const around = lookAround[name.toLowerCase()]
  if (around !== undefined) return around(session)
  if (name === 'saslStart' || name === 'saslContinue') return signIn(command, world, session)
  if (session.oid === null) throw refusal(13, 'Unauthorized')
  world.seen.push({ oid: session.oid, command })
  return runCommand({ oid: session.oid, command, store: world.store })
}

const greeting = () => ({
  helloOk: true,
  ismaster: true,
  isWritablePrimary: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  minWireVersion: 0,
  maxWireVersion: 21,
  localTime: new Date(),
  ok: 1,
})

/** Commands that anybody may ask. */
const lookAround: Readonly<Record<string, (session: Session) => Document>> = {
  hello: greeting,
  ismaster: greeting,
  ping: () => ({ ok: 1 }),
  endsessions: () => ({ ok: 1 }),
  connectionstatus: ({ oid }) => ({
    authInfo: {
      authenticatedUsers: oid === null ? [] : [{ user: oid, db: '$external' }],
      authenticatedUserRoles: [],
    },
    ok: 1,
  }),
}

/** A token in the first step, or in the second after a first that named nobody. */
async function signIn({ payload }: Document, { options, signIns }: World, session: Session): Promise<Document> {
  const { jwt } = BSON.deserialize((payload as { readonly buffer: Uint8Array }).buffer)
  if (jwt === undefined) return { conversationId: 1, done: false, payload: BSON.serialize({}), ok: 1 }
  const { oid, tid, scp } = await options.verifyToken(String(jwt)).catch(() => ({}) as Document)
  const isDelegated = String(scp).split(' ').includes('user_impersonation')
  if (typeof oid !== 'string' || tid !== options.tenant || !isDelegated || !isKnown(oid))
    throw refusal(18, 'AuthenticationFailed')
  session.oid = oid
  signIns.push(oid)
  return { conversationId: 1, done: true, payload: BSON.serialize({}), ok: 1 }
}
