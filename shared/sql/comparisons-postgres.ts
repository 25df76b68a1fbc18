import {
  columnNamed,
  enter,
  mentionsOf as mentioned,
  openExpressions,
  openSight,
  type Sight,
  selected,
  shapeOf,
} from './lineage-postgres.ts'
import { childrenOf } from './nodes-postgres.ts'
import { anything, type Mentions, rowOf, union } from './shape.ts'
import { isTree, listAt, type Node, nameParts, type Tree, treeAt, unwrap } from './tree.ts'

/** Built-ins that give as many rows as their arguments say, so that counting the rows tells the arguments. */
const rowMakers = new Set(
  `generate_series generate_subscripts unnest json_array_elements json_array_elements_text json_each json_each_text
  json_object_keys json_populate_recordset json_to_recordset jsonb_array_elements jsonb_array_elements_text jsonb_each
  jsonb_each_text jsonb_object_keys jsonb_path_query jsonb_path_query_tz jsonb_populate_recordset jsonb_to_recordset
  regexp_matches regexp_split_to_table string_to_table`.split(/\s+/),
)

/**
 * Base columns (lower case, unqualified, sorted) whose values decide which rows a query gives, how many or in what
 * order: conditions, joins, grouping, sorting, limits, set operations. Masks of the output cannot hide these.
 */
export function comparedBy(statement: Node): readonly string[] {
  if (statement.kind !== 'SelectStmt') return []
  return [...inQuery(statement, openSight())].sort()
}

function inQuery(query: Node, outer: Sight): Mentions {
  const { body } = query
  const { sight, expressions } = openExpressions(body, outer)
  const before = expressions.map((one) => inQuery(one.query, one.sight))
  const own = isTree(body.larg) ? inSetOperation(body, sight) : inPlainQuery(body, sight)
  const limits = [body.limitCount, body.limitOffset].map((limit) => at(limit, sight))
  return union([...before, ...own, ...limits])
}

function inSetOperation(body: Tree, sight: Sight): Mentions[] {
  const arms = [treeAt(body, 'larg'), treeAt(body, 'rarg')].map((arm) => ({ kind: 'SelectStmt', body: arm }))
  const compares = listAt(body, 'sortClause').length > 0 || body.op !== 'SETOP_UNION' || body.all !== true
  return arms.flatMap((arm) => [inQuery(arm, sight), ...(compares ? [rowOf(shapeOf(arm, sight))] : [])])
}

function inPlainQuery(body: Tree, outer: Sight): Mentions[] {
  const from = listAt(body, 'fromClause')
  const sight = enter(outer, from)
  const targets = listAt(body, 'targetList')
  const ordering = ['groupClause', 'sortClause', 'distinctClause'].flatMap((clause) => listAt(body, clause))
  return [
    ...from.map((item) => inRelation(item, sight)),
    ...[body.whereClause, body.havingClause, ...ordering].map((part) => at(part, sight)),
    ...ordering.map((item) => inOutputs(item, { targets, sight })),
    ...targets.map((target) => inRowMakers(unwrap(target), sight)),
  ]
}

function inRelation(item: unknown, sight: Sight): Mentions {
  const node = unwrap(item)
  if (node === undefined || node.kind === 'RangeVar') return new Set()
  if (node.kind === 'JoinExpr') return inJoin(node.body, sight)
  if (node.kind !== 'RangeSubselect') return mentioned(node, sight)
  const query = unwrap(node.body.subquery)
  return query === undefined ? anything : inQuery(query, sight)
}

function inJoin(body: Tree, sight: Sight): Mentions {
  const using = nameParts(listAt(body, 'usingClause')).map((name) => columnNamed(name.toLowerCase(), sight))
  const sides = [inRelation(body.larg, sight), inRelation(body.rarg, sight)]
  return union([...sides, at(body.quals, sight), ...using, ...(body.isNatural === true ? [anything] : [])])
}

interface Outputs {
  readonly targets: readonly unknown[]
  readonly sight: Sight
}

/** An output column that is meant by its number or its name; `DISTINCT` without more means all of them. */
function inOutputs(item: unknown, { targets, sight }: Outputs): Mentions {
  const node = unwrap(item)
  const shape = selected(targets, sight)
  if (node === undefined) return rowOf(shape)
  if (node.kind === 'SortBy') return inOutputs(node.body.node, { targets, sight })
  if (node.kind === 'GroupingSet' || node.kind === 'RowExpr')
    return union(partsOf(node.body).map((part) => inOutputs(part, { targets, sight })))
  if (node.kind === 'ColumnRef') return shape.columns.get(nameOf(node.body)) ?? new Set()
  const number = node.kind === 'A_Const' ? treeAt(node.body, 'ival').ival : undefined
  if (typeof number !== 'number') return new Set()
  return shape.order?.[number - 1]?.mentions ?? rowOf(shape)
}

function partsOf(body: Tree): readonly unknown[] {
  return [...listAt(body, 'content'), ...listAt(body, 'args')]
}

function nameOf(column: Tree): string {
  const fields = nameParts(listAt(column, 'fields'))
  return fields.length === 1 ? (fields[0] ?? '').toLowerCase() : ''
}

function inRowMakers(node: Node | undefined, sight: Sight): Mentions {
  if (node === undefined || node.kind === 'SelectStmt') return new Set()
  const isMaker = node.kind === 'FuncCall' && rowMakers.has(nameParts(listAt(node.body, 'funcname')).at(-1) ?? '')
  if (isMaker) return mentioned(node, sight)
  return union(childrenOf(node).map((child) => inRowMakers(child, sight)))
}

function at(part: unknown, sight: Sight): Mentions {
  const node = unwrap(part)
  return node === undefined ? new Set() : mentioned(node, sight)
}
