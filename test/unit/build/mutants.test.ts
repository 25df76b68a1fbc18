import { describe, expect, it } from 'vitest'
import { drawMutants, folders, listMutants } from '../../support/mutation/folders.ts'
import { applyMutant, findMutants, nameMutant } from '../../support/mutation/operators.ts'
import { survivors } from '../../support/mutation/survivors.ts'

const changes = [
  ['if (a) b()', ['if (!(a)) b()', 'if (a) {}']],
  ['function f() { if (a) return 1 }', ['function f() { if (!(a)) return 1 }', 'function f() { {} }']],
  ['for (;;) { if (a) continue; else c }', ['for (;;) { if (!(a)) continue; else c }']],
  ['x = a ? b : c', ['x = !(a) ? b : c']],
  ['x = a && b', ['x = a || b']],
  ['x = a < b', ['x = a <= b']],
  ['x = a === b', ['x = a !== b']],
  ['x = () => true', ['x = () => false']],
  ['let x: true', []],
  ['x = a.filter(b)', ['x = a.filter(() => true)']],
  ['x = Math.min(a, b)', ['x = Math.max(a, b)']],
  ['x = a.some(b)', ['x = a.every(b)']],
  ['await check(a)', ['{}']],
] as const

const all = folders.map((folder) => [folder.name, listMutants(folder)] as const)

describe('mutants', () => {
  it.each(changes)('of %s are those of its operators', (source, by) => {
    expect(findMutants('a.ts', source).map((mutant) => applyMutant(source, mutant))).toEqual(by)
  })

  it.each(all)('of %s are drawn alike by the same seed, and otherwise by another', (_, mutants) => {
    const names = (seed: string) => drawMutants(mutants, 10, seed).map(nameMutant)
    expect(names('1')).toEqual(names('1'))
    expect(names('1')).not.toEqual(names('2'))
  })

  it('that survive still can be made, each explained once', () => {
    const names = new Set(all.flatMap(([, mutants]) => mutants.map(nameMutant)))
    const explained = survivors.map(nameMutant)
    expect(explained.filter((name) => !names.has(name))).toEqual([])
    expect(new Set(explained).size).toBe(explained.length)
    for (const { because } of survivors) expect(because.length).toBeGreaterThan(20)
  })
})
