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
    [
      'a struct named like a table that has no such column',
      'SELECT p.id FROM hr.d AS p, (SELECT struct(salary AS id) AS p FROM hr.e) q',
    ],
    [
      'a struct named like a table outside',
      'SELECT x.r FROM hr.d e, LATERAL (SELECT e.region AS r FROM (SELECT struct(salary AS region) AS e FROM hr.e) q) x',
    ],
    [
      'a struct named like a part of a name with a dot in it',
      'SELECT e.region FROM (SELECT 1 AS region) AS `q.e`, (SELECT struct(salary AS region) AS e FROM hr.e) x',
    ],
    [
      'a struct named like a relation within a named join',
      'SELECT e.region FROM ((SELECT 1 AS region) e CROSS JOIN (SELECT struct(salary AS region) AS e FROM hr.e) x) j',
    ],
    [
      'a struct named like the other side of a semi-join',
      'SELECT e.region FROM (SELECT struct(salary AS region) AS e FROM hr.e) x LEFT SEMI JOIN (SELECT 1 AS region) e ON true',
    ],
    [
      'fields of a struct outside of a lateral query',
      'SELECT x.a FROM (SELECT 1 AS a) q, LATERAL (SELECT q.* FROM (SELECT struct(salary AS a) AS q FROM hr.e) z) x',
    ],
    [
      'a condition in a WITH within',
      'SELECT (WITH q AS (SELECT id FROM hr.e WHERE salary > 5) SELECT count(*) FROM q)',
    ],
    ['a sub-select within a lambda', 'SELECT transform(array(1), salary -> (SELECT max(salary) FROM hr.e)) AS region'],
    [
      'a sub-select within a pivot',
      "SELECT q1 FROM (SELECT id, region FROM hr.d) PIVOT (max((SELECT max(salary) FROM hr.e)) FOR region IN ('a' AS q1))",
    ],
  ])('are followed: %s', async (_name, sql) => {
    const { outputs, refused } = await judge(sql)
    expect([refused, holdsSalary(outputs?.[0]?.mentions)]).toEqual([undefined, true])
  })

  it('takes a star for the fields of a struct where the other side of a semi-join has its name', async () => {
    const sql = 'SELECT q.* FROM (SELECT struct(salary AS a) AS q FROM hr.e) z LEFT SEMI JOIN (SELECT 1 AS a) q ON true'
    expect((await judge(sql)).outputs).toBeNull()
  })

  it('follows an earlier output column whose fields are named like those of a table', async () => {
    const { outputs } = await judge('SELECT struct(salary AS id) AS p, p.id FROM hr.e AS p')
    expect(outputs?.[1]?.mentions).toEqual(['id', 'salary'])
  })

  it.each([
    ['a correlated query', 'SELECT e.id, (SELECT count(*) FROM hr.d WHERE d.eid = e.id) AS n FROM hr.e'],
    [
      'a derived table beside',
      'SELECT e.id, q.n FROM hr.e e JOIN (SELECT did, max(n) AS n FROM hr.d GROUP BY 1) q ON true',
    ],
    ['a semi-join', 'SELECT e.id FROM hr.e e LEFT ANTI JOIN hr.d d ON e.id = d.id'],
    ['a named join', 'SELECT j.id FROM (hr.e e JOIN hr.d d ON e.id = d.id) j'],
  ])('are not seen in %s', async (_name, sql) => {
    expect((await judge(sql)).outputs?.[0]?.mentions).toEqual(['id'])
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
    ['a window of no time', "SELECT id, window(CASE WHEN salary > 5 THEN now() END, '1 day') FROM hr.e"],
    ['a session of no time', "SELECT id, session_window(IF(salary > 5, now(), NULL), '1 day') AS s FROM hr.e"],
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

describe('ways to mean another relation than the one that is judged', () => {
  it('does not take a later expression of a WITH RECURSIVE for the one that is meant before it', async () => {
    const sql = 'WITH RECURSIVE a AS (SELECT * FROM payroll), payroll AS (SELECT 1 AS x) SELECT * FROM a'
    expect((await judge(sql)).reads).toEqual(['payroll'])
  })

  it.each([
    ['WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT n FROM r', []],
    ['SHOW COLUMNS IN customers FROM main.hr', ['main.hr.customers']],
    ['SHOW COLUMNS IN hr.customers IN hr', ['hr.customers']],
    ['DESCRIBE FUNCTION EXTENDED main.hr.pay', ['main.hr.pay']],
    ['DESC VOLUME main.hr.papers', ['main.hr.papers']],
    ['DESCRIBE FUNCTION EXTENDED upper', []],
    ['DESC FUNCTION `upper`', ['upper']],
  ])('%s reads %j', async (sql, reads) => {
    const judged = await judge(sql)
    expect([judged.reads, judged.safeRead]).toEqual([reads, true])
  })

  it.each(['ı', 'İ', 'ς'])('refuses a name with %s, which some readers take for another letter', async (letter) => {
    const named = (quote: string) =>
      `WITH ${quote}a${letter}b${quote} AS (SELECT salary AS id FROM hr.e) SELECT id FROM aib`
    for (const quote of ['', '`']) expect((await judge(named(quote))).refused).toBe('odd_character')
  })

  it.each(['straße', 'größe', 'naïve', '名前', 'имя'])('takes the name %s', async (name) => {
    expect((await judge(`SELECT ${name} FROM hr.e`)).outputs).toEqual([{ mentions: [name] }])
  })

  it.each([
    'INSERT INTO IDENTIFIER(:t) SELECT 1',
    'DROP TABLE IDENTIFIER(:t)',
    'TRUNCATE TABLE IDENTIFIER(:t)',
    'CREATE TABLE IDENTIFIER(:t) AS SELECT 1',
  ])('finds it dangerous that %s takes its table from a value', async (sql) => {
    expect((await judge(sql)).dangers).toContain('identifier')
  })

  it.each(['update', 'delete', 'merge', 'insert'])(
    'does not take a relation called %s for a change of nothing',
    async (name) => {
      expect((await judge(`FROM hr.e ${name} SELECT salary`)).refused).toBe('statement_not_listed')
    },
  )

  it.each([
    "USING csv OPTIONS (path 's3://elsewhere')",
    "USING jdbc OPTIONS (url 'jdbc:x')",
    "LOCATION 's3://elsewhere'",
    'LOCATION :where',
  ])('finds it dangerous that a table is made elsewhere: %s', async (clause) => {
    const { dangers, effect } = await judge(`CREATE TABLE main.s.t ${clause} AS SELECT id FROM hr.e`)
    expect([dangers, effect]).toEqual([['external_location'], 'admin'])
  })

  it('finds no danger in a table of columns of those names', async () => {
    const sql = 'CREATE TABLE main.s.t CLUSTER BY (location) AS SELECT location, options FROM hr.e'
    expect(await judge(sql)).toMatchObject({ effect: 'write', dangers: [], reads: ['hr.e'], writes: ['main.s.t'] })
  })

  it.each(['image.secrets', 'libsvm.secrets'])('takes %s for a path', async (name) => {
    expect((await judge(`SELECT * FROM ${name}`)).dangers).toEqual(['path_table'])
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
