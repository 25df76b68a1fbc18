import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../shared/sql/parser-worker.ts'

const parser = createParser({ budgetMs: 5000, startMs: 30_000 })
afterAll(() => parser.stop())

const reads = fc.constantFrom(
  'SELECT 1', 'SELECT a FROM t', "SELECT 'x' AS b FROM t WHERE a = 1", 'VALUES (1)', 'TABLE t',
  'WITH c AS (SELECT 1) SELECT * FROM c', 'SELECT $$ x $$', "SELECT E'\\''", 'SELECT "a" FROM t',
) // biome-ignore format: a table of texts reads best dense
const writes = fc.constantFrom(
  'DELETE FROM t',
  'DROP TABLE t',
  'UPDATE t SET a = 1',
  'INSERT INTO t VALUES (1)',
  'TRUNCATE t',
  'CALL p()',
  'DO $$ BEGIN END $$',
  'GRANT ALL ON t TO public',
  'ALTER TABLE t ADD b int',
  "COPY t TO PROGRAM 'x'",
  'SET ROLE x',
  'CREATE TABLE x (a int)',
  'VACUUM t',
  'SELECT * INTO x FROM t',
  "SELECT pg_read_file('x')",
  "SELECT setval('s', 1)",
  'MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE',
)
const joiners = fc.constantFrom(
  ';',
  ' ; ',
  '\n',
  '\r',
  '\r\n',
  ' --x\r',
  ' --x\n',
  ' --x\n;',
  '/**/',
  ';/* /* */ */',
  '/*!',
  ' */ ',
  '\u00a0',
  '\u2028',
  ';\u200b',
  "';",
  '";',
  '$$;',
  '\\g\n',
  '\u0000;',
  '；',
  ' UNION ',
  ' , ',
  '\f',
  '\v',
  '--\u2028',
  ';;',
  " '';",
  "\\';",
)
const spaces = fc.constantFrom(' ', '\n', '\t', '/**/', '--x\n', '\r\n', '\u00a0', '\u3000', '\r', ' /*\n*/ ')

const hostile = fc
  .tuple(
    reads,
    joiners,
    writes,
    fc.array(spaces, { minLength: 1, maxLength: 4 }),
    fc.array(fc.boolean(), { minLength: 3, maxLength: 7 }),
  )
  .map(([read, joiner, write, gaps, cases]) => `${read}${joiner}${disguise(write, gaps, cases)}`)

function disguise(write: string, gaps: string[], cases: boolean[]): string {
  let gap = 0
  const spaced = write.replace(/ /g, () => gaps[gap++ % gaps.length]!)
  return [...spaced].map((char, at) => (cases[at % cases.length] ? char.toUpperCase() : char)).join('')
}

describe('a read joined to a write', () => {
  it('never comes out as a safe read', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (sql) => {
        const { safeRead, statements, writes: targets, text, effect } = await parser.understand('postgres', sql)
        // Where the joiner swallowed the write into a string, a comment or an alias, nothing of it is left to run.
        const harmless = safeRead && effect === 'read' && statements === 1 && targets.length === 0
        expect(harmless && mayWrite(text ?? '')).toBe(false)
        expect(safeRead && (effect !== 'read' || statements !== 1)).toBe(false)
      }),
      { numRuns: 2500 },
    )
  }, 120_000)
})

/** Whether a write's first word is left once strings and quoted names are cut out, by a lexer of its own. */
function mayWrite(text: string): boolean {
  const bare = text.replace(/\$(\w*)\$[\s\S]*?\$\1\$|E'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"/gi, ' ')
  return /\b(delete|drop|update|insert|truncate|call|do|grant|alter|copy|set|create|vacuum|into|merge|pg_read_file|setval)\b/i.test(
    bare,
  )
}

describe('the text to send', () => {
  it('is understood exactly as the text that came', async () => {
    const part = fc.constantFrom(
      'a',
      '"A b"',
      "'x''y'",
      "E'\\n'",
      '1.5e-3',
      '$1',
      'lower(a)',
      '-1',
      '$q$;--$q$',
      "a->>'b'",
      'NULL',
    )
    const gap = fc.constantFrom(' ', '\n', '/* c */', '-- c\n', ' /* /* n */ */ ')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(part, gap), { minLength: 1, maxLength: 8 }), async (columns) => {
        const sql = `SELECT${columns.map(([column, space]) => `${space}${column}${space}`).join(',')}FROM t`
        const first = await parser.understand('postgres', sql)
        expect(first.refused).toBeUndefined()
        expect(first.text).not.toMatch(/\/\*|-- c/)
        expect(await parser.understand('postgres', first.text ?? '')).toEqual(first)
      }),
      { numRuns: 300 },
    )
  }, 60_000)
})
