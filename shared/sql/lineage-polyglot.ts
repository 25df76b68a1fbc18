import { childrenOf, nameAt, namesAt, nodesAt, queryKinds } from './nodes-polyglot.ts'
import type { Column, Mentions, Shape } from './shape.ts'
import * as shapes from './shape.ts'
import {
  aliasOf,
  chainOf,
  givenAlias,
  homeOf,
  isSpent,
  referred,
  relationShape,
  type Sight,
  type Source,
  sourcesNamed,
  starOf,
  takenFrom,
} from './sight-polyglot.ts'
import { isTree, type Node, textAt, treeAt } from './tree.ts'

/** The columns that a query gives, each with the base columns that it is made of. */
export function shapeOf(query: Node, outer: Sight): Shape {
  if (isSpent(outer)) return shapes.uniform(shapes.anything)
  const { sight } = openExpressions(query, outer)
  if (query.kind === 'select') return selectedAs(query, selected(query, enter(sight, query)))
  if (query.kind === 'values') return renamed(valuesShape(query, sight), query)
  const [inner] = nodesAt(query, 'this')
  if (query.kind === 'subquery') return inner === undefined ? shapes.uniform(shapes.anything) : shapeOf(inner, sight)
  const [left, right] = [...nodesAt(query, 'left'), ...nodesAt(query, 'right')]
  if (left === undefined || right === undefined) return shapes.uniform(shapes.anything)
  const shape = shapes.stacked(shapeOf(left, sight), shapeOf(right, sight))
  return isDocument(right) ? document(shape) : shape
}

/** `SELECT AS STRUCT|VALUE` gives rows with whatever fields the value has. */
function selectedAs({ body }: Node, shape: Shape): Shape {
  return body.kind === undefined ? shape : shapes.uniform(shapes.rowOf(shape))
}

function renamed(shape: Shape, { body }: Node): Shape {
  return shapes.renamed(shape, namesAt(body, 'column_aliases'))
}

function valuesShape(values: Node, sight: Sight): Shape {
  const rows = nodesAt(values, 'expressions').map((row) => nodesAt(row, 'expressions'))
  const listed = rows.map((row) =>
    shapes.listed(row.map((item, at) => ({ name: `col${at + 1}`, mentions: mentionsOf(item, sight) }))),
  )
  return listed.length === 0 ? shapes.uniform(shapes.anything) : listed.reduce(shapes.stacked)
}

/** What a query sees, and each query of its WITH beside what that query sees. */
export function openExpressions(query: Node, outer: Sight) {
  const clause = { kind: 'with', body: treeAt(query.body, 'with') }
  const ctes = nodesAt(clause, 'ctes')
  if (ctes.length === 0) return { sight: outer, expressions: [] }
  const recursive = clause.body.recursive === true
  const sight = { ...outer, ctes: new Map(outer.ctes) }
  if (recursive) for (const cte of ctes) sight.ctes.set(nameAt(cte.body, 'alias'), shapes.uniform(shapes.anything))
  return { sight, expressions: ctes.flatMap((cte) => openExpression(cte, sight, recursive)) }
}

/** Adds one expression to what is in sight. */
function openExpression(cte: Node, sight: Sight & { ctes: Map<string, Shape> }, recursive: boolean) {
  const name = nameAt(cte.body, 'alias')
  const [query] = nodesAt(cte, 'this')
  const seen = recursive ? sight : { ...sight, ctes: new Map(sight.ctes) }
  const shape = recursive ? recursiveShape(cte, seen) : queryShape(query, seen)
  sight.ctes.set(name, shapes.renamed(shape, namesAt(cte.body, 'columns')))
  return query === undefined ? [] : [{ query, sight: seen }]
}

function queryShape(query: Node | undefined, sight: Sight): Shape {
  return query === undefined || !queryKinds.has(query.kind) ? shapes.uniform(shapes.anything) : shapeOf(query, sight)
}

