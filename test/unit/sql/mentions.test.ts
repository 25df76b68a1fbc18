import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../../shared/sql/parser-worker.ts'

const parser = createParser({ budgetMs: 5000, startMs: 30_000 })
afterAll(() => parser.stop())

const mentions = async (sql: string) => (await parser.understand('postgres', sql)).mentions

describe('the columns that a statement takes values from or compares', () => {
  it.each([
    ['a value assigned', "UPDATE t SET name = 'x'", []],
    ['a column copied', 'UPDATE t SET name = email', ['email']],
    ['a column compared', "UPDATE t SET name = 'x' WHERE t.email = 'y'", ['email']],
    ['values inserted', "INSERT INTO t (name, email) VALUES ('a', 'b')", []],
    ['a row inserted from elsewhere', 'INSERT INTO t (name) SELECT s.email FROM s', ['email']],
    ['everything of a table', 'INSERT INTO t SELECT * FROM s', ['*']],
    ['a whole row', 'INSERT INTO t (name) SELECT row_to_json(s)::text FROM s', ['*']],
    ['a whole row under an alias', 'INSERT INTO t (name) SELECT x::text FROM s AS x', ['*']],
    ['columns with other names', 'INSERT INTO t (name) SELECT a FROM s AS x (a, b)', ['*', 'a']],
    [
      'a conflict',
      "INSERT INTO t (id, email) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET name = excluded.email",
      ['email', 'id'],
    ],
    [
      'the whole conflicting row',
      'INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = excluded::text',
      ['*', 'id'],
    ],
    ['what is only returned', "UPDATE t SET name = 'x' RETURNING email", []],
    [
      'what a change in a WITH passes on',
      "WITH u AS (UPDATE t SET name = 'x' RETURNING email AS e) INSERT INTO s SELECT e FROM u",
      ['e', 'email'],
    ],
    ['a sub-select', 'UPDATE t SET name = (SELECT email FROM s WHERE s.id = t.id)', ['email', 'id']],
    ['a deletion by condition', "DELETE FROM t USING s WHERE s.email LIKE 'a%'", ['email']],
    ['capitals', 'UPDATE T SET Name = EMAIL', ['email']],
  ])('name %s', async (_name, sql, expected) => {
    expect(await mentions(sql)).toEqual(expected)
  })

  it('are absent where nothing was understood', async () => {
    expect(await mentions('UPDATE t SET')).toBeUndefined()
  })
})
