import type { Json, UpstreamCall } from '../pipeline/ports.ts'
import { askAws } from './aws-json.ts'
import { assertPlain } from './aws-plain.ts'
import { failWith } from './failure.ts'
import type { Driver, Page, Standing, Visit } from './warehouse-driver.ts'
import {
  at,
  idIn,
  listIn,
  memberOf,
  type Parameter,
  parametersOf,
  refuseInput,
  wrongShape,
} from './warehouse-request.ts'
import { booleanOf, numberOf } from './warehouse-values.ts'
import type { WireAnswer } from './warehouse-wire.ts'

const target = (action: string) => `AmazonAthena.${action}`
const mostRows = 1000

/** Amazon Athena (2017-05-18): a query is started, asked after, and its result fetched in pages. */
export const athena: Driver = {
  submit: async (visit, { text, parameters, key }) => {
    const { values } = visit.settings
    const given = parametersOf(parameters).map((each) => literalOf(visit.call, each))
    const body = {
      QueryString: text,
      ClientRequestToken: key,
      QueryExecutionContext: contextOf(visit),
      // Its settings win over the caller's, so that results stay where the company wants them.
      WorkGroup: values.workgroup ?? '',
      ...(given.length === 0 ? {} : { ExecutionParameters: given }),
    }
    const { effect } = visit.call.understood
    const { data, ids } = await askAws(visit, { target: target('StartQueryExecution'), body, effect })
    return { state: 'running', id: queryId(memberOf(data, 'QueryExecutionId')), ids }
  },
  look: async (visit, id) => {
    const action = { target: target('GetQueryExecution'), body: { QueryExecutionId: id }, effect: 'read' } as const
    return standingOf(await askAws(visit, action), id, visit)
  },
  page: async (visit, id, next) => pageOf(await results(visit, id, next), next === null),
  cancel: async (visit, id) => {
    await askAws(visit, { target: target('StopQueryExecution'), body: { QueryExecutionId: id }, effect: 'write' })
  },
  // Nothing in its SQL says who the person behind a session is.
  whoami: null,
  inspect: assertPlain,
}

function contextOf({ settings }: Visit): Json {
  const { catalog, database } = settings
  return {
    ...(catalog === undefined ? {} : { Catalog: catalog }),
    ...(database === undefined ? {} : { Database: database }),
  }
}

function queryId(value: Json | undefined): string {
  const id = idIn(value)
  if (!/^[\w-]{1,128}$/.test(id)) throw wrongShape()
  return id
}

const forms: Readonly<Record<string, RegExp>> = {
  INTEGER: /^-?\d{1,19}$/,
  DOUBLE: /^-?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?$/,
  BOOLEAN: /^(?:true|false)$/,
  DATE: /^\d{4}-\d{2}-\d{2}$/,
  TIMESTAMP: /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d{1,9})?$/,
}

/** Values of the `?` markers are texts of the dialect, so that each is written as the literal that its type wants. */
function literalOf(call: UpstreamCall, { value, type }: Parameter): string {
  if (value === null) return 'NULL'
  if (type === 'STRING') return `'${value.replaceAll("'", "''")}'`
  if (forms[type]?.test(value) !== true) throw refuseInput(call, 'parameters', `holds a value that is no ${type}`)
  return type === 'DATE' || type === 'TIMESTAMP' ? `${type} '${value}'` : value
}

async function standingOf({ data, ids }: WireAnswer, id: string, visit: Visit): Promise<Standing> {
  const execution = memberOf(data, 'QueryExecution')
  if (memberOf(execution, 'QueryExecutionId') !== id) throw wrongShape()
  const state = at(execution, 'Status', 'State')
  if (state === 'QUEUED' || state === 'RUNNING') return { state: 'running', id, ids }
  if (state !== 'SUCCEEDED') return { state: 'failed', id, ids, problem: problemOf(execution) }
  if (visit.call.understood.effect === 'read') return { state: 'done', id, ids }
  const count = memberOf((await results(visit, id, null)).data, 'UpdateCount')
  return typeof count === 'number' ? { state: 'done', id, ids, changed: count } : { state: 'done', id, ids }
}

/** Category 2 is the caller's own error, 1 the service's, 3 whatever else; there is no code that says which right is missing. */
function problemOf(execution: Json | undefined) {
  const category = at(execution, 'Status', 'AthenaError', 'ErrorCategory')
  if (at(execution, 'Status', 'State') === 'FAILED' && category === 2)
    return failWith({ code: 'backend_rejected', fate: 'called', why: 'statement_failed', members: { status: 400 } })
  return failWith({ code: 'backend_failed', fate: 'called', why: 'statement_failed' })
}

function results(visit: Visit, id: string, next: string | null): Promise<WireAnswer> {
  const page = {
    MaxResults: Math.min(visit.call.rowLimit + 2, mostRows),
    ...(next === null ? {} : { NextToken: next }),
  }
  return askAws(visit, { target: target('GetQueryResults'), body: { QueryExecutionId: id, ...page }, effect: 'read' })
}

function pageOf({ data, bytes }: WireAnswer, isFirst: boolean): Page {
  const columns = listIn(at(data, 'ResultSet', 'ResultSetMetadata', 'ColumnInfo'))
  const names = columns.map((column) => String(memberOf(column, 'Name') ?? ''))
  const types = columns.map((column) => String(memberOf(column, 'Type') ?? ''))
  const cells = listIn(at(data, 'ResultSet', 'Rows')).map((row) => listIn(memberOf(row, 'Data')).map(textOf))
  // The first row of a query's result repeats the names.
  const header = isFirst && cells[0]?.every((cell, index) => cell === names[index])
  const rows = (header ? cells.slice(1) : cells).map((row) =>
    row.map((cell, index) => readCell(cell, types[index] ?? '')),
  )
  const next = memberOf(data, 'NextToken')
  return { columns: names, rows, next: typeof next === 'string' && next !== '' ? next : null, bytes }
}

function textOf(cell: Json): string | null {
  const value = memberOf(cell, 'VarCharValue')
  return typeof value === 'string' ? value : null
}

function readCell(cell: string | null, type: string): Json {
  if (cell === null) return null
  if (type === 'boolean') return booleanOf(cell)
  return /^(?:tinyint|smallint|integer|bigint|float|real|double)$/.test(type) ? numberOf(cell) : cell
}
