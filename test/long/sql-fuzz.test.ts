import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../shared/sql/parser-worker.ts'
import { fc } from '../support/property.ts'
import { fuzzTables, hostileTexts, isMissed } from '../support/sql-fuzz.ts'

const parser = createParser({ budgetMs: 30_000, startMs: 60_000 })
afterAll(() => parser.stop())

/** More than 10,000 in all, however many dialects there are. */
const numRuns = Math.max(3000, Math.ceil(12_000 / fuzzTables.length))

describe.each(fuzzTables)('a read of %s joined to a write', (dialect, table) => {
  it('never comes out as a safe read', async () => {
    await fc.assert(
      fc.asyncProperty(hostileTexts(table), async (sql) => {
        expect(isMissed(table, await parser.understand(dialect, sql))).toBe(false)
      }),
      { numRuns },
    )
  }, 600_000)
})
