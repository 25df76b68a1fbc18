import type { LogSource, SourceEvent } from './reconcile-source.ts'
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
const accesses = `SELECT event_id, event_time, user_identity.email, user_agent, action_name, request_params['commandId']
FROM system.access.audit
WHERE event_date >= CAST(:from AS DATE) AND event_time > :from AND event_time <= :to
AND service_name = 'databrickssql' AND action_name = 'commandSubmit'
ORDER BY event_time LIMIT ${mostRows + 1}`
const newest = 'SELECT max(event_time) FROM system.access.audit'

/**
 * `system.access.audit` (docs.databricks.com/admin/system-tables/audit-logs), which has SQL statements only where verbose
 * audit logs are enabled for the workspace. That `commandId` is the statement id of the Statement Execution API is not
 * documented; the user agent, which names the decision, decides where it is not.
 */
export function createDatabricksSource({ query, clientId, settling }: DatabricksSourceOptions): LogSource {
  const read: LogSource['read'] = async ({ from, to }) => {
    if (to <= from) return []
    const rows = await query(accesses, { from: new Date(from).toISOString(), to: new Date(to).toISOString() })
    if (rows.length <= mostRows) return rows.map((row) => readEvent(row, clientId))
    if (to - from <= 1000) throw new Error('more entries in a second than can be read')
    const middle = Math.floor((from + to) / 2)
    return [...(await read({ from, to: middle })), ...(await read({ from: middle, to }))]
  }
  return {
    name: 'system.access.audit',
    persons: 'sign-in-name',
    settling: settling ?? usualSettling,
    newest: async () => {
      const [row] = await query(newest, {})
      const time = Date.parse(row?.[0] ?? '')
      return Number.isNaN(time) ? null : time
    },
    read,
    records: ({ operation, statementId }) => statementId !== undefined && operation.startsWith('execute'),
  }
}

function readEvent(row: readonly (string | null)[], clientId: string): SourceEvent {
  const [id, time, email, agent, operation, commandId] = row.map((cell) => cell ?? '')
  const decisionId = /^Countersign\/[\d.]+ decision\/([\w-]+)$/.exec(agent ?? '')?.[1]
  return {
    id: id ?? '',
    time: Date.parse(time ?? ''),
    person: (email ?? '').toLowerCase(),
    clientId: agent?.startsWith('Countersign/') ? clientId : 'unknown',
    ...(decisionId === undefined ? {} : { decisionId }),
    ...(commandId ? { statementId: commandId } : {}),
    operation: operation ?? '',
    isEffective: true,
  }
}
