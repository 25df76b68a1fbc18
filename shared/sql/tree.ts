/** One object of a parse tree as it comes from JSON. */
export type Tree = Readonly<Record<string, unknown>>

/** A tree object and the kind of node that it is. */
export interface Node {
  readonly kind: string
  readonly body: Tree
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object under a key, or an empty one. */
export function treeAt(body: Tree, key: string): Tree {
  const value = body[key]
  return isTree(value) ? value : {}
}

/** The list under a key, or an empty one. */
export function listAt(body: Tree, key: string): readonly unknown[] {
  const value = body[key]
  return Array.isArray(value) ? value : []
}

/** The string under a key, or an empty one. */
export function textAt(body: Tree, key: string): string {
  const value = body[key]
  return typeof value === 'string' ? value : ''
}

/** Opens libpg_query's wrapper `{"SelectStmt": {…}}`; undefined where the value is none. */
export function unwrap(value: unknown): Node | undefined {
  if (!isTree(value)) return undefined
  const keys = Object.keys(value)
  const kind = keys[0]
  if (keys.length !== 1 || kind === undefined || !/^[A-Z]/.test(kind)) return undefined
  const body = value[kind]
  return isTree(body) ? { kind, body } : undefined
}

/** The body of a wrapped node of one kind, or undefined. */
export function bodyOf(value: unknown, kind: string): Tree | undefined {
  const node = unwrap(value)
  return node?.kind === kind ? node.body : undefined
}

/** The parts of a name given as a list of String nodes; anything else in it gives an empty part. */
export function nameParts(list: readonly unknown[]): string[] {
  return list.map((part) => textAt(bodyOf(part, 'String') ?? {}, 'sval'))
}
