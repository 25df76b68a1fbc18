import type { Backend } from '../backend/define.ts'
import type { WarehouseAction } from '../backend/warehouse-call.ts'
import { joinSignals } from '../errors/signals.ts'
import type { Executor, Json, UpstreamAnswer, UpstreamCall } from '../pipeline/ports.ts'
import { nameSources } from './databricks-columns.ts'
import { boundTo, digestText, type Handle, handleLifeMs, readHandle, writeHandle } from './databricks-handle.ts'
import { failWith, noteIdentity } from './failure.ts'
import { judgedText } from './judged-text.ts'
import { assertOwnToken } from './rest-identity.ts'
import type { Drivers, Proofs, Standing, Visit, WarehouseSettings } from './warehouse-driver.ts'
import { provePerson } from './warehouse-identity.ts'
import { inputOf, refuseInput, templateOf, wrongShape } from './warehouse-request.ts'
import { cancelStatement, gatherRows, type Run, runStatement, type Times } from './warehouse-run.ts'
import { connectWarehouse, type WireOptions } from './warehouse-wire.ts'

/** What the executor needs from outside. `handleKey` gives the secret under which handles are signed. */
export interface WarehouseOptions extends WireOptions {
  readonly drivers: Drivers
  readonly settingsFor: (backend: Backend) => WarehouseSettings
  readonly handleKey: () => Promise<Uint8Array>
  readonly pause: Times['pause']
  /** Longest time for one call with its proof, at most 200,000 ms; default 200,000. */
  readonly deadlineMs?: number
  /** Largest result; default 4 MiB. */
  readonly maxBytes?: number
  /** Time for cancelling once a call's own is up; default 3,000 ms. */
  readonly graceMs?: number
}

const longestMs = 200_000
const defaultMaxBytes = 4 * 1024 * 1024

type Brought = Omit<UpstreamAnswer, 'identity'>

interface Job extends Run {
  readonly handleKey: Uint8Array
  readonly proofs: Proofs
}

/**
 * Runs judged statements on a warehouse that has an HTTP API, as the person: submitted, followed, fetched, and cancelled
 * where its time is up. Whom the warehouse sees is asked by a statement of ours with the same token before anything but
 * a read. Failures are Problems as `Executor` says; no word of the warehouse's leaves.
 */
export function createWarehouseExecutor(options: WarehouseOptions): Executor {
  const proofs: Proofs = new WeakMap()
  return { call: (call) => visitWarehouse(call, options, proofs), close: async () => undefined }
}

const actions: Readonly<Record<WarehouseAction, (job: Job) => Promise<Brought>>> = {
  execute,
  plan: execute,
  get: getStatement,
  cancel: cancelOwn,
  'list-tables': (job) => list(job, 'list-tables'),
  'describe-table': (job) => list(job, 'describe-table'),
}

async function visitWarehouse(call: UpstreamCall, options: WarehouseOptions, proofs: Proofs): Promise<UpstreamAnswer> {
  const { action } = templateOf(call)
  const job = await prepare(call, options, proofs)
  refuseBadInputs(job)
  const identity = await provePerson(job, job.proofs)
  try {
    return { ...(await actions[action](job)), identity }
  } catch (error) {
    throw noteIdentity(error, identity)
  }
}

async function prepare(call: UpstreamCall, options: WarehouseOptions, proofs: Proofs): Promise<Job> {
  assertOwnToken(call)
  const { clock, pause, graceMs = 3000, maxBytes = defaultMaxBytes } = options
  const settings = options.settingsFor(call.invocation.backend)
  const deadline = AbortSignal.timeout(Math.min(options.deadlineMs ?? longestMs, longestMs))
  const signal = joinSignals([call.signal, deadline])
  const handleKey = await options.handleKey()
  // Quotes and names make an answer longer than the result in it.
  const wire = connectWarehouse(call, { baseUrl: settings.baseUrl, maxBytes: 3 * maxBytes }, options)
  const wait = inputOf(call, 'wait')
  const effect = call.understood.effect
  const pendingAt = effect === 'read' && typeof wait === 'number' ? clock() + wait * 1000 : null
  const visit: Visit = { call, settings, wire, signal, maxBytes }
  const driver = options.drivers[templateOf(call).service]
  return { driver, visit, effect, pendingAt, handleKey, proofs, times: { clock, pause, graceMs } }
}

/** What the caller got wrong is said before anybody is asked anything. */
function refuseBadInputs(job: Job): void {
  const { call } = job.visit
  const { inputs } = templateOf(call)
  if (inputs.statement !== undefined) job.driver.inspect?.(call, judgedText(call))
  if (inputs.handle !== undefined) openHandle(job)
}

