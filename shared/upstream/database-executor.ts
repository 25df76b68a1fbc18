import { createHash } from 'node:crypto'
import type { IdentityProof } from '../audit/record.ts'
import { Problem } from '../errors/problem.ts'
import { joinSignals } from '../errors/signals.ts'
import type { Executor, UpstreamAnswer, UpstreamCall } from '../pipeline/ports.ts'
import type { DatabaseFailure, Phase } from './database-failure.ts'
import { failWith, noteIdentity } from './failure.ts'
import { createPersonGate, type PersonGate } from './person-gate.ts'
import { createPersonPool, type Lease, type PersonPool, type PoolLimits } from './person-pool.ts'
import { assertOwnToken } from './rest-identity.ts'

/** Bounds, all with defaults: 200 s, 4 MiB, 10 s, 8 calls a person at once, 200 connections, 8 idle a person for 30 s. */
export interface DatabaseLimits extends Partial<PoolLimits> {
  readonly deadlineMs?: number
  readonly maxBytes?: number
  readonly connectTimeoutMs?: number
  readonly callsPerPerson?: number
}

const defaults: Required<DatabaseLimits> = {
  deadlineMs: 200_000,
  maxBytes: 4 * 1024 * 1024,
  connectTimeoutMs: 10_000,
  callsPerPerson: 8,
  total: 200,
  idlePerPerson: 8,
  idleMs: 30_000,
}

/** One connection of one person. `kill` cuts it at once, `cancel` first asks the server to stop what it is doing. */
export interface DatabaseSession {
  readonly alive: () => boolean
  readonly reset: () => Promise<void>
  readonly cancel: () => Promise<void>
  readonly kill: () => void
  /** What the server's own log calls it. */
  readonly ids: () => Readonly<Record<string, string>>
}

/** A call with what its database made of it (`prepared`) and until when it may take. */
export interface DatabaseWork<P> {
  readonly call: UpstreamCall
  readonly prepared: P
  readonly limits: Required<DatabaseLimits>
  readonly signal: AbortSignal
  /** Epoch milliseconds, as of now and as of the deadline. */
  readonly clock: () => number
  readonly until: number
}

/** What a statement gave; the frame adds identity and ids. */
export type DatabaseResult = Omit<UpstreamAnswer, 'identity' | 'backendIds'>

/** One kind of database, as the frame of all of them needs it. */
export interface DatabaseDriver<S extends DatabaseSession, P> {
  /** Throws Problem where the call cannot be made at all. */
  readonly prepare: (call: UpstreamCall) => P
  /** Server, database and login: connections are of one place and one person. */
  readonly place: (work: DatabaseWork<P>) => readonly unknown[]
  /** Whether a connection may serve the same person and token again. */
  readonly reusable: (prepared: P) => boolean
  readonly open: (work: DatabaseWork<P>) => Promise<S>
  /** Guards and asks on the connection whom the server sees; throws Problem `identity_mismatch`. */
  readonly begin: (session: S, work: DatabaseWork<P>) => Promise<IdentityProof>
  readonly run: (session: S, work: DatabaseWork<P>) => Promise<DatabaseResult>
  readonly end: (session: S, work: DatabaseWork<P>) => Promise<void>
  readonly problem: (failure: DatabaseFailure) => Problem
  /** After this error of the server the connection is sound, once `undo` is done. */
  readonly undo: (session: S, error: unknown) => Promise<boolean>
}

export interface FrameOptions {
  readonly clock: () => number
  readonly limits?: DatabaseLimits | undefined
}

interface Context<S extends DatabaseSession, P> {
  readonly driver: DatabaseDriver<S, P>
  readonly options: FrameOptions
  readonly limits: Required<DatabaseLimits>
  readonly pool: PersonPool<S>
  readonly gate: PersonGate
}

/**
 * Calls a database as the person: one statement on a connection that belongs to one person and token, whom the server
 * sees proven on that connection first; reset before it is used again, cut where a call ends badly, never shared.
 */
export function createDatabaseExecutor<S extends DatabaseSession, P>(
  driver: DatabaseDriver<S, P>,
  options: FrameOptions,
): Executor {
  const given = { ...defaults, ...options.limits }
  const limits = { ...given, deadlineMs: Math.min(given.deadlineMs, defaults.deadlineMs) }
  const pool = createPersonPool<S>({
    limits,
    now: options.clock,
    close: (session) => session.kill(),
    usable: (session) => session.alive(),
    reset: (session) => session.reset(),
  })
  const gate = createPersonGate(limits.callsPerPerson)
  const context = { driver, options, limits, pool, gate }
  const sweeper = setInterval(pool.sweep, Math.max(1000, limits.idleMs / 3)).unref()
  const close = async () => {
    clearInterval(sweeper)
    pool.close()
  }
  return { call: (call) => callDatabase(call, context), close }
}

