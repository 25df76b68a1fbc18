import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../shared/sql/parser-worker.ts'

const parser = createParser({ budgetMs: 30_000, startMs: 60_000 })
afterAll(() => parser.stop())

const judge = (sql: string) => parser.understand('databricks', sql)
const holdsSalary = (names: readonly string[] | undefined) =>
  (names ?? ['*']).some((name) => name === '*' || name === 'salary')

describe('ways to give a masked column back under another guise', () => {
  it.each([
    ['an alias', 'SELECT e.salary AS region FROM hr.e e'],
    ['a function', 'SELECT upper(salary) FROM hr.e'],
    ['another output column', 'SELECT s || 1 AS region, salary AS s FROM (SELECT salary AS s, salary FROM hr.e) q'],
    ['an output column before it', 'SELECT upper(s) AS region FROM (SELECT salary AS s FROM hr.e) q'],
    ['a derived table', 'SELECT region FROM (SELECT salary AS region FROM hr.e) q'],
    ['a WITH with names of its own', 'WITH q(region) AS (SELECT salary FROM hr.e) SELECT region FROM q'],
    ['names of a relation', 'SELECT region FROM hr.e AS t(id, region)'],
    ['names that change places', 'SELECT id FROM (SELECT salary, id FROM hr.e) AS t(id, salary)'],
    ['a set operation', 'SELECT region FROM hr.d UNION ALL SELECT salary FROM hr.e'],
    ['a sub-select', 'SELECT (SELECT max(salary) FROM hr.e) AS region'],
    ['a condition in a sub-select', 'SELECT (SELECT count(*) FROM hr.e WHERE salary > 5) AS region'],
    ['the whole row as a struct', 'SELECT to_json(struct(*)) FROM hr.e'],
    ['a relation as a struct', 'SELECT to_json(struct(e.*)) FROM hr.e e'],
    ['all columns counted', 'SELECT count(e.*) FROM hr.e e'],
    ['a lambda that takes it from outside', 'SELECT transform(array(1), x -> salary) FROM hr.e'],
    ['a lambda whose parameter has its name', 'SELECT transform(array(salary), salary -> salary) FROM hr.e'],
    ['an aggregate with lambdas', 'SELECT aggregate(array(1), 0, (a, x) -> a + salary, a -> a) FROM hr.e'],
    ['a comparison of elements', 'SELECT array_sort(array(1, 2), (l, r) -> salary) FROM hr.e'],
    ['a lateral view', 'SELECT v.c FROM hr.e LATERAL VIEW explode(array(salary)) v AS c'],
    ['a lateral function', 'SELECT v.col FROM hr.e, LATERAL explode(array(salary)) AS v'],
    ['a lateral query', 'SELECT v.x FROM hr.e, LATERAL (SELECT salary AS x) v'],
    ['a pivot', "SELECT q1 FROM hr.e PIVOT (max(salary) FOR region IN ('a' AS q1))"],
    ['an unpivot', 'SELECT v FROM hr.e UNPIVOT (v FOR n IN (salary, bonus))'],
    ['a rank', 'SELECT rank() OVER (ORDER BY salary) FROM hr.e'],
    ['a named window', 'SELECT rank() OVER w FROM hr.e WINDOW w AS (ORDER BY salary)'],
    ['a filtered count', 'SELECT count(*) FILTER (WHERE salary > 5) FROM hr.e'],
    ['the row with the greatest', 'SELECT max_by(id, salary) FROM hr.e'],
    ['a branch', 'SELECT CASE WHEN salary > 5 THEN 1 END FROM hr.e'],
    ['a field of a struct made of it', 'SELECT max(struct(salary, id)).id FROM hr.e'],
    ['a map', 'SELECT map(id, salary)[1] FROM hr.e'],
    ['a star over a derived table', 'SELECT * FROM (SELECT salary AS region FROM hr.e) q'],
    [
      'a recursion',
      'WITH RECURSIVE r AS (SELECT id, salary FROM hr.e UNION ALL SELECT salary, id FROM r) SELECT id FROM r',
    ],
    ['the name that an expression gets', 'SELECT `max(salary)` FROM (SELECT max(salary), 1 AS id FROM hr.e) q'],
    [
      'a struct in a relation of the same name',
      'SELECT q.q.region FROM (SELECT struct(salary AS region) AS q FROM hr.e) q',
    ],
    ['a name that only an outer query has', 'SELECT (SELECT s) AS region FROM (SELECT salary AS s FROM hr.e) q'],
    ['a join with a name of its own', 'SELECT j.salary FROM (hr.e CROSS JOIN hr.d) j'],
    ['an older version of the table', 'SELECT salary AS region FROM hr.e VERSION AS OF 3'],
    ['a query that begins with FROM', 'FROM hr.e SELECT salary AS region'],
  ])('are followed: %s', async (_name, sql) => {
    const { outputs, refused } = await judge(sql)
    expect([refused, holdsSalary(outputs?.[0]?.mentions)]).toEqual([undefined, true])
  })

  it('names what stands before a dot, which may be a column with fields', async () => {
    expect((await judge('SELECT person.region FROM hr.e AS x JOIN hr.d AS person ON true')).qualifiers).toEqual([
      'person',
    ])
  })

  it.each([
    ['SELECT person.region FROM hr.e AS x, (SELECT 1 AS z) AS person', 'person'],
    ['SELECT nowhere FROM (SELECT 1 AS z) AS q', '*'],
  ])('takes %s for what it may be', async (sql, mention) => {
    expect((await judge(sql)).outputs?.[0]?.mentions).toContain(mention)
  })
})

