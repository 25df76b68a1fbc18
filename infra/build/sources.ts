import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'

/** A parsed source file; `path` is relative to the root, with `/`. */
export interface Source {
  readonly path: string
  readonly tree: ts.SourceFile
}

/** Parses every TypeScript file under the given folders of `root`, in the order of their paths. */
export async function readSources(root: string, folders: readonly string[]): Promise<readonly Source[]> {
  const names = (await Promise.all(folders.map((folder) => listFiles(root, folder)))).flat().sort()
  return Promise.all(names.map((path) => readSource(root, path)))
}

async function listFiles(root: string, folder: string): Promise<string[]> {
  const names = await readdir(join(root, folder), { recursive: true })
  return names.filter((name) => name.endsWith('.ts')).map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
}

async function readSource(root: string, path: string): Promise<Source> {
  const text = await readFile(join(root, path), 'utf8')
  return { path, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) }
}

/** All nodes of a tree, parents first. */
export function walkNodes(node: ts.Node): readonly ts.Node[] {
  const found: ts.Node[] = [node]
  const visit = (child: ts.Node): void => {
    found.push(child)
    ts.forEachChild(child, visit)
  }
  ts.forEachChild(node, visit)
  return found
}

/** `path:line` of a node, as terminals and editors understand it. */
export function placeOf({ path, tree }: Source, node: ts.Node): string {
  return `${path}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
}
