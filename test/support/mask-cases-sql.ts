import type { Dialect } from '../../shared/sql/statement.ts'

/**
 * A way to a masked column: `shown` where its first result column holds it, `used` where which rows come, or what is
 * changed, depends on it. The column is `salary` of `hr.e`, whose other columns are harmless.
 */
export type MaskCase = readonly [name: string, kind: 'shown' | 'used', text: string]

const everywhere: readonly MaskCase[] = [
  ['an alias', 'shown', 'SELECT e.salary AS region FROM hr.e AS e'],
  ['a star', 'shown', 'SELECT * FROM hr.e'],
  ['a star beside a column', 'shown', 'SELECT e.*, e.id FROM hr.e AS e'],
  ['a WITH', 'shown', 'WITH q AS (SELECT salary AS id FROM hr.e) SELECT id FROM q'],
  [
    'a WITH of a WITH',
    'shown',
    'WITH q AS (SELECT salary AS a FROM hr.e), r AS (SELECT a AS id FROM q) SELECT id FROM r',
  ],
  ['a derived table', 'shown', 'SELECT q.id FROM (SELECT salary AS id FROM hr.e) AS q'],
  ['a sub-select', 'shown', 'SELECT (SELECT MAX(salary) FROM hr.e) AS id'],
  ['a union', 'shown', 'SELECT region FROM hr.e UNION ALL SELECT salary FROM hr.e'],
  ['a window', 'shown', 'SELECT MAX(salary) OVER (PARTITION BY region) AS id FROM hr.e'],
  ['a rank by it', 'shown', 'SELECT RANK() OVER (ORDER BY salary) AS id FROM hr.e'],
  ['a branch', 'shown', "SELECT CASE WHEN salary > 5 THEN 'y' ELSE 'n' END AS id FROM hr.e"],
  ['a concatenation', 'shown', "SELECT CONCAT(name, ' ', salary) AS id FROM hr.e"],
  ['a cast', 'shown', 'SELECT CAST(salary AS DECIMAL) AS id FROM hr.e'],
  ['a part', 'shown', 'SELECT SUBSTRING(salary, 1, 1) AS id FROM hr.e'],
  ['a default', 'shown', 'SELECT COALESCE(NULL, salary) AS id FROM hr.e'],
  ['an extreme', 'shown', 'SELECT MIN(salary) AS id FROM hr.e'],
  ['a joined row', 'shown', 'SELECT b.salary AS id FROM hr.e AS a JOIN hr.e AS b ON a.id = b.id'],
  ['capitals', 'shown', 'SELECT SALARY AS id FROM HR.E'],
  ['a condition', 'used', 'SELECT id FROM hr.e WHERE salary > 5'],
  ['a condition on a part', 'used', "SELECT id FROM hr.e WHERE SUBSTRING(salary, 1, 1) = '1'"],
  ['an order', 'used', 'SELECT id FROM hr.e ORDER BY salary'],
  ['an order by number', 'used', 'SELECT id, salary AS x FROM hr.e ORDER BY 2'],
  ['groups', 'used', 'SELECT COUNT(*) FROM hr.e GROUP BY salary'],
  ['a condition on groups', 'used', 'SELECT region FROM hr.e GROUP BY region HAVING MAX(salary) > 5'],
  ['distinct rows', 'used', 'SELECT DISTINCT salary FROM hr.e'],
  ['a union without doubles', 'used', 'SELECT name FROM hr.e UNION DISTINCT SELECT salary FROM hr.e'],
  ['a join', 'used', 'SELECT a.id FROM hr.e AS a JOIN hr.d AS b ON a.salary = b.x'],
  ['a semi-join', 'used', 'SELECT d.id FROM hr.d AS d WHERE EXISTS (SELECT 1 FROM hr.e AS x WHERE x.salary > d.id)'],
  ['a list', 'used', 'SELECT id FROM hr.d WHERE x IN (SELECT salary FROM hr.e)'],
  ['a condition in a WITH', 'used', 'WITH q AS (SELECT id FROM hr.e WHERE salary > 5) SELECT id FROM q'],
  ['a condition under another name', 'used', 'SELECT id FROM (SELECT id, salary AS y FROM hr.e) AS q WHERE y > 5'],
  ['a copy', 'used', 'INSERT INTO hr.notes (remark) SELECT salary FROM hr.e'],
  ['a copy of rows', 'used', 'INSERT INTO hr.notes SELECT * FROM hr.e'],
  ['a copy in disguise', 'used', 'INSERT INTO hr.notes (remark) SELECT q.id FROM (SELECT salary AS id FROM hr.e) AS q'],
  ['an assignment', 'used', 'UPDATE hr.e SET name = salary WHERE id = 1'],
  ['an assignment of a sub-select', 'used', 'UPDATE hr.notes SET remark = (SELECT MAX(salary) FROM hr.e) WHERE id = 1'],
  ['a change that tells by its count', 'used', "UPDATE hr.e SET name = 'x' WHERE salary > 5"],
  ['a deletion that tells by its count', 'used', 'DELETE FROM hr.e WHERE salary > 5'],
]

