import { createHash } from 'node:crypto'
import { BSON, type Document } from 'mongodb'
import type { IdentityProof } from '../audit/record.ts'
import { Problem } from '../errors/problem.ts'
import { joinSignals } from '../errors/signals.ts'
import type { Executor, Json, UpstreamAnswer, UpstreamCall } from '../pipeline/ports.ts'
import { isObject, tableOfItems, tableOfValues } from './document-table.ts'
import { failWith, noteIdentity } from './failure.ts'
import { type MongoPlace, type MongoSession, openSession } from './mongo-client.ts'
import { type PreparedCommand, prepareCommand } from './mongo-command.ts'
import { problemOfMongo } from './mongo-errors.ts'
import { createPersonGate, type PersonGate } from './person-gate.ts'
import { createPersonPool, type Lease, type PersonPool, type PoolLimits } from './person-pool.ts'
import { assertOwnToken } from './rest-identity.ts'

/** Where a deployment has a cluster, and which collections agents may reach (undefined: whatever the person may). */
export interface MongoSettings extends MongoPlace {
  readonly database: string
  readonly collections?: readonly string[]
}

/** Bounds, all with defaults: 200 s, 4 MiB, 10 s, 4 calls a person at once, 100 clients, 2 idle a person for 60 s. */
export interface MongoLimits extends Partial<PoolLimits> {
  readonly deadlineMs?: number
  readonly maxBytes?: number
  readonly connectTimeoutMs?: number
  readonly callsPerPerson?: number
}

/** What the executor needs from outside; `clock` gives epoch milliseconds. */
export interface MongoOptions {
  readonly settingsFor: (backend: string) => MongoSettings
  readonly clock: () => number
  readonly limits?: MongoLimits
}

const defaults: Required<MongoLimits> = {
  deadlineMs: 200_000,
  maxBytes: 4 * 1024 * 1024,
  connectTimeoutMs: 10_000,
  callsPerPerson: 4,
  total: 100,
  idlePerPerson: 2,
  idleMs: 60_000,
}

interface Context {
  readonly options: MongoOptions
  readonly limits: Required<MongoLimits>
  readonly pool: PersonPool<MongoSession>
  readonly gate: PersonGate
}

/**
 * Calls MongoDB as the person: MONGODB-OIDC with the exchanged token over verified TLS, on the configured host alone. A
 * client has one connection for commands (and the driver's own for watching the server), belongs to one person and one
 * token, and ends with it. Before anything else the server is asked whom that very connection belongs to.
 */
export function createMongoExecutor(options: MongoOptions): Executor {
  const limits = { ...defaults, ...options.limits }
  const pool = createPersonPool<MongoSession>({
    limits,
    now: options.clock,
    close: (session) => void session.close(),
    usable: (session) => session.alive(),
    reset: async () => undefined,
  })
  const context: Context = { options, limits, pool, gate: createPersonGate(limits.callsPerPerson) }
  const sweeper = setInterval(pool.sweep, Math.max(1000, limits.idleMs / 3)).unref()
  const close = async () => {
    clearInterval(sweeper)
    pool.close()
  }
  return { call: (call) => callDatabase(call, context), close }
}

interface Work {
  readonly call: UpstreamCall
  readonly context: Context
  readonly settings: MongoSettings
  readonly prepared: PreparedCommand
  readonly signal: AbortSignal
  /** Epoch milliseconds. */
  readonly until: number
}

async function callDatabase(call: UpstreamCall, context: Context): Promise<UpstreamAnswer> {
  assertOwnToken(call)
  const { deadlineMs } = context.limits
  const settings = context.options.settingsFor(call.invocation.backend.name)
  const prepared = prepareCommand(call, settings.collections)
  const signal = joinSignals([call.signal, AbortSignal.timeout(deadlineMs)])
  const work: Work = { call, context, settings, prepared, signal, until: context.options.clock() + deadlineMs }
  const key = JSON.stringify([call.invocation.backend.name, call.token.tid, call.token.oid])
  const leave = await context.gate.enter(key, signal).catch(() => {
    throw failWith({ code: 'backend_timeout', fate: 'not_called', why: 'deadline' })
  })
  try {
    return await visit(work)
  } finally {
    leave()
  }
}

