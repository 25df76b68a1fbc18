import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../../shared/sql/parser-worker.ts'
import corpus from '../../support/sql-corpus-snowflake.json' with { type: 'json' }
import { describeCorpus } from '../../support/sql-corpus-suite.ts'

const parser = createParser({ budgetMs: 30_000, startMs: 60_000 })
afterAll(() => parser.stop())

const judge = (sql: string) => parser.understand('snowflake', sql)

describeCorpus({ title: 'Snowflake', cases: corpus.cases, judge })

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
