/**
 * A set of RFC 6901 pointers, ready to be walked down, in which `*` stands for every member or item and `**` for any
 * number of them. What stands behind `**` only adds labels: it classifies nothing, and letter case does not count.
 */
export interface PointerTree {
  /** Labels of the value here and of everything below that has none of its own. */
  labels: readonly string[]
  readonly children: Map<string, PointerTree>
  /** Only pointers with `**` lead here or through here. */
  anywhere: boolean
  /** Stands for `**` itself. */
  readonly deep: boolean
}

const deep = '**'

/** Parses one pointer into its tokens. Throws TypeError where it is none: that is a programmer's mistake. */
export function parsePointer(pointer: string): string[] {
  if (pointer === '') return []
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) throw new TypeError(`${pointer} is not a JSON pointer`)
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Writes one token so that it can stand in a pointer. */
export function escapeToken(token: string): string {
  return /[~/]/.test(token) ? token.replaceAll('~', '~0').replaceAll('/', '~1') : token
}

/** Builds the tree of labelled pointers. */
export function buildTree(labels: Readonly<Record<string, string | readonly string[]>>): PointerTree {
  const root: PointerTree = { labels: [], children: new Map(), anywhere: true, deep: false }
  for (const [pointer, given] of Object.entries(labels)) addPointer(root, parsePointer(pointer), [given].flat())
  return root
}

function addPointer(root: PointerTree, tokens: readonly string[], labels: readonly string[]): void {
  const from = tokens.indexOf(deep)
  let node = root
  if (from < 0) node.anywhere = false
  for (const [at, token] of tokens.entries()) {
    node = childOf(node, from >= 0 && at > from ? token.toLowerCase() : token)
    if (from < 0) node.anywhere = false
  }
  node.labels = [...new Set([...node.labels, ...labels])]
}

/** The branches that a member or item leads into: the ones that name it before the ones with `*`. */
export function descend(nodes: readonly PointerTree[], token: string): PointerTree[] {
  const open = nodes.flatMap(withDeep)
  const named = token === deep ? [] : open.flatMap((node) => childrenNamed(node, token))
  const any = token === '*' ? [] : open.flatMap((node) => node.children.get('*') ?? [])
  const persistent = open.filter((node) => node.deep)
  return [...new Set([...named, ...any, ...persistent])]
}

function childrenNamed(node: PointerTree, token: string): PointerTree[] {
  const own = node.children.get(token) ?? []
  const lower = token.toLowerCase()
  return [own, lower !== token && node.anywhere ? (node.children.get(lower) ?? []) : []].flat()
}

/** A node and those that `**` puts at the same place. */
function withDeep(node: PointerTree): PointerTree[] {
  const below = node.children.get(deep)
  return below === undefined ? [node] : [node, ...withDeep(below)]
}

function childOf(node: PointerTree, token: string): PointerTree {
  const found = node.children.get(token) ?? { labels: [], children: new Map(), anywhere: true, deep: token === deep }
  node.children.set(token, found)
  return found
}
