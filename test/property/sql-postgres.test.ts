import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../shared/sql/parser-worker.ts'
import { fc } from '../support/property.ts'

const parser = createParser({ budgetMs: 5000, startMs: 30_000 })
afterAll(() => parser.stop())

describe('the text to send', () => {
  it('is understood exactly as the text that came', async () => {
    const part = fc.constantFrom(
      'a',
      '"A b"',
      "'x''y'",
      "E'\\n'",
      '1.5e-3',
      '$1',
      'lower(a)',
      '-1',
      '$q$;--$q$',
      "a->>'b'",
      'NULL',
    )
    const gap = fc.constantFrom(' ', '\n', '/* c */', '-- c\n', ' /* /* n */ */ ')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(part, gap), { minLength: 1, maxLength: 8 }), async (columns) => {
        const sql = `SELECT${columns.map(([column, space]) => `${space}${column}${space}`).join(',')}FROM t`
        const first = await parser.understand('postgres', sql)
        expect(first.refused).toBeUndefined()
        expect(first.text).not.toMatch(/\/\*|-- c/)
        expect(await parser.understand('postgres', first.text ?? '')).toEqual(first)
      }),
      { numRuns: 300 },
    )
  }, 60_000)
})
