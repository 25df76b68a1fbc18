import fc from 'fast-check'
import type { Statement } from '../../shared/sql/statement.ts'

const reads = fc.constantFrom(
  'SELECT 1',
  'SELECT a FROM t',
  "SELECT 'x' AS b FROM t WHERE a = 1",
  'VALUES (1)',
  'TABLE t',
  'WITH c AS (SELECT 1) SELECT * FROM c',
  'SELECT "x"',
  "SELECT r'\\'",
  "SELECT '\\''",
  'SELECT `a` FROM t',
  'FROM t SELECT a',
  'SELECT a FROM (',
  'EXPLAIN SELECT 1',
  'SHOW TABLES',
  'DESCRIBE t',
)
const writes = fc.constantFrom(
  'DELETE FROM t',
  'DROP TABLE t',
  'UPDATE t SET a = 1',
  'INSERT INTO t VALUES (1)',
  'INSERT OVERWRITE t SELECT 1',
  "INSERT OVERWRITE DIRECTORY '/x' USING csv SELECT 1",
  'TRUNCATE TABLE t',
  'CALL p()',
  "EXECUTE IMMEDIATE 'x'",
  'GRANT ALL ON t TO public',
  'ALTER TABLE t ADD COLUMN b int',
  "COPY INTO t FROM '/x'",
  'SET x = 1',
  'USE x',
  'CREATE TABLE x (a int)',
  'CREATE TABLE x AS SELECT 1',
  'VACUUM t',
  'OPTIMIZE t',
  'CACHE TABLE t',
  'MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE',
  "SELECT ai_query('m', a) FROM t",
  "SELECT * FROM read_files('/x')",
  "SELECT TRANSFORM(a) USING 'cat' FROM t",
  'SELECT main.f(a) FROM t',
)
const joiners = fc.constantFrom(
  ';',
  ' ; ',
  '\n',
  '\r',
  '\r\n',
  ' --x\r',
  ' --x\n',
  ' --x\\\n',
  ' --x\n;',
  '/**/',
  ';/* /* */ */',
  '/*+ x */',
  '/*!',
  ' */ ',
  '\u00a0',
  '\u2028',
  ';\u200b',
  "';",
  '";',
  '`;',
  '\\g\n',
  '\u0000;',
  '；',
  ' UNION ',
  ' , ',
  ' |> ',
  '\f',
  '\v',
  ';;',
  " '';",
  "\\';",
  ['$', '{x}'].join(''),
  ' WHERE a IN (',
  ' UNION ALL (',
  " r'\\';",
  ' "\\";',
)
const spaces = fc.constantFrom(
  ' ',
  '\n',
  '\t',
  '/**/',
  '--x\n',
  '\r\n',
  '\u00a0',
  '\u3000',
  '\r',
  ' /*\n*/ ',
  '/*+ h */',
  '`',
)
const ends = fc.constantFrom('', '', ')', ' --', ';', '/*', "'", '*/', ' LIMIT 1')

/** A read, something between, and a write in disguise. */
export const hostileTexts = fc
  .tuple(
    reads,
    joiners,
    writes,
    fc.array(spaces, { minLength: 1, maxLength: 4 }),
    fc.array(fc.boolean(), { minLength: 3, maxLength: 7 }),
    ends,
  )
  .map(([read, joiner, write, gaps, cases, end]) => `${read}${joiner}${disguise(write, gaps, cases)}${end}`)

function disguise(write: string, gaps: string[], cases: boolean[]): string {
  let gap = 0
  const spaced = write.replace(/ /g, () => gaps[gap++ % gaps.length]!)
  return [...spaced].map((char, at) => (cases[at % cases.length] ? char.toUpperCase() : char)).join('')
}

/** Words of a write; those of the second kind may be names, where a comma, a bracket or FROM comes before them. */
const writeWord =
  /\b(delete|drop|update|insert|truncate|grant|alter|copy|create|vacuum|optimize|merge|ai_query|read_files|transform)\b|main\.f|(?<!, *|\( *|from +)\b(set|use|call|cache|execute)\b/i

/** Whether a safe read has something of a write left in it once strings and quoted names are cut out. */
export function isMissed({ safeRead, effect, statements, writes: targets, text = '' }: Statement): boolean {
  if (!safeRead) return false
  const bare = text.replace(/'(?:[^'\\]|\\[\s\S]|'')*'|`(?:[^`]|``)*`/g, ' ')
  return effect !== 'read' || statements !== 1 || targets.length > 0 || writeWord.test(bare)
}
