import type { Effect } from '../backend/effect.ts'
import { standingIn } from './arrays-polyglot.ts'
import { unknownFunction } from './calls.ts'
import { changedRelation, type Name, type PolyglotDialect } from './dialect.ts'
import { type Findings, noteCall, refuse, worsen } from './findings.ts'
import { childrenOf, isListed, nameAt, nodesAt, open } from './nodes-polyglot.ts'
import { isTree, type Node, type Tree, textAt, treeAt } from './tree.ts'

/** How deep a tree may go; beyond it the walk itself could run out of stack. */
const deepestTree = 600

/** Where the walk is: the common table expressions in sight, how deep, and what was found. */
interface Walk {
  readonly dialect: PolyglotDialect
  readonly names: ReadonlySet<string>
  readonly depth: number
  readonly found: Findings
  /** Where rows come before columns: names under which relations stand, and what their arrays are taken for. */
  readonly rows: ReadonlySet<string>
  readonly arrays: ReadonlySet<Tree>
}

type Rule = (node: Node, walk: Walk) => void

/** Walks one tree of polyglot and adds its effect, relations and dangers; whatever is not listed makes it refused. */
export function walkTree(node: Node, dialect: PolyglotDialect, found: Findings): void {
  if (roots.has(node.kind))
    walkNode(node, { dialect, names: new Set(), depth: 0, found, rows: new Set(), arrays: new Set() })
  else refuse(found, 'statement_not_listed')
}

const roots = new Set(['select', 'union', 'intersect', 'except', 'values', 'subquery', 'update', 'delete', 'merge'])

function walkNode(node: Node, walk: Walk): void {
  if (!isListed(node.kind)) refuse(walk.found, 'node_not_listed')
  if (walk.depth > deepestTree) refuse(walk.found, 'too_deep')
  if (walk.found.refused !== undefined) return
  const rule = rules.get(node.kind) ?? walkQuery
  rule(node, walk)
}

function walkInside(node: Node, walk: Walk, except: readonly string[] = []): void {
  const inside = { ...walk, depth: walk.depth + 1 }
  for (const child of childrenOf(node, except)) walkNode(child, inside)
}

/** Walks the expressions of a WITH, then the rest with their names in sight; each sees those before, RECURSIVE itself. */
function walkQuery(node: Node, walk: Walk, except: readonly string[] = []): void {
  const clause = treeAt(node.body, 'with')
  const expressions = nodesAt({ kind: 'with', body: clause }, 'ctes')
  const names = new Set(walk.names)
  for (const cte of expressions) {
    walk.found.ctes += 1
    const name = nameAt(cte.body, 'alias')
    walkInside(cte, { ...walk, names: new Set(clause.recursive === true ? [...names, name] : names) })
    names.add(name)
  }
  if (expressions.length === 0 && node.body.with !== undefined) refuse(walk.found, 'node_not_listed')
  walkParts(node, { ...walk, names }, ['with', ...except])
}

const relationFields = ['from', 'joins', 'lateral_views']

/** The relations of a SELECT see those before them only by their arrays; what else is in it sees all of them. */
function walkParts(node: Node, walk: Walk, except: readonly string[]): void {
  if (node.kind !== 'select' || walk.dialect.rowsComeFirst !== true) {
    walkInside(node, walk, except)
    return
  }
  const others = Object.keys(node.body).filter((field) => !relationFields.includes(field))
  const { rows, arrays } = standingIn(node, walk.rows)
  walkInside(node, { ...walk, arrays }, [...except, ...others])
  walkInside(node, { ...walk, rows }, [...except, ...relationFields])
}

const walkSelect: Rule = (node, walk) => {
  walk.found.joins += Math.max(0, nodesAt({ kind: 'from', body: treeAt(node.body, 'from') }, 'expressions').length - 1)
  walkQuery(node, walk)
}

const walkJoin: Rule = (node, walk) => {
  walk.found.joins += 1
  walkInside(node, walk)
}

