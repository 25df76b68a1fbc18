import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Path from the root, with `/`, to the SHA-256 (hex) of the file's bytes. */
export type Sources = ReadonlyMap<string, string>

/** Reads what stands under some files and folders of `root`; what is not there (any more) is left out. */
export function readSources(root: string, paths: readonly string[]): Sources {
  const names = paths.flatMap((path) => listFiles(root, path)).sort()
  return new Map(names.flatMap((name) => digestFile(root, name)))
}

/** One digest (hex) over names and contents, and over what else decides the result. */
export function digestOf(sources: Sources, ...more: readonly string[]): string {
  return sha256(JSON.stringify([...more, ...sources]))
}

/** Names that were added, changed or removed. */
export function changedBetween(before: Sources, after: Sources): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort()
}

/** The folders at and under a path, from the root; none where it is a file or not there. */
export function listFolders(root: string, path: string): readonly string[] {
  if (!statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory()) return []
  const entries = readdirSync(join(root, path), { withFileTypes: true })
  const below = entries.filter((entry) => entry.isDirectory()).map((entry) => `${path}/${entry.name}`)
  return [path, ...below.flatMap((folder) => listFolders(root, folder))]
}

function listFiles(root: string, path: string): readonly string[] {
  if (statSync(join(root, path), { throwIfNoEntry: false })?.isFile()) return [path]
  return listFolders(root, path).flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${folder}/${entry.name}`),
  )
}

function digestFile(root: string, name: string): [string, string][] {
  try {
    return [[name, sha256(readFileSync(join(root, name)))]]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