/** Columns may change places at each turn, so each is made of everything that any of them is made of. */
function recursiveShape(cte: Node, sight: Sight): Shape {
  const [query] = nodesAt(cte, 'this')
  const start = query === undefined ? undefined : nodesAt(query, 'left')[0]
  if (start === undefined) return queryShape(query, sight)
  const first = shapes.uniform(shapes.rowOf(queryShape(start, sight)))
  const ctes = new Map(sight.ctes).set(nameAt(cte.body, 'alias'), first)
  return shapes.uniform(shapes.rowOf(queryShape(query, { ...sight, ctes })))
}

/** Opens a new scope with the relations of a SELECT; each may refer to those before it (LATERAL). */
export function enter(sight: Sight, select: Node): Sight {
  const scope: Source[] = []
  const inside = { ...sight, scopes: [scope, ...sight.scopes] }
  addAll(relationsOf(select), inside, scope)
  return inside
}

/** The relations of a SELECT or of joined tables, in their order. */
export function relationsOf(node: Node): Node[] {
  const from = nodesAt(node, 'from').flatMap((clause) => nodesAt(clause, 'expressions'))
  return [...from, ...nodesAt(node, 'left'), ...nodesAt(node, 'joins'), ...nodesAt(node, 'lateral_views')]
}

function addAll(relations: readonly Node[], sight: Sight, scope: Source[]): void {
  for (const relation of relations) addSources(relation, sight, scope)
}

function addSources(node: Node, sight: Sight, scope: Source[]): void {
  const before = scope.length
  if (node.kind === 'join' || node.kind === 'paren') addAll(nodesAt(node, 'this'), sight, scope)
  else if (node.kind === 'joined_table') addJoined(node, sight, scope)
  else scope.push(sourceFrom(node, sight))
  if (node.kind === 'join' && /semi|anti/i.test(textAt(node.body, 'kind'))) hide(scope, before)
}

/** Outside of a named join, and beside a semi-join, these names mean nothing, or something else. */
function hide(scope: Source[], from: number): void {
  for (const [at, source] of scope.entries()) if (at >= from) scope[at] = { ...source, hidden: true }
}

/** A join with a name of its own hides the names within, yet we let both count. */
function addJoined(node: Node, sight: Sight, scope: Source[]): void {
  const before = scope.length
  addAll(relationsOf(node), sight, scope)
  const alias = givenAlias(node.body)
  if (alias === '') return
  hide(scope, before)
  scope.push({ alias, shape: shapes.sideBySide(scope.slice(before).map((source) => source.shape)) })
}

function sourceFrom(node: Node, sight: Sight): Source {
  const { kind, body } = node
  if (kind === 'table')
    return { alias: aliasOf(body), shape: renamed(relationShape(body, sight), node), ...homeOf(body) }
  if (kind === 'lateral_view') return { alias: givenAlias(body, 'table_alias'), shape: generated(node, sight) }
  if (kind === 'lateral') return { alias: givenAlias(body), shape: generated(node, sight) }
  if (kind === 'alias') return aliased(node, sight)
  if (kind === 'subquery' || kind === 'values') {
    return { alias: givenAlias(body), shape: renamed(shapeOf(node, sight), node) }
  }
  if (kind === 'pivot' || kind === 'unpivot') return { alias: givenAlias(body), shape: turned(node, sight) }
  const isCall = kind === 'function' || sight.dialect.generators.has(kind)
  const shape = isCall ? generatedBy(node, [], sight) : shapes.uniform(shapes.anything)
  return { alias: textAt(body, 'name').toLowerCase(), shape }
}

/** A function under a name gives columns of the names behind it; anything else keeps its own. */
function aliased(node: Node, sight: Sight): Source {
  const [inner] = nodesAt(node, 'this')
  const isCall = inner === undefined || inner.kind === 'function' || sight.dialect.generators.has(inner.kind)
  const shape = isCall ? generated(node, sight) : renamed(sourceFrom(inner, sight).shape, node)
  return { alias: givenAlias(node.body), shape }
}

