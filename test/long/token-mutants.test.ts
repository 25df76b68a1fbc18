import { beforeAll, describe, expect, it } from 'vitest'
import { mutants } from '../support/hostile/mutants.ts'
import { type Found, tryMutants } from '../support/hostile/mutation-run.ts'

const half = Math.ceil(mutants.length / 2)
const numbers = [...mutants.keys()]
let found: readonly Found[] = []

beforeAll(async () => {
  const halves = [numbers.slice(0, half), numbers.slice(half)]
  found = (await Promise.all(halves.map((part) => tryMutants(part)))).flat()
}, 1_800_000)

describe('verification without one of its rules', () => {
  it.each(mutants.map((mutant, number) => ({ ...mutant, number })))(
    'is found out: $number, $file without $text',
    ({ number }) => {
      const fault = found.find((one) => one.number === number)?.fault
      expect(fault).toEqual(expect.stringMatching(/, not |counted|brake/))
    },
  )
})
