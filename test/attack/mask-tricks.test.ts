import { afterAll, describe, expect, it } from 'vitest'
import { indexTables } from '../../shared/masking/classification.ts'
import { labelsCarried } from '../../shared/masking/column-labels.ts'
import { mask } from '../../shared/masking/mask.ts'
import { createParser } from '../../shared/sql/parser-worker.ts'
import { tableRequest } from '../unit/masking/requests.ts'

const parser = createParser({ budgetMs: 5000, startMs: 30_000 })
afterAll(() => parser.stop())

const classification = {
  'hr.e.id': 'none',
  'hr.e.name': 'none',
  'hr.e.region': 'none',
  'hr.e.email': 'pii.contact',
  'hr.e.salary': 'pii.compensation',
  'hr.e.ssn': 'pii.national_id',
} as const

/**
 * What a person without any right to see gets of a statement, by column: `+` as it is, `part`, `null`, or nothing of it
 * (`drop`); `refused` where the statement is not understood, `denied` where it copies or compares what is masked.
 * `sources` are the columns that the database says the results come from, `-` for a computed one.
 */
async function outcome(sql: string, sources: string): Promise<string> {
  // What the answer's columns are called is not at issue here.
  const { names: _names, ...statement } = await parser.understand('postgres', sql)
  if (statement.refused !== undefined) return 'refused'
  const { effect, reads, writes, dangers, statements } = statement
  const understood = { effect, understood: true, statement, reads, writes, dangers, statements }
  if (labelsCarried(understood, indexTables(classification)).length > 0) return 'denied'
  if (sources === '') return effect
  const columns = sources
    .split(' ')
    .map((name, at) => ({ name: `c${at}`, source: name === '-' ? null : `hr.e.${name}` }))
  const request = tableRequest({ columns, rows: [columns.map((_column, at) => `a value ${at}`)] })
  const invocation = { ...request.invocation, operation: { ...request.invocation.operation, effect } }
  const { masked } = mask({ ...request, invocation, understood, classification })
  const words: Readonly<Record<string, string>> = { partial: 'part' }
  return columns
    .map(({ name }) => masked.find(({ path }) => path === `/columns/${name}`)?.strategy ?? '+')
    .map((strategy) => words[strategy] ?? strategy)
    .join(' ')
}

