import { nameAt, nodesAt } from './nodes-polyglot.ts'
import { isTree, type Node, type Tree } from './tree.ts'

/** What a SELECT names rows by, and which of its relations are arrays of others. */
export interface Standing {
  readonly rows: ReadonlySet<string>
  readonly arrays: ReadonlySet<Tree>
}

/**
 * `FROM ds.orders AS o, o.items`: a relation whose first name is that of a row before it, or of one outside, is an array of
 * that row and no table. Where a dataset has that name as well, it counts as a table.
 */
export function standingIn(select: Node, outer: ReadonlySet<string>): Standing {
  const rows = new Set(outer)
  const arrays = new Set<Tree>()
  const relations = [
    ...nodesAt(select, 'from').flatMap((from) => nodesAt(from, 'expressions')),
    ...nodesAt(select, 'joins'),
  ]
  const bodies = relations.map(bare).filter((node) => node !== undefined)
  const datasets = new Set<string>()
  for (const { kind, body } of bodies) {
    const [first = '', ...more] = kind === 'table' ? partsOf(body) : []
    if (more.length > 0 && rows.has(first) && !datasets.has(first)) arrays.add(body)
    else if (more.length > 0) datasets.add(first)
    rows.add(nameAt(body, 'alias') || nameAt(body, 'name'))
  }
  return { rows, arrays }
}

/** The relation of a join. */
function bare(node: Node): Node | undefined {
  return node.kind === 'join' ? nodesAt(node, 'this')[0] : node
}

function partsOf(table: Tree): string[] {
  return ['catalog', 'schema', 'name'].filter((field) => isTree(table[field])).map((field) => nameAt(table, field))
}
