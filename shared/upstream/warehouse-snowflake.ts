import { Problem } from '../errors/problem.ts'
import type { Json } from '../pipeline/ports.ts'
import type { Driver, Page, Standing, Submission, Visit } from './warehouse-driver.ts'
import { idIn, listIn, memberOf, parametersOf, wrongShape } from './warehouse-request.ts'
import { booleanOf, dayOf, instantOf, numberOf } from './warehouse-values.ts'
import type { WireAnswer, WireRequest } from './warehouse-wire.ts'

const path = '/api/v2/statements'
/** Snowflake insists on knowing the caller's software, and is told what kind of token it gets. */
const headers = { 'x-snowflake-authorization-token-type': 'OAUTH' }

/** Snowflake's SQL API 2 (publisher's specification: sqlapi.yaml), one statement at a time. */
export const snowflake: Driver = {
  submit: async (visit, submission) => {
    // A read may be answered at once; anything else gets its handle first, so that it can be cancelled from then on.
    const waits = visit.call.understood.effect === 'read'
    const query = { requestId: submission.key, async: String(!waits), nullable: 'true' }
    const { effect } = visit.call.understood
    const body = bodyOf(visit, submission)
    return ask(visit, { method: 'POST', path, query, headers, body, effect })
  },
  look: (visit, id) => ask(visit, { method: 'GET', path: `${path}/${id}`, headers, effect: 'read' }, id),
  page: async (visit, id, next) => {
    const place = next === null ? null : (JSON.parse(next) as Place)
    const query = { partition: String(place?.index ?? 0) }
    const request = { method: 'GET', path: `${path}/${id}`, query, headers, effect: 'read' } as const
    return pageOf(await visit.wire(request, visit.signal), place)
  },
  cancel: async (visit, id) => {
    await visit.wire({ method: 'POST', path: `${path}/${id}/cancel`, headers, effect: 'write' }, visit.signal)
  },
  whoami: {
    text: 'SELECT CURRENT_USER()',
    applies: ({ values }) => values.users === 'sign-in-names',
    isPerson: (seen, { username }) => (username === null ? null : seen.toLowerCase() === username.toLowerCase()),
  },
}

function bodyOf({ call, settings }: Visit, { text, parameters }: Submission): Json {
  const { database, schema, values } = settings
  const bindings = parametersOf(parameters).map(
    ({ value, type }, index) => [String(index + 1), { type, value }] as const,
  )
  return {
    statement: text,
    // Seconds; beyond our own deadline nobody waits for it any more, unless a handle was given.
    timeout: 3600,
    ...(database === undefined ? {} : { database }),
    ...(schema === undefined ? {} : { schema }),
    ...(values.warehouse === undefined ? {} : { warehouse: values.warehouse }),
    ...(values.role === undefined ? {} : { role: values.role }),
    ...(bindings.length === 0 ? {} : { bindings: Object.fromEntries(bindings) }),
    parameters: { query_tag: `countersign:${call.intent.decisionId}`, multi_statement_count: '1' },
  }
}

async function ask(visit: Visit, request: WireRequest, id?: string): Promise<Standing> {
  let answer: WireAnswer
  try {
    answer = await visit.wire(request, visit.signal)
  } catch (error) {
    // 422: the statement was run and failed.
    if (error instanceof Problem && error.reason === 'status_422' && id !== undefined)
      return { state: 'failed', id, ids: {}, problem: error }
    throw error
  }
  const { data, status, ids } = answer
  const handle = idIn(memberOf(data, 'statementHandle'))
  if (!/^[0-9a-fA-F-]{36}$/.test(handle) || (id !== undefined && handle !== id)) throw wrongShape()
  if (status === 202) return { state: 'running', id: handle, ids }
  const changed = changedIn(memberOf(data, 'stats'))
  const done = { state: 'done', id: handle, ids } as const
  return changed === null ? { ...done, first: pageOf(answer, null) } : { ...done, changed }
}

const counts = ['numRowsInserted', 'numRowsUpdated', 'numRowsDeleted'] as const

function changedIn(stats: Json | undefined): number | null {
  const found = counts.map((name) => memberOf(stats, name)).filter((count) => typeof count === 'number')
  return found.length === 0 ? null : found.reduce((sum, count) => sum + count, 0)
}

/** Which part comes next of how many, and the columns: later parts come without the description of the whole. */
interface Place {
  readonly index: number
  readonly parts: number
  readonly columns: readonly Column[]
}

interface Column {
  readonly name: string
  readonly type: string
}

function pageOf({ data, bytes }: WireAnswer, known: Place | null): Page {
  const { index, parts, columns } = known ?? firstPlace(memberOf(data, 'resultSetMetaData'))
  const rows = listIn(memberOf(data, 'data')).map((row) => listIn(row).map((cell, at) => cellOf(cell, columns[at])))
  const next = index + 1 < parts ? JSON.stringify({ index: index + 1, parts, columns }) : null
  return { columns: columns.map(({ name }) => name), rows, next, bytes }
}

function firstPlace(about: Json | undefined): Place {
  const columns = listIn(memberOf(about, 'rowType')).map((column) => ({
    name: String(memberOf(column, 'name') ?? ''),
    type: String(memberOf(column, 'type') ?? ''),
  }))
  return { index: 0, parts: listIn(memberOf(about, 'partitionInfo')).length, columns }
}

/** Cells are texts in a form of their own: days and seconds since 1970, numbers with all their digits. */
function cellOf(cell: Json, column: Column | undefined): Json {
  if (typeof cell !== 'string' || column === undefined) return cell
  const read = readers[column.type.toLowerCase()]
  return read === undefined ? cell : read(cell)
}

const readers: Readonly<Record<string, (cell: string) => Json>> = {
  fixed: numberOf,
  real: numberOf,
  boolean: booleanOf,
  date: dayOf,
  timestamp_ntz: instantOf,
  timestamp_ltz: instantOf,
  // The instant, and the zone that it was written in, in minutes after -24 hours.
  timestamp_tz: (cell) => instantOf(cell.split(' ')[0] ?? ''),
}