const walkTable: Rule = (node, walk) => {
  const name = relationName(node.body)
  const isWord = name.length === 1 && treeAt(node.body, 'name').quoted !== true
  if (isWord && walk.dialect.relationWords.has(name[0] ?? '')) refuse(walk.found, 'relation_ambiguous')
  const isExpression = name.length === 1 && walk.names.has(name[0] ?? '')
  if (isExpression || walk.arrays.has(node.body) || name[0] === changedRelation) return walkInside(node, walk)
  noteRelation(name, walk, walk.found.reads)
  walkInside(node, walk)
}

function walkTarget(effect: Effect, field: string): Rule {
  return (node, walk) => {
    worsen(walk.found, effect)
    const [named] = nodesAt(node, field)
    const table = named?.kind === 'alias' ? nodesAt(named, 'this')[0] : named
    if (table?.kind !== 'table' || table.body.version !== undefined) refuse(walk.found, 'node_not_listed')
    noteRelation(relationName(table?.body ?? {}), walk, walk.found.writes)
    walkInside(node, walk, [field])
  }
}

const walkWhen: Rule = (node, walk) => {
  const then = open(node.body.then)
  const action = then?.kind === 'tuple' ? nodesAt(then, 'expressions')[0] : then
  const word = action?.kind === 'var' ? textAt(action.body, 'this').toUpperCase() : ''
  if (word === 'DELETE') worsen(walk.found, 'delete')
  else if (word !== 'UPDATE' && word !== 'INSERT') refuse(walk.found, 'node_not_listed')
  walkInside(node, walk)
}

const walkFunction: Rule = (node, walk) => {
  const name = textAt(node.body, 'name').toLowerCase()
  noteCall(walk.dialect.judgeFunction(name), walk.found)
  const takesLambda = walk.dialect.lambdas.has(name)
  const inside = { ...walk, depth: walk.depth + 1 }
  for (const child of childrenOf(node)) {
    if (child.kind === 'lambda' && takesLambda) walkInside(child, inside)
    else walkNode(child, inside)
  }
}

/** Grouping by several lists comes as calls of functions with these names. */
const walkGroups: Rule = (node, walk) => {
  for (const child of childrenOf(node)) {
    const isSets = child.kind === 'function' && /^(grouping sets|cube|rollup)$/i.test(textAt(child.body, 'name'))
    if (isSets) walkInside(child, walk)
    else walkNode(child, walk)
  }
}

/** A path into a document is one text; in its brackets there may be a number, a star or a quoted name. */
const walkPath: Rule = (node, walk) => {
  const path = open(node.body.expression)
  const isPlain = path?.kind === 'literal' && !/\[(?!\d+\]|\*\]|["'])/.test(textAt(path.body, 'value'))
  if (!isPlain) refuse(walk.found, 'node_not_listed')
  walkInside(node, walk)
}

const walkMethod: Rule = (_node, { found }) => noteCall(unknownFunction, found)

const walkLambda: Rule = (_node, { found }) => refuse(found, 'node_not_listed')

const rules = new Map<string, Rule>(
  Object.entries({
    select: walkSelect,
    join: walkJoin,
    table: walkTable,
    update: walkTarget('write', 'table'),
    delete: walkTarget('delete', 'table'),
    merge: walkTarget('write', 'this'),
    when: walkWhen,
    function: walkFunction,
    aggregate_function: walkFunction,
    group_by: walkGroups,
    j_s_o_n_extract: walkPath,
    lambda: walkLambda,
    method_call: walkMethod,
  }),
)

/** The parts of a relation's name, lower case. */
function relationName(table: Tree): string[] {
  return ['catalog', 'schema', 'name'].filter((field) => isTree(table[field])).map((field) => nameAt(table, field))
}

function noteRelation(name: Name, { dialect, found }: Walk, into: Set<string>): void {
  if (dialect.isNoRelation?.(name) !== true) into.add(name.join('.'))
  if (name.length === 0 || name.includes('')) refuse(found, 'node_not_listed')
  for (const danger of dialect.judgeRelation(name)) found.dangers.add(danger)
}
