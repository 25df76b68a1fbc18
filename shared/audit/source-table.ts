import type { LogSource, SourceEvent, SourceWindow } from './reconcile-source.ts'

/** A row of an answer, by column. */
export type LogRow = Readonly<Record<string, unknown>>

/** Runs one KQL query in a Log Analytics workspace; rejects where it cannot be answered whole. */
export type QueryLogs = (kql: string) => Promise<readonly LogRow[]>

/** One table of a workspace, and how its rows become entries; null leaves a row out. */
export interface LogTable {
  readonly table: string
  readonly columns: readonly string[]
  /** Further conditions, each a `where` of its own. */
  readonly where: readonly string[]
  readonly readRow: (row: LogRow) => SourceEvent | null
}

/** Ms after which a workspace has an entry, if it is not late altogether. */
export const usualSettling = 3_600_000

const mostRows = 50_000
const shortestWindow = 1000

/** Reads tables in windows that are halved until an answer is whole; rejects where a second holds too many rows. */
export function readTables(query: QueryLogs, tables: readonly LogTable[]): Pick<LogSource, 'newest' | 'read'> {
  return {
    newest: async () => {
      const times = await Promise.all(tables.map(({ table, where }) => findNewest(query, table, where)))
      const known = times.filter((time) => time !== null)
      return known.length === 0 ? null : Math.max(...known)
    },
    read: async (window) => {
      const parts: SourceEvent[] = []
      for (const table of tables) for (const row of await readWindow(query, table, window)) parts.push(row)
      return parts
    },
  }
}

async function findNewest(query: QueryLogs, table: string, where: readonly string[]): Promise<number | null> {
  const lines = [table, 'where TimeGenerated > ago(8d)', ...where, 'summarize Newest = max(TimeGenerated)']
  const [row] = await query(lines.join('\n| '))
  const time = Date.parse(String(row?.Newest))
  return Number.isNaN(time) ? null : time
}

async function readWindow(query: QueryLogs, table: LogTable, { from, to }: SourceWindow): Promise<SourceEvent[]> {
  if (to <= from) return []
  const rows = await query(writeQuery(table, { from, to }))
  if (rows.length <= mostRows) return rows.flatMap((row) => table.readRow(row) ?? [])
  if (to - from <= shortestWindow) throw new Error('more entries in a second than can be read')
  const middle = Math.floor((from + to) / 2)
  const before = await readWindow(query, table, { from, to: middle })
  return [...before, ...(await readWindow(query, table, { from: middle, to }))]
}

function writeQuery({ table, columns, where }: LogTable, { from, to }: SourceWindow): string {
  const time = (value: number) => `datetime(${new Date(value).toISOString()})`
  return [
    table,
    `where TimeGenerated > ${time(from)} and TimeGenerated <= ${time(to)}`,
    ...where,
    `project ${['TimeGenerated', ...columns].join(', ')}`,
    'order by TimeGenerated asc',
    `take ${mostRows + 1}`,
  ].join('\n| ')
}

/** A condition that keeps other resources' entries out, where the deployment names its own. */
export function ofResource(resource: string | undefined): readonly string[] {
  return resource === undefined ? [] : [`where _ResourceId =~ '${resource.replace(/[^\w./-]/g, '')}'`]
}

/** A column as text; empty where there is none. */
export function textIn(row: LogRow, name: string): string {
  const value = row[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