describe('tricks to see a masked column', () => {
  it.each([
    ['by its name', 'SELECT id, email, salary, ssn FROM hr.e', 'id email salary ssn', '+ part null drop'],
    ['an alias', 'SELECT salary AS id FROM hr.e', 'salary', 'null'],
    ['the alias of a clear column twice', 'SELECT id AS a, salary AS a FROM hr.e', 'id salary', '+ null'],
    ['a star', 'SELECT * FROM hr.e', 'id name region email salary ssn', '+ + + part null drop'],
    [
      'a star beside a column',
      'SELECT e.*, salary FROM hr.e',
      'id name region email salary ssn salary',
      '+ + + part null drop null',
    ],
    ['a whole row', 'SELECT e FROM hr.e', '-', 'drop'],
    ['a row as JSON', 'SELECT row_to_json(e) FROM hr.e', '-', 'drop'],
    ['a function written as a field', 'SELECT e.row_to_json FROM hr.e', '-', 'drop'],
    ['built JSON', "SELECT json_build_object('id', salary) FROM hr.e", '-', 'null'],
    ['gathered JSON', 'SELECT json_agg(ssn) FROM hr.e', '-', 'drop'],
    ['a gathered list', 'SELECT array_agg(email) FROM hr.e', '-', 'null'],
    ['a joined string', "SELECT string_agg(email, ',') FROM hr.e", '-', 'null'],
    ['a composite', 'SELECT ROW(id, ssn) FROM hr.e', '-', 'drop'],
    ['an array', 'SELECT ARRAY[ssn, name] FROM hr.e', '-', 'drop'],
    ['a WITH', 'WITH q AS (SELECT salary AS x FROM hr.e) SELECT x FROM q', 'salary', 'null'],
    ['a WITH that computes', 'WITH q AS (SELECT salary + 0 AS id FROM hr.e) SELECT id FROM q', '-', 'null'],
    [
      'a recursion',
      'WITH RECURSIVE q AS (SELECT salary AS s FROM hr.e UNION ALL SELECT s FROM q) SELECT s FROM q',
      '-',
      'null',
    ],
    ['a union', 'SELECT name FROM hr.e UNION ALL SELECT ssn FROM hr.e', '-', 'drop'],
    ['a union that is compared', 'SELECT name FROM hr.e UNION SELECT ssn FROM hr.e', '-', 'denied'],
    ['a sub-select', 'SELECT (SELECT max(salary) FROM hr.e) AS id', '-', 'null'],
    ['a sub-select with another column list', 'SELECT k FROM (SELECT salary FROM hr.e) t(k)', '-', 'null'],
    ['a column list of the table', 'SELECT c FROM hr.e AS e(a, b, c, d, f, g)', '-', 'drop'],
    ['VALUES', 'SELECT v.x FROM hr.e, LATERAL (VALUES (salary)) v(x)', '-', 'null'],
    ['VALUES with a sub-select', 'SELECT v.x FROM (VALUES ((SELECT ssn FROM hr.e LIMIT 1))) v(x)', '-', 'drop'],
    ['LATERAL', 'SELECT l.y FROM hr.e e, LATERAL (SELECT e.salary AS y) l', '-', 'null'],
    ['a window', 'SELECT max(salary) OVER () FROM hr.e', '-', 'null'],
    ['a neighbour in a window', 'SELECT lag(ssn) OVER (ORDER BY id) FROM hr.e', '-', 'drop'],
    ['a rank by it', 'SELECT id, rank() OVER (ORDER BY salary) FROM hr.e', 'id -', '+ null'],
    ['a named window', 'SELECT id, row_number() OVER w FROM hr.e WINDOW w AS (ORDER BY salary)', 'id -', '+ drop'],
    ['a CASE', "SELECT CASE WHEN salary > 5000 THEN 'y' ELSE 'n' END FROM hr.e", '-', 'null'],
    ['a comparison as a column', "SELECT ssn = '1' FROM hr.e", '-', 'drop'],
    ['a concatenation', "SELECT name || ' ' || ssn FROM hr.e", '-', 'drop'],
    ['a cast', 'SELECT salary::text FROM hr.e', '-', 'null'],
    ['one character', 'SELECT substring(ssn, 1, 1) FROM hr.e', '-', 'drop'],
    ['one bit', 'SELECT (ascii(substring(ssn, 1, 1)) >> 3) & 1 FROM hr.e', '-', 'drop'],
    ['its length', 'SELECT length(email) FROM hr.e', '-', 'null'],
    ['its digest', 'SELECT md5(ssn) FROM hr.e', '-', 'drop'],
    ['a part made whole', "SELECT 'xx' || email FROM hr.e", '-', 'null'],
    ['a COALESCE', 'SELECT coalesce(NULL, ssn) FROM hr.e', '-', 'drop'],
    ['a NULLIF', "SELECT nullif(ssn, '1') FROM hr.e", '-', 'drop'],
    ['an extreme', 'SELECT min(salary) FROM hr.e', '-', 'null'],
    ['a percentile', 'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY salary) FROM hr.e', '-', 'null'],
    ['a total', 'SELECT sum(salary) FROM hr.e', '-', 'null'],
    ['a count of it', 'SELECT count(ssn) FROM hr.e', '-', 'drop'],
    ['a filtered total', 'SELECT sum(1) FILTER (WHERE salary > 5) FROM hr.e', '-', 'null'],
    ['capitals', 'SELECT SALARY, E.Ssn FROM HR.E', 'salary ssn', 'null drop'],
    ['capitals in an expression', "SELECT SALARY || '' FROM HR.E", '-', 'null'],
    ['quotes', 'SELECT "salary" || \'\' FROM "hr"."e"', '-', 'null'],
    ['a comment in the middle', "SELECT sal/**/ary, salary/**/||'' FROM hr.e", '- -', 'drop null'],
    ['a comment that hides a column', "SELECT id --\n, salary || '' FROM hr.e", 'id -', '+ null'],
    ['a name by code points', 'SELECT U&"sal\\0061ry" || \'\' FROM hr.e', '-', 'null'],
    ['a field of the row', 'SELECT (e).salary FROM hr.e', '-', 'drop'],
    ['a row of a sub-select', "SELECT (q).s || '' FROM (SELECT salary AS s FROM hr.e) q", '-', 'null'],
    ['a view of another name', 'SELECT x FROM hr.e_view', '-', '+'],
  ])('shows no more of it: %s', async (...[, sql, sources, expected]) => {
    expect(await outcome(sql, sources)).toBe(expected)
  })
})

