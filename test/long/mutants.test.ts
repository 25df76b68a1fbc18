import { writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { folders } from '../support/mutation/folders.ts'
import { type Outcome, tryFolder } from '../support/mutation/mutation-run.ts'
import { nameMutant } from '../support/mutation/operators.ts'
import { writeMutants } from '../support/mutation/page.ts'
import { survivors } from '../support/mutation/survivors.ts'

const page = new URL('../../docs/mutants.md', import.meta.url)
const wanted = process.env.MUTANTS ?? '25'
const size = wanted === 'all' ? Number.MAX_SAFE_INTEGER : Number(wanted)
const seed = process.env.MUTANTS_SEED ?? '1'
const limitMs = wanted === 'all' ? 10 * 3_600_000 : 25 * 60_000

let outcomes: readonly Outcome[] = []

beforeAll(async () => {
  const deadline = Date.now() + limitMs
  const tryHalf = async (half: number) => {
    const done: Outcome[] = []
    for (const folder of folders.filter((_, at) => at % 2 === half)) {
      done.push(await tryFolder(folder, { size, seed, deadline }))
    }
    return done
  }
  const [even, odd] = await Promise.all([tryHalf(0), tryHalf(1)])
  outcomes = folders.map(({ name }) => [...even, ...odd].find(({ folder }) => folder === name)).filter((one) => !!one)
  if (process.env.UPDATE_DOCS === '1') await writeFile(page, writeMutants(outcomes, survivors))
  process.stdout.write(`${writeMutants(outcomes, survivors).split('\n\n').at(-1)}\n`)
}, limitMs + 300_000)

describe('the sources that decide, changed in one place', () => {
  it.each(folders.map(({ name }) => name))('are found out in %s, or it is explained why not', (name) => {
    const outcome = outcomes.find(({ folder }) => folder === name)
    const known = new Set(survivors.map(nameMutant))
    expect(outcome?.control).toBeNull()
    expect(outcome?.killed.length).toBeGreaterThan(0)
    expect(outcome?.survivors.map(nameMutant).filter((one) => !known.has(one))).toEqual([])
  })
})
