import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../../shared/sql/parser-worker.ts'
import corpus from '../../support/sql-corpus-databricks.json' with { type: 'json' }

const parser = createParser({ budgetMs: 30_000, startMs: 60_000 })
afterAll(() => parser.stop())

const judge = (sql: string) => parser.understand('databricks', sql)

describe('the corpus of Databricks SQL', () => {
  it.each(corpus.cases)('$id comes out as expected', async ({ sql, expect: expected }) => {
    const { effect, safeRead, reads, writes, dangers, statements, refused } = await judge(sql)
    const refusal = refused === undefined ? {} : { refused }
    expect({ effect, safeRead, reads, writes, dangers, statements, ...refusal }).toEqual(expected)
  })

  it('has at least 120 statements, half of them hostile or risky, and lets none of those be a safe read', () => {
    const risky = corpus.cases.filter(({ hostile }) => hostile)
    expect(corpus.cases.length).toBeGreaterThanOrEqual(120)
    expect(risky.length * 2).toBeGreaterThanOrEqual(corpus.cases.length)
    expect(risky.filter(({ expect: { safeRead } }) => safeRead)).toEqual([])
  })
})

describe('the text to send', () => {
  it.each([
    ['SELECT /*+ BROADCAST(t) */ a -- note\n, 2 FROM t', 'SELECT a , 2 FROM t'],
    ['SELECT "it\'s", r\'a\\b\', R"c\'d" FROM t', "SELECT 'it\\'s', 'a\\\\b', 'c\\'d' FROM t"],
    ["SELECT 'it''s', 'a\\'--', '/*' FROM t", "SELECT 'it''s', 'a\\'--', '/*' FROM t"],
    ['SELECT a/**/b FROM t', 'SELECT a b FROM t'],
    ['SELECT 1 -/**/- 1', 'SELECT 1 - - 1'],
  ])('for %s drops comments and hints and has strings in single quotes only', async (sql, text) => {
    expect((await judge(sql)).text).toBe(text)
  })

  it('is understood exactly as the text that came', async () => {
    const first = await judge('SELECT "x" AS a, `b c`, /* n */ upper(d) FROM main.s.t -- end')
    expect(await judge(first.text ?? '')).toEqual(first)
  })
})

describe('output columns', () => {
  it.each([
    ['SELECT a, T.B AS c, count(*), 1 FROM t', [['a'], ['b'], [], []]],
    ['SELECT * FROM (SELECT id, ssn AS region FROM hr.e) q', [['id'], ['ssn']]],
    ['SELECT * EXCEPT (ssn) FROM (SELECT id, ssn FROM hr.e) q', [['id']]],
    ['WITH c(a, b) AS (SELECT region, ssn FROM hr.e) SELECT b, a FROM c', [['ssn'], ['region']]],
    ['SELECT region FROM hr.a UNION ALL SELECT ssn FROM hr.b', [['region', 'ssn']]],
    ['SELECT id, v.c FROM hr.e LATERAL VIEW explode(items) v AS c', [['id'], ['items']]],
    ['SELECT date_add(DAY, 1, born) FROM hr.e', [['born']]],
    ['SELECT transform(items, x -> x.price) FROM hr.e', [['items']]],
    ['SELECT payload:customer.ssn FROM hr.e', [['payload']]],
    ['SELECT x.address.city FROM hr.e x', [['address']]],
    ['DESCRIBE main.s.t', [[], [], []]],
    ['SHOW COLUMNS IN main.s.t', [[]]],
  ])('of %s are followed back', async (sql, mentions) => {
    expect((await judge(sql)).outputs?.map((output) => output.mentions)).toEqual(mentions)
  })

  it.each([
    'SELECT * FROM t',
    'SELECT a, t.* FROM t',
    'SELECT * EXCEPT (a) FROM t',
    'SELECT * EXCEPT (`upper(a)`) FROM (SELECT upper(a), b FROM t) q',
    'SELECT id, inline(items) FROM t',
    'SELECT stack(2, a, b), c FROM t',
    'DESC main.s.t a',
    'EXPLAIN SELECT a FROM t',
    'DELETE FROM t',
  ])('of %s cannot be listed', async (sql) => {
    const { outputs, refused } = await judge(sql)
    expect([outputs, refused]).toEqual([null, undefined])
  })
})

describe('columns that a change takes values from', () => {
  it.each([
    ["UPDATE t SET name = 'x'", []],
    ['UPDATE t SET name = email WHERE id = 1', ['email', 'id']],
    ['INSERT INTO t (name) SELECT s.email FROM s', ['email']],
    ['INSERT INTO t SELECT * FROM s', ['*']],
    ['CREATE TABLE x AS SELECT email FROM s', ['email']],
    ['INSERT INTO t SELECT a FROM s AS x(a)', ['*', 'a']],
    ['MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET t.name = s.email', ['email', 'id']],
    [
      'MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.email)',
      ['email', 'id'],
    ],
    ['MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET *', ['*', 'id']],
    ["DELETE FROM t WHERE email LIKE 'a%'", ['email']],
  ])('are named for %s', async (sql, mentions) => {
    expect((await judge(sql)).mentions).toEqual(mentions)
  })
})

describe('limits', () => {
  it.each([
    [`SELECT '${'x'.repeat(32 * 1024)}'`, 'text_too_long'],
    [`SELECT ${'1,'.repeat(2500)}1`, 'too_many_tokens'],
    [`SELECT ${'('.repeat(65)}1${')'.repeat(65)}`, 'too_deep'],
    [`WITH ${Array.from({ length: 25 }, (_, n) => `c${n} AS (SELECT 1)`)} SELECT 1`, 'too_many_ctes'],
    [`SELECT 1 FROM ${Array.from({ length: 34 }, (_, n) => `t${n}`)}`, 'too_many_joins'],
    [`SELECT 1 FROM t0${' CROSS JOIN t'.repeat(33)}`, 'too_many_joins'],
    [Array.from({ length: 17 }, () => 'SELECT 1').join(';'), 'statement_not_listed'],
  ])('%.60s is refused', async (sql, refused) => {
    expect(await judge(sql)).toMatchObject({ effect: 'admin', safeRead: false, refused, outputs: null })
  })
})
