import { describe, expect, it } from 'vitest'
import { mutants } from '../support/hostile/mutants.ts'
import { mutate } from '../support/hostile/mutation.ts'
import { tryMutants } from '../support/hostile/mutation-run.ts'

/** The long suite tries all of them. */
const sample = ['audience,', "if (header.alg !== 'RS256')", 'requireAgentScope'].map((text) =>
  mutants.findIndex((mutant) => mutant.text.includes(text)),
)

describe('verification without one of its rules', () => {
  it('can be had for every mutant of the list: its text stands in the sources once', () => {
    expect(mutants.length).toBeGreaterThan(150)
    for (const mutant of mutants) expect(() => mutate(mutant)).not.toThrow()
  })

  it('is found out', async () => {
    const found = await tryMutants(sample)
    expect(found.map(({ number }) => number)).toEqual([...sample].sort((a, b) => a - b))
    for (const { fault } of found) expect(fault).toMatch(/, not /)
  }, 60_000)
})
