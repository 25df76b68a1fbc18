import type { PolyglotDialect } from './dialect.ts'
import { childrenOf, nameAt, nodesAt, open } from './nodes-polyglot.ts'
import type { Mentions, Shape } from './shape.ts'
import * as shapes from './shape.ts'
import { isTree, type Node, type Tree, textAt, treeAt } from './tree.ts'

/** A relation in sight under a name, which may be dotted. */
export interface Source {
  readonly alias: string
  readonly shape: Shape
  /** Whether its name is in sight only of conditions within the FROM clause. */
  readonly hidden?: boolean
  /** The first of several names of a table. */
  readonly home?: string
}

/** What an expression may refer to. */
export interface Sight {
  readonly dialect: PolyglotDialect
  readonly ctes: ReadonlyMap<string, Shape>
  /** Relations by scope, innermost first. */
  readonly scopes: readonly (readonly Source[])[]
  /** Output columns that an expression may name where no relation has such a column. */
  readonly aliases: ReadonlyMap<string, Mentions>
  /** Parameters of the lambdas around it: their elements come from the arguments beside the lambda. */
  readonly parameters: ReadonlySet<string>
  /** Nodes that may still be looked at, for one statement. */
  readonly budget: { left: number }
}

/** Queries within queries are looked at more than once, so that a short text could take hours. */
const mostSteps = 12_000

/** What a statement sees before anything in it. */
export function openSight(dialect: PolyglotDialect): Sight {
  return {
    dialect,
    ctes: new Map(),
    scopes: [],
    aliases: new Map(),
    parameters: new Set(),
    budget: { left: mostSteps },
  }
}

/** Whether nothing more may be looked at: then a column may be made of anything. */
export function isSpent({ budget }: Sight): boolean {
  budget.left -= 1
  return budget.left < 0
}

/** The parts of a dotted reference, lower case; undefined where the node refers to no column. */
export function chainOf(node: Node): string[] | undefined {
  if (node.kind === 'column') {
    const table = isTree(node.body.table) ? [nameAt(node.body, 'table')] : []
    return [...table, nameAt(node.body, 'name')]
  }
  const base = node.kind === 'dot' ? open(node.body.this) : undefined
  const parts = base === undefined ? undefined : chainOf(base)
  return parts === undefined ? undefined : [...parts, nameAt(node.body, 'field')]
}

/** Whether a node is the word `ALL`, which stands for what is there and names no column. */
export function isAll(node: Node): boolean {
  return node.kind === 'column' && chainOf(node)?.join('.') === 'all' && treeAt(node.body, 'name').quoted !== true
}

const units = /^(microsecond|millisecond|second|minute|hour|day|dayofyear|week|month|quarter|year)$/

/** The nodes under one that may take values: all but a pivot's new name, and a unit of time before what it measures. */
export function takenFrom(node: Node, dialect: PolyglotDialect): Node[] {
  if (node.kind === 'pivot_alias') return nodesAt(node, 'this')
  const isMeasure = node.kind === 'function' && dialect.unitFunctions.has(textAt(node.body, 'name').toLowerCase())
  const [unit, ...others] = isMeasure ? nodesAt(node, 'args') : []
  const isUnit = unit?.kind === 'column' && others.length === 2 && treeAt(unit.body, 'name').quoted !== true
  return isUnit && units.test(chainOf(unit)?.join('.') ?? '') ? others : childrenOf(node)
}

/**
 * What a reference is made of: a column of the relation before the dot, or a field of a column of that name. A relation
 * comes first, but only the innermost, and only if it has such a column.
 */
export function referred(parts: readonly string[], sight: Sight): Mentions {
  const [first = ''] = parts
  if (sight.parameters.has(first)) return new Set()
  const found = parts.slice(1).flatMap((column, at) => columnsOf(parts.slice(0, at + 1).join('.'), column, sight))
  const mentions = shapes.union(found.map((one) => one.mentions))
  if (found.some((one) => one.certain)) return mentions
  const isLikely = found.some((one) => one.likely)
  return shapes.union([mentions, isLikely ? structNamed(first, sight) : columnNamed(first, sight)])
}

/** The column in every relation in sight of that name. A table's is taken for granted: its columns are not known. */
function columnsOf(alias: string, column: string, sight: Sight) {
  return sourcesNamed(alias, sight).map((source) => ({
    mentions: shapes.columnOf(source.shape, column),
    certain: source.shape.columns.has(column) && source.hidden !== true && sight.scopes[0]?.includes(source) === true,
    likely: source.shape.columns.has(column) || source.shape.rest === 'self',
  }))
}