const merge = (source: string) =>
  `MERGE INTO hr.notes AS t USING ${source} AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET remark = s.salary
   WHEN NOT MATCHED THEN INSERT (id, remark) VALUES (s.id, s.salary)`

const merging: readonly MaskCase[] = [
  ['a merge', 'used', merge('hr.e')],
  ['a merge of a query', 'used', merge('(SELECT id, salary FROM hr.e)')],
  [
    'a merge that compares',
    'used',
    "MERGE INTO hr.e AS t USING hr.d AS s ON t.salary = s.x WHEN MATCHED THEN UPDATE SET name = 'x'",
  ],
]

/** Without what a dialect has no word for, with what it has of its own. */
function casesOf(own: readonly MaskCase[], ...lacking: readonly string[]): readonly MaskCase[] {
  return [...everywhere.filter(([name]) => !lacking.includes(name)), ...own]
}

/** By dialect. */
export const sqlCases: Partial<Record<Dialect, readonly MaskCase[]>> = {
  tsql: casesOf(
    [
      ...merging.map(([name, kind, text]) => [name, kind, `${text};`] as const),
      ['an alias before it', 'shown', 'SELECT region = salary FROM hr.e'],
      ['a document', 'shown', 'SELECT id, salary FROM hr.e FOR JSON PATH'],
      ['an XML document', 'shown', 'SELECT salary FROM hr.e FOR XML RAW'],
      ['an applied query', 'shown', 'SELECT v.x FROM hr.e AS e CROSS APPLY (SELECT e.salary AS x) AS v'],
      ['applied values', 'shown', 'SELECT v.x FROM hr.e AS e CROSS APPLY (VALUES (e.salary)) AS v(x)'],
      ['brackets', 'shown', 'SELECT [salary] AS [id] FROM [hr].[e]'],
      ['a joined string', 'shown', "SELECT STRING_AGG(salary, ',') AS id FROM hr.e"],
      ['its JSON', 'shown', "SELECT JSON_VALUE(salary, '$.x') AS id FROM hr.e"],
      ['an unpivot', 'shown', 'SELECT v FROM hr.e UNPIVOT (v FOR n IN (salary, id)) AS u'],
      ['a new table', 'used', 'SELECT salary INTO hr.mine FROM hr.e'],
      ['a new table of Synapse', 'used', 'CREATE TABLE hr.mine WITH (HEAP) AS SELECT salary FROM hr.e'],
      [
        'what an insertion copies and gives back',
        'used',
        'INSERT INTO hr.notes (remark) OUTPUT inserted.remark SELECT salary FROM hr.e',
      ],
      [
        'what a change gives back to a table',
        'used',
        'UPDATE hr.e SET name = name OUTPUT deleted.salary INTO hr.notes (remark) WHERE id = 1',
      ],
      ['what a deletion gives back', 'used', 'DELETE FROM hr.e OUTPUT deleted.salary WHERE id = 1'],
      [
        'a change by another table',
        'used',
        'UPDATE t SET remark = e.salary FROM hr.notes AS t JOIN hr.e AS e ON t.id = e.id',
      ],
      ['a top of it', 'used', 'SELECT TOP 1 id FROM hr.e ORDER BY salary DESC'],
      ['an intersection', 'used', 'SELECT id FROM hr.d INTERSECT SELECT salary FROM hr.e'],
    ],
    'a union without doubles',
  ),
  databricks: casesOf([
    ...merging,
    ['a struct', 'shown', 'SELECT STRUCT(salary AS x).x AS id FROM hr.e'],
    ['a named struct', 'shown', "SELECT named_struct('a', salary) AS id FROM hr.e"],
    ['a row as JSON', 'shown', 'SELECT to_json(struct(*)) AS id FROM hr.e'],
    ['a gathered list', 'shown', 'SELECT collect_list(salary) AS id FROM hr.e'],
    ['an exploded value', 'shown', 'SELECT x FROM hr.e LATERAL VIEW explode(array(salary)) v AS x'],
    ['a path into it', 'shown', 'SELECT salary:x.y AS id FROM hr.e'],
    ['a field of it', 'shown', 'SELECT e.salary.x AS id FROM hr.e AS e'],
    ['a condition on windows', 'used', 'SELECT id FROM hr.e QUALIFY ROW_NUMBER() OVER (ORDER BY salary) = 1'],
    ['a new table', 'used', 'CREATE TABLE hr.mine AS SELECT salary FROM hr.e'],
    ['an overwritten table', 'used', 'INSERT OVERWRITE hr.notes SELECT salary FROM hr.e'],
  ]),
  mysql: casesOf([
    ['an object', 'shown', "SELECT JSON_OBJECT('a', salary) FROM hr.e"],
    ['gathered text', 'shown', 'SELECT GROUP_CONCAT(salary) FROM hr.e'],
    ['a lateral query', 'shown', 'SELECT v.x FROM hr.e AS e, LATERAL (SELECT e.salary AS x) AS v'],
    ['backticks', 'shown', 'SELECT `salary` AS `id` FROM `hr`.`e`'],
    ['a new table', 'used', 'CREATE TABLE hr.mine AS SELECT salary FROM hr.e'],
    ['a replacement', 'used', 'REPLACE INTO hr.notes (remark) SELECT salary FROM hr.e'],
    ['a double key', 'used', 'INSERT INTO hr.notes (id) SELECT id FROM hr.e ON DUPLICATE KEY UPDATE remark = salary'],
    ['a change by another table', 'used', 'UPDATE hr.notes AS t JOIN hr.e AS e ON t.id = e.id SET t.remark = e.salary'],
    ['a join USING it', 'used', 'SELECT a.id FROM hr.e AS a JOIN hr.d AS b USING (salary)'],
  ]),
  snowflake: casesOf(
    [
      ...merging,
      ['an object of the row', 'shown', 'SELECT OBJECT_CONSTRUCT(*) FROM hr.e'],
      ['a built object', 'shown', "SELECT OBJECT_CONSTRUCT('a', salary) FROM hr.e"],
      ['a path into it', 'shown', 'SELECT salary:x.y::string AS id FROM hr.e'],
      ['a path into it in brackets', 'shown', "SELECT salary['x']['y'] AS id FROM hr.e"],
      ['its position', 'shown', 'SELECT $3 FROM hr.e'],
      ['a flattened value', 'shown', 'SELECT f.value FROM hr.e, LATERAL FLATTEN(input => salary) AS f'],
      ['a gathered list', 'shown', 'SELECT ARRAY_AGG(salary) FROM hr.e'],
      ['a condition on windows', 'used', 'SELECT id FROM hr.e QUALIFY ROW_NUMBER() OVER (ORDER BY salary) = 1'],
      ['a new table', 'used', 'CREATE TABLE hr.mine AS SELECT salary FROM hr.e'],
    ],
    'a union without doubles',
  ),
  bigquery: casesOf([
    ...merging,
    ['a struct', 'shown', 'SELECT STRUCT(salary AS x).x AS id FROM hr.e'],
    ['a row as JSON', 'shown', 'SELECT TO_JSON_STRING(e) AS id FROM hr.e AS e'],
    ['a gathered list', 'shown', 'SELECT ARRAY_AGG(salary) AS id FROM hr.e'],
    ['an element', 'shown', 'SELECT s.x AS id FROM hr.e AS e, UNNEST(e.salary) AS s'],
    ['a field of it', 'shown', 'SELECT e.salary.amount AS id FROM hr.e AS e'],
    ['a field of it without its row', 'shown', 'SELECT salary.amount AS id FROM hr.e'],
    ['a new table', 'used', 'CREATE TABLE hr.mine AS SELECT salary FROM hr.e'],
    [
      'a condition on windows',
      'used',
      'SELECT id FROM hr.e WHERE TRUE QUALIFY ROW_NUMBER() OVER (ORDER BY salary) = 1',
    ],
  ]),
}
