import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { translate } from './dialect.ts'
import { type EnginePlace, runAsPerson } from './engine.ts'
import { fail, type Reply } from './reply.ts'
import { chunkOf, shapeResult } from './result.ts'
import { isOver, newStatement, type Statement, type Submission, submitBody } from './statement.ts'
import type { WorkspaceUser } from './users.ts'
import type { Warehouses } from './warehouses.ts'

export interface StatementsOptions {
  readonly place: EnginePlace
  readonly warehouses: Warehouses
  /** Rows of one chunk; the real API cuts by size. */
  readonly rowsPerChunk: number
  /** Enters a statement in the audit log. */
  readonly note: (statement: Statement) => void
}

interface Room extends StatementsOptions {
  readonly all: Map<string, Statement>
}

/** Most statements that are remembered, in all. */
const most = 500

/** The statements of one workspace: the Statement Execution API and what the history tells. */
export function makeStatements(options: StatementsOptions) {
  const room: Room = { ...options, all: new Map() }
  return {
    submit: (body: unknown, owner: WorkspaceUser, userAgent: string) => submit(room, body, { owner, userAgent }),
    get: (id: string, user: WorkspaceUser): Reply =>
      withOwn(room, { id, user }, (one) => ({ status: 200, body: describe(one) })),
    chunk: (id: string, index: number, user: WorkspaceUser): Reply =>
      withOwn(room, { id, user }, (one) => showChunk(one, index)),
    cancel: (id: string, user: WorkspaceUser): Reply =>
      withOwn(room, { id, user }, (one) => {
        void cancel(one)
        return { status: 200, body: {} }
      }),
    history: (query: URLSearchParams, user: WorkspaceUser): Reply => history(room, query, user),
    /** Ends whatever still runs. */
    stop: async () => {
      await Promise.all([...room.all.values()].filter((one) => !isOver(one)).map(cancel))
    },
  }
}

export type Statements = ReturnType<typeof makeStatements>

async function submit(room: Room, body: unknown, by: Pick<Statement, 'owner' | 'userAgent'>): Promise<Reply> {
  const parsed = submitBody.safeParse(body)
  if (!parsed.success) return fail(400, 'INVALID_PARAMETER_VALUE', 'The statement could not be read')
  const awake = room.warehouses.awake(parsed.data.warehouse_id)
  if (awake === undefined) return fail(404, 'NOT_FOUND', `SQL warehouse ${parsed.data.warehouse_id} does not exist.`)
  const statement = newStatement({ id: randomUUID(), ...by, submission: parsed.data, startedAt: Date.now() })
  room.note(statement)
  remember(room, statement)
  statement.done = carryOut(room, statement, awake)
  await waitFor(statement, parsed.data)
  return { status: 200, body: describe(statement) }
}

function remember({ all }: Room, statement: Statement): void {
  all.set(statement.id, statement)
  const [oldest] = all.keys()
  if (all.size > most && oldest !== undefined) all.delete(oldest)
}

async function waitFor(statement: Statement, { wait_timeout, on_wait_timeout }: Submission): Promise<void> {
  const ms = Number.parseInt(wait_timeout, 10) * 1000
  const timer = new AbortController()
  await Promise.race([statement.done, sleep(ms, undefined, { signal: timer.signal }).catch(() => undefined)])
  timer.abort()
  if (!isOver(statement) && on_wait_timeout === 'CANCEL') await cancel(statement)
}

async function carryOut(room: Room, statement: Statement, awake: Promise<void>): Promise<void> {
  await awake
  if (statement.cancelled) return end(statement, 'CANCELED')
  statement.state = 'RUNNING'
  const { submission, owner } = statement
  const { catalog, schema, row_limit, byte_limit } = submission
  try {
    const translated = translate(submission.statement, submission.parameters, catalog)
    const limit = row_limit === undefined ? null : row_limit + 1
    statement.run = runAsPerson(room.place, {
      login: owner.login,
      statement: translated,
      schema: `${catalog}.${schema}`,
      limit,
    })
    const limits = { rows: row_limit ?? null, bytes: byte_limit ?? null, perChunk: room.rowsPerChunk }
    statement.result = { ...shapeResult(await statement.run.result, limits), perChunk: room.rowsPerChunk }
    end(statement, 'SUCCEEDED')
  } catch (error) {
    statement.error = errorOf(error)
    end(statement, statement.cancelled ? 'CANCELED' : 'FAILED')
  }
}

