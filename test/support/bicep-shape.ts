import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Language, type Node, Parser } from 'web-tree-sitter'

const require = createRequire(import.meta.url)

/** A literal, the members of an object (of a list: of its items, merged), or null for what only a deployment knows. */
export type Shape = string | null | { readonly [member: string]: Shape }

let loading: Promise<Parser> | undefined

async function loadParser(): Promise<Parser> {
  await Parser.init()
  const language = await Language.load(require.resolve('tree-sitter-bicep/tree-sitter-bicep.wasm'))
  return new Parser().setLanguage(language)
}

/** Shapes of the resources of a file by symbolic name, those within others too; throws where it does not parse. */
export async function readResources(file: string): Promise<ReadonlyMap<string, Shape>> {
  loading ??= loadParser()
  // The grammar does not know the line of an extension.
  const tree = (await loading).parse(readFileSync(file, 'utf8').replace(/^extension .*$/m, ''))
  if (tree === null || tree.rootNode.hasError) throw new Error(`${file} does not parse`)
  const declared = tree.rootNode.descendantsOfType('resource_declaration').filter((node) => node !== null)
  return new Map(declared.map((node) => [childOf(node, 'identifier')?.text ?? '', shapeOf(node)]))
}

function childOf(node: Node, type: string): Node | undefined {
  return node.namedChildren.find((child) => child?.type === type) ?? undefined
}

/** The objects of an expression are alternatives or items of one list: their members are put together. */
function shapeOf(node: Node): Shape {
  const objects = node.type === 'object' ? [node] : outermost(node, 'object')
  if (objects.length > 0) return Object.fromEntries(objects.flatMap(membersOf))
  const isLiteral = node.type === 'number' || node.type === 'boolean' || /^'[^'$]*'$/.test(node.text)
  return isLiteral ? node.text.replace(/^'(.*)'$/, '$1') : null
}

function membersOf(object: Node): [string, Shape][] {
  return object.namedChildren.flatMap((property) => {
    const [name, value] = property?.namedChildren ?? []
    return name?.type === 'identifier' && value ? [[name.text, shapeOf(value)]] : []
  })
}

function outermost(node: Node, type: string): Node[] {
  return node.namedChildren.flatMap((child) => {
    if (child === null || child.type === 'resource_declaration') return []
    return child.type === type ? [child] : outermost(child, type)
  })
}
