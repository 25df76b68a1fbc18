import { Problem } from '../errors/problem.ts'
import type { Json } from '../pipeline/ports.ts'
import type { Driver, Page, Standing, Submission, Visit } from './warehouse-driver.ts'
import { at, idIn, listIn, memberOf, parametersOf, wrongShape } from './warehouse-request.ts'
import { booleanOf, instantOf, numberOf } from './warehouse-values.ts'
import type { WireAnswer } from './warehouse-wire.ts'

/** Milliseconds that the service itself waits for a job before it answers. */
const serviceWaitMs = 5_000

/** BigQuery's API v2: each statement is a job of ours by name, whose result is fetched in pages. */
export const bigquery: Driver = {
  submit: async (visit, submission) => {
    const jobId = `countersign_${submission.key}`
    const { effect } = visit.call.understood
    const body = jobOf(visit, submission, jobId)
    try {
      const answer = await visit.wire(
        { method: 'POST', path: jobs(visit), headers: project(visit), body, effect },
        visit.signal,
      )
      return submission.plan ? planned(answer) : { state: 'running', id: nameOf(answer), ids: answer.ids }
    } catch (error) {
      // The caller's own repeat: the job is there, and this is how it is found again.
      if (!(error instanceof Problem) || error.reason !== 'status_409') throw error
      return { state: 'running', id: `${jobId}|${visit.settings.values.location ?? ''}`, ids: {} }
    }
  },
  look: async (visit, id) => {
    try {
      return standingOf(await results(visit, id, null), id)
    } catch (error) {
      // A job that failed has no result, and its error is the answer to asking for it.
      const failed = error instanceof Problem && error.code === 'backend_rejected' && error.status !== 429
      if (!failed) throw error
      return { state: 'failed', id, ids: {}, problem: error }
    }
  },
  page: async (visit, id, next) => pageOf(await results(visit, id, next)),
  cancel: async (visit, id) => {
    const [jobId = '', location = ''] = id.split('|')
    const path = `${jobs(visit)}/${jobId}/cancel`
    const query = location === '' ? {} : { location }
    await visit.wire({ method: 'POST', path, query, headers: project(visit), effect: 'write' }, visit.signal)
  },
  whoami: {
    text: 'SELECT SESSION_USER()',
    applies: () => true,
    // `principal://iam.googleapis.com/locations/global/workforcePools/<pool>/subject/<subject>`
    isPerson: (seen, { oid }, { values }) => {
      const place = `iam.googleapis.com/locations/global/workforcePools/${values.pool}/subject/`
      return seen.replace(/^principal:\/\//, '').toLowerCase() === `${place}${oid}`.toLowerCase()
    },
  },
}

const root = ({ settings }: Visit) => `/projects/${settings.values.project}`
const jobs = (visit: Visit) => `${root(visit)}/jobs`

/** Whose quota a call counts under; workforce identities have none of their own. */
function project({ settings }: Visit): Record<string, string> {
  const { userProject } = settings.values
  return userProject === undefined ? {} : { 'x-goog-user-project': userProject }
}

function jobOf({ call, settings }: Visit, { text, parameters, plan }: Submission, jobId: string): Json {
  const { project: projectId = '', location, maximumBytesBilled, dataset } = settings.values
  const given = parametersOf(parameters)
  const query = {
    query: text,
    useLegacySql: false,
    ...(given.length === 0 ? {} : { parameterMode: 'NAMED', queryParameters: given.map(parameterOf) }),
    ...(maximumBytesBilled === undefined ? {} : { maximumBytesBilled }),
    ...(dataset === undefined ? {} : { defaultDataset: { projectId, datasetId: dataset } }),
  }
  const labels = { countersign_decision: call.intent.decisionId.toLowerCase() }
  const reference = { projectId, ...(plan ? {} : { jobId }), ...(location === undefined ? {} : { location }) }
  return { jobReference: reference, configuration: { query, labels, ...(plan ? { dryRun: true } : {}) } }
}

function parameterOf({ name, value, type }: { name: string; value: string | null; type: string }): Json {
  return { name, parameterType: { type }, parameterValue: value === null ? {} : { value } }
}

function nameOf({ data }: WireAnswer): string {
  const jobId = idIn(at(data, 'jobReference', 'jobId'))
  const location = memberOf(memberOf(data, 'jobReference'), 'location')
  if (!/^[\w-]+$/.test(jobId)) throw wrongShape()
  return `${jobId}|${typeof location === 'string' && /^[\w-]{1,40}$/.test(location) ? location : ''}`
}

/** What a dry run says: how much would be read, what kind of statement it is, and of which tables. */
function planned({ data, ids, bytes }: WireAnswer): Standing {
  const found = at(data, 'statistics', 'query')
  const tables = listIn(memberOf(found, 'referencedTables')).map((table) =>
    ['projectId', 'datasetId', 'tableId'].map((name) => String(memberOf(table, name) ?? '')).join('.'),
  )
  const estimate = memberOf(found, 'totalBytesProcessed') ?? at(data, 'statistics', 'totalBytesProcessed')
  const row: readonly Json[] = [
    typeof estimate === 'string' ? numberOf(estimate) : null,
    memberOf(found, 'statementType') ?? null,
    tables,
  ]
  const columns = ['bytes_processed', 'statement_type', 'referenced_tables']
  return { state: 'done', id: 'plan', ids, first: { columns, rows: [row], next: null, bytes } }
}

function results(visit: Visit, id: string, next: string | null): Promise<WireAnswer> {
  const [jobId = '', location = ''] = id.split('|')
  const query = {
    maxResults: String(Math.min(visit.call.rowLimit + 1, 10_000)),
    timeoutMs: String(serviceWaitMs),
    ...(location === '' ? {} : { location }),
    ...(next === null ? {} : { pageToken: next }),
  }
  const path = `${root(visit)}/queries/${jobId}`
  return visit.wire({ method: 'GET', path, query, headers: project(visit), effect: 'read' }, visit.signal)
}

function standingOf(answer: WireAnswer, id: string): Standing {
  const { data, ids } = answer
  if (memberOf(data, 'jobComplete') !== true) return { state: 'running', id, ids }
  const changed = memberOf(data, 'numDmlAffectedRows')
  const done = { state: 'done', id, ids } as const
  return typeof changed === 'string' ? { ...done, changed: Number(changed) } : { ...done, first: pageOf(answer) }
}

interface Field {
  readonly name: string
  readonly type: string
  readonly repeated: boolean
  readonly fields: readonly Field[]
}

function fieldsIn(schema: Json | undefined): readonly Field[] {
  return listIn(memberOf(schema, 'fields')).map((field) => ({
    name: String(memberOf(field, 'name') ?? ''),
    type: String(memberOf(field, 'type') ?? '').toUpperCase(),
    repeated: memberOf(field, 'mode') === 'REPEATED',
    fields: fieldsIn(field),
  }))
}

function pageOf({ data, bytes }: WireAnswer): Page {
  const fields = fieldsIn(memberOf(data, 'schema'))
  const next = memberOf(data, 'pageToken')
  return {
    columns: fields.map(({ name }) => name),
    rows: listIn(memberOf(data, 'rows')).map((row) => cellsOf(row, fields)),
    next: typeof next === 'string' && next !== '' ? next : null,
    bytes,
  }
}

function cellsOf(row: Json, fields: readonly Field[]): readonly Json[] {
  return listIn(memberOf(row, 'f')).map((cell, index) => readCell(memberOf(cell, 'v') ?? null, fields[index]))
}

function readCell(value: Json, field: Field | undefined): Json {
  if (value === null || field === undefined) return value
  if (field.repeated) {
    const single = { ...field, repeated: false }
    return listIn(value).map((item) => readCell(memberOf(item, 'v') ?? null, single))
  }
  if (field.fields.length > 0) {
    const cells = cellsOf(value, field.fields)
    return Object.fromEntries(field.fields.map(({ name }, index) => [name, cells[index] ?? null]))
  }
  const read = readers[field.type]
  return read === undefined || typeof value !== 'string' ? value : read(value)
}

const readers: Readonly<Record<string, (cell: string) => Json>> = {
  INTEGER: numberOf,
  INT64: numberOf,
  FLOAT: numberOf,
  FLOAT64: numberOf,
  BOOLEAN: booleanOf,
  BOOL: booleanOf,
  TIMESTAMP: instantOf,
}
