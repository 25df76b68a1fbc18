import { createHash } from 'node:crypto'
import type { IdentityProof } from '../audit/record.ts'
import { Problem } from '../errors/problem.ts'
import { joinSignals } from '../errors/signals.ts'
import type { Executor, UpstreamAnswer, UpstreamCall } from '../pipeline/ports.ts'
import { failWith, noteIdentity } from './failure.ts'
import { createPersonGate, type PersonGate } from './person-gate.ts'
import { createPersonPool, type Lease, type PersonPool, type PoolLimits } from './person-pool.ts'
import { type Phase, problemOfDatabase } from './postgres-errors.ts'
import type { PortalResult } from './postgres-portal.ts'
import { openSession, type Session } from './postgres-session.ts'
import { catalogueQuery, nameSources, type SourceCache } from './postgres-sources.ts'
import {
  applicationName,
  type PreparedStatement,
  prepareStatement,
  toTable,
  writePreamble,
} from './postgres-statement.ts'
import { assertOwnToken } from './rest-identity.ts'

/** Where a deployment has a database. `host` must be one that `checkHost` allows. */
export interface PostgresSettings {
  readonly host: string
  readonly port: number
  readonly database: string
  /** PEM of the authority to trust instead of the process's own trust store. */
  readonly ca?: string
}

/** Bounds, all with defaults: 200 s, 4 MiB, 10 s, 8 calls a person at once, 200 connections, 8 idle a person for 30 s. */
export interface PostgresLimits extends Partial<PoolLimits> {
  readonly deadlineMs?: number
  readonly maxBytes?: number
  readonly connectTimeoutMs?: number
  readonly callsPerPerson?: number
}

/** What the executor needs from outside; `clock` gives epoch milliseconds. */
export interface PostgresOptions {
  readonly settingsFor: (backend: string) => PostgresSettings
  readonly clock: () => number
  readonly limits?: PostgresLimits
}

interface Context {
  readonly options: PostgresOptions
  readonly limits: Required<PostgresLimits>
  readonly pool: PersonPool<Session>
  readonly gate: PersonGate
  readonly sources: SourceCache
}

const defaults: Required<PostgresLimits> = {
  deadlineMs: 200_000,
  maxBytes: 4 * 1024 * 1024,
  connectTimeoutMs: 10_000,
  callsPerPerson: 8,
  total: 200,
  idlePerPerson: 8,
  idleMs: 30_000,
}

/**
 * Calls PostgreSQL as the person: the exchanged token is the password of the person's own role, one statement in one
 * transaction by the extended protocol, the session's user proven on that connection first. A connection belongs to
 * one person and token, is wiped (`DISCARD ALL`) before it is used again, and is cut where a call ends badly.
 */
export function createPostgresExecutor(options: PostgresOptions): Executor {
  const limits = {
    ...defaults,
    ...options.limits,
    deadlineMs: Math.min(options.limits?.deadlineMs ?? 200_000, 200_000),
  }
  const pool = createPersonPool<Session>({
    limits,
    now: options.clock,
    close: (session) => session.kill(),
    usable: (session) => session.alive(),
    reset: async (session) => void (await session.script('DISCARD ALL')),
  })
  const gate = createPersonGate(limits.callsPerPerson)
  const context: Context = { options, limits, pool, gate, sources: { now: options.clock, tables: new Map() } }
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
  readonly statement: PreparedStatement
  readonly username: string
  readonly signal: AbortSignal
  /** Epoch milliseconds. */
  readonly until: number
}

async function callDatabase(call: UpstreamCall, context: Context): Promise<UpstreamAnswer> {
  assertOwnToken(call)
  const username = call.principal.username
  if (username === null || username === '' || username.includes('\0'))
    throw failWith({ code: 'identity_configuration', fate: 'not_called', why: 'no_sign_in_name' })
  const statement = prepareStatement(call)
  const { deadlineMs } = context.limits
  const signal = joinSignals([call.signal, AbortSignal.timeout(deadlineMs)])
  const work: Work = { call, context, statement, username, signal, until: context.options.clock() + deadlineMs }
  const leave = await enter(work)
  try {
    const { lease, proof } = await begin(work, false)
    return await execute(work, lease, proof)
  } finally {
    leave()
  }
}

/** Waits for one of the person's places; who gets none in time was never called. */
async function enter({ call, context, signal }: Work): Promise<() => void> {
  const key = JSON.stringify([call.invocation.backend.name, call.token.tid, call.token.oid])
  try {
    return await context.gate.enter(key, signal)
  } catch {
    throw failWith({ code: 'backend_timeout', fate: 'not_called', why: 'deadline' })
  }
}

/** Takes a connection and opens the transaction; a kept connection that has died meanwhile is replaced once. */
async function begin(work: Work, fresh: boolean): Promise<{ lease: Lease<Session>; proof: IdentityProof }> {
  const lease = await takeLease(work, fresh)
  const { call, statement, until, context } = work
  const preamble = writePreamble({
    readOnly: statement.readOnly,
    timeoutMs: until - context.options.clock(),
    name: applicationName(call.intent.decisionId),
  })
  try {
    const [who] = await guarded(work, lease.resource, lease.resource.script(preamble))
    return { lease, proof: judge(work, who ?? {}) }
  } catch (error) {
    await lease.release(false)
    if (error instanceof Problem) throw error
    if (lease.reused && !work.signal.aborted && !lease.resource.alive()) return begin(work, true)
    throw toProblem(work, { error, phase: 'before', session: lease.resource })
  }
}