async function visit(work: Work): Promise<UpstreamAnswer> {
  const lease = await takeLease(work)
  let healthy = false
  try {
    const identity = await proveSession(work, lease.resource)
    const answer = await execute(work, lease.resource).catch((error: unknown) => {
      throw noteIdentity(error instanceof Problem ? error : toProblem(work, error, false), identity)
    })
    healthy = true
    return { ...answer, identity }
  } catch (error) {
    // A refusal by a code leaves the connection sound.
    healthy = error instanceof Problem && error.code === 'backend_rejected'
    throw error
  } finally {
    void lease.release(healthy && !work.signal.aborted)
  }
}

async function takeLease({ call, context, settings, signal, ...work }: Work): Promise<Lease<MongoSession>> {
  const { token, invocation } = call
  const digest = createHash('sha256').update(token.value).digest('base64')
  const person = JSON.stringify([invocation.backend.name, settings.host, settings.port, token.tid, token.oid])
  const owner = { key: JSON.stringify([person, digest]), person, expiresAt: token.expiresAt }
  const open = () => openSession(settings, { token: token.value, timeoutMs: context.limits.connectTimeoutMs, signal })
  const lease = await context.pool.acquire(owner, open).catch((error: unknown) => {
    throw toProblem({ call, context, settings, signal, ...work }, error, true)
  })
  if (lease === null) throw failWith({ code: 'backend_failed', fate: 'not_called', why: 'pool_full' })
  return lease
}

/** Entra's people are known by their object ids. A server that does not say whom it sees leaves the token as proof. */
async function proveSession(work: Work, session: MongoSession): Promise<IdentityProof> {
  const { call, context } = work
  const checkedAt = new Date(context.options.clock()).toISOString()
  const status = await guarded(work, session.run('admin', { connectionStatus: 1 })).catch((error: unknown) => {
    if (work.signal.aborted || isTokenRefusal(error)) throw toProblem(work, error, true)
    return null
  })
  const users = namesOf(status)
  if (users.length === 0) return { source: 'token', method: 'exchange', checkedAt, matches: null }
  const matches = users.every((user) => user.toLowerCase() === call.principal.oid)
  const proof: IdentityProof = { source: 'backend', method: 'connection_status', checkedAt, matches }
  if (matches) return proof
  const facts = { backendIds: {}, identity: proof }
  throw failWith({ code: 'identity_mismatch', fate: 'not_called', why: 'connection_status', facts })
}

function namesOf(status: Document | null): readonly string[] {
  const users: unknown = (status?.authInfo as Document | undefined)?.authenticatedUsers
  return Array.isArray(users) ? users.map((user: Document) => String(user.user)) : []
}

function isTokenRefusal(error: unknown): boolean {
  return (
    problemOfMongo({ error, before: true, effect: 'read', aborted: false, facts: { backendIds: {} } }).code ===
    'backend_rejected_token'
  )
}

type Brought = Omit<UpstreamAnswer, 'identity'>

async function execute(work: Work, session: MongoSession): Promise<Brought> {
  const { action } = work.prepared
  if (action === 'find' || action === 'aggregate' || action === 'listCollections') return readDocuments(work, session)
  const { database } = work.settings
  const reply = await guarded(work, session.run(database, bounded(work)))
  assertWritten(work, reply)
  const n = countOf(reply.n)
  const counts = action === 'count' ? { count: n } : { n, ...changesOf(reply) }
  return { data: counts, rows: 1, bytes: sizeOf(counts), truncated: false, backendIds: idsOf(reply) }
}

/** Reads one document more than may be shown, so that the answer can say that there is more. */
async function readDocuments(work: Work, session: MongoSession): Promise<Brought> {
  const { prepared, call, settings, context } = work
  const most = call.rowLimit
  const reading = session.read(settings.database, bounded(work), most + 1)
  const found = (await guarded(work, reading)).map(toJson)
  const shown = found.slice(0, most)
  const bytes = sizeOf(shown)
  if (bytes > context.limits.maxBytes)
    throw failWith({
      code: 'backend_failed',
      fate: 'called',
      why: 'too_large',
      members: { next: { action: 'change_input' } },
    })
  return {
    ...present(prepared, shown, settings),
    rows: shown.length,
    bytes,
    truncated: found.length > most,
    backendIds: { ok: '1' },
  }
}

