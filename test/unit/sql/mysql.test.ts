import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../../shared/sql/parser-worker.ts'
import corpus from '../../support/sql-corpus-mysql.json' with { type: 'json' }
import { describeCorpus } from '../../support/sql-corpus-suite.ts'

const parser = createParser({ budgetMs: 30_000, startMs: 60_000 })
afterAll(() => parser.stop())

const judge = (sql: string) => parser.understand('mysql', sql)

describeCorpus({ title: 'MySQL', cases: corpus.cases, judge })

describe('the text to send to MySQL', () => {
  it.each([
    ['SELECT /*+ NO_CACHE */ a -- note\n, 2 # more\nFROM t', 'SELECT a , 2 FROM t'],
    ['SELECT "it\'s ""x""", \'a\\\'b\', \'c\\\\\' FROM t', "SELECT 'it''s \"x\"', 'a''b', 'c\\\\' FROM t"],
    ["SELECT 'a\\\"b', '\"\"', \"''\" FROM t", "SELECT 'a\"b', '\"\"', '''''' FROM t"],
    ['SELECT a/**/b FROM t', 'SELECT a b FROM t'],
    ['SELECT 1 - /**/ - 1', 'SELECT 1 - - 1'],
  ])('for %s has no comments and one kind of quotes', async (sql, text) => {
    expect((await judge(sql)).text).toBe(text)
  })

  it('is understood exactly as the text that came', async () => {
    const first = await judge('SELECT "x" AS a, `b c`, /* n */ upper(d) FROM s.t # end')
    expect(await judge(first.text ?? '')).toEqual(first)
  })
})

describe('columns that a change in MySQL takes values from', () => {
  it.each([
    ['UPDATE a JOIN b ON a.id = b.id SET a.x = b.email', ['email', 'id']],
    ['DELETE a FROM a JOIN b ON a.id = b.email', ['email', 'id']],
    ['INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a = t.email', ['email']],
    ['INSERT INTO t SET a = (SELECT email FROM s)', ['email']],
    ['REPLACE INTO t SELECT * FROM s', ['*']],
    ["UPDATE t SET name = 'x'", []],
  ])('are named for %s', async (sql, mentions) => {
    expect((await judge(sql)).mentions).toEqual(mentions)
  })
})
