import { createHash } from 'node:crypto'
import type { IdentityProof } from '../audit/record.ts'
import type { Machine } from '../backend/command-list.ts'
import type { SshCall } from '../backend/ssh-call.ts'
import { Problem } from '../errors/problem.ts'
import { joinSignals } from '../errors/signals.ts'
import { readSshCertificate, type SshCertificate } from '../identity/ssh-certificate.ts'
import { readSshCredential, type SshCredential } from '../identity/ssh-exchange.ts'
import type { Executor, UpstreamAnswer, UpstreamCall } from '../pipeline/ports.ts'
import { failWith, noteIdentity } from './failure.ts'
import { judgedText } from './judged-text.ts'
import { createPersonGate, type PersonGate } from './person-gate.ts'
import { assertOwnToken } from './rest-identity.ts'
import { problemOfSsh, type SshPhase } from './ssh-failure.ts'
import { openSshSession, type SshOutput, type SshSession } from './ssh-session.ts'

/** Bounds, all with defaults: 200 s, 15 s to sign in, 256 KiB kept, 4 MiB read, 4 calls a person at once. */
export interface SshLimits {
  readonly deadlineMs?: number
  readonly connectTimeoutMs?: number
  readonly keepBytes?: number
  readonly maxBytes?: number
  readonly callsPerPerson?: number
}

/** What the executor needs from outside; `clock` gives epoch milliseconds. */
export interface SshOptions {
  /** The machine that a call names, or null where the deployment does not list it. */
  readonly machineFor: (backend: string, name: string) => Machine | null
  readonly clock: () => number
  readonly limits?: SshLimits
}

const defaults: Required<SshLimits> = {
  deadlineMs: 200_000,
  connectTimeoutMs: 15_000,
  keepBytes: 256 * 1024,
  maxBytes: 4 * 1024 * 1024,
  callsPerPerson: 4,
}

interface Context {
  readonly options: SshOptions
  readonly limits: Required<SshLimits>
  readonly gate: PersonGate
}

/** One call with everything that is known before anything is sent. */
interface Prepared {
  readonly call: UpstreamCall
  /** Null where nothing is run but the proof. */
  readonly command: string | null
  readonly machine: Machine
  readonly credential: SshCredential
  readonly login: string
  readonly ids: Readonly<Record<string, string>>
}

/**
 * Runs one judged command on a machine as the person: by a certificate of theirs for a key of this call alone, on a
 * machine that shows a pinned key, without terminal, forwarding or input; `id -un` on the same connection comes first.
 */
export function createSshExecutor(options: SshOptions): Executor {
  const limits = { ...defaults, ...options.limits }
  const context = { options, limits, gate: createPersonGate(limits.callsPerPerson) }
  return { close: async () => undefined, call: (call) => callMachine(call, context) }
}

async function callMachine(call: UpstreamCall, context: Context): Promise<UpstreamAnswer> {
  assertOwnToken(call)
  const prepared = prepare(call, context.options)
  const signal = joinSignals([call.signal, AbortSignal.timeout(context.limits.deadlineMs)])
  const key = JSON.stringify([call.invocation.backend.name, call.token.tid, call.token.oid])
  const leave = await context.gate.enter(key, signal).catch(() => {
    throw failWith({ code: 'backend_timeout', fate: 'not_called', why: 'deadline' })
  })
  try {
    return await visit(prepared, context, signal)
  } finally {
    leave()
  }
}

function prepare(call: UpstreamCall, { machineFor, clock }: SshOptions): Prepared {
  const { operation, inputs, backend } = call.invocation
  if (operation.call.technology !== 'ssh' || operation.unsupported !== undefined)
    throw failWith({ code: 'internal', fate: 'not_called', why: 'technology' })
  const command = commandOf(call, operation.call)
  const machine = machineFor(backend.name, String(inputs[operation.call.host] ?? ''))
  if (machine === null) throw failWith({ code: 'backend_not_configured', fate: 'not_called', why: 'host_not_listed' })
  const credential = readSshCredential(call.token.value)
  const certificate = credential === null ? null : readSshCertificate(credential.certificate)
  if (credential === null || certificate === null)
    throw failWith({ code: 'backend_rejected_token', fate: 'not_called', why: 'not_a_certificate' })
  const login = loginOf(certificate, call, clock())
  const ids = { certificate: fingerprint(certificate), serial: String(certificate.serial) }
  return { call, command, machine, credential, login, ids }
}

