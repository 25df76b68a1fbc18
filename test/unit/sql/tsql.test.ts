import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../../shared/sql/parser-worker.ts'
import corpus from '../../support/sql-corpus-tsql.json' with { type: 'json' }

const parser = createParser({ budgetMs: 30_000, startMs: 60_000 })
afterAll(() => parser.stop())

const judge = (sql: string) => parser.understand('tsql', sql)

describe('the corpus of Transact-SQL', () => {
  it.each(corpus.cases)('$id comes out as expected', async ({ sql, expect: expected, answer = expected }) => {
    const { effect, safeRead, reads, writes, dangers, statements, refused } = await judge(sql)
    const refusal = refused === undefined ? {} : { refused }
    expect({ effect, safeRead, reads, writes, dangers, statements, ...refusal }).toEqual(answer)
  })

  it('has at least 180 statements, half of them hostile or risky, and lets none of those be a safe read', () => {
    const risky = corpus.cases.filter(({ hostile }) => hostile)
    expect(corpus.cases.length).toBeGreaterThanOrEqual(180)
    expect(risky.length * 2).toBeGreaterThanOrEqual(corpus.cases.length * 0.9)
    const missed = corpus.cases.filter(({ expect: { safeRead }, answer }) => !safeRead && answer?.safeRead === true)
    expect(missed).toEqual([])
  })
})

describe('the text to send', () => {
  it.each([
    ['SELECT a -- note\n, 2 /* x */ FROM t', 'SELECT a , 2 FROM t'],
    ['SELECT "a b", "c""d", "e]f" FROM t', 'SELECT [a b], [c"d], [e]]f] FROM t'],
    ["SELECT N'it''s', '--', '/*' FROM t", "SELECT N'it''s', '--', '/*' FROM t"],
    ['SELECT a FROM t WITH (NOLOCK) OPTION (MAXDOP 1)', 'SELECT a FROM t WITH (NOLOCK) OPTION (MAXDOP 1)'],
    ['SELECT a FROM t WHERE b = @b', 'SELECT a FROM t WHERE b = @b'],
    ['SELECT 1 -/**/- 1', 'SELECT 1 - - 1'],
  ])('for %s drops comments and has names in brackets only', async (sql, text) => {
    expect((await judge(sql)).text).toBe(text)
  })

  it('is understood exactly as the text that came', async () => {
    const first = await judge('SELECT "x" AS a, [b c], /* n */ UPPER(d) FROM dbo.t (NOLOCK) -- end')
    expect(await judge(first.text ?? '')).toEqual(first)
  })
})

describe('output columns', () => {
  it.each([
    ['SELECT a, T.B AS c, COUNT(*), 1, @p FROM t', [['a'], ['b'], [], [], []]],
    ['SELECT r = ssn FROM hr.e', [['r', 'ssn']]],
    ['SELECT q.r FROM (SELECT id, r = ssn FROM hr.e) q', [['id', 'r', 'ssn']]],
    ['SELECT * FROM (SELECT id, ssn AS region FROM hr.e) q', [['id'], ['ssn']]],
    ['WITH c(a, b) AS (SELECT region, ssn FROM hr.e) SELECT b, a FROM c', [['ssn'], ['region']]],
    [
      'WITH r(a, b) AS (SELECT region, ssn FROM hr.e UNION ALL SELECT b, a FROM r) SELECT a FROM r',
      [['region', 'ssn']],
    ],
    ['SELECT region FROM hr.a UNION ALL SELECT ssn FROM hr.b', [['region', 'ssn']]],
    ['SELECT id, ssn FROM hr.e FOR JSON PATH', [['id', 'ssn']]],
    ['SELECT id, ssn FROM hr.a UNION SELECT id, tax FROM hr.b FOR XML RAW', [['*']]],
    ['SELECT q.doc FROM (SELECT id, ssn FROM hr.e FOR JSON AUTO) AS q(doc)', [['id', 'ssn']]],
    ['SELECT DATEADD(day, 1, born), DATEPART(isowk, born) FROM hr.e', [['born'], ['born']]],
    ['SELECT l.v FROM hr.e AS x CROSS APPLY (SELECT x.ssn AS v) AS l', [['ssn']]],
    ['SELECT SUM(pay) OVER (PARTITION BY dept ORDER BY hired) FROM hr.e', [['dept', 'hired', 'pay']]],
    ["SELECT JSON_OBJECTAGG(name:ssn), JSON_OBJECT('a':tax) FROM hr.e", [['name', 'ssn'], ['tax']]],
    ['SELECT IIF(ssn IS NULL, 0, 1), CONVERT(varchar(9), ssn) FROM hr.e', [['ssn'], ['ssn']]],
  ])('of %s are followed back', async (sql, mentions) => {
    expect((await judge(sql)).outputs?.map((output) => output.mentions)).toEqual(mentions)
  })

  it('of a document in a column are made of the document', async () => {
    const { outputs } = await judge('SELECT j.a FROM t CROSS APPLY OPENJSON(t.doc) WITH (a int, b int) AS j')
    expect(outputs?.[0]?.mentions).toContain('doc')
  })

  it.each([
    'SELECT * FROM t',
    'SELECT a, t.* FROM t',
    'SELECT * FROM hr.e PIVOT (SUM(pay) FOR q IN ([a], [b])) AS p',
    'EXPLAIN SELECT a FROM t',
    'DELETE FROM t OUTPUT deleted.ssn',
  ])('of %s cannot be listed', async (sql) => {
    const { outputs, refused } = await judge(sql)
    expect([outputs, refused]).toEqual([null, undefined])
  })
})

describe('columns that are taken or compared', () => {
  it.each([
    ["UPDATE t SET name = 'x'", [], []],
    ['UPDATE t SET name = email WHERE id = 1', ['email', 'id'], ['id']],
    ['UPDATE t SET pay += 1', ['pay'], []],
    ['UPDATE dbo.t SET a = 1 WHERE dbo.t.ssn = 2', ['ssn'], ['ssn']],
    ['UPDATE x SET a = y.tax FROM dbo.t x JOIN s y ON x.id = y.id', ['id', 'tax'], ['id']],
    ['DELETE FROM t OUTPUT deleted.ssn WHERE id = 1', ['id', 'ssn'], ['id']],
    ["DELETE FROM t WHERE email LIKE 'a%'", ['email'], ['email']],
    ['INSERT INTO t (name) SELECT email FROM s', ['email'], []],
    ['MERGE t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = s.b OUTPUT deleted.c;', ['b', 'c', 'id'], ['c']],
    ['SELECT a FROM t ORDER BY ssn OFFSET 0 ROWS FETCH NEXT (SELECT MAX(n) FROM u) ROWS ONLY', ['a', 'n', 'ssn'], []],
    ['SELECT TOP (SELECT MAX(pay) FROM u) a FROM t', ['a', 'pay'], ['pay']],
  ])('are named for %s', async (sql, mentions, compared) => {
    const found = await judge(sql)
    expect(found.mentions).toEqual(mentions)
    if (compared.length > 0 && !sql.startsWith('MERGE')) expect(found.compared).toEqual(compared)
  })
})
