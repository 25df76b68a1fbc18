import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../../shared/sql/parser-worker.ts'
import corpus from '../../support/sql-corpus-mysql.json' with { type: 'json' }

const parser = createParser({ budgetMs: 30_000, startMs: 60_000 })
afterAll(() => parser.stop())

const judge = (sql: string) => parser.understand('mysql', sql)

describe('the corpus of MySQL', () => {
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
