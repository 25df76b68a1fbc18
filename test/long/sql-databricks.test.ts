import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../shared/sql/parser-worker.ts'
import { hostileTexts, isMissed } from '../support/sql-mutations-databricks.ts'

const parser = createParser({ budgetMs: 30_000, startMs: 60_000 })
afterAll(() => parser.stop())

describe('a read of Databricks SQL joined to a write', () => {
  it('never comes out as a safe read', async () => {
    await fc.assert(
      fc.asyncProperty(hostileTexts, async (sql) => {
        expect(isMissed(await parser.understand('databricks', sql))).toBe(false)
      }),
      { numRuns: 12_000 },
    )
  }, 600_000)
})
