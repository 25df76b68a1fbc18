import { isTree, listAt, type Node, nameParts, type Tree, textAt, treeAt, unwrap } from './tree.ts'

/** What `RETURNING` gives back is an output, which masks follow; it takes nothing anywhere. */
const outputs = new Set(['returningList', 'returningClause'])

/**
 * Names of the columns that a statement takes a value from, or compares, anywhere in it (lower case, unqualified,
 * sorted); `*` where it takes a whole row or gives columns other names, so that nobody can say which. Columns that are
 * only assigned to are not among them.
 */
export function mentionsOf(statements: readonly Node[]): readonly string[] {
  const rows = new Set<string>(['excluded', 'old', 'new'])
  const references: (readonly unknown[])[] = []
  let renamed = false
  for (const tree of treesIn(statements)) {
    for (const name of rowNames(tree)) rows.add(name)
    if (listAt(tree, 'colnames').length + listAt(tree, 'aliascolnames').length > 0) renamed = true
    const column = unwrap(tree)
    if (column?.kind === 'ColumnRef') references.push(listAt(column.body, 'fields'))
  }
  const names = references.map((fields) => nameOf(fields, rows))
  return [...new Set(renamed ? ['*', ...names] : names)].sort()
}

/** Every object of the trees; a list of what is still to do and no recursion, since trees may be deep. */
function* treesIn(statements: readonly Node[]): Iterable<Tree> {
  const waiting: unknown[] = statements.map(({ kind, body }) => ({ [kind]: body }))
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (isTree(next)) yield next
    waiting.push(...partsOf(next))
  }
}

function partsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (!isTree(value)) return []
  return Object.entries(value).flatMap(([key, part]) => (outputs.has(key) ? [] : [part]))
}

/** Names under which a whole row can be taken: relations, aliases, common table expressions. */
function rowNames(tree: Tree): readonly string[] {
  const alias = textAt(treeAt(tree, 'alias'), 'aliasname')
  return [textAt(tree, 'aliasname'), textAt(tree, 'ctename'), alias === '' ? textAt(tree, 'relname') : alias]
    .filter((name) => name !== '')
    .map((name) => name.toLowerCase())
}

function nameOf(fields: readonly unknown[], rows: ReadonlySet<string>): string {
  const name = (nameParts(fields).at(-1) ?? '').toLowerCase()
  return name === '' || rows.has(name) ? '*' : name
}
