import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '../../../infra/build/check.ts'
import { checkBudgets } from '../../../infra/build/check-budgets.ts'
import { copyRepository, type RepositoryCopy } from '../../support/repository-copy.ts'

const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n')
const body = (count: number) => `export function long(): void {\n${lines(count - 2, () => '  void 0')}\n}\n`

const planted: readonly (readonly [file: string, text: string, says: string])[] = [
  [
    'shared/quota/planted-file.ts',
    `${lines(301, (i) => `export const n${i} = ${i}`)}\n`,
    ' 301 lines in a file, over 300',
  ],
  ['shared/quota/planted-function.ts', body(51), ':1 51 lines in a function, over 50'],
  [
    'infra/local/planted-arrow.ts',
    `export const long = () => [\n${lines(50, () => '  1,')}\n]\n`,
    ':1 52 lines in a function, over 50',
  ],
  [
    'functions/planted-parameters.ts',
    'export const four = (a: 1, b: 1, c: 1, d: 1) => [a, b, c, d]\n',
    ':1 4 parameters, over 3',
  ],
  [
    'shared/quota/planted-method.ts',
    'export const o = { m(a: 1, b: 1, c: 1, d: 1) { return [a, b, c, d] } }\n',
    ':1 4 parameters, over 3',
  ],
  ['shared/quota/planted-enum.ts', 'export enum Colour { Red }\n', ':1 an enum'],
  [
    'shared/quota/planted-join.ts',
    'export const joined = AbortSignal.any([])\n',
    ':1 AbortSignal.any, whose timeouts Node 20 forgets',
  ],
  ['shared/quota/planted-any.ts', '\nexport const value: any = 1\n', ':2 any'],
  ['shared/quota/planted-default.ts', 'export default function run(): void {}\n', ':1 a default export'],
  ['shared/quota/planted-assignment.ts', 'const a = 1\nexport default a\n', ':2 a default export'],
  ['shared/quota/planted-class.ts', 'export class Thing {}\n', ':1 a class'],
  ['shared/quota/planted-problem.ts', 'export class Problem extends Error {}\n', ':1 a second Problem'],
  [
    'shared/quota/planted-star.ts',
    "export * from './call-rate.ts'\nexport const a = 1\n",
    ':1 a re-export of everything',
  ],
  ['shared/quota/index.ts', "export { createCallRate } from './call-rate.ts'\n", ' is a barrel'],
]

const innocent: readonly (readonly [file: string, text: string])[] = [
  ['shared/quota/innocent-file.ts', `${lines(300, (i) => `export const n${i} = ${i}`)}\n`],
  ['shared/quota/innocent-function.ts', `/** Documentation\n * above. */\n${body(50).replace('{\n', '{\n\n\n')}`],
  ['shared/quota/innocent-parameters.ts', 'export function three(this: void, a: 1, b: 1, c: 1) { return [a, b, c] }\n'],
  [
    'shared/quota/innocent-words.ts',
    "// any enum or class is only a word here\nexport const words = 'any enum class'\n",
  ],
]

describe('the budgets', () => {
  let copy: RepositoryCopy
  let finding: Finding

  beforeAll(async () => {
    copy = await copyRepository(['functions', 'shared', 'infra'])
    for (const [file, text] of [...planted, ...innocent]) await copy.plant(file, text)
    finding = await checkBudgets(copy.root)
  })
  afterAll(() => copy.remove())

  it.each(planted)('see in %s what is over', (file, _text, says) => {
    expect(finding.violations).toContain(`${file}${says}`)
  })

  it.each(innocent)('have nothing against %s', (file) => {
    expect(finding.violations.filter((line) => line.includes(file))).toEqual([])
  })

  it('give their figures', () => {
    expect(finding.summary).toMatch(/\d{3} files, lines median \d+ max 301; \d{4} functions .* median \d+ max \d+/)
  })
})

describe('the budget check', () => {
  async function checkFew(file: string, text: string): Promise<Finding> {
    const copy = await copyRepository(['functions', 'infra/build'])
    for (let i = 0; i < 150; i++) await copy.plant(`shared/${file}-${i}.ts`, text)
    return checkBudgets(copy.root).finally(() => copy.remove())
  }

  it('fails where it sees too few files', async () => {
    const { violations } = await checkFew('small', 'export const one = 1\n')
    expect(violations).toEqual([expect.stringMatching(/^saw \d{3} files, fewer than 400/)])
  })

  it('fails where the files are long in the middle', async () => {
    const { violations } = await checkFew('long', `${lines(81, (n) => `export const n${n} = 1`)}\n`)
    expect(violations).toContain('the median file has 81 lines, over 80')
  })

  it('fails where the functions are long in the middle', async () => {
    const { violations } = await checkFew('slow', body(11))
    expect(violations).toContain('the median function has 11 lines, over 10')
  })
})