describe('ways to read a masked column by the rows that come back', () => {
  it.each([
    ['a condition', 'SELECT id FROM hr.e WHERE salary > 100'],
    ['a condition under another name', 'SELECT id FROM (SELECT id, salary AS region FROM hr.e) q WHERE region > 100'],
    ['a condition in a WITH', 'WITH q AS (SELECT id FROM hr.e WHERE salary > 5) SELECT id FROM q'],
    ['a sub-select', 'SELECT id FROM hr.d WHERE id IN (SELECT id FROM hr.e WHERE salary > 5)'],
    ['a lambda in a condition', 'SELECT id FROM hr.e WHERE exists(items, x -> x > salary)'],
    ['an order', 'SELECT id FROM hr.e ORDER BY salary'],
    ['an order by number', 'SELECT id, salary FROM hr.e ORDER BY 2'],
    ['an order by an output name', 'SELECT id, salary AS region FROM hr.e ORDER BY region'],
    ['an order by all', 'SELECT salary FROM hr.e ORDER BY ALL'],
    ['an order of a union', 'SELECT id, salary FROM hr.e UNION ALL SELECT 1, 2 ORDER BY 2'],
    ['an order of a query in brackets', '(SELECT salary AS s, id FROM hr.e) ORDER BY s LIMIT 1'],
    ['a sort within partitions', 'SELECT id FROM hr.e SORT BY salary'],
    ['a distribution', 'SELECT id FROM hr.e DISTRIBUTE BY salary'],
    ['a cluster', 'SELECT id FROM hr.e CLUSTER BY salary'],
    ['groups', 'SELECT count(*) FROM hr.e GROUP BY salary'],
    ['groups by an output name', 'SELECT salary AS s, count(*) FROM hr.e GROUP BY s'],
    ['groups by number', 'SELECT salary, count(*) FROM hr.e GROUP BY CUBE (1)'],
    ['groups by all', 'SELECT salary, count(*) FROM hr.e GROUP BY ALL'],
    ['grouping sets', 'SELECT count(*) FROM hr.e GROUP BY GROUPING SETS ((salary), ())'],
    ['a condition on groups', 'SELECT region FROM hr.e GROUP BY region HAVING max(salary) > 5'],
    ['a condition on windows', 'SELECT id FROM hr.e QUALIFY row_number() OVER (ORDER BY salary) = 1'],
    ['a condition on an output', 'SELECT id, rank() OVER (ORDER BY salary) AS r FROM hr.e QUALIFY r = 1'],
    ['distinct rows', 'SELECT count(*) FROM (SELECT DISTINCT salary FROM hr.e) q'],
    ['an intersection', 'SELECT count(*) FROM (SELECT salary FROM hr.e INTERSECT SELECT 5) q'],
    ['a mixed set operation', 'SELECT a FROM x UNION ALL SELECT salary FROM hr.e INTERSECT SELECT b FROM y'],
    ['a limit', 'SELECT id FROM hr.d LIMIT (SELECT salary FROM hr.e)'],
    ['a join USING it', 'SELECT e.id FROM hr.e JOIN (SELECT 5 AS salary) v USING (salary)'],
    ['a natural join', 'SELECT e.id FROM hr.e NATURAL JOIN (SELECT 5 AS salary) v'],
    ['a semi join', 'SELECT e.id FROM hr.e e LEFT SEMI JOIN hr.d d ON e.salary = d.x'],
    ['as many rows as its value', 'SELECT id, explode(sequence(1, salary)) FROM hr.e'],
    ['as many rows as its value, in a view', 'SELECT id FROM hr.e LATERAL VIEW explode(sequence(1, salary)) v AS c'],
    ['a lateral condition', 'SELECT id FROM hr.e, LATERAL (SELECT 1 WHERE salary > 5) q'],
    [
      'a pivot that groups by it',
      "SELECT q1 FROM (SELECT id, region, salary FROM hr.e) PIVOT (max(id) FOR region IN ('a' AS q1))",
    ],
    ['a version of a table', 'SELECT id FROM hr.d VERSION AS OF (SELECT max(salary) FROM hr.e)'],
    ['a plan', 'EXPLAIN COST SELECT id FROM hr.e WHERE salary > 5'],
  ])('count as comparing it: %s', async (_name, sql) => {
    const { compared, refused } = await judge(sql)
    expect([refused, holdsSalary(compared)]).toEqual([undefined, true])
  })

  it.each([
    ['giving it back', 'SELECT salary FROM hr.e WHERE id = 1 ORDER BY id', ['id']],
    ['computing with it', 'SELECT max(salary), upper(name) FROM hr.e GROUP BY region, name', ['name', 'region']],
    [
      'counting beside it',
      'SELECT region, count(*) AS n FROM hr.e GROUP BY region ORDER BY n DESC LIMIT 5',
      ['region'],
    ],
    ['passing it on', 'SELECT q.s FROM (SELECT salary AS s, id FROM hr.e) q WHERE q.id = 1', ['id']],
    ['rows after rows', 'SELECT salary FROM hr.e UNION ALL SELECT salary FROM hr.e', []],
    ['everything', 'SELECT * FROM hr.e WHERE id = :id LIMIT ALL', ['id']],
  ])('are not meant by %s', async (_name, sql, expected) => {
    expect((await judge(sql)).compared).toEqual(expected)
  })
})

