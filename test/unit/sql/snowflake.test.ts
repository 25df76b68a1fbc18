import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../../shared/sql/parser-worker.ts'
import corpus from '../../support/sql-corpus-snowflake.json' with { type: 'json' }

const parser = createParser({ budgetMs: 30_000, startMs: 60_000 })
afterAll(() => parser.stop())

const judge = (sql: string) => parser.understand('snowflake', sql)

describe('the corpus of Snowflake', () => {
  it.each(corpus.cases)('$id comes out as expected', async ({ sql, expect: expected }) => {
    const { effect, safeRead, reads, writes, dangers, statements, refused } = await judge(sql)
    const refusal = refused === undefined ? {} : { refused }
    expect({ effect, safeRead, reads, writes, dangers, statements, ...refusal }).toEqual(expected)
  })

  it('has at least 80 statements, half of them risky, lets none of those be a safe read and refuses few others', () => {
    const risky = corpus.cases.filter(({ hostile }) => hostile)
    const others = corpus.cases.filter(({ hostile }) => !hostile)
    expect(corpus.cases.length).toBeGreaterThanOrEqual(80)
    expect(risky.length * 2).toBeGreaterThanOrEqual(corpus.cases.length)
    expect(risky.filter(({ expect: { safeRead } }) => safeRead)).toEqual([])
    expect(others.filter(({ expect: wanted }) => 'refused' in wanted).length * 10).toBeLessThanOrEqual(others.length)
  })
})

describe('a sequence of Snowflake', () => {
  it.each(['SELECT s.nextval', 'SELECT "S"."NEXTVAL"'])('is moved on by %s', async (sql) => {
    expect(await judge(sql)).toMatchObject({ effect: 'write', safeRead: false, dangers: ['sequence'] })
  })
})

describe('the text to send to Snowflake', () => {
  it.each([
    ["SELECT $$it's \\ x$$, 'a\\'b' // note\nFROM t", "SELECT 'it''s \\\\ x', 'a''b' FROM t"],
    ['SELECT v:a.b::int FROM "T" -- end', 'SELECT v:a.b::int FROM "T"'],
    ['SELECT $1 FROM @st/a.csv /* x */', 'SELECT $1 FROM @st/a.csv'],
  ])('for %s has no comments and one kind of quotes', async (sql, text) => {
    expect((await judge(sql)).text).toBe(text)
  })
})