/** What was judged is what is sent, and nothing else is. */
function commandOf(call: UpstreamCall, { action }: SshCall): string | null {
  return action === 'whoami' ? null : judgedText(call)
}

/** How the machine's own log calls the certified key. */
function fingerprint({ key }: SshCertificate): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** The name to sign in with: the person's own, which the certificate has to be for, and now. */
function loginOf(certificate: SshCertificate, { principal }: UpstreamCall, now: number): string {
  const login = principal.username?.toLowerCase() ?? ''
  if (login === '') throw failWith({ code: 'identity_configuration', fate: 'not_called', why: 'no_sign_in_name' })
  const seconds = BigInt(Math.floor(now / 1000))
  const isNow = seconds >= certificate.validAfter && seconds < certificate.validBefore
  if (certificate.type !== 1 || !isNow || certificate.options.includes('force-command'))
    throw failWith({ code: 'backend_rejected_token', fate: 'not_called', why: 'certificate_not_valid' })
  if (certificate.principals.some((one) => one.toLowerCase() === login)) return login
  const facts = { backendIds: {}, identity: proofOf('certificate_principal', false, now) }
  throw failWith({ code: 'identity_mismatch', fate: 'not_called', why: 'certificate_principal', facts })
}

function proofOf(method: string, matches: boolean, now: number): IdentityProof {
  return { source: 'backend', method, checkedAt: new Date(now).toISOString(), matches }
}

interface Steps {
  phase: SshPhase
  session: SshSession | null
  identity: IdentityProof | null
}

async function visit(prepared: Prepared, context: Context, signal: AbortSignal): Promise<UpstreamAnswer> {
  const steps: Steps = { phase: 'connect', session: null, identity: null }
  try {
    return await orAborted(walk(prepared, { context, signal, steps }), signal)
  } catch (error) {
    const { effect } = prepared.call.understood
    const facts = { backendIds: prepared.ids }
    const known = { error, phase: steps.phase, effect, aborted: signal.aborted, facts }
    const problem = error instanceof Problem ? error : problemOfSsh(known)
    throw steps.identity === null ? problem : noteIdentity(problem, steps.identity)
  } finally {
    steps.session?.end()
  }
}

async function walk(
  prepared: Prepared,
  { context, signal, steps }: { context: Context; signal: AbortSignal; steps: Steps },
): Promise<UpstreamAnswer> {
  const { machine, login, credential, command } = prepared
  const patience = joinSignals([signal, AbortSignal.timeout(context.limits.connectTimeoutMs)])
  const session = await openSshSession({ ...machine, login, credential }, patience)
  steps.session = session
  // Nobody waits for it any more: what is opened too late is closed at once.
  if (signal.aborted) session.end()
  steps.phase = 'proof'
  const identity = await proveLogin(session, prepared, context)
  steps.identity = identity
  steps.phase = 'command'
  const output = command === null ? null : await session.run(command, context.limits)
  return { ...describe(output, login), backendIds: idsOf(prepared, output), identity }
}

/** The machine's own word for whom it took, on this very connection. */
async function proveLogin(session: SshSession, { login, ids }: Prepared, { options }: Context): Promise<IdentityProof> {
  const { stdout, code } = await session.run('/usr/bin/id -un', { keepBytes: 1024, maxBytes: 65_536 })
  const matches = code === 0 && stdout.toString('utf8').trim().toLowerCase() === login
  const identity = proofOf('id', matches, options.clock())
  if (matches) return identity
  throw failWith({ code: 'identity_mismatch', fate: 'not_called', why: 'id', facts: { backendIds: ids, identity } })
}

function idsOf({ ids }: Prepared, output: SshOutput | null): Readonly<Record<string, string>> {
  return output === null ? ids : { ...ids, exit: output.signal ?? String(output.code) }
}

type Described = Pick<UpstreamAnswer, 'data' | 'rows' | 'bytes' | 'truncated'>

function describe(output: SshOutput | null, login: string): Described {
  if (output === null) return { data: { login }, rows: 1, bytes: login.length, truncated: false }
  const { stdout, stderr, code, signal, bytes } = output
  const data = { stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8'), exitCode: code, signal }
  return { data, rows: 1, bytes, truncated: bytes > stdout.length + stderr.length }
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    const fail = () => reject(new Error('aborted'))
    if (signal.aborted) fail()
    signal.addEventListener('abort', fail)
    stop = () => signal.removeEventListener('abort', fail)
  })
  work.catch(() => undefined)
  return Promise.race([work, aborted]).finally(stop)
}