/** Runs the call's statement to its end; a read that takes longer than the caller waits is answered by a handle. */
async function execute(job: Job): Promise<Brought> {
  const { call } = job.visit
  const plan = templateOf(call).action === 'plan'
  const key = uuidOf(call.idempotencyKey)
  const parameters = inputOf(call, 'parameters')
  const submission = { text: judgedText(call), parameters, key, plan, rows: call.rowLimit + 1 }
  const standing = await runStatement(submission, job)
  if (standing.state === 'running') return pending(standing, handleFor(job, standing.id))
  return finish(job, standing, call.rowLimit)
}

function uuidOf(key: string): string {
  return key.replace(/^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/, '$1-$2-$3-$4-$5')
}

async function finish(job: Job, standing: Standing, limit: number): Promise<Brought> {
  if (standing.state === 'failed') throw standing.problem
  if (standing.state === 'running') throw wrongShape()
  const { call } = job.visit
  const backendIds = { ...standing.ids, statement_id: standing.id }
  if (standing.changed !== undefined) return changedRows(standing.changed, backendIds)
  const { columns, rows, bytes, more } = await gatherRows(standing, limit + 1, job)
  if (rows.some((row) => row.length !== columns.length)) throw wrongShape()
  if (call.understood.effect !== 'read') return changedRows(null, backendIds)
  const kept = rows.slice(0, limit)
  return {
    data: { columns, rows: kept },
    columns: nameSources(columns, call.understood),
    rows: kept.length,
    truncated: more || kept.length < rows.length,
    bytes,
    backendIds,
  }
}

/** The answer of a change is a count, and no data that a mask would have to look at; null where nobody counted. */
function changedRows(count: number | null, backendIds: Brought['backendIds']): Brought {
  const data: Json = { columns: [], rows: [], rowCount: count }
  return { data, columns: [], rows: count ?? 0, truncated: false, bytes: 0, backendIds }
}

/** How a statement that runs on stands, or its result. */
async function getStatement(job: Job): Promise<Brought> {
  const { statementId, rowLimit } = openHandle(job)
  const standing = await job.driver.look(job.visit, statementId)
  if (standing.state === 'running') return pending(standing, String(inputOf(job.visit.call, 'handle')))
  return finish(job, standing, Math.min(rowLimit, job.visit.call.rowLimit))
}

/** Cancels a query that runs on, and says in which state it was seen then. */
async function cancelOwn(job: Job): Promise<Brought> {
  const { statementId } = openHandle(job)
  const state = (await cancelStatement(statementId, job)) ?? 'UNKNOWN'
  const backendIds = { statement_id: statementId, state }
  return { data: { state }, rows: 1, bytes: 0, truncated: false, backendIds }
}

async function list({ driver, visit }: Job, what: 'list-tables' | 'describe-table'): Promise<Brought> {
  if (driver.list === undefined) throw failWith({ code: 'internal', fate: 'not_called', why: 'action' })
  const { items, more, ids, bytes } = await driver.list(visit, what)
  const kept = items.slice(0, visit.call.rowLimit)
  const truncated = more || kept.length < items.length
  return { data: { items: kept }, rows: kept.length, truncated, bytes, backendIds: ids }
}

function pending({ ids, id }: Standing, handle: string): Brought {
  const data: Json = { columns: [], rows: [], state: 'RUNNING', handle }
  return { data, columns: [], rows: 0, truncated: false, bytes: 0, backendIds: { ...ids, statement_id: id } }
}

function handleFor({ visit, times, handleKey }: Job, id: string): string {
  const { call } = visit
  const bound = { ...boundTo(call, ''), digest: digestText(judgedText(call)) }
  const statementId = Buffer.from(id).toString('base64url')
  return writeHandle(
    handleKey,
    { statementId, expiresAt: times.clock() + handleLifeMs, rowLimit: call.rowLimit },
    bound,
  )
}

/** The handle that the call names, or Problem `input_invalid`. */
function openHandle({ visit, times, handleKey }: Job): Handle {
  const { call } = visit
  const text = String(inputOf(call, 'handle'))
  const handle = readHandle(handleKey, text, { bound: boundTo(call, text), now: times.clock() })
  if (handle === null) throw refuseInput(call, 'handle', 'is no handle of this person and agent for this statement')
  const statementId = Buffer.from(handle.statementId, 'base64url').toString()
  if (statementId === '') throw failWith({ code: 'internal', fate: 'not_called', why: 'handle' })
  return { ...handle, statementId }
}
