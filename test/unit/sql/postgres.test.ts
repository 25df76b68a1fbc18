import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../../shared/sql/parser-worker.ts'
import corpus from '../../support/sql-corpus-postgres.json' with { type: 'json' }

const parser = createParser({ budgetMs: 5000, startMs: 30_000 })
afterAll(() => parser.stop())

const judge = (sql: string) => parser.understand('postgres', sql)

describe('the corpus', () => {
  it.each(corpus.cases)('$id comes out as expected', async ({ sql, expect: expected }) => {
    const { effect, safeRead, reads, writes, dangers, statements, refused } = await judge(sql)
    expect({ effect, safeRead, reads, writes, dangers, statements, refused }).toEqual({
      ...expected,
      refused: undefined,
    })
  })

  it('scores every row parsed and right, none missed and no safe read refused', async () => {
    const started = performance.now()
    const got = await Promise.all(
      corpus.cases.map(async ({ sql, expect: wanted }) => ({ wanted, ...(await judge(sql)) })),
    )
    const score = {
      parsed: got.filter((row) => row.refused === undefined).length,
      effect: got.filter((row) => row.effect === row.wanted.effect).length,
      objects: got.filter((row) => `${row.reads}|${row.writes}` === `${row.wanted.reads}|${row.wanted.writes}`).length,
      missed: got.filter((row) => row.safeRead && !row.wanted.safeRead).length,
      safeRefused: got.filter((row) => row.wanted.safeRead && !row.safeRead).length,
    }
    const all = corpus.cases.length
    console.info(JSON.stringify({ ...score, of: all, msEach: (performance.now() - started) / all }))
    expect(score).toEqual({ parsed: all, effect: all, objects: all, missed: 0, safeRefused: 0 })
  })
})

describe('the effect', () => {
  it.each([
    ['WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d', 'delete'],
    ['WITH i AS (INSERT INTO t VALUES (1) RETURNING a) SELECT a FROM i', 'write'],
    ['SELECT * INTO c FROM t', 'write'],
    ['CREATE TABLE c AS SELECT * FROM t', 'write'],
    ['SELECT * FROM t FOR UPDATE', 'write'],
    ['SELECT * FROM (SELECT * FROM t FOR SHARE) s', 'write'],
    ['EXPLAIN ANALYZE DELETE FROM t', 'delete'],
    ['EXPLAIN (ANALYZE) INSERT INTO t VALUES (1)', 'write'],
    ['EXPLAIN ANALYZE SELECT 1', 'read'],
    ['MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET a = 1', 'write'],
    ['MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE', 'delete'],
    ['TRUNCATE t', 'delete'],
    ['DROP TABLE t', 'delete'],
    ['ALTER TABLE t ADD b int', 'admin'],
    ['SET search_path TO x', 'admin'],
    ['CALL p()', 'admin'],
    ['LOCK TABLE t', 'admin'],
    ['VACUUM t', 'admin'],
    ['BEGIN', 'admin'],
    ['LISTEN x', 'admin'],
    ["COPY t FROM '/etc/passwd'", 'admin'],
    ['PREPARE p AS DELETE FROM t', 'admin'],
    ['EXECUTE p', 'admin'],
    ["NOTIFY x, 'y'", 'admin'],
    ['REFRESH MATERIALIZED VIEW m', 'admin'],
    ["SELECT nextval('s')", 'write'],
    ["SELECT dblink('x', 'DELETE FROM t')", 'admin'],
    ["SELECT query_to_xml('DELETE FROM t', true, true, '')", 'admin'],
    ["SELECT ts_rewrite('a'::tsquery, 'SELECT t, s FROM x')", 'admin'],
    ['SELECT my_function(1)', 'admin'],
    ['SELECT shop.lower(a) FROM t', 'admin'],
    ['SELECT "LOWER"(a) FROM t', 'admin'],
    ['SELECT a OPERATOR(shop.+) 1 FROM t', 'admin'],
    ['SELECT a FROM t ORDER BY a USING OPERATOR(shop.<)', 'admin'],
    ['SELECT * FROM t TABLESAMPLE mine(1)', 'admin'],
    ['SELECT a FROM t WHERE EXISTS (SELECT 1 FROM my_rows())', 'admin'],
  ])('of %s is %s', async (sql, effect) => {
    const statement = await judge(sql)
    expect(statement).toMatchObject({ effect, safeRead: sql === 'EXPLAIN ANALYZE SELECT 1' })
    expect(statement.refused).toBeUndefined()
  })
})

