/**
 * Tries mutants of one folder, one after the other, in a copy of the repository: types first, then the folder's tests that
 * reach the changed file, the one with the fewest imports between first. A process of its own, since a mutant may never end.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyRepository } from '../repository-copy.ts'
import { drawMutants, type Folder, folders, listFiles, listMutants } from './folders.ts'
import { measureImports } from './imports.ts'
import { applyMutant, type Mutant } from './operators.ts'
import { runTests } from './runner.ts'
import { type Line, type Task, type TestEnd, taskSchema } from './task.ts'
import { createTypeCheck } from './types.ts'

/** Slower files would be run for every survivor. */
const maxTestMs = 60_000

const parts = ['functions', 'shared', 'infra', 'test', 'docs', 'tsconfig.json', 'package.json', 'vitest.config.ts']
const files = ['README.md', 'host.json', 'local.settings.sample.json', '.dependency-cruiser.cjs', 'biome.json']

interface Bench {
  readonly root: string
  readonly typesFit: (file: string) => boolean
  readonly usable: readonly TestEnd[]
}

function say(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

async function main(task: Task): Promise<void> {
  const folder = folders.find(({ name }) => name === task.folder)
  if (folder === undefined) throw new Error(`no such folder: ${task.folder}`)
  const { root, remove } = await copyRepository([...parts, ...files])
  try {
    const baseline = task.baseline ?? (await runUnchanged(root, testsOf(folder)))
    say({ baseline: [...baseline] })
    const usable = baseline.filter(({ passed, ms }) => passed && ms <= maxTestMs)
    const bench = { root, typesFit: createTypeCheck(root), usable }
    const drawn = drawMutants(listMutants(folder), task.size, task.seed)
    for (const [number, mutant] of drawn.entries()) if (number >= task.from) await tryOne(bench, number, mutant)
    say({ control: await findOut(bench, drawn.at(-1)?.file ?? '') })
  } finally {
    await remove()
  }
}

/** A file that fails is given a second chance: what it misses for want of time would count as survivors. */
async function runUnchanged(root: string, tests: readonly string[]): Promise<readonly TestEnd[]> {
  const first = await runTests({ root, tests, bail: false })
  const failed = first.filter(({ passed }) => !passed).map(({ test }) => test)
  if (failed.length === 0) return first
  const again = await runTests({ root, tests: tests.filter((test) => failed.includes(test)), bail: false })
  return [...first.filter(({ passed }) => passed), ...again]
}

async function tryOne(bench: Bench, number: number, mutant: Mutant): Promise<void> {
  say({ begun: number })
  const path = join(bench.root, mutant.file)
  const source = readFileSync(path, 'utf8')
  try {
    writeFileSync(path, applyMutant(source, mutant))
    say({ ended: number, by: await findOut(bench, mutant.file) })
  } finally {
    writeFileSync(path, source)
  }
}

async function findOut({ root, typesFit, usable }: Bench, file: string): Promise<string | null> {
  if (!typesFit(file)) return 'types'
  const near = usable
    .map((end) => ({ ...end, distance: measureImports(end.test).get(file) ?? Number.POSITIVE_INFINITY }))
    .filter(({ distance }) => Number.isFinite(distance))
    .sort((a, b) => a.distance - b.distance || a.ms - b.ms)
  const ends = await runTests({ root, tests: near.map(({ test }) => test), bail: true })
  return ends.find(({ passed }) => !passed)?.test ?? null
}

function testsOf({ tests }: Folder): readonly string[] {
  const all = listFiles('test').filter((file) => file.endsWith('.test.ts'))
  return tests.flatMap((start) => all.filter((file) => file.startsWith(start)))
}

await main(taskSchema.parse(JSON.parse(process.argv[2] ?? '')))
process.exit(0)
