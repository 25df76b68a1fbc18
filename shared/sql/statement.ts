import type { Effect } from '../backend/effect.ts'

export const dialects = [
  'tsql',
  'databricks',
  'postgres',
  'mysql',
  'snowflake',
  'bigquery',
  'cosmos',
  'kql',
  'mongo',
  'dax',
] as const

export type Dialect = (typeof dialects)[number]

/** A total of one column's values over the rows of one group, which all lie in one stored table. */
export interface Total {
  readonly by: 'count' | 'sum' | 'avg'
  /** Lower case, unqualified. */
  readonly column: string
}

/** What a statement's output column is made of, so that masks can follow it. */
export interface OutputColumn {
  /** Column names the expression mentions (lower case, unqualified); `*` where it takes a whole row. */
  readonly mentions: readonly string[]
  /** Where it is nothing but a total; absent where that is not certain. */
  readonly total?: Total
}

/** What was understood of one text: the shape that `sql:understand` prints and that policy sees. */
export interface Statement {
  readonly effect: Effect
  /** One plain read with nothing dangerous in it. */
  readonly safeRead: boolean
  readonly statements: number
  /** Objects as lower-case dotted names, sorted. */
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  /** Short snake_case names of what makes it dangerous. */
  readonly dangers: readonly string[]
  /** Why it could not be understood; the effect is then `admin`, the worst. */
  readonly refused?: string
  /** The very text to send: what was judged. Absent where refused. */
  readonly text?: string
  /** Columns that it takes values from or compares (lower case, unqualified); `*` where nobody can say. */
  readonly mentions?: readonly string[]
  /** Names before a dot that stand for relations; a column of that name may be meant by its nested fields instead. */
  readonly qualifiers?: readonly string[]
  /** Base columns whose values decide which rows a query gives, how many or in what order; `*` for any. */
  readonly compared?: readonly string[]
  /** It may read objects that it does not name: labels of all that the backend has hold. */
  readonly beyond?: true
  /** One per output column, or null where they cannot be listed (`*`, set operations, refused). */
  readonly outputs: readonly OutputColumn[] | null
  /** Names of those columns, lower case, so that an answer can be held against them; null where the database picks one. */
  readonly names?: readonly (string | null)[]
}
