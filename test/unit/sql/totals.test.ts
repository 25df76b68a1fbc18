import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../../shared/sql/parser-worker.ts'

const parser = createParser({ budgetMs: 5000, startMs: 30_000 })
afterAll(() => parser.stop())

const totals = async (sql: string) =>
  (await parser.understand('postgres', sql)).outputs?.map(({ total }) => (total ? `${total.by} ${total.column}` : null))

describe('totals over one stored table', () => {
  it.each([
    ['SELECT region, sum(salary), count(salary) FROM hr.e GROUP BY region', [null, 'sum salary', 'count salary']],
    ['SELECT avg(e.Salary) AS a FROM hr.e AS e WHERE id > 5 ORDER BY 1 LIMIT 3', ['avg salary']],
    ['SELECT pg_catalog.count(salary) FROM e', ['count salary']],
  ])('are told of %s', async (sql, expected) => {
    expect(await totals(sql)).toEqual(expected)
  })

  it.each([
    'SELECT count(*) FROM hr.e',
    'SELECT max(salary) FROM hr.e',
    'SELECT sum(salary + 0) FROM hr.e',
    'SELECT sum(salary) + 0 FROM hr.e',
    'SELECT sum(CASE WHEN id = 1 THEN salary END) FROM hr.e',
    'SELECT sum(salary) FILTER (WHERE id = 1) FROM hr.e',
    'SELECT sum(DISTINCT salary) FROM hr.e',
    'SELECT sum(salary) OVER () FROM hr.e',
    'SELECT sum(salary) FROM hr.e, generate_series(1, 10)',
    'SELECT sum(salary) FROM hr.e CROSS JOIN hr.d',
    'SELECT sum(salary) FROM (SELECT salary FROM hr.e WHERE id = 1) q',
    'WITH e AS (SELECT 1 AS salary) SELECT sum(salary) FROM e',
    'SELECT sum(c) FROM hr.e AS e(a, b, c)',
    'SELECT sum(salary) FROM hr.e TABLESAMPLE system (10)',
    'SELECT sum(salary) FROM hr.e GROUP BY ROLLUP (region)',
    'SELECT DISTINCT sum(salary) FROM hr.e',
    'SELECT mine.sum(salary) FROM hr.e',
  ])('are not seen in %s', async (sql) => {
    expect((await totals(sql))?.filter((one) => one !== null) ?? []).toEqual([])
  })
})
