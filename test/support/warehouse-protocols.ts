/** The protocols of the four warehouses, as their publishers document them, over the jobs of one stand-in. */
import {
  createWarehouse,
  isChange,
  isWhoami,
  type Job,
  type Jobs,
  nobody,
  type Protocol,
  rowsOf,
} from './warehouse-double.ts'

export { createWarehouse }

const pathParts = (url: URL) => url.pathname.split('/').filter((part) => part !== '')

/** Snowflake's SQL API 2: 200 with a result, 202 while it runs, 422 where it failed; parts of ten rows. */
export const snowflakeProtocol: Protocol = ({ method, url, body, person }, jobs) => {
  if (person === undefined) return nobody()
  const [, , , id = '', action] = pathParts(url)
  if (method === 'POST' && id === '') {
    const job = jobs.start(person, { text: String(body.statement), request: body })
    return url.searchParams.get('async') === 'true' ? snowflakeStatus(job, 202) : snowflakeAnswer(job, 0)
  }
  const job = jobs.all.get(id)
  if (job === undefined || job.person !== jobs.as(person)) return Response.json({}, { status: 404 })
  if (action === 'cancel') job.state = 'cancelled'
  if (action === 'cancel') return snowflakeStatus(job, 200)
  return snowflakeAnswer(job, Number(url.searchParams.get('partition') ?? 0))
}

function snowflakeStatus({ id }: Job, status: number): Response {
  return Response.json({ statementHandle: id, message: 'running', code: '333334' }, { status })
}

function snowflakeAnswer(job: Job, part: number): Response {
  if (job.state === 'running') return snowflakeStatus(job, 202)
  if (job.state !== 'done') return snowflakeStatus(job, 422)
  const data = isWhoami(job) ? [[job.person.upn.toUpperCase()]] : rowsOf(job)
  const parts = Array.from({ length: Math.ceil(data.length / 10) }, () => ({ rowCount: 10 }))
  const type = /many/.test(job.text) ? 'FIXED' : 'TEXT'
  const about = {
    numRows: data.length,
    format: 'jsonv2',
    rowType: [{ name: 'REGION', type, nullable: true }],
    partitionInfo: parts,
  }
  return Response.json({
    statementHandle: job.id,
    code: '090001',
    data: data.slice(part * 10, part * 10 + 10),
    // Later parts have rows and nothing else.
    ...(part === 0 ? { resultSetMetaData: about } : {}),
    ...(isChange(job) ? { stats: { numRowsInserted: 2 } } : {}),
  })
}

/** BigQuery's jobs and their results; pages of ten rows. */
export const bigqueryProtocol: Protocol = ({ method, url, body, person }, jobs) => {
  if (person === undefined) return nobody()
  const [, , , , kind, id = '', action] = pathParts(url)
  if (kind === 'jobs' && action === 'cancel') {
    const job = jobs.all.get(id)
    if (job !== undefined) job.state = 'cancelled'
    return Response.json({ kind: 'bigquery#jobCancelResponse' })
  }
  if (kind === 'jobs' && method === 'POST')
    return insertJob(body, jobs, (text, id) => jobs.start(person, { text, request: body, id }))
  const job = jobs.all.get(id)
  if (job === undefined || job.person !== jobs.as(person))
    return Response.json({ error: { code: 404 } }, { status: 404 })
  return bigqueryResult(job, Number(url.searchParams.get('pageToken') ?? 0))
}

interface BigqueryBody {
  readonly jobReference?: { readonly jobId?: string; readonly projectId?: string }
  readonly configuration?: { readonly dryRun?: boolean; readonly query?: { readonly query?: string } }
}

function insertJob(body: BigqueryBody, jobs: Jobs, start: (text: string, id?: string) => Job): Response {
  const { jobReference, configuration } = body
  const reference = { ...jobReference, location: 'EU' }
  if (jobReference?.jobId !== undefined && jobs.all.has(jobReference.jobId))
    return Response.json({ error: { code: 409 } }, { status: 409 })
  if (configuration?.dryRun === true) {
    const referencedTables = [{ projectId: 'acme', datasetId: 'sales', tableId: 'orders' }]
    const query = { totalBytesProcessed: '4096', statementType: 'SELECT', referencedTables }
    return Response.json({ jobReference: reference, statistics: { query }, status: { state: 'DONE' } })
  }
  const job = start(configuration?.query?.query ?? '', jobReference?.jobId)
  return Response.json({ jobReference: { ...reference, jobId: job.id }, status: { state: 'RUNNING' } })
}

function bigqueryResult(job: Job, from: number): Response {
  const jobReference = { projectId: 'acme', jobId: job.id, location: 'EU' }
  if (job.state === 'running') return Response.json({ jobComplete: false, jobReference })
  if (job.state !== 'done') return Response.json({ error: { code: 400 } }, { status: 400 })
  if (isChange(job)) return Response.json({ jobComplete: true, jobReference, numDmlAffectedRows: '2' })
  const subject = `principal://iam.googleapis.com/locations/global/workforcePools/people/subject/${job.person.oid}`
  const data = isWhoami(job) ? [[subject]] : rowsOf(job)
  const type = /many/.test(job.text) ? 'INTEGER' : 'STRING'
  return Response.json({
    jobComplete: true,
    jobReference,
    schema: { fields: [{ name: 'region', type, mode: 'NULLABLE' }] },
    rows: data.slice(from, from + 10).map((row) => ({ f: row.map((v) => ({ v })) })),
    totalRows: String(data.length),
    ...(from + 10 < data.length ? { pageToken: String(from + 10) } : {}),
  })
}

