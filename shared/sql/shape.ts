/** Names of base columns; `*` stands for any column of anything read. */
export type Mentions = ReadonlySet<string>

/** What a relation in a FROM clause offers: mentions by column name, and by position where all positions are known. */
export interface Shape {
  readonly columns: ReadonlyMap<string, Mentions>
  /** For a name not among the columns: `self` where it stands for itself (a base table), else what it is made of. */
  readonly rest: 'self' | Mentions
  readonly order: readonly Column[] | null
}

export interface Column {
  /** Undefined where PostgreSQL picks a name that we do not predict. */
  readonly name: string | undefined
  readonly mentions: Mentions
}

export const anything: Mentions = new Set(['*'])

const none: ReadonlyMap<string, Mentions> = new Map()

/** A table whose columns we do not know: each name stands for itself. */
export const baseTable: Shape = { columns: none, rest: 'self', order: null }

/** A relation of which every column is made of the same mentions. */
export function uniform(mentions: Mentions): Shape {
  return { columns: none, rest: mentions, order: null }
}

export function union(sets: Iterable<Mentions>): Mentions {
  return new Set([...sets].flatMap((set) => [...set]))
}

/** A relation with exactly these columns. */
export function listed(order: readonly Column[]): Shape {
  const unnamed = order.filter((column) => column.name === undefined).map((column) => column.mentions)
  return { columns: byName(order), rest: union(unnamed), order }
}

/** Columns by name; those of one name are taken together. */
function byName(order: readonly Column[]): Map<string, Mentions> {
  const columns = new Map<string, Mentions>()
  for (const { name, mentions } of order) {
    if (name !== undefined) columns.set(name, union([columns.get(name) ?? new Set(), mentions]))
  }
  return columns
}

/** What one column of a relation is made of. */
export function columnOf(shape: Shape, name: string): Mentions {
  return shape.columns.get(name) ?? (shape.rest === 'self' ? new Set([name]) : shape.rest)
}

/** What a whole row of a relation is made of. */
export function rowOf(shape: Shape): Mentions {
  return shape.rest === 'self' ? anything : union([...shape.columns.values(), shape.rest])
}

/** Several relations side by side, as `*` takes them; a column of unknown name may bear any of the known ones. */
export function sideBySide(shapes: readonly Shape[]): Shape {
  const columns = new Map<string, Mentions>()
  const known = union(shapes.map((shape) => (shape.rest === 'self' ? new Set<string>() : shape.rest)))
  for (const [name, mentions] of shapes.flatMap((shape) => [...shape.columns])) {
    columns.set(name, union([columns.get(name) ?? known, mentions]))
  }
  const open = shapes.some((shape) => shape.rest === 'self')
  if (!open) return { columns, rest: known, order: null }
  return { columns: withSelf(columns), rest: known.size > 0 ? anything : 'self', order: null }
}

/** Beside a base table, a known name may just as well be the base table's. */
function withSelf(columns: ReadonlyMap<string, Mentions>): Map<string, Mentions> {
  return new Map([...columns].map(([name, mentions]) => [name, union([mentions, new Set([name])])] as const))
}

/** Rows of one relation after rows of another: positions meet, names come from the first. */
export function stacked(first: Shape, second: Shape): Shape {
  if (first.order === null || second.order === null) return uniform(union([rowOf(first), rowOf(second)]))
  const others = second.order
  return listed(
    first.order.map(({ name, mentions }, index) => ({
      name,
      mentions: union([mentions, others[index]?.mentions ?? anything]),
    })),
  )
}

/** A relation under new column names, given from the first on. */
export function renamed(shape: Shape, names: readonly string[]): Shape {
  if (names.length === 0) return shape
  if (shape.order === null) return uniform(rowOf(shape))
  return listed(shape.order.map((column, index) => ({ ...column, name: names[index] ?? column.name })))
}
