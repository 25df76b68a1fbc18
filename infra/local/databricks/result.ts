import type { FieldDef } from 'pg'
import type { EngineResult } from './engine.ts'

type Cell = string | null

/** A finished result in the API's shape: manifest, and rows cut into chunks. */
export interface FinishedResult {
  readonly manifest: Readonly<Record<string, unknown>>
  readonly chunks: readonly (readonly (readonly Cell[])[])[]
}

/** How much of a result the caller asked for, and how many rows go into one chunk. */
export interface ResultLimits {
  readonly rows: number | null
  readonly bytes: number | null
  readonly perChunk: number
}

interface Table {
  readonly columns: readonly { readonly name: string; readonly type_name: string; readonly type_text: string }[]
  readonly rows: readonly (readonly Cell[])[]
}

/** Types by PostgreSQL's oid; whatever is not here is a STRING. */
const types: Readonly<Record<number, readonly [name: string, text: string]>> = {
  16: ['BOOLEAN', 'BOOLEAN'],
  17: ['BINARY', 'BINARY'],
  20: ['LONG', 'BIGINT'],
  21: ['SHORT', 'SMALLINT'],
  23: ['INT', 'INT'],
  114: ['VARIANT', 'VARIANT'],
  700: ['FLOAT', 'FLOAT'],
  701: ['DOUBLE', 'DOUBLE'],
  1007: ['ARRAY', 'ARRAY<INT>'],
  1009: ['ARRAY', 'ARRAY<STRING>'],
  1082: ['DATE', 'DATE'],
  1114: ['TIMESTAMP', 'TIMESTAMP_NTZ'],
  1184: ['TIMESTAMP', 'TIMESTAMP'],
  1700: ['DECIMAL', 'DECIMAL(38,18)'],
  3802: ['VARIANT', 'VARIANT'],
}

/** Shapes what PostgreSQL gave: all values as strings, counts for a change, chunks for what is long. */
export function shapeResult(result: EngineResult, limits: ResultLimits): FinishedResult {
  const { columns, rows } = result.fields.length > 0 ? tableOf(result) : countOf(result)
  const kept = cut(rows, limits)
  const chunks = Array.from({ length: Math.max(1, Math.ceil(kept.length / limits.perChunk)) }, (_, at) =>
    kept.slice(at * limits.perChunk, (at + 1) * limits.perChunk),
  )
  const manifest = {
    format: 'JSON_ARRAY',
    schema: { column_count: columns.length, columns: columns.map((column, position) => ({ ...column, position })) },
    total_chunk_count: chunks.length,
    total_row_count: kept.length,
    total_byte_count: sizeOf(kept),
    truncated: kept.length < rows.length,
    chunks: chunks.map((chunk, at) => ({ chunk_index: at, row_offset: at * limits.perChunk, row_count: chunk.length })),
  }
  return { manifest, chunks }
}

/** One chunk as `ResultData`; the last has no next. */
export function chunkOf({ chunks, perChunk }: FinishedResult & { perChunk: number }, id: string, index: number) {
  const rows = chunks[index]
  if (rows === undefined) return null
  const next = index + 1 < chunks.length ? index + 1 : null
  const link = `/api/2.0/sql/statements/${id}/result/chunks/${next}?row_offset=${(index + 1) * perChunk}`
  return {
    chunk_index: index,
    row_offset: index * perChunk,
    row_count: rows.length,
    data_array: rows,
    ...(next === null ? {} : { next_chunk_index: next, next_chunk_internal_link: link }),
  }
}

function tableOf({ fields, rows }: EngineResult): Table {
  const columns = fields.map(({ name, dataTypeID }) => {
    const [type_name, type_text] = types[dataTypeID] ?? ['STRING', 'STRING']
    return { name, type_name, type_text }
  })
  return { columns, rows: rows.map((row) => row.map((cell, at) => writeCell(cell, fields[at]))) }
}

/** A change answers with its counts, one row. */
function countOf({ command, count }: EngineResult): Table {
  const names = command === 'INSERT' ? ['num_affected_rows', 'num_inserted_rows'] : ['num_affected_rows']
  if (!['INSERT', 'UPDATE', 'DELETE', 'MERGE'].includes(command)) return { columns: [], rows: [] }
  const columns = names.map((name) => ({ name, type_name: 'LONG', type_text: 'BIGINT' }))
  return { columns, rows: [names.map(() => String(count))] }
}

function writeCell(cell: Cell, field: FieldDef | undefined): Cell {
  if (cell === null) return null
  const [type] = types[field?.dataTypeID ?? 0] ?? ['STRING']
  if (type === 'BOOLEAN') return cell === 't' ? 'true' : 'false'
  if (type === 'BINARY') return Buffer.from(cell.slice(2), 'hex').toString('base64')
  if (type === 'TIMESTAMP') return new Date(`${cell.replace(' ', 'T').replace(/\+\d\d$/, '')}Z`).toISOString()
  if (type === 'ARRAY')
    return JSON.stringify(
      cell
        .slice(1, -1)
        .split(',')
        .filter((item) => item !== ''),
    )
  return cell
}

function cut(rows: Table['rows'], limits: ResultLimits): Table['rows'] {
  const wanted = limits.rows === null ? rows : rows.slice(0, limits.rows)
  if (limits.bytes === null) return wanted
  let bytes = 0
  const end = wanted.findIndex((row) => {
    bytes += sizeOf([row])
    return bytes > (limits.bytes ?? 0)
  })
  return end === -1 ? wanted : wanted.slice(0, end)
}

function sizeOf(rows: Table['rows']): number {
  return rows.reduce((sum, row) => sum + row.reduce((width, cell) => width + (cell?.length ?? 0), 0), 0)
}