function end(statement: Statement, state: Statement['state']): void {
  statement.state = state
  statement.endedAt = Date.now()
}

/** Asks for the end of a statement; whether it came before the statement's own shows in its state. */
async function cancel(statement: Statement): Promise<void> {
  if (isOver(statement)) return
  statement.cancelled = true
  await statement.run?.cancel().catch(() => undefined)
  await statement.done
}

/** Messages quote the statement and its data, as a warehouse's do. */
function errorOf(error: unknown): NonNullable<Statement['error']> {
  const { code, message } = error as { code?: unknown; message?: unknown }
  const sqlState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null
  const kind = sqlState === '42501' ? '[INSUFFICIENT_PERMISSIONS] ' : ''
  return { error_code: 'BAD_REQUEST', message: `${kind}${String(message)}`, sqlState }
}

/** The statement of that id if it is the user's own; another's does not exist for them. */
function withOwn(room: Room, asked: { id: string; user: WorkspaceUser }, use: (one: Statement) => Reply): Reply {
  const found = room.all.get(asked.id)
  if (found === undefined || found.owner.id !== asked.user.id) {
    return fail(404, 'NOT_FOUND', `The statement ${asked.id} was not found.`)
  }
  return use(found)
}

function describe(statement: Statement): Readonly<Record<string, unknown>> {
  const { id, state, error, result } = statement
  const failure =
    error === null || state !== 'FAILED'
      ? {}
      : {
          error: { error_code: error.error_code, message: error.message },
          ...(error.sqlState ? { sql_state: error.sqlState } : {}),
        }
  const finished =
    state === 'SUCCEEDED' && result !== null ? { manifest: result.manifest, result: chunkOf(result, id, 0) } : {}
  return { statement_id: id, status: { state, ...failure }, ...finished }
}

function showChunk(statement: Statement, index: number): Reply {
  const { id, result, state } = statement
  const chunk = state === 'SUCCEEDED' && result !== null ? chunkOf(result, id, index) : null
  return chunk === null ? fail(404, 'NOT_FOUND', 'There is no such chunk.') : { status: 200, body: chunk }
}

/** An administrator sees everybody's statements, others their own. */
function history({ all }: Room, query: URLSearchParams, user: WorkspaceUser): Reply {
  const wanted = query.getAll('filter_by.user_ids')
  const size = Math.min(1000, Number(query.get('max_results') ?? '100'))
  const from = Number(query.get('page_token') ?? '0')
  const seen = [...all.values()]
    .filter(({ owner }) => user.admin || owner.id === user.id)
    .filter(({ owner }) => wanted.length === 0 || wanted.includes(owner.id))
    .reverse()
  const res = seen.slice(from, from + size).map(describeQuery)
  const more = seen.length > from + size
  return { status: 200, body: { res, has_next_page: more, ...(more ? { next_page_token: String(from + size) } : {}) } }
}

const queryStatus = {
  PENDING: 'QUEUED',
  RUNNING: 'RUNNING',
  SUCCEEDED: 'FINISHED',
  FAILED: 'FAILED',
  CANCELED: 'CANCELED',
  CLOSED: 'FINISHED',
}

function describeQuery({ id, owner, submission, state, startedAt, endedAt, error }: Statement) {
  return {
    query_id: id,
    user_id: Number(owner.id),
    user_name: owner.login,
    query_text: submission.statement,
    status: queryStatus[state],
    statement_type: /^\s*(\w+)/.exec(submission.statement)?.[1]?.toUpperCase(),
    warehouse_id: submission.warehouse_id,
    query_start_time_ms: startedAt,
    query_tags: submission.query_tags,
    ...(endedAt === null ? {} : { query_end_time_ms: endedAt }),
    ...(error === null ? {} : { error_message: error.message }),
  }
}
