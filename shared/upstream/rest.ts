import type { Backend } from '../backend/define.ts'
import type { RestAnswer, RestCall } from '../backend/rest-call.ts'
import { Problem } from '../errors/problem.ts'
import { joinSignals } from '../errors/signals.ts'
import type { Executor, UpstreamAnswer, UpstreamCall } from '../pipeline/ports.ts'
import { failWith, noteIdentity } from './failure.ts'
import { converse, requestOf } from './rest-converse.ts'
import { send, type Wire } from './rest-exchange.ts'
import { withValues } from './rest-fill.ts'
import { type ProofMemory, proveIdentity } from './rest-identity.ts'
import { proveWork } from './rest-proof.ts'
import { joinPath, type RestRequest } from './rest-request.ts'
import type { Visit } from './rest-visit.ts'

/** Where a deployment has a backend: a base URL that `checkBaseUrl` allows, and static headers. */
export interface RestSettings {
  readonly baseUrl: string
  readonly headers?: Readonly<Record<string, string>>
  /** The deployment's own values, which templates take as `{@name}`. */
  readonly values?: Readonly<Record<string, string>>
}

/** What the executor needs from outside. */
export interface RestOptions extends Wire {
  /** Of the backend's own endpoint, or of the further one that the operation names. Throws where it is not there. */
  readonly settingsFor: (backend: Backend, at: string | undefined) => RestSettings
  /** Secret under which cursors and handles are sealed; without it nothing that needs one is called. */
  readonly handleKey?: () => Promise<Uint8Array>
  /** Longest time for one call with its probe, at most 200,000 ms; default 200,000. */
  readonly deadlineMs?: number
  /** How long work is asked after before the caller gets a handle; default 85 % of the deadline. */
  readonly waitMs?: number
  /** Largest answer; default 4 MiB. */
  readonly maxBytes?: number
}

const json: RestAnswer = { kind: 'json' }
const longestMs = 200_000
const defaultMaxBytes = 4 * 1024 * 1024

/**
 * Calls REST backends as the person: exchanged token as bearer, one host, no redirects but a declared one to content,
 * bounded in time and size, the person proven by the backend's own probe. Failures are Problems as `Executor` says; the backend's words never leave.
 */
export function createRestExecutor(options: RestOptions): Executor {
  const memory: ProofMemory = { proofs: new WeakMap(), now: options.clock }
  return { call: (call) => callBackend(call, options, memory), close: async () => undefined }
}

async function callBackend(call: UpstreamCall, options: RestOptions, memory: ProofMemory): Promise<UpstreamAnswer> {
  const template = call.invocation.operation.call
  if (template.technology !== 'rest')
    throw new Problem('internal', 'The call could not be made.', { reason: 'not_called:technology' })
  const { visit, probe, inquire } = await openVisit(call, template, options)
  const request = requestOf(visit)
  const proven = await proveIdentity(call, probe, memory)
  const identity = (await proveWork(visit, inquire)) ?? proven
  const { proof, ...brought } = await converse(request, visit).catch((error: unknown) => {
    throw noteIdentity(error, identity)
  })
  return { ...brought, identity: proof ?? identity }
}

async function openVisit(call: UpstreamCall, template: RestCall, options: RestOptions) {
  const { invocation, intent } = call
  const settings = options.settingsFor(invocation.backend, invocation.operation.at)
  const base = new URL(settings.baseUrl)
  const deadlineMs = Math.min(options.deadlineMs ?? longestMs, longestMs)
  const signal = joinSignals([call.signal, AbortSignal.timeout(deadlineMs)])
  const common = { call, signal, maxBytes: options.maxBytes ?? defaultMaxBytes, extra: settings.headers ?? {} }
  const visit: Visit = {
    call,
    template,
    base,
    inputs: withValues(invocation.inputs, { ...settings.values, decisionId: intent.decisionId }),
    ask: (request, effect) =>
      send(request, { ...common, effect, answer: template.answer ?? json, redirect: template.redirect }, options),
    pause: (ms) => pause(ms, signal),
    now: options.clock,
    until: options.clock() + Math.min(options.waitMs ?? 0.85 * deadlineMs, deadlineMs),
    key: await keyFor(template, options),
  }
  // It changes nothing itself, whatever the call behind it does.
  const inquire = async (asked: RestRequest) =>
    (await send(asked, { ...common, effect: 'read', answer: json }, options)).data
  const probe = (path: string) => inquire({ method: 'GET', url: joinPath(base, path), headers: {}, body: null })
  return { visit, probe, inquire }
}

/** Had before anything is sent: work that began without it could not be gone on with. */
async function keyFor({ page, longRunning }: RestCall, { handleKey }: RestOptions): Promise<Uint8Array | null> {
  if (page === undefined && longRunning === undefined) return null
  if (handleKey === undefined) throw failWith({ code: 'internal', fate: 'not_called', why: 'handle_key' })
  try {
    return await handleKey()
  } catch {
    throw failWith({ code: 'keys_unavailable', fate: 'not_called', why: 'handle_key' })
  }
}

/** Rejects as an aborted request does. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(failWith({ code: 'backend_timeout', fate: 'called', why: 'deadline' }))
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
