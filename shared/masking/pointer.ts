/** A set of RFC 6901 pointers in which `*` stands for every member or item, ready to be walked down. */
export interface PointerTree {
  /** Label of the value here and of everything below that has none of its own. */
  label: string | null
  readonly children: Map<string, PointerTree>
}

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
export function buildTree(labels: Readonly<Record<string, string>>): PointerTree {
  const root: PointerTree = { label: null, children: new Map() }
  for (const [pointer, label] of Object.entries(labels)) {
    let node = root
    for (const token of parsePointer(pointer)) node = childOf(node, token)
    node.label = label
  }
  return root
}

/** The branches that a member or item leads into: the ones that name it before the ones with `*`. */
export function descend(nodes: readonly PointerTree[], token: string): PointerTree[] {
  const named = nodes.flatMap((node) => node.children.get(token) ?? [])
  if (token === '*') return named
  return [...named, ...nodes.flatMap((node) => node.children.get('*') ?? [])]
}

function childOf(node: PointerTree, token: string): PointerTree {
  const found = node.children.get(token) ?? { label: null, children: new Map() }
  node.children.set(token, found)
  return found
}
