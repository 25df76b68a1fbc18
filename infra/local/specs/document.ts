import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'

/** Any JSON value of a specification. */
export type Node = null | boolean | number | string | readonly Node[] | { readonly [name: string]: Node }
export type NodeMap = { readonly [name: string]: Node }

/** One file of a publisher's specification, as it was written (OpenAPI 2 or 3). */
export interface SpecFile {
  readonly path: string
  readonly root: NodeMap
}

/** A place in a file: what stands there, and the file that its references are relative to. */
export interface Located {
  readonly file: SpecFile
  readonly node: Node
}

const opened = new Map<string, SpecFile>()
const deepest = 40

/** Opens a specification, JSON or YAML, once a process. Rejects where it is not there or not one object. */
export async function openSpec(path: string): Promise<SpecFile> {
  const known = opened.get(path)
  if (known !== undefined) return known
  return keep(path, /\.ya?ml$/.test(path) ? await readYaml(path) : readJson(path))
}

/** The members of an object; of anything else none. */
export function members(node: Node | undefined): NodeMap {
  return typeof node === 'object' && node !== null && !Array.isArray(node) ? (node as NodeMap) : {}
}

/** The items of a list; of anything else none. */
export function items(node: Node | undefined): readonly Node[] {
  return Array.isArray(node) ? node : []
}

/** The text that stands there, or undefined. */
export function text(node: Node | undefined): string | undefined {
  return typeof node === 'string' ? node : undefined
}

/** Follows references, into other files too, until something else stands there. Throws for one that leads nowhere. */
export function follow({ file, node }: Located, depth = 0): Located {
  const reference = text(members(node).$ref)
  if (reference === undefined) return { file, node }
  if (depth > deepest) throw new Error(`${file.path}: references run in a circle at ${reference}`)
  return follow(find(file, reference), depth + 1)
}

/** What one reference leads to. */
export function find(from: SpecFile, reference: string): Located {
  const [name = '', pointer = ''] = reference.split('#')
  const file = name === '' ? from : openBeside(from, name)
  const parts = pointer.split('/').slice(1).map(unescapePart)
  const node = parts.reduce<Node | undefined>((at, part) => members(at)[part] ?? items(at)[Number(part)], file.root)
  if (node === undefined) throw new Error(`${from.path}: ${reference} leads nowhere`)
  return { file, node }
}

function unescapePart(part: string): string {
  const plain = part.replaceAll('~1', '/').replaceAll('~0', '~')
  return plain.includes('%') ? decodeURIComponent(plain) : plain
}

/** Some publishers write references in other letter case than their files have. */
function openBeside(from: SpecFile, name: string): SpecFile {
  const steps = name.split('/').filter((step) => step !== '.' && step !== '')
  const path = steps.reduce(
    (folder, step) => (step === '..' ? dirname(folder) : join(folder, spelled(folder, step))),
    dirname(from.path),
  )
  return opened.get(path) ?? keep(path, readJson(path))
}

function spelled(folder: string, name: string): string {
  const names = readdirSync(folder)
  if (names.includes(name)) return name
  return names.find((each) => each.toLowerCase() === name.toLowerCase()) ?? name
}

function readJson(path: string): Node {
  return JSON.parse(readFileSync(path, 'utf8').replace(/^\ufeff/, '')) as Node
}

async function readYaml(path: string): Promise<Node> {
  const { convertStr } = await import('swagger2openapi')
  const { openapi } = await convertStr(readFileSync(path, 'utf8'), { patch: true, warnOnly: true, resolve: false })
  return openapi as Node
}

function keep(path: string, root: Node): SpecFile {
  if (Object.keys(members(root)).length === 0) throw new Error(`${basename(path, extname(path))} is no specification`)
  const file = { path, root: members(root) }
  opened.set(path, file)
  return file
}
