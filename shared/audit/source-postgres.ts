import { hash } from 'node:crypto'
import type { LogSource, SourceEvent } from './reconcile-source.ts'
import { type LogRow, ofResource, type QueryLogs, readTables, textIn, usualSettling } from './source-table.ts'

export interface PostgresSourceOptions {
  readonly query: QueryLogs
  /** Our application's id. */
  readonly clientId: string
  /** Id of the server in Azure Resource Manager, where the workspace has others too. */
  readonly resource?: string
  readonly settling?: number
}

/**
 * The log of a flexible server, in the resource-specific table of its category PostgreSQLLogs
 * (learn.microsoft.com/azure/azure-monitor/reference/tables/pgsqlserverlogs: `TimeGenerated`, `Message`). The server must
 * log every statement and say whose (`log_statement` all, `log_line_prefix` '%m [%c] user=%u db=%d app=%a '). It knows
 * sign-in names and what a session calls itself, not through which application the person signed in.
 */
export function createPostgresSource({ query, clientId, resource, settling }: PostgresSourceOptions): LogSource {
  const table = {
    table: 'PGSQLServerLogs',
    columns: ['Message'],
    where: ofResource(resource),
    readRow: (row: LogRow) => readLine(row, clientId),
  }
  return {
    name: 'PGSQLServerLogs',
    persons: 'sign-in-name',
    settling: settling ?? usualSettling,
    ...readTables(query, [table]),
    records: () => true,
  }
}

// What a session calls itself is its own choice, so that it ends at the first place where the prefix can end.
const line = /\[([0-9a-f.]+)\] user=(.*?) db=.*? app=(.*?) LOG: {2}(?:statement|execute [^:]*): ([\s\S]*)$/
const ownName = /^countersign-([\w-]{1,51})$/
/** What the gateway says before each statement; it reads no data, and names the decision that begins. */
const preamble =
  /^BEGIN(?: READ ONLY)?; SET LOCAL application_name = 'countersign-([\w-]{1,51})'; SET LOCAL statement_timeout = \d+; SET LOCAL datestyle = ISO; SET LOCAL client_encoding = 'UTF8'; SELECT session_user::pg_catalog\.text AS session, current_user::pg_catalog\.text AS current$/
/** What it says after, when the session bears the name of its first decision again. */
const endings: readonly string[] = ['COMMIT', 'ROLLBACK', 'DISCARD ALL']

function readLine(row: LogRow, clientId: string): SourceEvent | null {
  const message = textIn(row, 'Message').trim()
  const [, session = '', user = '', application = '', text = ''] = line.exec(message) ?? []
  if (user === '') return null
  const named = ownName.exec(application)?.[1]
  if (named !== undefined && endings.includes(text)) return null
  const begun = preamble.exec(text)?.[1]
  const decisionId = begun ?? named
  const time = textIn(row, 'TimeGenerated')
  return {
    id: `${session}-${hash('sha256', time + message, 'hex').slice(0, 16)}`,
    time: Date.parse(time),
    person: user.toLowerCase(),
    clientId: application.startsWith('countersign-') || begun !== undefined ? clientId : 'unknown',
    ...(decisionId === undefined ? {} : { decisionId }),
    isEffective: begun === undefined,
  }
}
