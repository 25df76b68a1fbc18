import { skewMs } from './reconcile-match.ts'
import type { LogSource, SourceEvent, SourceWindow } from './reconcile-source.ts'
import { usualSettling } from './source-table.ts'

/** Runs one SQL statement with named values (text); rejects where it does not end well. */
export type QueryAudit = (
  statement: string,
  values: Readonly<Record<string, string>>,
) => Promise<readonly (readonly (string | null)[])[]>

export interface DatabricksSourceOptions {
  readonly query: QueryAudit
  readonly clientId: string
  readonly settling?: number
}

const mostRows = 50_000
const submissions = `SELECT event_id, event_time, user_identity.email, user_agent, action_name, request_params['commandId']
FROM system.access.audit
WHERE event_date >= CAST(:from AS DATE) AND event_time > :from AND event_time <= :to
AND service_name = 'databrickssql' AND action_name = 'commandSubmit'
ORDER BY event_time LIMIT ${mostRows + 1}`
const statements = `SELECT statement_id, start_time, executed_by, query_tags['countersign_decision']
FROM system.query.history
WHERE start_time > :from AND start_time <= :to
ORDER BY start_time LIMIT ${mostRows + 1}`
const newestSubmission = `SELECT max(event_time), max(event_time) FILTER (WHERE action_name = 'commandSubmit')
FROM system.access.audit`
const newestStatement = 'SELECT max(start_time) FROM system.query.history'

type Row = readonly (string | null)[]

/**
 * `system.access.audit` and `system.query.history` (docs.databricks.com/admin/system-tables). The first has SQL statements
 * only where verbose audit logs are enabled for the workspace, and names the decision in the user agent; the second has
 * whatever a warehouse ran, and names it in the statement's tags. Entries of both are one where their ids are: that
 * `commandId` is the statement id of the Statement Execution API is not documented, and where it is not they stand apart.
 */
export function createDatabricksSource({ query, clientId, settling }: DatabricksSourceOptions): LogSource {
  return {
    name: 'system.access.audit, system.query.history',
    persons: 'sign-in-name',
    settling: settling ?? usualSettling,
    newest: () => findNewest(query),
    read: async (window) => {
      // The two write down different moments of one statement, which may lie across an edge.
      const wide = { from: window.from - skewMs, to: window.to + skewMs }
      const [submitted, ran] = [await readAll(query, submissions, wide), await readAll(query, statements, wide)]
      const events = join(submitted, ran).map((joined) => readEvent(joined, clientId))
      return events.filter(({ time }) => time > window.from && time <= window.to)
    },
    records: ({ operation, statementId, isResumed }) =>
      statementId !== undefined && !isResumed && operation.startsWith('execute'),
    shares: (backend) => backend.startsWith('databricks-'),
  }
}

/** The history may lag behind the other, which has entries of every kind: it is complete up to its own newest then. */
async function findNewest(query: QueryAudit): Promise<number | null> {
  const [[any = null, submitted = null] = []] = await query(newestSubmission, {})
  const [[ran = null] = []] = await query(newestStatement, {})
  const time = timeOf(any)
  if (time === null) return timeOf(ran)
  const lag = (timeOf(submitted) ?? 0) - (timeOf(ran) ?? 0)
  return lag > skewMs ? timeOf(ran) : time
}

function timeOf(cell: string | null): number | null {
  const time = Date.parse(cell ?? '')
  return Number.isNaN(time) ? null : time
}

async function readAll(query: QueryAudit, statement: string, { from, to }: SourceWindow): Promise<readonly Row[]> {
  if (to <= from) return []
  const rows = await query(statement, { from: new Date(from).toISOString(), to: new Date(to).toISOString() })
  if (rows.length <= mostRows) return rows
  if (to - from <= 1000) throw new Error('more entries in a second than can be read')
  const middle = Math.floor((from + to) / 2)
  const before = await readAll(query, statement, { from, to: middle })
  return [...before, ...(await readAll(query, statement, { from: middle, to }))]
}

/** A statement as one of the logs has it, or both. */
interface Joined {
  readonly submitted?: Row
  readonly ran?: Row
}

function join(submitted: readonly Row[], ran: readonly Row[]): readonly Joined[] {
  const byId = new Map(ran.map((row) => [row[0] ?? '', row]))
  const joined = submitted.map((row): Joined => {
    const known = byId.get(row[5] ?? '')
    byId.delete(row[5] ?? '')
    return known === undefined ? { submitted: row } : { submitted: row, ran: known }
  })
  return [...joined, ...[...byId.values()].map((row): Joined => ({ ran: row }))]
}

interface Entry {
  readonly id: string
  readonly time: number
  readonly person: string
  readonly operation?: string
  readonly agent?: string
  readonly statement?: string
  readonly decision?: string
}

function readSubmitted(row: Row): Entry {
  const [id = '', time = '', email = '', agent = '', operation = '', statement = ''] = row.map((cell) => cell ?? '')
  const decision = /^Countersign\/[\d.]+ decision\/([\w-]+)$/.exec(agent)?.[1]
  return { ...entry(id, time, email), operation, agent, ...marks(statement, decision) }
}

function readRan(row: Row): Entry {
  const [statement = '', time = '', person = '', tag = ''] = row.map((cell) => cell ?? '')
  return { ...entry(`statement ${statement}`, time, person), ...marks(statement, tag) }
}

function entry(id: string, time: string, person: string): Entry {
  return { id, time: Date.parse(time), person: person.toLowerCase() }
}

function marks(statement: string, decision = ''): Pick<Entry, 'statement' | 'decision'> {
  return { ...(statement === '' ? {} : { statement }), ...(decision === '' ? {} : { decision }) }
}

/** What bears our mark anywhere is ours to account for, whoever put it there. Where both name one, the agent's counts. */
function readEvent({ submitted, ran }: Joined, clientId: string): SourceEvent {
  const first = ran === undefined ? undefined : readRan(ran)
  const {
    statement,
    decision,
    agent = '',
    operation = 'statement',
    ...of
  } = {
    ...(first ?? entry('', '', '')),
    ...(submitted && readSubmitted(submitted)),
  }
  const isOurs = agent.startsWith('Countersign/') || first?.decision !== undefined
  return {
    ...{ ...of, operation, isEffective: true, clientId: isOurs ? clientId : 'unknown' },
    ...(decision === undefined ? {} : { decisionId: decision }),
    ...(statement === undefined ? {} : { statementId: statement }),
    ...(first === undefined ? {} : { isStatementSure: true }),
  }
}
