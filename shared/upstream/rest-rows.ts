import type { Json } from '../pipeline/ports.ts'

/** Data with at most so many rows, and how many those are. */
export interface LimitedRows {
  readonly data: Json
  readonly rows: number
  readonly truncated: boolean
}

/**
 * Cuts an answer to the row limit: the rows are the items of the answer's own list, or of the lists directly in its
 * members (pages such as `{items: […]}`); an answer without lists is one row.
 */
export function limitRows(data: Json, limit: number): LimitedRows {
  if (Array.isArray(data))
    return { data: data.slice(0, limit), rows: Math.min(data.length, limit), truncated: data.length > limit }
  if (data === null || typeof data !== 'object') return { data, rows: data === null ? 0 : 1, truncated: false }
  const members = Object.entries(data)
  const lengths = members.map(([, value]) => (Array.isArray(value) ? value.length : 0))
  const longest = Math.max(0, ...lengths)
  if (longest <= limit) return { data, rows: Math.max(1, longest), truncated: false }
  const cut = members.map(([name, value]) => [name, Array.isArray(value) ? value.slice(0, limit) : value])
  return { data: Object.fromEntries(cut), rows: limit, truncated: true }
}
