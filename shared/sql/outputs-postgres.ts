import { isStar, resultOf } from './lineage-postgres.ts'
import type { Statement } from './statement.ts'
import { totalsOf } from './totals-postgres.ts'
import { bodyOf, listAt, type Node, type Tree, treeAt } from './tree.ts'

/**
 * What each result column of one statement is made of and called, derived tables followed back to base columns. Null where the
 * columns cannot be listed (`*`, set operations, no result); a lone `*` where a column may hold any column.
 */
export function outputsOf(statement: Node): Pick<Statement, 'outputs' | 'names'> {
  const targets = targetsOf(statement)
  if (targets.length === 0 || targets.some(isStar)) return { outputs: null }
  const columns = resultOf(statement).order
  const totals = totalsOf(statement)
  if (columns === null) return { outputs: null }
  const outputs = columns.map(({ mentions }, at) => {
    const total = totals[at] ?? null
    return { mentions: mentions.has('*') ? ['*'] : [...mentions].sort(), ...(total === null ? {} : { total }) }
  })
  return { outputs, names: columns.map(({ name }) => name?.toLowerCase() ?? null) }
}

function targetsOf({ kind, body }: Node): Tree[] {
  if (body.intoClause !== undefined) return []
  const list = kind === 'SelectStmt' ? listAt(body, 'targetList') : listAt(treeAt(body, 'returningClause'), 'exprs')
  return list.map((item) => bodyOf(item, 'ResTarget') ?? {})
}