/** What a function gives as a relation: columns of the names given to them, or of those it always gives. */
function generated(node: Node, sight: Sight): Shape {
  const [call] = nodesAt(node, 'this')
  if (call === undefined) return shapes.uniform(shapes.anything)
  if (queryKinds.has(call.kind)) return renamed(shapeOf(call, sight), node)
  return generatedBy(call, namesAt(node.body, 'column_aliases'), sight)
}

function generatedBy(call: Node, names: readonly string[], sight: Sight): Shape {
  const mentions = mentionsOf(call, sight)
  const own = sight.dialect.generators.get(generatorOf(call)) ?? []
  const columns = names.length > 0 ? names : own
  if (columns.length === 0) return shapes.uniform(mentions)
  return { ...shapes.listed(columns.map((name) => ({ name, mentions }))), order: null }
}

/** The name under which a node calls a function. */
function generatorOf(node: Node): string {
  if (node.kind !== 'function') return node.kind
  const name = textAt(node.body, 'name').toLowerCase()
  const [wrapped] = name === 'table' ? nodesAt(node, 'args') : []
  return wrapped?.kind === 'function' ? textAt(wrapped.body, 'name').toLowerCase() : name
}

/** Rows turned to columns or back: any column may hold values of any. */
function turned(node: Node, sight: Sight): Shape {
  const scope: Source[] = []
  addAll(nodesAt(node, 'this'), sight, scope)
  const inside = { ...sight, scopes: [scope, ...sight.scopes] }
  const computed = childrenOf(node, ['this']).map((child) => mentionsOf(child, inside))
  return shapes.uniform(shapes.union([...scope.map((source) => shapes.rowOf(source.shape)), ...computed]))
}

/** The output columns of a SELECT. Each may name those before it (lateral column aliases). */
export function selected(select: Node, sight: Sight): Shape {
  const aliases = new Map<string, Mentions>(sight.aliases)
  const columns: Column[] = []
  const opened: Shape[] = []
  for (const target of nodesAt(select, 'expressions')) {
    const parts = columnsFrom(target, { ...sight, aliases })
    opened.push(...('shape' in parts ? [parts.shape] : []))
    columns.push(...('shape' in parts ? [] : parts.columns))
    noteAliases('shape' in parts ? [] : parts.columns, aliases)
  }
  const shape = opened.length === 0 ? shapes.listed(columns) : shapes.sideBySide([shapes.listed(columns), ...opened])
  return isDocument(select) ? document(shape) : shape
}

/** `FOR JSON` and `FOR XML` make one column of all rows. */
function isDocument({ body }: Node): boolean {
  return body.for_json !== undefined || body.for_xml !== undefined
}

function document(shape: Shape): Shape {
  return shapes.listed([{ name: undefined, mentions: shapes.rowOf(shape) }])
}

function noteAliases(columns: readonly Column[], aliases: Map<string, Mentions>): void {
  for (const { name, mentions } of columns) {
    if (name !== undefined) aliases.set(name, shapes.union([aliases.get(name) ?? new Set(), mentions]))
  }
}

/** The columns of one target where they can be listed, else what all of them are made of. */
function columnsFrom(target: Node, sight: Sight): { readonly columns: Column[] } | { readonly shape: Shape } {
  if (target.kind === 'star') return starColumns(target, sight)
  const name = nameOf(target)
  const mentions = mentionsOf(target, sight)
  if (!givesMore(target, sight)) return { columns: [{ name, mentions }] }
  return { shape: shapes.uniform(mentions) }
}

