import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { z } from 'zod'
import { repository } from '../../../infra/build/check.ts'
import { findMutants, type Mutant, nameMutant } from './operators.ts'

/** A folder of `shared/` whose sources are changed. */
export interface Folder {
  readonly name: string
  /** Paths of tests begin so; those of an earlier one run first. */
  readonly tests: readonly string[]
}

/** Not decision: declared shapes and lists, and what a person is shown of them. */
const leftOut = ['policy/schema.ts', 'policy/policy-shape.ts', 'masking/report.ts', 'sql/coverage.ts']

export const folders: readonly Folder[] = [
  {
    name: 'policy',
    tests: ['test/unit/policy/', 'test/property/policy-', 'test/pipeline/polic'],
  },
  {
    name: 'approval',
    tests: ['test/unit/approval/', 'test/property/approval-', 'test/pipeline/approval', 'test/pipeline/break-glass'],
  },
  {
    name: 'masking',
    tests: ['test/unit/masking/', 'test/attack/mask-', 'test/property/masking-'],
  },
  {
    name: 'sql',
    tests: ['test/unit/sql/', 'test/attack/sql-', 'test/property/sql-'],
  },
]

const edges = z
  .array(z.object({ files: z.array(z.string()) }))
  .parse(JSON.parse(readFileSync(join(repository, 'infra/build/edges.json'), 'utf8')))
  .flatMap(({ files }) => files)

/** The files below a folder of the repository, sorted. */
export function listFiles(folder: string): readonly string[] {
  const entries = readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map((entry) => relative(repository, join(entry.parentPath, entry.name))).sort()
}

/** Every mutant of a folder's pure sources. */
export function listMutants({ name }: Folder): readonly Mutant[] {
  const isLeftOut = (file: string) => edges.includes(file) || leftOut.some((end) => file === `shared/${end}`)
  const files = listFiles(`shared/${name}`).filter((file) => file.endsWith('.ts') && !isLeftOut(file))
  return files.flatMap((file) => findMutants(file, readFileSync(join(repository, file), 'utf8')))
}

/** So many of them, by lot; the same ones for the same seed, and nearly the same ones where a source has changed. */
export function drawMutants(mutants: readonly Mutant[], size: number, seed: string): readonly Mutant[] {
  const lots = mutants.map((mutant, index) => ({ mutant, lot: lotOf(mutant, index, mutants), index }))
  return lots
    .sort((a, b) => (a.lot < b.lot ? -1 : 1))
    .slice(0, size)
    .sort((a, b) => a.index - b.index)
    .map(({ mutant }) => mutant)

  function lotOf(mutant: Mutant, index: number, all: readonly Mutant[]): string {
    const name = nameMutant(mutant)
    const before = all.slice(Math.max(0, index - 40), index).filter((one) => nameMutant(one) === name).length
    return createHash('sha256').update(`${seed} | ${name} | ${before}`).digest('hex')
  }
}