type Action = (
  body: Readonly<Record<string, unknown>>,
  jobs: Jobs,
  find: (id: unknown) => Job | undefined,
) => object | null

const states = { running: 'RUNNING', done: 'SUCCEEDED', failed: 'FAILED', cancelled: 'CANCELLED' } as const

const athenaActions: Readonly<Record<string, Action>> = {
  GetQueryExecution: ({ QueryExecutionId }, _jobs, find) => {
    const job = find(QueryExecutionId)
    if (job === undefined) return null
    const failure = job.state === 'failed' ? { AthenaError: { ErrorCategory: 2 } } : {}
    return { QueryExecution: { QueryExecutionId, Status: { State: states[job.state], ...failure } } }
  },
  GetQueryResults: ({ QueryExecutionId, NextToken }, _jobs, find) => {
    const job = find(QueryExecutionId)
    if (job === undefined) return null
    if (isChange(job)) return { UpdateCount: 2, ResultSet: { Rows: [], ResultSetMetadata: { ColumnInfo: [] } } }
    const type = /many/.test(job.text) ? 'bigint' : 'varchar'
    const all = [['region'], ...rowsOf(job)].map((row) => ({ Data: row.map((VarCharValue) => ({ VarCharValue })) }))
    const from = Number(NextToken ?? 0)
    const more = from + 10 < all.length ? { NextToken: String(from + 10) } : {}
    const ResultSetMetadata = { ColumnInfo: [{ Name: 'region', Type: type }] }
    return { ResultSet: { Rows: all.slice(from, from + 10), ResultSetMetadata }, ...more }
  },
  StopQueryExecution: ({ QueryExecutionId }, _jobs, find) => cancel(find(QueryExecutionId)),
}

const redshiftActions: Readonly<Record<string, Action>> = {
  DescribeStatement: ({ Id }, _jobs, find) => {
    const job = find(Id)
    if (job === undefined) return null
    const Status = { running: 'STARTED', done: 'FINISHED', failed: 'FAILED', cancelled: 'ABORTED' }[job.state]
    return { Id, Status, HasResultSet: !isChange(job), ResultRows: isChange(job) ? 2 : 1 }
  },
  GetStatementResult: ({ Id, NextToken }, _jobs, find) => {
    const job = find(Id)
    if (job === undefined) return null
    const rows = isWhoami(job) ? [[`AWSIDC:${job.person.upn}`]] : rowsOf(job)
    const isCount = /many/.test(job.text)
    const from = Number(NextToken ?? 0)
    const cell = (text: string) => (isCount ? { longValue: Number(text) } : { stringValue: text })
    const more = from + 10 < rows.length ? { NextToken: String(from + 10) } : {}
    return {
      ColumnMetadata: [{ name: 'region' }],
      Records: rows.slice(from, from + 10).map((row) => row.map(cell)),
      ...more,
    }
  },
  CancelStatement: ({ Id }, _jobs, find) => cancel(find(Id)),
  ListTables: () => ({ Tables: [{ name: 'orders', schema: 'public', type: 'TABLE' }] }),
  DescribeTable: () => ({ ColumnList: [{ name: 'region', typeName: 'varchar' }], TableName: 'orders' }),
}

function cancel(job: Job | undefined): object | null {
  if (job === undefined) return null
  job.state = 'cancelled'
  return {}
}

/** AWS's JSON 1.1: an action in a header, errors as 400 with a type. */
const jsonProtocol =
  (
    actions: Readonly<Record<string, Action>>,
    begin: { readonly action: string; readonly text: string; readonly id: string },
  ): Protocol =>
  ({ headers, body, person }, jobs) => {
    const action = headers.get('x-amz-target')?.split('.')[1] ?? ''
    if (person === undefined) return awsError('InvalidSignatureException')
    const find = (id: unknown) => {
      const job = jobs.all.get(String(id))
      return job?.person === jobs.as(person) ? job : undefined
    }
    const started =
      action === begin.action
        ? { [begin.id]: jobs.start(person, { text: String(body[begin.text]), request: body }).id }
        : undefined
    const answer = started ?? actions[action]?.(body, jobs, find)
    if (answer == null) return awsError('InvalidRequestException')
    return new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } })
  }

const awsError = (type: string) =>
  new Response(JSON.stringify({ __type: `com.amazonaws#${type}` }), {
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
  })

export const athenaProtocol = jsonProtocol(athenaActions, {
  action: 'StartQueryExecution',
  text: 'QueryString',
  id: 'QueryExecutionId',
})
export const redshiftProtocol = jsonProtocol(redshiftActions, { action: 'ExecuteStatement', text: 'Sql', id: 'Id' })