/** A star over one derived table with known columns is as good as a list of them. */
function starColumns(star: Node, sight: Sight): { readonly columns: Column[] } | { readonly shape: Shape } {
  const { table, except } = starOf(star)
  const scope = sight.scopes[0] ?? []
  const sources = table === '' ? scope : sourcesNamed(table, sight)
  const [only, ...others] = sources
  // Where no relation of this query has the name, a struct's fields are meant.
  // Columns may be given other values or names behind the star.
  const isPlain = star.body.replace === undefined && star.body.rename === undefined
  const isCertain = table === '' || sources.some((source) => scope.includes(source) && source.hidden !== true)
  if (only === undefined || !isPlain || !isCertain) return { shape: shapes.uniform(shapes.anything) }
  const { order } = only.shape
  const isKnown = order !== null && (except.length === 0 || order.every(({ name }) => name !== undefined))
  if (others.length > 0 || !isKnown) return { shape: shapes.sideBySide(sources.map((source) => source.shape)) }
  return { columns: order.filter(({ name = '' }) => !except.includes(name)) }
}

function nameOf(target: Node): string | undefined {
  if (target.kind === 'alias') return nameAt(target.body, 'alias')
  return chainOf(target)?.at(-1)
}

/** Whether a target may give more columns than one, or none. */
function givesMore(target: Node, sight: Sight): boolean {
  if (namesAt(target.body, 'column_aliases').length > 0) return true
  if (queryKinds.has(target.kind)) return false
  if (sight.dialect.generators.has(generatorOf(target))) return true
  return childrenOf(target).some((child) => givesMore(child, sight))
}

/** Every column mentioned anywhere in an expression, followed back to base columns. */
export function mentionsOf(node: Node, sight: Sight): Mentions {
  if (isSpent(sight)) return shapes.anything
  const parts = chainOf(node)
  if (parts !== undefined) return referred(parts, sight)
  if (node.kind === 'star') return shapes.anything
  if (queryKinds.has(node.kind)) return mentionsOfQuery(node, sight)
  if (node.kind === 'lambda') return mentionsOfLambda(node, sight)
  const beneath = shapes.union(takenFrom(node, sight.dialect).map((child) => mentionsOf(child, sight)))
  const isNamedWindow = node.kind === 'over' && isTree(node.body.window_name)
  return isNamedWindow ? shapes.anything : beneath
}

function mentionsOfLambda(node: Node, sight: Sight): Mentions {
  const parameters = new Set([...sight.parameters, ...namesAt(node.body, 'parameters')])
  return shapes.union(nodesAt(node, 'body').map((body) => mentionsOf(body, { ...sight, parameters })))
}

/** What a query is made of, with all that decides which rows it gives; a lambda's parameters do not reach into it. */
function mentionsOfQuery(query: Node, around: Sight): Mentions {
  const { sight, expressions } = openExpressions(query, { ...around, parameters: new Set() })
  const inside = query.kind === 'select' ? enter(sight, query) : sight
  const outputs = query.kind === 'select' ? shapes.rowOf(selected(query, inside)) : new Set<string>()
  const parts = childrenOf(query, ['with', ...(query.kind === 'select' ? ['expressions'] : [])])
  const before = expressions.map((one) => mentionsOf(one.query, one.sight))
  return shapes.union([outputs, ...before, ...parts.map((part) => mentionsWithin(part, inside))])
}

/** Relations hold names and queries; names that are compared by USING are columns too. */
function mentionsWithin(part: Node, sight: Sight): Mentions {
  const isNatural = part.kind === 'join' && /natural/i.test(textAt(part.body, 'kind'))
  if (isNatural) return shapes.anything
  const using = part.kind === 'join' ? namesAt(part.body, 'using').map((name) => referred([name], sight)) : []
  const isRelation = ['from', 'join', 'joined_table', 'lateral_view', 'pivot', 'unpivot'].includes(part.kind)
  const children = childrenOf(part)
  if (isRelation) return shapes.union([...using, ...children.map((child) => mentionsWithin(child, sight))])
  return mentionsOf(part, sight)
}