function present({ action, collection, plain }: PreparedCommand, shown: readonly Json[], settings: MongoSettings) {
  if (action === 'listCollections') return { data: { collections: listed(shown, settings) } }
  return plain ? tableOfItems(shown, collection) : tableOfValues(shown)
}

/** Only those that the deployment allows. */
function listed(found: readonly Json[], { collections }: MongoSettings): Json {
  const names = found.filter(isObject).map(({ name, type }) => ({ name: name ?? null, type: type ?? 'collection' }))
  return collections === undefined ? names : names.filter(({ name }) => collections.includes(String(name)))
}

/** The command as judged, with our comment, within our time and rows. */
function bounded({ prepared, call, until, context }: Work): Document {
  const { action, command } = prepared
  const left = Math.max(1, until - context.options.clock())
  const own = typeof command.maxTimeMS === 'number' && command.maxTimeMS > 0 ? command.maxTimeMS : left
  const sent = BSON.EJSON.parse(JSON.stringify(command), { relaxed: true }) as Document
  const shared = { ...sent, comment: `countersign/${call.intent.decisionId}` }
  // Writes take no time limit of their own: they end with the call.
  if (action === 'insert' || action === 'update' || action === 'delete') return shared
  const timed = { ...shared, maxTimeMS: Math.min(own, left) }
  const size = Math.min(call.rowLimit + 1, 1000)
  if (action === 'find') return { ...timed, batchSize: size, limit: limitOf(command.limit, call.rowLimit + 1) }
  return action === 'count' ? timed : { ...timed, cursor: { batchSize: size } }
}

/** 0 and none are no limit; a negative one is meant as its amount. */
function limitOf(limit: Json | undefined, most: number): number {
  const own = typeof limit === 'number' && limit !== 0 ? Math.abs(Math.trunc(limit)) : most
  return Math.min(own, most)
}

/** The reply to a change tells what went wrong within it; what went before that stays done. */
function assertWritten({ call }: Work, { writeErrors, n, ...reply }: Document): void {
  const [first] = Array.isArray(writeErrors) ? (writeErrors as readonly Document[]) : []
  if (first === undefined) return
  const facts = { backendIds: { ...idsOf(reply), n: String(countOf(n)) } }
  const { effect } = call.understood
  throw problemOfMongo({ error: { code: first.code }, before: false, effect, aborted: false, facts })
}

function changesOf({ nModified, upserted }: Document): Record<string, number> {
  return {
    ...(nModified === undefined ? {} : { nModified: countOf(nModified) }),
    ...(Array.isArray(upserted) ? { upserted: upserted.length } : {}),
  }
}

function countOf(value: unknown): number {
  return Number(value ?? 0)
}

function idsOf({ ok, operationTime }: Document): Record<string, string> {
  const time = operationTime === undefined ? {} : { operationTime: String(operationTime) }
  return { ok: String(ok ?? 1), ...time }
}

function toJson(document: Document): Json {
  return BSON.EJSON.serialize(document, { relaxed: true }) as Json
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** Waits for a step unless the call's time is up. */
async function guarded<T>({ signal }: Work, step: Promise<T>): Promise<T> {
  let stop = (): void => undefined
  const ended = new Promise<never>((_resolve, reject) => {
    const fail = () => reject(new Error('aborted'))
    if (signal.aborted) fail()
    signal.addEventListener('abort', fail)
    stop = () => signal.removeEventListener('abort', fail)
  })
  step.catch(() => undefined)
  return Promise.race([step, ended]).finally(stop)
}

function toProblem({ call, signal }: Work, error: unknown, before: boolean): Problem {
  const facts = { backendIds: {} }
  return problemOfMongo({ error, before, effect: call.understood.effect, aborted: signal.aborted, facts })
}