describe('texts made to take long', () => {
  const nested = (times: number, wrap: (sql: string) => string): string =>
    times === 0 ? 'SELECT a FROM t' : wrap(nested(times - 1, wrap))
  const diamonds = (levels: number) => {
    const ctes = Array.from(
      { length: levels },
      (_, n) => `c${n + 1} AS (SELECT x.a FROM c${n} x JOIN c${n} y ON x.a = y.a)`,
    )
    return `WITH c0 AS (SELECT a FROM t), ${ctes.join(', ')} SELECT a FROM c${levels}`
  }

  it.each([
    ['diamonds of expressions', diamonds(16)],
    ['sub-selects', nested(14, (sql) => `SELECT (SELECT a FROM (${sql}) q) AS a`)],
    ['brackets', `SELECT ${'('.repeat(60)}1${')'.repeat(60)}`],
    ['calls', `SELECT ${'upper('.repeat(60)}a${')'.repeat(60)} FROM t`],
    ['conditions', `SELECT 1 FROM t WHERE ${Array.from({ length: 900 }, (_, n) => `a=${n}`).join(' OR ')}`],
    ['branches', `SELECT ${'CASE WHEN a THEN '.repeat(60)}1${' END'.repeat(60)} FROM t`],
    ['lambdas', `SELECT ${'transform(b, x -> '.repeat(30)}x${')'.repeat(30)} FROM t`],
    ['types', `SELECT cast(a AS ${'array<'.repeat(60)}int${'>'.repeat(60)}) FROM t`],
    ['signs', `SELECT ${'- '.repeat(1500)}1`],
    ['set operations', Array.from({ length: 500 }, () => 'SELECT 1').join(' UNION ')],
  ])('hold nobody up: %s', { timeout: 60_000 }, async (_name, sql) => {
    const hurried = createParser({ startMs: 60_000, budgetMs: 2000 })
    const [, next] = await Promise.all([
      hurried.understand('databricks', sql),
      hurried.understand('databricks', 'SELECT a FROM t'),
    ])
    await hurried.stop()
    expect(next).toMatchObject({ safeRead: true, reads: ['t'] })
  })
})