async function callDatabase<S extends DatabaseSession, P>(
  call: UpstreamCall,
  context: Context<S, P>,
): Promise<UpstreamAnswer> {
  assertOwnToken(call)
  const { driver, limits, options } = context
  const signal = joinSignals([call.signal, AbortSignal.timeout(limits.deadlineMs)])
  const until = options.clock() + limits.deadlineMs
  const work = { call, prepared: driver.prepare(call), limits, signal, clock: options.clock, until }
  const leave = await enter(work, context.gate)
  try {
    const { lease, proof } = await begin(work, context, false)
    return await execute({ work, context, lease }, proof)
  } finally {
    leave()
  }
}

/** Waits for one of the person's places; who gets none in time was never called. */
async function enter<P>({ call, signal }: DatabaseWork<P>, gate: PersonGate): Promise<() => void> {
  const key = JSON.stringify([call.invocation.backend.name, call.token.tid, call.token.oid])
  try {
    return await gate.enter(key, signal)
  } catch {
    throw failWith({ code: 'backend_timeout', fate: 'not_called', why: 'deadline' })
  }
}

/** Takes a connection and begins on it; a kept connection that has died meanwhile is replaced once. */
async function begin<S extends DatabaseSession, P>(
  work: DatabaseWork<P>,
  context: Context<S, P>,
  fresh: boolean,
): Promise<{ lease: Lease<S>; proof: IdentityProof }> {
  const lease = await takeLease(work, context, fresh)
  try {
    const proof = await guarded(work, lease.resource, context.driver.begin(lease.resource, work))
    return { lease, proof }
  } catch (error) {
    await lease.release(false)
    if (error instanceof Problem) throw error
    if (lease.reused && !work.signal.aborted && !lease.resource.alive()) return begin(work, context, true)
    throw toProblem(work, context, { error, phase: 'before', session: lease.resource })
  }
}

async function takeLease<S extends DatabaseSession, P>(
  work: DatabaseWork<P>,
  context: Context<S, P>,
  fresh: boolean,
): Promise<Lease<S>> {
  const { token, invocation } = work.call
  const { driver, pool } = context
  const digest = createHash('sha256').update(token.value).digest('base64')
  const person = JSON.stringify([invocation.backend.name, token.tid, token.oid, ...driver.place(work)])
  const owner = { key: JSON.stringify([person, digest]), person, expiresAt: token.expiresAt }
  const isFresh = fresh || !driver.reusable(work.prepared)
  const lease = await pool
    .acquire(owner, () => driver.open(work), isFresh)
    .catch((error: unknown) => {
      throw error instanceof Problem ? error : toProblem(work, context, { error, phase: 'before', session: null })
    })
  if (lease === null) throw failWith({ code: 'backend_failed', fate: 'not_called', why: 'pool_full' })
  return lease
}

interface Running<S extends DatabaseSession, P> {
  readonly work: DatabaseWork<P>
  readonly context: Context<S, P>
  readonly lease: Lease<S>
}

async function execute<S extends DatabaseSession, P>(
  { work, context, lease }: Running<S, P>,
  identity: IdentityProof,
): Promise<UpstreamAnswer> {
  const session = lease.resource
  const { driver } = context
  let phase: Phase = 'statement'
  try {
    const result = await guarded(work, session, driver.run(session, work))
    phase = 'end'
    await guarded(work, session, driver.end(session, work))
    // Wiping the connection is not the caller's time.
    void lease.release(driver.reusable(work.prepared))
    return { ...result, backendIds: session.ids(), identity }
  } catch (error) {
    void putAway({ work, context, lease }, error)
    const known = error instanceof Problem ? error : toProblem(work, context, { error, phase, session })
    throw noteIdentity(known, identity)
  }
}

/** A statement that the server refused leaves the connection sound; anything else cuts it. */
async function putAway<S extends DatabaseSession, P>(
  { work, context, lease }: Running<S, P>,
  error: unknown,
): Promise<void> {
  const mayKeep = context.driver.reusable(work.prepared) && !work.signal.aborted && lease.resource.alive()
  const sound = mayKeep && (await context.driver.undo(lease.resource, error).catch(() => false))
  await lease.release(sound)
}

/** Waits for a step unless the call is aborted: then the server is asked to stop and the connection is cut. */
async function guarded<T, P>({ signal }: DatabaseWork<P>, session: DatabaseSession, step: Promise<T>): Promise<T> {
  let stop = (): void => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    const fail = () => reject(new Error('aborted'))
    if (signal.aborted) fail()
    signal.addEventListener('abort', fail)
    stop = () => signal.removeEventListener('abort', fail)
  })
  try {
    return await Promise.race([step, aborted])
  } catch (error) {
    step.catch(() => undefined)
    if (signal.aborted) void session.cancel().finally(session.kill)
    throw error
  } finally {
    stop()
  }
}

function toProblem<S extends DatabaseSession, P>(
  { call, signal }: DatabaseWork<P>,
  { driver }: Context<S, P>,
  { error, phase, session }: { error: unknown; phase: Phase; session: S | null },
): Problem {
  const facts = { backendIds: session?.ids() ?? {} }
  return driver.problem({ error, phase, effect: call.understood.effect, aborted: signal.aborted, facts })
}
