import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../shared/sql/parser-worker.ts'
import { fc } from '../support/property.ts'
import { fuzzTables, hostileTexts, isMissed } from '../support/sql-fuzz.ts'

const parser = createParser({ budgetMs: 30_000, startMs: 60_000 })
afterAll(() => parser.stop())

describe.each(fuzzTables)('a read of %s joined to a write', (dialect, table) => {
  it('never comes out as a safe read', async () => {
    await fc.assert(
      fc.asyncProperty(hostileTexts(table), async (sql) => {
        expect(isMissed(table, await parser.understand(dialect, sql))).toBe(false)
      }),
      { numRuns: 400 },
    )
  }, 120_000)

  it('is made of reads that are safe by themselves, but for those broken off, and of writes that are not', async () => {
    const reads = await Promise.all(table.reads.map((sql) => parser.understand(dialect, sql)))
    const writes = await Promise.all(table.writes.map((sql) => parser.understand(dialect, sql)))
    expect(reads.filter(({ safeRead }) => safeRead).length * 2).toBeGreaterThan(reads.length)
    expect(writes.filter(({ safeRead }) => safeRead)).toEqual([])
  })
})
