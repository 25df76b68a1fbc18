import { emptyFindings, type Findings, refuse, worsen } from './findings.ts'
import { relationName } from './nodes-postgres.ts'
import { ruleFor, type StatementRule, walkedStatements } from './statements-postgres.ts'
import { bodyOf, isTree, listAt, type Node, nameParts, textAt, unwrap } from './tree.ts'
import { deepestTree, walkStatement } from './walk-postgres.ts'

/** Limits on what one text may make the database combine. */
const treeLimits = { ctes: 24, joins: 32 } as const

/**
 * Judges libpg_query's raw parse tree (PostgreSQL 18), one node a statement: the worst effect anywhere in it, the
 * relations that it reads and writes, and what makes it dangerous. Anything not listed makes it refused.
 */
export function judgeStatements(statements: readonly Node[]): Findings {
  const found = emptyFindings()
  for (const statement of statements) judgeStatement(statement, found)
  if (found.ctes > treeLimits.ctes) refuse(found, 'too_many_ctes')
  if (found.joins > treeLimits.joins) refuse(found, 'too_many_joins')
  return found
}

function judgeStatement(statement: Node, found: Findings): void {
  const rule = ruleFor(statement.kind, statement.body)
  if (walkedStatements.has(statement.kind)) walkStatement(statement, found)
  else if (rule === undefined) refuse(found, 'statement_not_listed')
  else applyRule(statement, rule, found)
}

function applyRule(statement: Node, rule: StatementRule, found: Findings): void {
  worsen(found, rule.effect)
  if (rule.danger !== undefined) found.dangers.add(rule.danger)
  if (statement.kind === 'DropStmt') nameDropped(statement, found)
  const isCopyOut = statement.kind === 'CopyStmt' && statement.body.is_from !== true
  collectRelations(statement.body, { into: isCopyOut ? found.reads : found.writes, depth: 0 }, found)
}

/** Names of what a DROP of relations removes. */
function nameDropped({ body }: Node, found: Findings): void {
  if (!/_(TABLE|VIEW|MATVIEW|SEQUENCE|INDEX)$/.test(textAt(body, 'removeType'))) return
  for (const object of listAt(body, 'objects')) {
    const parts = nameParts(listAt(bodyOf(object, 'List') ?? {}, 'items'))
    found.writes.add(parts.join('.').toLowerCase())
  }
}

interface Collecting {
  readonly into: Set<string>
  readonly depth: number
}

/** Relations named anywhere in a statement that is not walked node by node; a query within it is. */
function collectRelations(value: unknown, { into, depth }: Collecting, found: Findings): void {
  const node = unwrap(value)
  if (depth > 2 * deepestTree) refuse(found, 'too_deep')
  else if (node !== undefined && walkedStatements.has(node.kind)) walkStatement(node, found)
  else for (const part of partsOf(value)) collectRelations(part, { into, depth: depth + 1 }, found)
  if (isTree(value) && typeof value.relname === 'string') into.add(relationName(value))
}

function partsOf(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}
