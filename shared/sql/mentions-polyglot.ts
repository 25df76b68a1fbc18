import type { PolyglotDialect } from './dialect.ts'
import { nameAt, namesAt, nodesAt } from './nodes-polyglot.ts'
import { chainOf, isAll, takenFrom } from './sight-polyglot.ts'
import { type Node, textAt } from './tree.ts'

/** Names that a statement takes a value from or compares. */
export interface Mentioned {
  /** Column names, lower case, unqualified; `*` where nobody can say. */
  readonly columns: readonly string[]
  /** Names before a dot that we took for relations; a column of that name would be meant by its fields. */
  readonly qualifiers: readonly string[]
}

/** All columns named anywhere in trees. Columns that are only assigned to are not among them. */
export function mentionedIn(trees: readonly Node[], dialect: PolyglotDialect): Mentioned {
  const nodes = [...nodesUnder(trees, dialect)]
  const rows = new Set(nodes.flatMap(rowNames))
  const names = new Set(dialect.rowsComeFirst === true ? nodes.flatMap(standingNames) : [])
  const columns = new Set<string>()
  const qualifiers = new Set<string>()
  for (const node of nodes) {
    for (const name of [...joinedBy(node), ...arraysOf(node, names)]) columns.add(name)
    if (isOpaque(node)) columns.add('*')
    const parts = chainOf(node)
    if (parts !== undefined && !isAll(node)) noteChain(parts, { rows, columns, qualifiers })
  }
  return { columns: [...columns].sort(), qualifiers: [...qualifiers].sort() }
}

function standingNames({ kind, body }: Node): string[] {
  return kind === 'table' ? [nameAt(body, 'alias') || nameAt(body, 'name')] : rowNames({ kind, body })
}

/** A table of a row's name before the dot is an array of that row. */
function arraysOf({ kind, body }: Node, names: ReadonlySet<string>): string[] {
  const parts = ['catalog', 'schema', 'name'].map((field) => nameAt(body, field)).filter((part) => part !== '')
  return kind === 'table' && parts.length > 1 && names.has(parts[0] ?? '') ? parts.slice(1) : []
}

function joinedBy({ kind, body }: Node): string[] {
  return kind === 'join' ? namesAt(body, 'using') : []
}

/** Every node but those within a chain of names; a list of what is still to do and no recursion. */
function* nodesUnder(trees: readonly Node[], dialect: PolyglotDialect): Iterable<Node> {
  const waiting = [...trees]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node
    if (chainOf(node) === undefined) waiting.push(...taken(node, dialect))
  }
}

/** What a node takes values from: not the left side of an assignment, nor the list of columns that an INSERT fills. */
function taken(node: Node, dialect: PolyglotDialect): Node[] {
  if (node.kind !== 'when') return takenFrom(node, dialect)
  const actions = nodesAt(node, 'then').flatMap((then) =>
    then.kind === 'tuple' ? nodesAt(then, 'expressions') : [then],
  )
  const isUpdate = actions.some((action) => textAt(action.body, 'this').toUpperCase() === 'UPDATE')
  const values = isUpdate ? actions.flatMap(assignedValues) : actions
  return [...nodesAt(node, 'condition'), ...values]
}

function assignedValues(action: Node): Node[] {
  if (action.kind !== 'tuple') return [action]
  return nodesAt(action, 'expressions').flatMap((one) => (one.kind === 'eq' ? nodesAt(one, 'right') : [one]))
}

/** Other names for columns, all columns, and joins or groups by whatever there is. */
function isOpaque({ kind, body }: Node): boolean {
  if (kind === 'star' || kind === 'pivot' || kind === 'unpivot') return true
  if (kind === 'join') return /natural/i.test(textAt(body, 'kind'))
  return namesAt(body, 'column_aliases').length + (kind === 'cte' ? namesAt(body, 'columns').length : 0) > 0
}

/** Names under which a relation can stand before a dot. */
function rowNames({ kind, body }: Node): string[] {
  if (kind === 'table') {
    const own = ['catalog', 'schema', 'name'].map((field) => nameAt(body, field))
    return [...own, nameAt(body, 'alias')].filter((name) => name !== '')
  }
  if (kind === 'merge')
    return [...nodesAt({ kind, body }, 'this'), ...nodesAt({ kind, body }, 'using')].flatMap(aliasNames)
  if (kind === 'from') return nodesAt({ kind, body }, 'expressions').flatMap(aliasNames)
  if (kind === 'join') return nodesAt({ kind, body }, 'this').flatMap(aliasNames)
  const isRelation = ['subquery', 'values', 'lateral', 'pivot', 'unpivot', 'joined_table', 'cte', 'delete'].includes(
    kind,
  )
  const view = kind === 'lateral_view' ? [nameAt(body, 'table_alias')] : []
  return [...view, ...(isRelation ? [nameAt(body, 'alias')] : [])].filter((name) => name !== '')
}

function aliasNames({ kind, body }: Node): string[] {
  return kind === 'alias' ? [nameAt(body, 'alias')] : []
}

interface Notes {
  readonly rows: ReadonlySet<string>
  readonly columns: Set<string>
  readonly qualifiers: Set<string>
}

/** The first part that is no relation's is the column's, or the last one where all are. */
function noteChain(parts: readonly string[], { rows, columns, qualifiers }: Notes): void {
  const [first = ''] = parts
  if (parts.length === 1) {
    columns.add(rows.has(first) ? '*' : first)
    if (rows.has(first)) qualifiers.add(first)
    return
  }
  const before = parts.findIndex((part) => !rows.has(part))
  const at = before < 0 ? parts.length - 1 : before
  columns.add(parts[at] ?? '*')
  for (const part of parts.slice(0, at)) qualifiers.add(part)
}