describe('tricks to learn a masked column by what comes back', () => {
  it.each([
    ['a condition', 'SELECT id FROM hr.e WHERE salary > 5', 'id'],
    ['a condition on a part', "SELECT id FROM hr.e WHERE substring(ssn, 1, 1) = '1'", 'id'],
    ['an order', 'SELECT id FROM hr.e ORDER BY salary', 'id'],
    ['an order by a computed value', 'SELECT id FROM hr.e ORDER BY salary * -1', 'id'],
    ['groups', 'SELECT count(*) FROM hr.e GROUP BY salary', '-'],
    ['a condition on groups', 'SELECT region FROM hr.e GROUP BY region HAVING sum(salary) > 5', 'region'],
    ['distinct rows', 'SELECT DISTINCT salary FROM hr.e', 'salary'],
    ['distinct on it', 'SELECT DISTINCT ON (salary) id FROM hr.e', 'id'],
    ['a join', 'SELECT a.id FROM hr.e a JOIN hr.e b ON a.salary = b.salary AND a.id < b.id', 'id'],
    ['a join with every number', 'SELECT id, g FROM hr.e JOIN generate_series(0, 9999) g ON g = salary', 'id -'],
    ['a semi-join', 'SELECT d.id FROM hr.e d WHERE EXISTS (SELECT 1 FROM hr.e x WHERE x.salary > d.id)', 'id'],
    ['as many rows as its value', 'SELECT e.id FROM hr.e, generate_series(1, e.salary) g', 'id'],
    ['a limit', 'SELECT id FROM hr.e LIMIT (SELECT salary FROM hr.e WHERE id = 1)', 'id'],
    ['an intersection', 'SELECT salary FROM hr.e INTERSECT SELECT 5', '-'],
    ['a division that fails', 'SELECT id FROM hr.e WHERE 1 / (salary - 5) > 0', 'id'],
    ['a copy', 'INSERT INTO notes (body) SELECT ssn FROM hr.e', ''],
    ['a copy of rows', 'INSERT INTO notes SELECT e::text FROM hr.e', ''],
    ['an assignment', 'UPDATE hr.e SET name = ssn', ''],
    ['an assignment that is given back', 'UPDATE hr.e SET name = ssn RETURNING name', 'name'],
    ['a change that tells by its count', "UPDATE hr.e SET name = 'x' WHERE salary > 5", ''],
    ['a deletion that tells by its count', 'DELETE FROM hr.e WHERE salary > 5', ''],
    ['a conflict', "INSERT INTO hr.e (ssn) VALUES ('1') ON CONFLICT (ssn) DO NOTHING", ''],
  ])('are denied: %s', async (_name, sql, sources) => {
    expect(await outcome(sql, sources)).toBe('denied')
  })

  it.each([
    [
      'what a change gives back',
      "UPDATE hr.e SET name = 'x' WHERE id = 1 RETURNING id, email, salary, ssn",
      'id email salary ssn',
      '+ part null drop',
    ],
    ['the old row', 'UPDATE hr.e SET salary = 1 WHERE id = 1 RETURNING old.salary', '-', 'null'],
    [
      'what a deletion gives back',
      'DELETE FROM hr.e WHERE id = 1 RETURNING *',
      'id name region email salary ssn',
      'drop drop drop drop drop drop',
    ],
  ])('are masked: %s', async (...[, sql, sources, expected]) => {
    expect(await outcome(sql, sources)).toBe(expected)
  })

  it.each([
    ['a new table', 'CREATE TABLE mine AS SELECT ssn FROM hr.e'],
    ['a new table by SELECT INTO', 'SELECT ssn INTO mine FROM hr.e'],
    ['a view', 'CREATE VIEW mine AS SELECT ssn FROM hr.e'],
    ['a file', "COPY (SELECT ssn FROM hr.e) TO '/tmp/x'"],
    ['a program', "COPY hr.e TO PROGRAM 'curl'"],
  ])('are no reads: %s', async (_name, sql) => {
    expect(['denied', 'refused', 'admin']).toContain(await outcome(sql, ''))
    expect((await parser.understand('postgres', sql)).safeRead).toBe(false)
  })
})
