/**
 * System tables as an administrator may read them: `system.access.audit`, `system.query.history` and
 * `system.access.table_lineage`, the last one empty. Which table is meant is told from the statement's text, and values
 * alone choose the rows; it has no parser for these. Others are refused for want of SELECT, as in Unity Catalog.
 */
import { randomUUID } from 'node:crypto'
import { fail, ok, type Reply } from './reply.ts'
import { type Submission, submitBody } from './statement.ts'
import type { WorkspaceUser } from './users.ts'

/** One statement of a person, as the logs have it. */
export interface Entry {
  readonly id: string
  readonly time: string
  readonly email: string
  readonly agent: string
  readonly commandId: string
  readonly tags: Readonly<Record<string, string>>
}

type Row = readonly (string | null)[]

/** Answers a person's statement about the system tables. */
export function answerPerson(entries: readonly Entry[], body: unknown, user: WorkspaceUser): Reply {
  const parsed = submitBody.safeParse(body)
  if (!parsed.success) return fail(400, 'INVALID_PARAMETER_VALUE', 'The statement could not be read')
  const statement_id = randomUUID()
  if (!user.admin) {
    const error = { error_code: 'BAD_REQUEST', message: '[INSUFFICIENT_PERMISSIONS] SELECT is missing' }
    return ok({ statement_id, status: { state: 'FAILED', error, sql_state: '42501' } })
  }
  const found = choose(entries, parsed.data, user)
  const table = Object.entries(tables).find(([name]) => parsed.data.statement.includes(`FROM ${name}`))?.[1]
  if (table === undefined) return fail(400, 'BAD_REQUEST', 'There is no such system table')
  const columns = table.columns.map((name, position) => ({ name, position, type_name: 'STRING', type_text: 'STRING' }))
  const rows = found.map(table.row).filter((row) => row.length > 0)
  const manifest = {
    ...{ format: 'JSON_ARRAY', schema: { column_count: columns.length, columns } },
    ...{ total_row_count: rows.length, total_chunk_count: 1, truncated: false },
  }
  const result = { chunk_index: 0, row_offset: 0, row_count: rows.length, data_array: rows }
  return ok({ statement_id, status: { state: 'SUCCEEDED' }, manifest, result })
}

/** The person's own that came through the gateway, within what the values say. */
function choose(entries: readonly Entry[], { parameters }: Submission, { login }: WorkspaceUser): readonly Entry[] {
  const given = (name: string) => parameters.find((one) => one.name === name)?.value ?? undefined
  const [from, to] = [Date.parse(given('from') ?? ''), Date.parse(given('to') ?? '')]
  return entries
    .filter(({ email, agent }) => email === login && agent.startsWith('Countersign/'))
    .filter(({ time }) => !(Date.parse(time) < from) && !(Date.parse(time) >= to))
    .filter(({ agent }) => given('decision') === undefined || agent.endsWith(`decision/${given('decision')}`))
    .filter(({ commandId }) => given('statement') === undefined || commandId === given('statement'))
}

const decisionOf = ({ agent }: Entry) => /decision\/([0-9a-f-]{36})/.exec(agent)?.[1] ?? null

const tables: Readonly<Record<string, { readonly columns: readonly string[]; readonly row: (entry: Entry) => Row }>> = {
  'system.access.audit': {
    columns: ['event_time', 'service_name', 'action_name', 'request_id', 'status', 'decision', 'statement_id'],
    row: (entry) => [entry.time, 'databrickssql', 'commandSubmit', entry.id, '200', decisionOf(entry), entry.commandId],
  },
  'system.query.history': {
    columns: [
      ...['statement_id', 'start_time', 'end_time', 'execution_status', 'statement_type'],
      ...['produced_rows', 'decision', 'trace'],
    ],
    row: ({ commandId, time, tags }) => [
      ...[commandId, time, time, 'FINISHED', 'SELECT', '0'],
      ...[tags.countersign_decision ?? null, tags.countersign_trace ?? null],
    ],
  },
  'system.access.table_lineage': {
    columns: ['event_time', 'entity_type', 'source_table_full_name', 'target_table_full_name', 'statement_id'],
    row: () => [],
  },
}