describe('what is no safe read', () => {
  it.each([
    ['SELECT rolpassword FROM pg_authid', 'system_catalog'],
    ['SELECT query FROM pg_catalog.pg_stat_activity', 'system_catalog'],
    ['SELECT * FROM information_schema.tables', 'system_catalog'],
    ['TABLE pg_shadow', 'system_catalog'],
    ["SELECT 'x'::regclass", 'system_catalog'],
    ['SELECT * FROM other.shop.t', 'database_qualified'],
    ['SELECT * FROM "shop.t"', 'ambiguous_name'],
    ['SELECT pg_sleep(10)', 'pg_sleep'],
    ["SELECT current_setting('x')", 'current_setting'],
    ['SHOW ALL', 'show_setting'],
    ['EXPLAIN DELETE FROM t', 'explain_write'],
    ['COPY t TO STDOUT', 'copy'],
    ['SELECT delete FROM t', 'write_word'],
  ])('%s has the danger %s', async (sql, danger) => {
    const { safeRead, dangers, refused } = await judge(sql)
    expect({ safeRead, refused }).toEqual({ safeRead: false, refused: undefined })
    expect(dangers).toContain(danger)
  })

  it('is two reads in one text', async () => {
    expect(await judge('SELECT 1; SELECT 2')).toMatchObject({ effect: 'read', safeRead: false, statements: 2 })
  })
})

describe('objects', () => {
  it.each([
    ['WITH t AS (SELECT * FROM t) SELECT * FROM t', ['t'], []],
    ['WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a, b', ['b'], []],
    ['WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a', [], []],
    ['WITH a AS (SELECT 1) SELECT * FROM s.a', ['s.a'], []],
    ['SELECT (SELECT max(x) FROM b) FROM a WHERE y IN (SELECT z FROM c)', ['a', 'b', 'c'], []],
    ['UPDATE t SET a = s.a FROM s WHERE EXISTS (SELECT 1 FROM u)', ['s', 'u'], ['t']],
    ['CREATE VIEW v AS SELECT * FROM t', ['t'], ['v']],
    ['DROP TABLE A.B, c', [], ['a.b', 'c']],
    ['ALTER TABLE shop.t RENAME TO u', [], ['shop.t']],
    ['COPY (SELECT * FROM t) TO STDOUT', ['t'], []],
  ])('of %s are listed', async (sql, reads, writes) => {
    expect(await judge(sql)).toMatchObject({ reads, writes })
  })
})

