import { childrenOf } from './nodes-postgres.ts'
import type { Column, Mentions, Shape } from './shape.ts'
import * as shapes from './shape.ts'
import { bodyOf, isTree, listAt, type Node, nameParts, type Tree, textAt, treeAt, unwrap } from './tree.ts'

/** A relation in sight under a name. */
interface Source {
  readonly alias: string
  readonly shape: Shape
}

/** What an expression may refer to: common table expressions, and sources by scope, innermost first. */
export interface Sight {
  readonly ctes: ReadonlyMap<string, Shape>
  readonly scopes: readonly (readonly Source[])[]
  /** Nodes that may still be looked at, for one statement. */
  readonly budget: { left: number }
}

/** Queries within queries are looked at more than once, so that a short text could take hours. */
const mostSteps = 12_000

/** What a statement sees before anything in it. */
export function openSight(): Sight {
  return { ctes: new Map(), scopes: [], budget: { left: mostSteps } }
}

/** Whether nothing more may be looked at: then a column may be made of anything. */
function isSpent({ budget }: Sight): boolean {
  budget.left -= 1
  return budget.left < 0
}

/**
 * `relation.function` calls the function with the whole row where no such column exists (PostgreSQL documentation,
 * section 8.16.5): these built-ins take any row.
 */
const rowFunctions = new Set(
  `row_to_json to_json to_jsonb json_agg jsonb_agg json_agg_strict jsonb_agg_strict array_agg concat json_build_array
  jsonb_build_array quote_literal quote_nullable any_value min max record_out record_send hash_record`.split(/\s+/),
)

/** The result columns of a query or of a statement's RETURNING, each with the base columns that it is made of. */
export function resultOf(statement: Node): Shape {
  return shapeOf(statement, openSight())
}

/** The columns that a statement gives. */
export function shapeOf(statement: Node, outer: Sight): Shape {
  if (isSpent(outer)) return shapes.uniform(shapes.anything)
  const sight = withExpressions(statement.body, outer)
  if (statement.kind !== 'SelectStmt') return returned(statement, sight)
  const { body } = statement
  if (isTree(body.larg)) return shapes.stacked(arm(body, 'larg', sight), arm(body, 'rarg', sight))
  if (listAt(body, 'valuesLists').length > 0) return valuesShape(listAt(body, 'valuesLists'), sight)
  return selected(listAt(body, 'targetList'), enter(sight, listAt(body, 'fromClause')))
}

function arm(body: Tree, side: 'larg' | 'rarg', sight: Sight): Shape {
  return shapeOf({ kind: 'SelectStmt', body: treeAt(body, side) }, sight)
}

function valuesShape(rows: readonly unknown[], sight: Sight): Shape {
  const listed = rows.map((row) => {
    const items = listAt(bodyOf(row, 'List') ?? {}, 'items')
    return shapes.listed(items.map((item, at) => ({ name: `column${at + 1}`, mentions: mentionsIn(item, sight) })))
  })
  return listed.reduce(shapes.stacked)
}

/** Common table expressions in sight of a statement. A recursive one's columns are each made of all that it holds. */
function withExpressions(body: Tree, outer: Sight): Sight {
  return openExpressions(body, outer).sight
}

/** What a statement sees, and each query of its WITH beside what that query sees. */
export function openExpressions(body: Tree, outer: Sight) {
  const clause = treeAt(body, 'withClause')
  const expressions = listAt(clause, 'ctes').map((item) => bodyOf(item, 'CommonTableExpr') ?? {})
  if (expressions.length === 0) return { sight: outer, expressions: [] }
  const recursive = clause.recursive === true
  const sight = { ...outer, ctes: new Map(outer.ctes) }
  if (recursive) for (const cte of expressions) sight.ctes.set(textAt(cte, 'ctename'), shapes.uniform(shapes.anything))
  return { sight, expressions: expressions.flatMap((cte) => openExpression(cte, sight, recursive)) }
}

/** Adds one expression to what is in sight. */
function openExpression(cte: Tree, sight: Sight & { ctes: Map<string, Shape> }, recursive: boolean) {
  const seen = recursive ? sight : { ...sight, ctes: new Map(sight.ctes) }
  const query = unwrap(cte.ctequery)
  sight.ctes.set(textAt(cte, 'ctename'), recursive ? recursiveShape(cte, seen) : expressionShape(cte, seen))
  return query === undefined ? [] : [{ query, sight: seen }]
}

function expressionShape(cte: Tree, sight: Sight): Shape {
  const query = unwrap(cte.ctequery)
  if (query === undefined || cte.search_clause !== undefined || cte.cycle_clause !== undefined) {
    return shapes.uniform(shapes.anything)
  }
  return shapes.renamed(shapeOf(query, sight), namesAt(cte, 'aliascolnames'))
}

