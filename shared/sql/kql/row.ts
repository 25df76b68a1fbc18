/** A column that an operator makes, and the stored columns that it is made of. */
export interface Column {
  readonly name: string
  readonly mentions: readonly string[]
}

/** What is known of the rows at one place of a pipeline. Names keep their case: Kusto tells `Region` from `region`. */
export interface Row {
  readonly made: ReadonlyMap<string, readonly string[]>
  /** No stored column is left under its own name: whatever is not made here does not exist. */
  readonly closed: boolean
  /** Its columns are those of `made`, in that order. */
  readonly listed: boolean
}

/** Rows of a stored table, as they are. */
export const openRow: Row = { made: new Map(), closed: false, listed: false }

/** No rows yet: where an operator begins a pipeline. */
export const noRow: Row = { made: new Map(), closed: true, listed: true }

/** Rows of which nothing is known: any column may be any other. */
export const anyRow: Row = { made: new Map([['', ['*']]]), closed: true, listed: false }

/** All that a row may hold. */
export function allOf({ made, closed }: Row): readonly string[] {
  return closed ? [...made.values()].flat() : ['*', ...[...made.values()].flat()]
}

/** Stored columns behind a name. */
export function resolve(row: Row, name: string): readonly string[] {
  return row.made.get(name) ?? (row.closed ? allOf(row) : [name.toLowerCase()])
}

/** Columns added; one that takes another's place may move. */
export function extended(row: Row, columns: readonly Column[]): Row {
  const made = new Map(row.made)
  for (const { name, mentions } of columns) made.set(name, mentions)
  return { made, closed: row.closed, listed: row.listed && made.size === row.made.size + columns.length }
}

/** These columns and no other. */
export function onlyThese(columns: readonly Column[], listed = true): Row {
  const made = new Map<string, readonly string[]>()
  for (const [at, { name, mentions }] of columns.entries()) made.set(made.has(name) ? `${name} ${at}` : name, mentions)
  return { made, closed: true, listed }
}

export function unlisted(row: Row): Row {
  return { ...row, listed: false }
}

/** Rows of two sides beside or below each other; a name that both have may be either, and gets a number once. */
export function merged(left: Row, right: Row): Row {
  const made = new Map<string, readonly string[]>()
  for (const name of new Set([...left.made.keys(), ...right.made.keys()])) {
    made.set(name, [...new Set([...resolve(left, name), ...resolve(right, name)])])
  }
  for (const [name, mentions] of right.made) if (!made.has(`${name}1`)) made.set(`${name}1`, mentions)
  return { made, closed: left.closed && right.closed, listed: false }
}
