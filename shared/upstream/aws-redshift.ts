import type { Json, UpstreamCall } from '../pipeline/ports.ts'
import { askAws } from './aws-json.ts'
import { assertPlain } from './aws-plain.ts'
import { failWith } from './failure.ts'
import type { Driver, Page, Standing, Visit } from './warehouse-driver.ts'
import {
  idIn,
  inputOf,
  listIn,
  memberOf,
  type Parameter,
  parametersOf,
  refuseInput,
  wrongShape,
} from './warehouse-request.ts'
import type { WireAnswer } from './warehouse-wire.ts'

const target = (action: string) => `RedshiftData.${action}`

/** Amazon Redshift's Data API (2019-12-20): a statement is executed, described, and its result fetched in pages. */
export const redshift: Driver = {
  submit: async (visit, { text, parameters, key }) => {
    const given = parametersOf(parameters).map((each) => namedValue(visit.call, each))
    const body = {
      Sql: text,
      ClientToken: key,
      StatementName: `countersign-${visit.call.intent.decisionId}`,
      ...placeOf(visit),
      ...(given.length === 0 ? {} : { Parameters: given }),
    }
    const { effect } = visit.call.understood
    const { data, ids } = await askAws(visit, { target: target('ExecuteStatement'), body, effect })
    return { state: 'running', id: statementId(memberOf(data, 'Id')), ids }
  },
  look: async (visit, id) => {
    const { data, ids } = await askAws(visit, { target: target('DescribeStatement'), body: { Id: id }, effect: 'read' })
    return standingOf(data, { id, ids })
  },
  page: async (visit, id, next) => {
    const body = { Id: id, ...(next === null ? {} : { NextToken: next }) }
    return pageOf(await askAws(visit, { target: target('GetStatementResult'), body, effect: 'read' }))
  },
  cancel: async (visit, id) => {
    await askAws(visit, { target: target('CancelStatement'), body: { Id: id }, effect: 'write' })
  },
  whoami: {
    text: 'select current_user',
    applies: ({ values }) => values.users === 'sign-in-names',
    // Users of Identity Center have this prefix, or another that the namespace was given.
    isPerson: (seen, { username }) =>
      username === null ? null : seen.replace(/^[^:]{1,60}:/, '').toLowerCase() === username.toLowerCase(),
  },
  list: async (visit, what) => {
    const [schema, table] = [inputOf(visit.call, 'schema'), inputOf(visit.call, 'table')]
    const isList = what === 'list-tables'
    const named = isList ? { SchemaPattern: schema ?? '%' } : { Schema: schema ?? 'public', Table: table ?? '' }
    const body = { ...placeOf(visit), ...named, MaxResults: 1000 }
    const action = { target: target(isList ? 'ListTables' : 'DescribeTable'), body, effect: 'read' } as const
    const { data, ids, bytes } = await askAws(visit, action)
    const items = listIn(memberOf(data, isList ? 'Tables' : 'ColumnList'))
    return { items, more: typeof memberOf(data, 'NextToken') === 'string', ids, bytes }
  },
  inspect: (call, text) => {
    assertPlain(call, text)
    assertNoSystem(call)
  },
}

/** A workgroup or a cluster, and a database in it; never a secret or a database user, which would be somebody else. */
function placeOf({ settings }: Visit): Record<string, string> {
  const { workgroup, cluster } = settings.values
  const place = workgroup === undefined ? { ClusterIdentifier: cluster ?? '' } : { WorkgroupName: workgroup }
  return { ...place, Database: settings.database ?? 'dev' }
}

function namedValue(call: UpstreamCall, { name, value }: Parameter): Json {
  if (value === null) throw refuseInput(call, 'parameters', 'holds NULL, for which the Data API has no value')
  return { name, value }
}

/** System tables and views, which the reader of another dialect takes for anybody's. */
function assertNoSystem(call: UpstreamCall): void {
  const { reads, writes } = call.understood
  const parts = [...reads, ...writes].flatMap((name) => name.split('.'))
  if (parts.some((part) => /^(?:stl|stv|svl|svv|svcs|sys|pg)_/.test(part) || part === 'information_schema'))
    throw refuseInput(call, 'statement', 'reads the system catalog')
}

function statementId(value: Json | undefined): string {
  const id = idIn(value)
  if (!/^[0-9a-f-]{36}(?::\d{1,4})?$/.test(id)) throw wrongShape()
  return id
}

const runs: readonly Json[] = ['SUBMITTED', 'PICKED', 'STARTED']

function standingOf(data: Json, { id, ids }: { readonly id: string; readonly ids: Standing['ids'] }): Standing {
  if (memberOf(data, 'Id') !== id) throw wrongShape()
  const status = memberOf(data, 'Status') ?? null
  if (runs.includes(status)) return { state: 'running', id, ids }
  if (status === 'FAILED') return { state: 'failed', id, ids, problem: rejected() }
  if (status !== 'FINISHED') return { state: 'failed', id, ids, problem: failed() }
  if (memberOf(data, 'HasResultSet') === true) return { state: 'done', id, ids }
  const count = memberOf(data, 'ResultRows')
  return { state: 'done', id, ids, changed: typeof count === 'number' && count >= 0 ? count : 0 }
}

const rejected = () =>
  failWith({ code: 'backend_rejected', fate: 'called', why: 'statement_failed', members: { status: 400 } })
const failed = () => failWith({ code: 'backend_failed', fate: 'called', why: 'statement_aborted' })

function pageOf({ data, bytes }: WireAnswer): Page {
  const next = memberOf(data, 'NextToken')
  return {
    columns: listIn(memberOf(data, 'ColumnMetadata')).map((column) => String(memberOf(column, 'name') ?? '')),
    rows: listIn(memberOf(data, 'Records')).map((row) => listIn(row).map(readField)),
    next: typeof next === 'string' && next !== '' ? next : null,
    bytes,
  }
}

const members = ['booleanValue', 'doubleValue', 'longValue', 'stringValue', 'blobValue'] as const

/** A field has one member, named after its type. */
function readField(field: Json): Json {
  return members.map((name) => memberOf(field, name)).find((value) => value !== undefined) ?? null
}
