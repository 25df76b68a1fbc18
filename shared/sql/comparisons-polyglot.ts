import type { PolyglotDialect } from './dialect.ts'
import { enter, mentionsOf, openExpressions, relationsOf, selected, shapeOf } from './lineage-polyglot.ts'
import { childrenOf, namesAt, nodesAt, queryKinds } from './nodes-polyglot.ts'
import { anything, type Mentions, rowOf, type Shape, union } from './shape.ts'
import { chainOf, isAll, openSight, referred, relationShape, type Sight } from './sight-polyglot.ts'
import { type Node, textAt } from './tree.ts'

/**
 * Base columns (lower case, unqualified, sorted) whose values decide which rows a query gives, how many or in what
 * order: conditions, joins, grouping, sorting, limits, set operations. Masks of the output cannot hide these.
 */
export function comparedBy(tree: Node, dialect: PolyglotDialect): readonly string[] {
  return queryKinds.has(tree.kind) ? [...inQuery(tree, openSight(dialect))].sort() : []
}

const setOperations = ['union', 'intersect', 'except']

function inQuery(query: Node, outer: Sight): Mentions {
  const { sight, expressions } = openExpressions(query, outer)
  const before = expressions.map((one) => (queryKinds.has(one.query.kind) ? inQuery(one.query, one.sight) : anything))
  return union([...before, ...inOneQuery(query, sight)])
}

function inOneQuery(query: Node, sight: Sight): Mentions[] {
  if (query.kind === 'select') return inSelect(query, sight)
  if (setOperations.includes(query.kind)) return inSetOperation(query, sight)
  const inner = query.kind === 'subquery' ? nodesAt(query, 'this') : []
  return [
    ...inner.map((one) => (queryKinds.has(one.kind) ? inQuery(one, sight) : anything)),
    ...inner.flatMap((one) => inOrder(query, shapeOf(one, sight), sight)),
    ...inLimits(query, sight),
  ]
}

/** Which operation binds first is not the same for everybody, so one that compares makes all arms compared. */
function inSetOperation(query: Node, sight: Sight): Mentions[] {
  const arms = [...nodesAt(query, 'left'), ...nodesAt(query, 'right')].flatMap(armsOf)
  const compares = childrenOf(query).some((child) => child.kind === 'ordering') || hasComparison(query)
  return [
    ...arms.flatMap((arm) => [inQuery(arm, sight), ...(compares ? [rowOf(shapeOf(arm, sight))] : [])]),
    ...inLimits(query, sight),
  ]
}

function armsOf(query: Node): Node[] {
  if (!setOperations.includes(query.kind) || query.body.with !== undefined) return [query]
  return [...nodesAt(query, 'left'), ...nodesAt(query, 'right')].flatMap(armsOf)
}

function hasComparison(query: Node): boolean {
  if (!setOperations.includes(query.kind)) return false
  if (query.kind !== 'union' || query.body.all !== true) return true
  return [...nodesAt(query, 'left'), ...nodesAt(query, 'right')].some(hasComparison)
}

function inSelect(select: Node, outer: Sight): Mentions[] {
  const sight = enter(outer, select)
  const outputs = selected(select, sight)
  const named = { ...sight, aliases: outputs.columns }
  const groups = nodesAt(select, 'group_by')
  return [
    ...relationsOf(select).map((relation) => inRelation(relation, sight)),
    ...nodesAt(select, 'where_clause').map((part) =>
      mentionsOf(part, sight.dialect.conditionsSeeAliases === true ? named : sight),
    ),
    ...[...groups, ...['having', 'qualify', 'connect'].flatMap((clause) => nodesAt(select, clause))].map((part) =>
      mentionsOf(part, named),
    ),
    ...groups.map((group) => inGroups(group, outputs)),
    ...(select.body.distinct === true ? [rowOf(outputs)] : []),
    ...inOrder(select, outputs, sight),
    ...inLimits(select, sight),
    ...nodesAt(select, 'expressions').map((target) => inGenerators(target, sight)),
  ]
}

function inLimits(query: Node, sight: Sight): Mentions[] {
  const limits = ['limit', 'offset', 'top', 'fetch'].flatMap((clause) => nodesAt(query, clause))
  const given = limits.flatMap((limit) =>
    ['clause', 'top', 'fetch'].includes(limit.kind) ? childrenOf(limit) : [limit],
  )
  return given.filter((part) => !isAll(part)).map((part) => mentionsOf(part, sight))
}

