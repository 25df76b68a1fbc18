import { bodyOf, isTree, listAt, type Node, nameParts, type Tree, textAt, treeAt, unwrap } from './tree.ts'

/** What a statement itself gives back is its output, which masks follow; within a WITH it is passed on. */
const output = 'returningClause'

/**
 * Names of the columns that a statement takes a value from, or compares, anywhere in it (lower case, unqualified,
 * sorted); `*` where it takes a whole row or gives columns other names, so that nobody can say which. Columns that are
 * only assigned to are not among them.
 */
export function mentionsOf(statements: readonly Node[]): readonly string[] {
  const rows = new Set<string>(['excluded', 'old', 'new'])
  const references: (readonly unknown[])[] = []
  const named: string[] = []
  let renamed = false
  for (const tree of treesIn(statements)) {
    for (const name of rowNames(tree)) rows.add(name)
    if (isOpaque(tree)) renamed = true
    named.push(...matchedNames(tree))
    const column = unwrap(tree)
    if (column?.kind === 'ColumnRef') references.push(listAt(column.body, 'fields'))
  }
  const names = [...named, ...references.map((fields) => nameOf(fields, rows))]
  return [...new Set(renamed ? ['*', ...names] : names)].sort()
}

/** Every object of the trees; a list of what is still to do and no recursion, since trees may be deep. */
function* treesIn(statements: readonly Node[]): Iterable<Tree> {
  const waiting: unknown[] = statements.map(({ kind, body: { [output]: _given, ...body } }) => ({ [kind]: body }))
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (isTree(next)) yield next
    waiting.push(...(typeof next === 'object' && next !== null ? Object.values(next) : []))
  }
}

/** Other names for columns, and a join on whatever names two relations share. */
function isOpaque(tree: Tree): boolean {
  return listAt(tree, 'colnames').length + listAt(tree, 'aliascolnames').length > 0 || tree.isNatural === true
}

/** Columns that `USING` and a conflict's target compare without referring to them. */
function matchedNames(tree: Tree): readonly string[] {
  const conflicting = listAt(tree, 'indexElems').map((item) => textAt(bodyOf(item, 'IndexElem') ?? {}, 'name'))
  return [...nameParts(listAt(tree, 'usingClause')), ...conflicting]
    .filter((name) => name !== '')
    .map((name) => name.toLowerCase())
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
