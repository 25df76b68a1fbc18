import type { ResultColumn } from '../pipeline/ports.ts'
import type { PortalField } from './postgres-portal.ts'

/** Names of tables and columns by oid. */
export interface SourceCache {
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly tables: Map<string, { readonly names: ReadonlyMap<number, string>; readonly until: number }>
}

/** Asks the database: rows of `[table oid, column number, schema, table, column]`. */
export type AskCatalogue = (tables: readonly number[]) => Promise<readonly (readonly (string | null)[])[]>

// A number can be given to another table after a DROP, so names are not kept for long.
const keptMs = 60_000
const mostTables = 2000

/**
 * Names where columns came from, by one catalogue query for the tables not named lately. Operators are qualified: a
 * search path of the role's own must not decide what a column is called.
 */
export const catalogueQuery = `
  SELECT a.attrelid::pg_catalog.text, a.attnum::pg_catalog.text, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, a.attname::pg_catalog.text
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  WHERE a.attrelid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])`

/** The columns of a result with their sources (`schema.table.column`, lower case); null for expressions. */
export async function nameSources(
  fields: readonly PortalField[],
  place: { readonly backend: string; readonly cache: SourceCache },
  ask: AskCatalogue,
): Promise<ResultColumn[]> {
  const tables = [...new Set(fields.map(({ table }) => table))].filter((table) => table !== 0)
  const names = new Map(tables.map((table) => [table, recall(place, table)] as const))
  const missing = tables.filter((table) => names.get(table) === null)
  if (missing.length > 0)
    for (const [table, found] of remember(place, missing, await ask(missing))) names.set(table, found)
  return fields.map(({ name, table, column }) => ({ name, source: names.get(table)?.get(column) ?? null }))
}

type Place = { readonly backend: string; readonly cache: SourceCache }

function recall({ backend, cache }: Place, table: number): ReadonlyMap<number, string> | null {
  const known = cache.tables.get(`${backend} ${table}`)
  return known !== undefined && known.until > cache.now() ? known.names : null
}

function remember({ backend, cache }: Place, tables: readonly number[], rows: Awaited<ReturnType<AskCatalogue>>) {
  const found = new Map(tables.map((table) => [table, new Map<number, string>()] as const))
  for (const [table, column, ...name] of rows)
    found.get(Number(table))?.set(Number(column), name.join('.').toLowerCase())
  if (cache.tables.size > mostTables) cache.tables.clear()
  for (const [table, names] of found) cache.tables.set(`${backend} ${table}`, { names, until: cache.now() + keptMs })
  return found
}