/** An output column that is meant by its number; `ALL` means all of them. */
function inGroups(group: Node, outputs: Shape): Mentions {
  if (group.body.all === true) return rowOf(outputs)
  return union(nodesAt(group, 'expressions').map((item) => numbered(item, outputs)))
}

/** Numbers stand for output columns, alone or within brackets and grouping sets. */
function numbered(node: Node, outputs: Shape): Mentions {
  if (node.kind !== 'literal') return isList(node) ? union(childrenOf(node).map((one) => numbered(one, outputs))) : none
  const at = node.body.literal_type === 'number' ? Number(node.body.value) : Number.NaN
  if (Number.isNaN(at)) return none
  return outputs.order?.[at - 1]?.mentions ?? rowOf(outputs)
}

const none: Mentions = new Set()

function isList({ kind }: Node): boolean {
  return ['tuple', 'paren', 'function', 'rollup', 'cube'].includes(kind)
}

/** Sorting by a name means the output column of that name before any other (Databricks: ORDER BY clause). */
function inOrder(query: Node, outputs: Shape, sight: Sight): Mentions[] {
  const clauses = ['order_by', 'sort_by', 'distribute_by', 'cluster_by'].flatMap((clause) => nodesAt(query, clause))
  const items = clauses.flatMap((clause) => nodesAt(clause, 'expressions')).flatMap(itemOf)
  return items.map((item) => orderedBy(item, outputs, sight))
}

function itemOf(item: Node): Node[] {
  return item.kind === 'ordered' ? nodesAt(item, 'this') : [item]
}

function orderedBy(item: Node, outputs: Shape, sight: Sight): Mentions {
  const [name = '', ...more] = chainOf(item) ?? []
  if (isAll(item)) return rowOf(outputs)
  const output = more.length === 0 && outputs.order !== null ? outputs.columns.get(name) : undefined
  return output ?? union([mentionsOf(item, { ...sight, aliases: outputs.columns }), numbered(item, outputs)])
}

function inRelation(node: Node, sight: Sight): Mentions {
  if (node.kind === 'join') return inJoin(node, sight)
  if (node.kind === 'joined_table') return union(relationsOf(node).map((one) => inRelation(one, sight)))
  if (node.kind === 'paren') return union(nodesAt(node, 'this').map((one) => inRelation(one, sight)))
  if (queryKinds.has(node.kind)) return inQuery(node, sight)
  if (node.kind === 'pivot' || node.kind === 'unpivot') return inTurned(node, sight)
  if (node.kind === 'table') return union([mentionsOf(node, sight), inArray(node, sight)])
  return mentionsOf(node, sight)
}

/** An array taken for a relation says how many elements it has. */
function inArray({ body }: Node, sight: Sight): Mentions {
  const shape = body.schema === undefined ? undefined : relationShape(body, sight)
  return shape === undefined || shape.rest === 'self' ? none : rowOf(shape)
}

function inJoin(join: Node, sight: Sight): Mentions {
  const using = namesAt(join.body, 'using').map((name) => referred([name], sight))
  const natural = /natural/i.test(textAt(join.body, 'kind')) ? [anything] : []
  const sides = nodesAt(join, 'this').map((one) => inRelation(one, sight))
  return union([
    ...sides,
    ...[...nodesAt(join, 'on'), ...nodesAt(join, 'match_condition')].map((on) => mentionsOf(on, sight)),
    ...using,
    ...natural,
  ])
}

/** A pivot groups by every column that it does not name. */
function inTurned(node: Node, sight: Sight): Mentions {
  const inner = union(nodesAt(node, 'this').map((one) => inRelation(one, sight)))
  const turned = enter(sight, { kind: 'select', body: { from: { expressions: [{ [node.kind]: node.body }] } } })
  return union([inner, ...(turned.scopes[0] ?? []).map((source) => rowOf(source.shape))])
}

function inGenerators(node: Node, sight: Sight): Mentions {
  if (queryKinds.has(node.kind)) return none
  const name = node.kind === 'function' ? textAt(node.body, 'name').toLowerCase() : node.kind
  if (sight.dialect.generators.has(name) || sight.dialect.sieves.has(name)) return mentionsOf(node, sight)
  return union(childrenOf(node).map((child) => inGenerators(child, sight)))
}
