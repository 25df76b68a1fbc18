import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Language, type Node, Parser } from 'web-tree-sitter'
import { type Cursor, lineOf } from './cursor.ts'
import { maskSource } from './source.ts'

/** A file as the grammar reads it. It is parsed, not compiled: what only Bicep's compiler knows stays unseen. */
export interface Parsed {
  readonly path: string
  readonly text: string
  readonly root: Node
  /** What the reader of expressions did not understand; filled while they are read. */
  readonly misread: Cursor['faults']
  /** Lines that the grammar does not know and was not shown. */
  readonly unseen: readonly string[]
  /** `path:line` of what the grammar cannot read, with its beginning. */
  readonly faults: readonly string[]
}

const require = createRequire(import.meta.url)
await Parser.init()
const language = await Language.load(await readFile(require.resolve('tree-sitter-bicep/tree-sitter-bicep.wasm')))
const parser = new Parser().setLanguage(language)

/** Parses the text of one file. Never throws for what is written there: that stands in `faults`. */
export function parseBicep(path: string, text: string): Parsed {
  const { text: masked, unseen } = maskSource(text)
  const tree = parser.parse(masked)
  if (tree === null) throw new Error(`${path} was not parsed at all`)
  const root = tree.rootNode
  const errors = root.hasError ? findErrors(root).map((node) => describeError(path, text, node)) : []
  return { path, text, root, unseen, misread: [], faults: [...errors, ...findJoined(path, text, root)] }
}

/** A cursor at the beginning of a node. */
export function startAt({ text, misread }: Parsed, node: Node): Cursor {
  return { text, at: node.startIndex, faults: misread }
}

/** Named children, which is what a tree means; signs and keywords are left out. */
export function partsOf(node: Node): readonly Node[] {
  return node.namedChildren.filter((child) => child !== null && child.type !== 'comment') as Node[]
}

function findErrors(node: Node): readonly Node[] {
  if (node.isError || node.isMissing) return [node]
  return node.children.flatMap((child) => (child?.hasError || child?.isMissing ? findErrors(child) : []))
}

function describeError(path: string, text: string, node: Node): string {
  const [start = ''] = text.slice(node.startIndex, node.endIndex).split('\n')
  return `${path}:${lineOf(text, node.startIndex)} cannot be read: ${node.isMissing ? `${node.type} is missing` : start.slice(0, 60)}`
}

/** The grammar does not mind line ends, Bicep does: each statement begins a line. */
function findJoined(path: string, text: string, root: Node): string[] {
  const statements = partsOf(root)
  return statements
    .slice(1)
    .filter((node, index) => !text.slice(statements[index]?.endIndex, node.startIndex).includes('\n'))
    .map((node) => `${path}:${lineOf(text, node.startIndex)} begins on the line of what stands before it`)
}
