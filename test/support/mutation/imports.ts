import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'
import { repository } from '../../../infra/build/check.ts'

const known = new Map<string, readonly string[]>()

/** How many imports lie between a file and each of those that it needs; itself has 0. Paths are the repository's. */
export function measureImports(file: string): ReadonlyMap<string, number> {
  const distances = new Map([[file, 0]])
  for (const [one, distance] of distances) {
    for (const next of importsOf(one)) if (!distances.has(next)) distances.set(next, distance + 1)
  }
  return distances
}

function importsOf(file: string): readonly string[] {
  const found = known.get(file) ?? readImports(file)
  known.set(file, found)
  return found
}

function readImports(file: string): readonly string[] {
  if (!file.endsWith('.ts')) return []
  const { importedFiles } = ts.preProcessFile(readFileSync(join(repository, file), 'utf8'), true, true)
  const near = importedFiles.map(({ fileName }) => fileName).filter((name) => name.startsWith('.'))
  return near.map((name) => normalize(join(dirname(file), name))).filter((path) => existsSync(join(repository, path)))
}
