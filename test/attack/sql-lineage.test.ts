import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../shared/sql/parser-worker.ts'

const parser = createParser({ budgetMs: 5000, startMs: 30_000 })
afterAll(() => parser.stop())

const outputs = async (sql: string) => (await parser.understand('postgres', sql)).outputs?.[0]?.mentions ?? ['*']
const mentions = async (sql: string) => (await parser.understand('postgres', sql)).mentions ?? ['*']

describe('names that hide what a column is made of', () => {
  it.each([
    [
      'a join that takes the name of one of its relations',
      "SELECT e.b || '' FROM (hr.employees e CROSS JOIN (SELECT 1) y) AS e (a, b)",
    ],
    [
      'an outer relation that happens to have a renamed column',
      "SELECT (SELECT max(b) FROM hr.employees AS e (a, b)) FROM (SELECT 'x' AS b) y",
    ],
    [
      'a neighbour that a sub-select without LATERAL cannot see',
      "SELECT (SELECT q.v FROM (SELECT 'x' AS salary) e, (SELECT e.salary || '' AS v) q) FROM hr.employees e",
    ],
    [
      'columns that change places under a join with a name of its own',
      `SELECT t.p || '' FROM (SELECT * FROM
        ((SELECT 'x' AS p, salary AS q FROM hr.employees) a CROSS JOIN (SELECT 1) b) AS j (q, p, r)) t`,
    ],
    [
      'a common table expression that differs from the table in case only',
      `WITH "Employees" AS (SELECT 'x' AS salary) SELECT salary || '' FROM employees`,
    ],
  ])('do not hide it: %s', async (_name, sql) => {
    expect((await outputs(sql)).some((name) => name === '*' || name === 'salary')).toBe(true)
  })
})

describe('ways for a change to take what it does not spell out as a column', () => {
  it.each([
    ['a join USING it', "UPDATE t SET name = 'x' FROM hr.employees e JOIN (SELECT 1 AS salary) v USING (salary)"],
    ['a natural join', "UPDATE t SET name = 'x' FROM hr.employees e NATURAL JOIN (SELECT 1 AS salary) v"],
    [
      'what a change in a WITH returns under another name',
      'WITH r AS (UPDATE t SET a = 1 RETURNING (SELECT max(salary) FROM hr.employees) AS name) INSERT INTO s SELECT name FROM r',
    ],
    ['a conflict on it', "INSERT INTO t (salary) VALUES (1) ON CONFLICT (salary) DO UPDATE SET name = 'x'"],
  ])('count as taking it: %s', async (_name, sql) => {
    expect((await mentions(sql)).some((name) => name === '*' || name === 'salary')).toBe(true)
  })
})

describe('queries within queries', () => {
  const nested = (times: number, wrap: (sql: string) => string): string =>
    times === 0 ? 'SELECT a FROM t' : wrap(nested(times - 1, wrap))

  it.each([
    ['sub-selects', nested(28, (sql) => `SELECT (SELECT a FROM (${sql}) q) AS a`)],
    [
      'recursions',
      nested(22, (sql) => `WITH RECURSIVE c AS ((${sql}) UNION ALL SELECT a FROM c) SELECT a FROM c WHERE a > 1`),
    ],
  ])('do not hold everybody up: %s', { timeout: 20_000 }, async (_name, sql) => {
    const { outputs: columns, refused } = await parser.understand('postgres', sql)
    expect([refused, columns]).toEqual([undefined, [{ mentions: ['*'] }]])
  })
})