/** Columns may change places at each turn, so each is made of everything that any of them is made of. */
function recursiveShape(cte: Tree, sight: Sight): Shape {
  const query = bodyOf(cte.ctequery, 'SelectStmt') ?? {}
  if (!isTree(query.larg)) return expressionShape(cte, sight)
  const start = shapes.uniform(shapes.rowOf(arm(query, 'larg', withExpressions(query, sight))))
  const ctes = new Map(sight.ctes).set(textAt(cte, 'ctename'), start)
  return shapes.uniform(shapes.rowOf(expressionShape(cte, { ...sight, ctes })))
}

/** Opens a new scope with the relations of a FROM clause; each may refer to those before it (LATERAL). */
export function enter(sight: Sight, from: readonly unknown[], first: readonly Source[] = []): Sight {
  const scope = [...first]
  const inside = { ...sight, scopes: [scope, ...sight.scopes] }
  for (const item of from) addSources(item, inside, scope)
  return inside
}

function addSources(item: unknown, sight: Sight, scope: Source[]): void {
  const node = unwrap(item)
  if (node === undefined) return
  if (node.kind === 'RangeTableSample') {
    addSources(node.body.relation, sight, scope)
  } else if (node.kind === 'JoinExpr') {
    addJoined(node, sight, scope)
  } else {
    const alias = lower(treeAt(node.body, 'alias'), 'aliasname') || lower(node.body, 'relname')
    scope.push({ alias, shape: sourceShape(node, sight) })
  }
}

function addJoined({ body }: Node, sight: Sight, scope: Source[]): void {
  const before = scope.length
  addSources(body.larg, sight, scope)
  addSources(body.rarg, sight, scope)
  const alias = treeAt(body, 'alias')
  if (textAt(alias, 'aliasname') === '') return
  const joined = shapes.sideBySide(scope.slice(before).map((source) => source.shape))
  scope.push({ alias: lower(alias, 'aliasname'), shape: shapes.renamed(joined, namesAt(alias, 'colnames')) })
}

function sourceShape(node: Node, sight: Sight): Shape {
  const names = namesAt(treeAt(node.body, 'alias'), 'colnames')
  if (node.kind === 'RangeVar') return shapes.renamed(relationShape(node.body, sight), names)
  const query = node.kind === 'RangeSubselect' ? unwrap(node.body.subquery) : undefined
  if (query !== undefined) return shapes.renamed(shapeOf(query, sight), names)
  return shapes.uniform(mentionsIn({ [node.kind]: node.body }, sight))
}

function relationShape(relation: Tree, sight: Sight): Shape {
  if (relation.schemaname !== undefined) return shapes.baseTable
  return sight.ctes.get(textAt(relation, 'relname')) ?? shapes.baseTable
}

/** The output columns of a target list. */
export function selected(targets: readonly unknown[], sight: Sight): Shape {
  const items = targets.map((target) => bodyOf(target, 'ResTarget') ?? {})
  const columns = items.filter((item) => !isStar(item)).map((item) => columnFrom(item, sight))
  if (columns.length === items.length) return shapes.listed(columns)
  const stars = items.filter(isStar).map((item) => starShape(item, sight))
  return shapes.sideBySide([shapes.listed(columns), ...stars])
}

function columnFrom(target: Tree, sight: Sight): Column {
  return { name: lower(target, 'name') || impliedName(target.val), mentions: mentionsIn(target.val, sight) }
}

/** Whether a target is `*`, `t.*` or `(expression).*`. */
export function isStar(target: Tree): boolean {
  const node = unwrap(target.val)
  if (node?.kind === 'ColumnRef') return bodyOf(listAt(node.body, 'fields').at(-1), 'A_Star') !== undefined
  return node?.kind === 'A_Indirection' && bodyOf(listAt(node.body, 'indirection').at(-1), 'A_Star') !== undefined
}

function starShape(target: Tree, sight: Sight): Shape {
  const fields = listAt(bodyOf(target.val, 'ColumnRef') ?? {}, 'fields')
  if (fields.length === 1) return shapes.sideBySide((sight.scopes[0] ?? []).map((source) => source.shape))
  const [only, ...others] = fields.length > 1 ? sourcesNamed(partAt(fields, -2), sight) : []
  if (only === undefined) return shapes.uniform(shapes.anything)
  return others.length === 0 ? only.shape : shapes.sideBySide([only, ...others].map((source) => source.shape))
}

/** The name that PostgreSQL gives an unnamed column, in the cases that we predict. */
function impliedName(value: unknown): string | undefined {
  const node = unwrap(value)
  if (node?.kind === 'ColumnRef') return partAt(listAt(node.body, 'fields'), -1)
  if (node?.kind === 'FuncCall') return partAt(listAt(node.body, 'funcname'), -1)
  return node?.kind === 'TypeCast' ? impliedName(node.body.arg) : undefined
}

/** Every column mentioned anywhere in an expression, followed back to base columns. */
function mentionsIn(value: unknown, sight: Sight): Mentions {
  const node = unwrap(value)
  return node === undefined ? new Set() : mentionsOf(node, sight)
}

