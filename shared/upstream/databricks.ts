import type { DatabricksAction } from '../backend/define.ts'
import { Problem } from '../errors/problem.ts'
import { joinSignals } from '../errors/signals.ts'
import type { Executor, UpstreamAnswer, UpstreamCall } from '../pipeline/ports.ts'
import { listHistory, listWarehouses, switchWarehouse } from './databricks-listings.ts'
import { type DatabricksSettings, inputOf, templateOf, warehouseOf } from './databricks-request.ts'
import {
  type Brought,
  cancelStatement,
  execute,
  getChunk,
  getStatement,
  openHandle,
  type Visit,
} from './databricks-statements.ts'
import { connectWorkspace, type WireOptions } from './databricks-wire.ts'
import { noteIdentity } from './failure.ts'
import { judgedText } from './judged-text.ts'
import { assertOwnToken, type ProofMemory, proveIdentity } from './rest-identity.ts'

/** What the executor needs from outside. `handleKey` gives the secret under which handles are signed. */
export interface DatabricksOptions extends Pick<WireOptions, 'fetch' | 'clock' | 'parseChallenge'> {
  readonly settingsFor: (backend: string) => DatabricksSettings
  readonly handleKey: () => Promise<Uint8Array>
  /** Longest time for one call with its probe, at most 200,000 ms; default 200,000. */
  readonly deadlineMs?: number
  /** Largest result, and what the workspace is asked to cut it to; default 4 MiB. */
  readonly maxBytes?: number
  /** Time for cancelling once a call's own is up; default 3,000 ms. */
  readonly graceMs?: number
}

const longestMs = 200_000
const defaultMaxBytes = 4 * 1024 * 1024

/**
 * Calls the SQL APIs of a Databricks workspace as the person: exchanged token as bearer, one host, no redirects, no
 * external links, bounded in time and size. Whom the workspace sees is asked with the same token before anything but a
 * read; HTTP has no connection to bind it to. Failures are Problems as `Executor` says; no word of the backend's leaves.
 */
export function createDatabricksExecutor(options: DatabricksOptions): Executor {
  const memory: ProofMemory = { proofs: new WeakMap(), now: options.clock }
  return { call: (call) => visitWorkspace(call, options, memory), close: async () => undefined }
}

const actions: Readonly<Record<DatabricksAction, (visit: Visit) => Promise<Brought>>> = {
  execute,
  get: getStatement,
  chunk: getChunk,
  cancel: cancelStatement,
  'list-warehouses': listWarehouses,
  'start-warehouse': (visit) => switchWarehouse(visit, 'start'),
  'stop-warehouse': (visit) => switchWarehouse(visit, 'stop'),
  history: (visit) => listHistory(visit, visit.call.invocation.backend.identityProbe),
}

async function visitWorkspace(
  call: UpstreamCall,
  options: DatabricksOptions,
  memory: ProofMemory,
): Promise<UpstreamAnswer> {
  const { action } = templateOf(call)
  const visit = await prepare(call, options)
  refuseBadInputs(visit)
  const identity = await proveIdentity(call, (path) => ask(visit, path), memory)
  try {
    return { ...(await actions[action](visit)), identity }
  } catch (error) {
    throw noteIdentity(error, identity)
  }
}

/** One call at its workspace, before anybody was asked anything. Throws Problem where that cannot be made. */
export async function prepare(call: UpstreamCall, options: DatabricksOptions): Promise<Visit> {
  assertOwnToken(call)
  const settings = options.settingsFor(call.invocation.backend.name)
  const maxBytes = options.maxBytes ?? defaultMaxBytes
  const { fetch, clock, parseChallenge, graceMs = 3000 } = options
  // Quotes and escapes make an answer longer than the result in it.
  const answerBytes = 2 * maxBytes + 65_536
  const wire = { fetch, clock, parseChallenge, graceMs, maxBytes: answerBytes }
  const deadline = AbortSignal.timeout(Math.min(options.deadlineMs ?? longestMs, longestMs))
  const signal = joinSignals([call.signal, deadline])
  const handleKey = await options.handleKey().catch(notCalled)
  const workspace = connectWorkspace(call, settings.baseUrl, wire)
  return { call, settings, signal, handleKey, workspace, maxBytes, answerBytes }
}

/** What the caller got wrong is said before anybody is asked anything. */
function refuseBadInputs(visit: Visit): void {
  const { call, settings } = visit
  const { inputs } = templateOf(call)
  if (inputs.statement !== undefined) judgedText(call)
  if (inputs.warehouse !== undefined) warehouseOf(call, settings)
  if (inputOf(call, 'handle') !== undefined) openHandle(visit)
}

/** What the workspace says at a path, as the identity probe asks it. */
export async function ask({ workspace, signal }: Visit, path: string) {
  return (await workspace.ask({ method: 'GET', path }, { signal, effect: 'read' })).data
}

function notCalled(error: unknown): never {
  if (!(error instanceof Problem)) throw error
  throw new Problem(error.code, error.detail, { ...error.members, reason: `not_called:${error.reason}`, cause: error })
}
