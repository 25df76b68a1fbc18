import type { Json, UpstreamAnswer, UpstreamCall } from '../pipeline/ports.ts'
import { nameSources } from './databricks-columns.ts'
import type { ManifestColumn, ResultChunk, StatementReply } from './databricks-reply.ts'
import { decodeCell } from './databricks-values.ts'
import { failWith } from './failure.ts'

/** What an answer holds besides where it came from and whom the backend saw. */
export type Table = Pick<UpstreamAnswer, 'data' | 'columns' | 'rows' | 'truncated'>

/** Rows of a result that came in, from which row on, and whether the workspace had more. */
export interface Rows {
  readonly offset: number
  readonly cells: ResultChunk['data_array']
  readonly truncated: boolean
  /** Rows of the whole result that may be shown. */
  readonly limit: number
}

/** The manifest's columns; none where there is no manifest. */
export function columnsOf({ manifest }: StatementReply): readonly ManifestColumn[] {
  return manifest?.schema.columns ?? []
}

/** The answer's table, cut to the limit; `more` are members beside columns and rows that are ours. */
export function toTable(
  call: UpstreamCall,
  { columns, rows }: { columns: readonly ManifestColumn[]; rows: Rows },
  more: Readonly<Record<string, Json>> = {},
): Table {
  if (rows.cells.some((row) => row.length !== columns.length))
    throw failWith({ code: 'backend_failed', fate: 'called', why: 'shape' })
  const kept = rows.cells.slice(0, Math.max(0, rows.limit - rows.offset))
  const names = columns.map(({ name }) => name)
  const changed = changedRows(call, columns, kept)
  if (changed !== null)
    return { data: { columns: [], rows: [], rowCount: changed }, columns: [], rows: changed, truncated: false }
  const decoded = kept.map((row) => row.map((cell, index) => decodeCell(cell, columns[index] ?? anyColumn)))
  return {
    data: { columns: names, rows: decoded, ...more },
    columns: nameSources(names, call.understood),
    rows: kept.length,
    truncated: rows.truncated || kept.length < rows.cells.length,
  }
}

const anyColumn: ManifestColumn = { name: '', type_name: 'STRING' }
const counts = /^num_(?:affected|inserted|updated|deleted)_rows$/

/**
 * Rows that a change touched. The result of a change is the workspace's own count, and no data that a mask would have to
 * look at; it is taken for one only where the statement does write and every column is such a count.
 */
function changedRows(
  { understood }: UpstreamCall,
  columns: readonly ManifestColumn[],
  rows: Rows['cells'],
): number | null {
  if (understood.effect === 'read' || understood.writes.length === 0) return null
  if (!columns.every(({ name, type_name }) => counts.test(name) && /^(LONG|INT)$/.test(type_name))) return null
  const affected =
    rows[0]?.[
      Math.max(
        0,
        columns.findIndex(({ name }) => name === 'num_affected_rows'),
      )
    ]
  return affected != null && /^\d{1,15}$/.test(affected) ? Number(affected) : 0
}
