import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../shared/sql/parser-worker.ts'

const parser = createParser({ budgetMs: 5000, startMs: 30_000 })
afterAll(() => parser.stop())

const compared = async (sql: string) => (await parser.understand('postgres', sql)).compared ?? ['(refused)']

describe('ways to read a masked column by the rows that come back', () => {
  it.each([
    ['a join with every value', 'SELECT e.id, g FROM hr.e JOIN generate_series(0, 300000) g ON g = e.salary'],
    ['a condition', 'SELECT id FROM hr.e WHERE salary > 100'],
    ['a condition under another name', 'SELECT id FROM (SELECT id, salary AS region FROM hr.e) q WHERE region > 100'],
    ['a condition in a WITH', 'WITH q AS (SELECT id FROM hr.e WHERE salary > 5) SELECT id FROM q'],
    ['a WITH that has the name of its table', 'WITH e AS (SELECT id FROM e WHERE salary > 5) SELECT id FROM e'],
    ['a sub-select', 'SELECT id FROM hr.d WHERE id IN (SELECT id FROM hr.e WHERE salary > 5)'],
    ['an order', 'SELECT id FROM hr.e ORDER BY salary'],
    ['an order by number', 'SELECT id, salary FROM hr.e ORDER BY 2'],
    ['an order by an output name', 'SELECT id, salary AS region FROM hr.e ORDER BY region'],
    ['an order of a union', 'SELECT id, salary FROM hr.e UNION ALL SELECT 1, 2 ORDER BY 2'],
    ['groups', 'SELECT count(*) FROM hr.e GROUP BY salary'],
    ['groups by number', 'SELECT salary, count(*) FROM hr.e GROUP BY (1)'],
    ['a condition on groups', 'SELECT region FROM hr.e GROUP BY region HAVING max(salary) > 5'],
    ['distinct rows', 'SELECT count(*) FROM (SELECT DISTINCT salary FROM hr.e) q'],
    ['an intersection', 'SELECT count(*) FROM (SELECT salary FROM hr.e INTERSECT SELECT 5) q'],
    ['a limit', 'SELECT g FROM generate_series(1, 9) g LIMIT (SELECT salary FROM hr.e WHERE id = 1)'],
    ['as many rows as its value', 'SELECT e.id FROM hr.e, generate_series(1, e.salary) g'],
    ['as many rows as its value, beside it', 'SELECT id, generate_series(1, salary) FROM hr.e'],
    ['a join USING it', 'SELECT e.id FROM hr.e JOIN (SELECT 5 AS salary) v USING (salary)'],
    ['a natural join', 'SELECT e.id FROM hr.e NATURAL JOIN (SELECT 5 AS salary) v'],
    ['a sample', 'SELECT id FROM hr.d TABLESAMPLE system ((SELECT salary FROM hr.e))'],
    [
      'a lateral condition',
      'SELECT e.id, v.g FROM hr.e, LATERAL (SELECT g FROM generate_series(1, 9) g WHERE g = e.salary) v',
    ],
  ])('count as comparing it: %s', async (_name, sql) => {
    expect((await compared(sql)).some((name) => name === '*' || name === 'salary')).toBe(true)
  })

  it.each([
    ['giving it back', 'SELECT salary FROM hr.e WHERE id = 1 ORDER BY id', ['id']],
    ['computing with it', 'SELECT max(salary), upper(name) FROM hr.e GROUP BY region, name', ['name', 'region']],
    ['passing it on', 'SELECT q.s FROM (SELECT salary AS s, id FROM hr.e) q WHERE q.id = 1', ['id']],
    ['rows after rows', 'SELECT salary FROM hr.e UNION ALL SELECT salary FROM hr.e', []],
    ['everything', 'SELECT * FROM hr.e WHERE id = $1 LIMIT 5', ['id']],
    ['a join by other columns', 'SELECT e.salary FROM hr.e JOIN hr.d ON d.id = e.department', ['department', 'id']],
    [
      'a recursion over other columns',
      `WITH RECURSIVE r AS (SELECT id FROM hr.e WHERE id = 1
        UNION ALL SELECT e.id FROM hr.e JOIN r ON e.manager = r.id) SELECT id FROM r`,
      ['id', 'manager'],
    ],
  ])('are not meant by %s', async (_name, sql, expected) => {
    expect(await compared(sql)).toEqual(expected)
  })
})
