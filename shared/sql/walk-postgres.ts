import type { Effect } from '../backend/effect.ts'
import { type CallVerdict, unknownFunction } from './calls.ts'
import { type Findings, noteCall, refuse, worsen } from './findings.ts'
import { judgeFunction, judgeOperator } from './functions-postgres.ts'
import { childrenOf, isListed, relationName } from './nodes-postgres.ts'
import { bodyOf, listAt, type Node, nameParts, type Tree, textAt, treeAt } from './tree.ts'

/** How deep a tree may go; beyond it the walk itself could run out of stack. */
export const deepestTree = 600

/** Where the walk is: the common table expressions in sight, how deep, and what was found. */
interface Walk {
  readonly names: ReadonlySet<string>
  readonly depth: number
  readonly found: Findings
}

type Rule = (node: Node, walk: Walk) => void

/** Walks one query or data-modifying statement and adds to the findings. */
export function walkStatement(node: Node, found: Findings): void {
  walkNode(node, { names: new Set(), depth: 0, found })
}

function walkNode(node: Node, walk: Walk): void {
  if (!isListed(node.kind)) refuse(walk.found, 'node_not_listed')
  if (walk.depth > deepestTree) refuse(walk.found, 'too_deep')
  if (walk.found.refused !== undefined) return
  const rule = rules.get(node.kind) ?? walkInside
  rule(node, walk)
}

function walkInside(node: Node, walk: Walk): void {
  walkExcept(node, walk, [])
}

function walkExcept(node: Node, walk: Walk, except: readonly string[]): void {
  const inside = { ...walk, depth: walk.depth + 1 }
  for (const child of childrenOf(node, except)) walkNode(child, inside)
}

/**
 * Walks a statement's common table expressions, then the rest with their names in sight. Without RECURSIVE each sees
 * only those before it (PostgreSQL documentation, section 7.8), so `WITH t AS (SELECT … FROM t)` reads the table.
 */
function walkQuery(node: Node, walk: Walk, except: readonly string[]): void {
  const clause = treeAt(node.body, 'withClause')
  const expressions = listAt(clause, 'ctes').map((item) => bodyOf(item, 'CommonTableExpr') ?? {})
  const names = new Set(walk.names)
  if (clause.recursive === true) for (const body of expressions) names.add(textAt(body, 'ctename'))
  for (const body of expressions) {
    walk.found.ctes += 1
    walkInside({ kind: 'CommonTableExpr', body }, { ...walk, names: new Set(names) })
    names.add(textAt(body, 'ctename'))
  }
  walkExcept(node, { ...walk, names }, ['withClause', ...except])
}

const walkSelect: Rule = (node, walk) => {
  if (listAt(node.body, 'lockingClause').length > 0) worsen(walk.found, 'write')
  walk.found.joins += Math.max(0, listAt(node.body, 'fromClause').length - 1)
  walkQuery(node, walk, ['lockingClause'])
}

function walkTarget(effect: Effect): Rule {
  return (node, walk) => {
    worsen(walk.found, effect)
    noteRelation(treeAt(node.body, 'relation'), walk.found.writes, walk.found)
    walk.found.joins += listAt(node.body, 'fromClause').length + listAt(node.body, 'usingClause').length
    walkQuery(node, walk, ['relation'])
  }
}

const walkInto: Rule = (node, { found }) => {
  worsen(found, 'write')
  noteRelation(treeAt(node.body, 'rel'), found.writes, found)
}

const walkCreateTableAs: Rule = (node, walk) => {
  if (textAt(node.body, 'objtype') !== 'OBJECT_TABLE') worsen(walk.found, 'admin')
  walkInside(node, walk)
}

/** EXPLAIN plans without running, unless told to analyze (then any value of the option counts as yes). */
const walkExplain: Rule = (node, walk) => {
  const { found } = walk
  const options = listAt(node.body, 'options').map((option) => textAt(bodyOf(option, 'DefElem') ?? {}, 'defname'))
  if (options.some((name) => name.toLowerCase() === 'analyze')) {
    walkInside(node, walk)
    return
  }
  const planned: Findings = { ...found, effect: 'read', writes: found.reads }
  walkInside(node, { ...walk, found: planned })
  if (planned.effect !== 'read') found.dangers.add('explain_write')
  if (planned.refused !== undefined) refuse(found, planned.refused)
  found.joins = planned.joins
  found.ctes = planned.ctes
}

const walkRelation: Rule = (node, { names, found }) => {
  const isUnqualified = node.body.schemaname === undefined
  if (isUnqualified && names.has(textAt(node.body, 'relname'))) return
  noteRelation(node.body, found.reads, found)
}

/** A call of a function or an operator, judged by the name under `field`. */
function walkCall(field: string, judge: (parts: readonly string[]) => CallVerdict | undefined): Rule {
  return (node, walk) => {
    const parts = nameParts(listAt(node.body, field))
    if (parts.length > 0) noteCall(judge(parts), walk.found)
    walkInside(node, walk)
  }
}

const walkSample: Rule = (node, walk) => {
  const method = nameParts(listAt(node.body, 'method')).join('.')
  if (method !== 'bernoulli' && method !== 'system') noteCall(unknownFunction, walk.found)
  walkInside(node, walk)
}

/** A cast to one of the reg… types asks the catalogue. */
const walkType: Rule = (node, walk) => {
  const name = nameParts(listAt(node.body, 'names')).at(-1) ?? ''
  if (/^reg(class|proc|procedure|oper|operator|type|role|namespace|collation|config|dictionary)$/.test(name)) {
    walk.found.dangers.add('system_catalog')
  }
  walkInside(node, walk)
}

const walkMergeAction: Rule = (node, walk) => {
  if (textAt(node.body, 'commandType') === 'CMD_DELETE') worsen(walk.found, 'delete')
  walkInside(node, walk)
}

const walkJoin: Rule = (node, walk) => {
  walk.found.joins += 1
  walkInside(node, walk)
}

const rules = new Map<string, Rule>(
  Object.entries({
    SelectStmt: walkSelect,
    InsertStmt: walkTarget('write'),
    UpdateStmt: walkTarget('write'),
    DeleteStmt: walkTarget('delete'),
    MergeStmt: walkTarget('write'),
    MergeWhenClause: walkMergeAction,
    CreateTableAsStmt: walkCreateTableAs,
    IntoClause: walkInto,
    ExplainStmt: walkExplain,
    RangeVar: walkRelation,
    RangeTableSample: walkSample,
    JoinExpr: walkJoin,
    FuncCall: walkCall('funcname', judgeFunction),
    A_Expr: walkCall('name', judgeOperator),
    SubLink: walkCall('operName', judgeOperator),
    SortBy: walkCall('useOp', judgeOperator),
    TypeName: walkType,
  }),
)

function noteRelation(relation: Tree, into: Set<string>, found: Findings): void {
  const schema = textAt(relation, 'schemaname').toLowerCase()
  const name = textAt(relation, 'relname').toLowerCase()
  into.add(relationName(relation))
  if (isSystemSchema(schema) || (schema === '' && name.startsWith('pg_'))) found.dangers.add('system_catalog')
  if (relation.catalogname !== undefined) found.dangers.add('database_qualified')
  if (schema.includes('.') || name.includes('.')) found.dangers.add('ambiguous_name')
}

function isSystemSchema(schema: string): boolean {
  return schema === 'information_schema' || schema.startsWith('pg_')
}
