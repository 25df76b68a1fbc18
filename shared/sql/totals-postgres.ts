import type { Total } from './statement.ts'
import { bodyOf, isTree, listAt, type Node, nameParts, type Tree, treeAt, unwrap } from './tree.ts'

const functions: ReadonlySet<string> = new Set(['count', 'sum', 'avg'])

/**
 * Which result columns are plain totals of one column over the rows of one stored table. Only there does a count say
 * how many rows a total stands for: joins, sub-selects and set functions repeat rows, FILTER, DISTINCT and CASE leave
 * rows out. Null for every column of any other statement.
 */
export function totalsOf({ kind, body }: Node): readonly (Total | null)[] {
  const targets = listAt(body, 'targetList').map((item) => bodyOf(item, 'ResTarget') ?? {})
  const sound = kind === 'SelectStmt' && isPlain(body) && isStoredTable(listAt(body, 'fromClause'))
  return targets.map((target) => (sound ? totalIn(target.val) : null))
}

function isPlain(body: Tree): boolean {
  const extra = ['withClause', 'larg', 'rarg', 'valuesLists', 'distinctClause', 'windowClause', 'intoClause']
  const isEmpty = (part: unknown) => part === undefined || (Array.isArray(part) && part.length === 0)
  const grouped = listAt(body, 'groupClause').every((item) => bodyOf(item, 'GroupingSet') === undefined)
  return extra.every((name) => isEmpty(body[name])) && grouped
}

function isStoredTable([only, ...others]: readonly unknown[]): boolean {
  const table = bodyOf(only, 'RangeVar')
  return others.length === 0 && table !== undefined && listAt(treeAt(table, 'alias'), 'colnames').length === 0
}

function totalIn(value: unknown): Total | null {
  const call = bodyOf(value, 'FuncCall')
  if (call === undefined) return null
  const [name = '', ...more] = nameParts(listAt(call, 'funcname')).reverse()
  const own = functions.has(name) && (more.length === 0 || (more.length === 1 && more[0] === 'pg_catalog'))
  const plain = !['agg_distinct', 'agg_filter', 'agg_star', 'agg_within_group', 'func_variadic', 'over'].some(
    (part) => call[part] === true || isTree(call[part]),
  )
  const [argument, ...others] = listAt(call, 'args')
  const column = others.length === 0 ? columnIn(argument) : null
  return own && plain && column !== null ? { by: name as Total['by'], column } : null
}

/** `salary` or `e.salary`; a name with more parts may reach into a field. */
function columnIn(value: unknown): string | null {
  const node = unwrap(value)
  const fields = node?.kind === 'ColumnRef' ? listAt(node.body, 'fields') : []
  const names = nameParts(fields)
  const plain = (names.length === 1 || names.length === 2) && names.every((name) => name !== '')
  return plain ? (names.at(-1) ?? '').toLowerCase() : null
}