/** The same for a node. */
export function mentionsOf(node: Node, sight: Sight): Mentions {
  if (isSpent(sight)) return shapes.anything
  if (node.kind === 'ColumnRef') return referred(listAt(node.body, 'fields'), sight)
  if (node.kind === 'A_Star' || node.kind === 'MultiAssignRef') return shapes.anything
  if (node.kind === 'SelectStmt') return mentionsOfQuery(node, sight)
  const beneath = shapes.union(childrenOf(node).map((child) => mentionsOf(child, sight)))
  return node.kind === 'WindowDef' && isNamed(node.body) ? shapes.union([beneath, shapes.anything]) : beneath
}

/** A window defined elsewhere may order by anything. */
function isNamed(window: Tree): boolean {
  return textAt(window, 'name') !== '' || textAt(window, 'refname') !== ''
}

function mentionsOfQuery(query: Node, outer: Sight): Mentions {
  const sight = enter(withExpressions(query.body, outer), listAt(query.body, 'fromClause'))
  const parts = childrenOf(query, ['withClause'])
  return shapes.union(parts.map((part) => mentionsOf(part, sight)))
}

function referred(fields: readonly unknown[], sight: Sight): Mentions {
  if (bodyOf(fields.at(-1), 'A_Star') !== undefined) return shapes.anything
  const name = partAt(fields, -1)
  if (fields.length === 1) return columnNamed(name, sight)
  const sources = sourcesNamed(partAt(fields, -2), sight)
  if (sources.length === 0 || rowFunctions.has(name)) return shapes.anything
  return shapes.union(sources.map((source) => shapes.columnOf(source.shape, name)))
}

/** An unqualified name may be a column of any relation in sight, or a relation's whole row. */
export function columnNamed(name: string, sight: Sight): Mentions {
  const sources = sight.scopes.flat()
  if (sources.length === 0) return shapes.anything
  const rows = sources.filter((source) => source.alias === name).map((source) => shapes.rowOf(source.shape))
  return shapes.union([...rows, ...sources.map((source) => shapes.columnOf(source.shape, name))])
}

/**
 * Every relation in sight of that name: which of them is meant depends on LATERAL and on joins with a name of their own
 * (PostgreSQL documentation, section 7.2.1), so all of them are.
 */
function sourcesNamed(alias: string, sight: Sight): Source[] {
  return sight.scopes.flat().filter((source) => source.alias === alias)
}

/** RETURNING sees the row as the statement left it, so what was assigned to a column counts with the column. */
function returned({ kind, body }: Node, sight: Sight): Shape {
  const targets = listAt(treeAt(body, 'returningClause'), 'exprs')
  const relation = treeAt(body, 'relation')
  const alias = lower(treeAt(relation, 'alias'), 'aliasname') || lower(relation, 'relname')
  const before = { alias, shape: shapes.baseTable }
  const sources = [...listAt(body, 'fromClause'), ...listAt(body, 'usingClause')]
  const shape = assignedShape({ kind, body }, enter(sight, sources, [before]))
  const rows = [alias, 'old', 'new', ...returnedNames(body)].map((name) => ({ alias: name, shape }))
  return selected(targets, enter(sight, sources, rows))
}

function returnedNames(body: Tree): string[] {
  const options = listAt(treeAt(body, 'returningClause'), 'options')
  return options.map((option) => lower(bodyOf(option, 'ReturningOption') ?? {}, 'value'))
}

function assignedShape({ kind, body }: Node, sight: Sight): Shape {
  if (kind === 'DeleteStmt') return shapes.baseTable
  if (kind === 'UpdateStmt') return assigned(listAt(body, 'targetList').map((target) => assignment(target, sight)))
  const conflict = listAt(treeAt(body, 'onConflictClause'), 'targetList')
  const query = unwrap(body.selectStmt)
  const inserted = query === undefined ? shapes.listed([]) : shapeOf(query, sight)
  if (kind !== 'InsertStmt' || conflict.length > 0) return shapes.uniform(shapes.anything)
  if (shapes.rowOf(inserted).size === 0) return shapes.baseTable
  const names = listAt(body, 'cols').map((column) => lower(bodyOf(column, 'ResTarget') ?? {}, 'name'))
  if (inserted.order === null || names.length === 0) return shapes.uniform(shapes.anything)
  return assigned(inserted.order.map(({ mentions }, at) => ({ name: names[at], mentions })))
}

function assignment(target: unknown, sight: Sight): Column {
  const body = bodyOf(target, 'ResTarget') ?? {}
  return { name: lower(body, 'name'), mentions: mentionsIn(body.val, sight) }
}

function assigned(columns: readonly Column[]): Shape {
  return shapes.sideBySide([shapes.baseTable, shapes.listed(columns)])
}

function lower(body: Tree, key: string): string {
  return textAt(body, key).toLowerCase()
}

function namesAt(body: Tree, key: string): string[] {
  return nameParts(listAt(body, key)).map((name) => name.toLowerCase())
}

function partAt(list: readonly unknown[], at: number): string {
  return (nameParts(list).at(at) ?? '').toLowerCase()
}