describe('output columns', () => {
  it.each([
    ['SELECT a, T.B AS c, count(*), 1 FROM t', [['a'], ['b'], [], []]],
    ['SELECT x FROM (SELECT ssn AS x FROM emp) s', [['ssn']]],
    ['SELECT k FROM emp AS e(k)', [['*']]],
    ['SELECT e FROM emp e', [['*']]],
    ['SELECT to_jsonb(e) FROM emp e', [['*']]],
    ['SELECT e.to_jsonb AS region FROM emp e', [['*']]],
    ['SELECT (e).ssn FROM emp e', [['*']]],
    ['WITH c(a, b) AS (SELECT region, ssn FROM emp) SELECT a, b FROM c', [['region'], ['ssn']]],
    ['SELECT a FROM (SELECT region AS a FROM x UNION ALL SELECT ssn FROM y) u', [['region', 'ssn']]],
    ['SELECT (SELECT max(ssn) FROM emp) AS region', [['ssn']]],
    ['SELECT (SELECT x FROM other LIMIT 1) FROM (SELECT ssn AS x FROM emp) s', [['ssn', 'x']]],
    ['SELECT v FROM emp e, LATERAL (SELECT e.ssn AS v) l', [['ssn', 'v']]],
    ['SELECT l.v FROM emp e, LATERAL (SELECT e.ssn AS v) l', [['ssn']]],
    ['SELECT value FROM emp e, json_each(e.payload) j', [['payload', 'value']]],
    [
      'WITH RECURSIVE r(a, b) AS (SELECT region, ssn FROM emp UNION ALL SELECT b, a FROM r) SELECT a FROM r',
      [['region', 'ssn']],
    ],
    ['UPDATE emp SET region = ssn RETURNING region, id', [['region', 'ssn'], ['id']]],
    ['INSERT INTO log (note) SELECT ssn FROM emp RETURNING note', [['note', 'ssn']]],
    ['SELECT rank() OVER w FROM emp WINDOW w AS (ORDER BY ssn)', [['*']]],
  ])('of %s are followed back', async (sql, mentions) => {
    expect((await judge(sql)).outputs?.map((output) => output.mentions)).toEqual(mentions)
  })

  it.each(['SELECT * FROM t', 'SELECT a, t.* FROM t', 'SELECT a FROM t UNION SELECT b FROM u', 'DELETE FROM t'])(
    'of %s cannot be listed',
    async (sql) => {
      expect((await judge(sql)).outputs).toBeNull()
    },
  )
})

describe('refusals', () => {
  it.each([
    ['SELECT 1 --x\rDROP TABLE t', 'odd_character'],
    ['SELECT\u00a01', 'odd_character'],
    ['ＳＥＬＥＣＴ 1', 'odd_character'],
    ['SELECT 1\u0000', 'odd_character'],
    ["SELECT '\u202e'", 'odd_character'],
    ["SELECT '\ud800'", 'odd_character'],
    ['SELECT 1\f', 'odd_character'],
    ["SELECT 'x", 'text_not_terminated'],
    ['SELECT /* /* */ 1', 'text_not_terminated'],
    ['SELECT $a$ x $b$', 'text_not_terminated'],
    ["SELECT 'a'\n'b'", 'string_continued'],
    ['', 'text_empty'],
    [' ; -- nothing', 'text_empty'],
    ['SELEC 1', 'syntax_error'],
    [`SELECT '${'x'.repeat(32 * 1024)}'`, 'text_too_long'],
    [`SELECT ${'1,'.repeat(2500)}1`, 'too_many_tokens'],
    [`SELECT ${'('.repeat(65)}1${')'.repeat(65)}`, 'too_deep'],
    [`SELECT ${'1+'.repeat(650)}1`, 'too_deep'],
    [`WITH ${Array.from({ length: 25 }, (_, n) => `c${n} AS (SELECT 1)`)} SELECT 1`, 'too_many_ctes'],
    [`SELECT 1 FROM ${Array.from({ length: 34 }, (_, n) => `t${n}`)}`, 'too_many_joins'],
    [`SELECT 1 FROM t0${' CROSS JOIN t'.repeat(33)}`, 'too_many_joins'],
  ])('%.60s is refused as %s', async (sql, refused) => {
    const statement = await judge(sql)
    expect(statement).toMatchObject({ effect: 'admin', safeRead: false, refused, outputs: null })
    expect(statement.text).toBeUndefined()
  })
})

describe('the text to send', () => {
  it.each([
    ['SELECT /*+ hint */ 1 -- note\n, 2', 'SELECT 1 , 2'],
    ['SELECT a/**/b FROM t', 'SELECT a b FROM t'],
    ["SELECT $x$--$x$, E'\\'--', '/*'", "SELECT $x$--$x$, E'\\'--', '/*'"],
    ['SELECT 1 -/**/- 1', 'SELECT 1 - - 1'],
  ])('for %s drops comments and keeps the rest', async (sql, text) => {
    expect((await judge(sql)).text).toBe(text)
  })
})