async function takeLease(work: Work, fresh: boolean): Promise<Lease<Session>> {
  const { call, context, username, signal } = work
  const { backend } = call.invocation
  const digest = createHash('sha256').update(call.token.value).digest('base64')
  const settings = context.options.settingsFor(backend.name)
  const open = () =>
    openSession(
      {
        ...settings,
        user: username,
        token: call.token.value,
        applicationName: applicationName(call.intent.decisionId),
        connectTimeoutMs: context.limits.connectTimeoutMs,
      },
      signal,
    )
  const person = JSON.stringify([backend.name, settings, call.token.tid, call.token.oid, username])
  const key = JSON.stringify([person, digest])
  const lease = await context.pool
    .acquire({ key, person, expiresAt: call.token.expiresAt }, open, fresh)
    .catch((error: unknown) => {
      throw toProblem(work, { error, phase: 'before', session: null })
    })
  if (lease === null) throw failWith({ code: 'backend_failed', fate: 'not_called', why: 'pool_full' })
  return lease
}

/** Both users must be the person: a role that was switched is somebody else's. */
function judge({ username, context }: Work, who: Readonly<Record<string, unknown>>): IdentityProof {
  const matches = who.session === username && who.current === username
  const checkedAt = new Date(context.options.clock()).toISOString()
  const proof: IdentityProof = { source: 'backend', method: 'session_user', checkedAt, matches }
  if (matches) return proof
  const facts = { backendIds: {}, identity: proof }
  throw failWith({ code: 'identity_mismatch', fate: 'not_called', why: 'session_user', facts })
}

async function execute(work: Work, lease: Lease<Session>, identity: IdentityProof): Promise<UpstreamAnswer> {
  const { call, context, statement } = work
  const session = lease.resource
  let phase: Phase = 'statement'
  try {
    const result = await guarded(
      work,
      session,
      session.run({
        ...statement,
        limit: call.rowLimit,
        maxBytes: context.limits.maxBytes,
        fetchAll: !statement.readOnly,
      }),
    )
    const columns = await guarded(work, session, nameColumns(work, session, result))
    const answer = { ...toTable(result), columns, bytes: result.bytes, truncated: result.truncated }
    phase = 'commit'
    // A guarded read has nothing to keep; rolling back also undoes settings that it may have made.
    await guarded(work, session, session.script(statement.readOnly ? 'ROLLBACK' : 'COMMIT'))
    // Wiping the connection is not the caller's time.
    void lease.release(true)
    return { ...answer, backendIds: idsOf(session, result.command), identity }
  } catch (error) {
    void putAway(work, lease, error)
    throw noteIdentity(error instanceof Problem ? error : toProblem(work, { error, phase, session }), identity)
  }
}

/** A statement that the server refused leaves the connection sound; anything else cuts it. */
async function putAway({ signal }: Work, lease: Lease<Session>, error: unknown): Promise<void> {
  const refused = typeof error === 'object' && error !== null && 'severity' in error && error.severity === 'ERROR'
  const sound = refused && !signal.aborted && lease.resource.alive()
  const rolledBack =
    sound &&
    (await lease.resource.script('ROLLBACK').then(
      () => true,
      () => false,
    ))
  await lease.release(rolledBack)
}

function nameColumns({ call, context }: Work, session: Session, { fields }: PortalResult) {
  const { host, port, database } = context.options.settingsFor(call.invocation.backend.name)
  const place = { backend: `${host}:${port}/${database}`, cache: context.sources }
  return nameSources(fields, place, async (tables) => {
    const values = [`{${tables.join(',')}}`]
    const request = { text: catalogueQuery, values, limit: 20_000, maxBytes: context.limits.maxBytes, fetchAll: false }
    return (await session.run(request)).rows
  })
}

/** Waits for a step unless the call is aborted: then the server is asked to stop and the connection is cut. */
async function guarded<T>({ signal }: Work, session: Session, step: Promise<T>): Promise<T> {
  const { promise, stop } = onAbort(signal)
  try {
    return await Promise.race([step, promise])
  } catch (error) {
    step.catch(() => undefined)
    if (signal.aborted) void session.cancel().finally(session.kill)
    throw error
  } finally {
    stop()
  }
}

function onAbort(signal: AbortSignal): { promise: Promise<never>; stop: () => void } {
  let stop = (): void => undefined
  const promise = new Promise<never>((_resolve, reject) => {
    const fail = () => reject(new Error('aborted'))
    if (signal.aborted) fail()
    signal.addEventListener('abort', fail)
    stop = () => signal.removeEventListener('abort', fail)
  })
  return { promise, stop }
}

function toProblem(
  { call, signal }: Work,
  { error, phase, session }: { error: unknown; phase: Phase; session: Session | null },
): Problem {
  const facts = { backendIds: session === null ? {} : idsOf(session, null) }
  return problemOfDatabase({ error, phase, effect: call.understood.effect, aborted: signal.aborted, facts })
}

function idsOf(session: Session, command: string | null): Record<string, string> {
  return { pid: String(session.pid), ...(command === null ? {} : { command }) }
}
