import { describe, expect, it } from 'vitest'
import { mutants } from '../support/hostile/mutants.ts'
import { tryMutant } from '../support/hostile/mutation.ts'

describe('verification', () => {
  it.each(mutants.map(({ file, text, by }) => [file, text.trim(), by.trim()] as const))(
    'of %s is found out without %s (%s)',
    async (...[file, text, by]) => {
      const mutant = mutants.find((one) => one.file === file && one.text.trim() === text && one.by.trim() === by)
      expect(mutant && (await tryMutant(mutant))).toEqual(expect.any(String))
    },
  )
})