/** A column of that name which a query in sight made: whoever made it may have given it any fields. */
function structNamed(name: string, sight: Sight): Mentions {
  const made = sight.scopes
    .flat()
    .map(({ shape }) => shape.columns.get(name) ?? (shape.rest === 'self' ? [] : shape.rest))
  return new Set([...made.flatMap((mentions) => [...mentions]), ...(sight.aliases.get(name) ?? [])])
}

/** A column of any relation in sight, a relation's whole row, or another output column; what is none of these, anything. */
function columnNamed(name: string, sight: Sight): Mentions {
  if (sight.parameters.has(name)) return new Set()
  const sources = sight.scopes.flat()
  const alias = sight.aliases.get(name)
  if (sources.length === 0) return alias ?? shapes.anything
  const rows = rowsNamed(name, sight).map((source) => shapes.rowOf(source.shape))
  const named = sources.filter(({ shape }) => !rowsHide(name, shape, sight))
  const columns = named.map((source) => shapes.columnOf(source.shape, name))
  const found = shapes.union([...rows, ...columns, alias ?? new Set()])
  const isKnown = alias !== undefined || rows.length > 0 || sources.some(({ shape }) => shape.columns.has(name))
  return found.size > 0 || isKnown ? found : shapes.anything
}

/** Relations of which a name alone can mean the whole row. */
function rowsNamed(name: string, sight: Sight): Source[] {
  if (sight.dialect.rowsComeFirst === true) return sourcesNamed(name, sight)
  return sight.scopes.flat().filter((source) => source.alias === name)
}

/** Where rows come before columns, the name of one is not looked for in tables whose columns are not known. */
function rowsHide(name: string, shape: Shape, sight: Sight): boolean {
  const isOpen = shape.rest === 'self' && !shape.columns.has(name)
  return sight.dialect.rowsComeFirst === true && isOpen && rowsNamed(name, sight).length > 0
}

/** Every relation in sight of that name. */
export function sourcesNamed(alias: string, sight: Sight): Source[] {
  return sight.scopes.flat().filter((source) => source.alias === alias || source.alias.endsWith(`.${alias}`))
}

/** The columns of a table or of a common table expression. */
export function relationShape(table: Tree, sight: Sight): Shape {
  const isQualified = isTree(table.schema) || isTree(table.catalog)
  if (isQualified && sight.dialect.rowsComeFirst === true) return arrayShape(table, sight)
  return (isQualified ? undefined : sight.ctes.get(nameAt(table, 'name'))) ?? shapes.baseTable
}

/** `o.items` is an array of the relation `o` where there is one before it; further outside it may be a table, too. */
function arrayShape(table: Tree, sight: Sight): Shape {
  const parts = ['catalog', 'schema', 'name'].map((field) => nameAt(table, field)).filter((part) => part !== '')
  const sources = sourcesNamed(parts[0] ?? '', sight)
  if (sources.length === 0) return shapes.baseTable
  const isNear = sources.some((source) => sight.scopes[0]?.includes(source)) && !isHome(parts[0] ?? '', sight)
  return shapes.uniform(isNear ? referred(parts, sight) : shapes.anything)
}

function isHome(name: string, { scopes }: Sight): boolean {
  return scopes.flat().some(({ home }) => home === name)
}

/** The first of a table's names where it has several. */
export function homeOf(table: Tree): { home?: string } {
  const home = nameAt(table, 'catalog') || nameAt(table, 'schema')
  return home === '' ? {} : { home }
}

/** A relation's own name, or the alias that replaces it. */
export function aliasOf(table: Tree): string {
  const own = ['catalog', 'schema', 'name'].filter((field) => isTree(table[field])).map((field) => nameAt(table, field))
  return isTree(table.alias) || typeof table.alias === 'string' ? givenAlias(table) : own.join('.')
}

/** A name given to a relation is one part: a dot in it parts nothing, and must not look like it. */
export function givenAlias(body: Tree, field = 'alias'): string {
  return nameAt(body, field).replaceAll('.', '\u0000')
}

/** The star's own words: which relation it takes, without the columns left out. */
export function starOf(node: Node): { readonly table: string; readonly except: readonly string[] } {
  const except = Array.isArray(node.body.except) ? node.body.except.map((item) => nameAt({ item }, 'item')) : []
  return { table: nameAt(treeAt(node.body, 'table'), 'name'), except }
}
