import { describe, expect, it } from 'vitest'
import { understandKql } from '../../shared/sql/kql/understand.ts'
import { createKqlJudge } from '../support/kql-oracle.ts'
import { fc } from '../support/property.ts'
import corpus from '../support/sql-corpus-kql.json' with { type: 'json' }

/** Names that stand for tables somewhere in the corpus; no column is called like one of them. */
const names = new Set(corpus.cases.flatMap(({ expect: { reads, writes } }) => [...reads, ...writes]))
const words = corpus.cases.flatMap(({ sql }) => sql.match(/[A-Za-z_]\w*/g) ?? [])

describe("Microsoft's own parser", () => {
  const judge = createKqlJudge(words.filter((word) => names.has(word.toLowerCase())))

  it.each(corpus.cases.filter((one) => one.expect.safeRead))('finds no other table in $id', ({ sql }) => {
    const { kind, tables, errors } = judge(sql)
    const reads = understandKql(sql).reads.map((name) => name.slice(name.lastIndexOf('.') + 1))
    const missing = tables.filter((name) => !reads.includes(name))
    expect({ kind, errors, missing }).toEqual({ kind: 'Query', errors: [], missing: [] })
  })
})

const table = fc.constantFrom('Alpha', 'Beta', 'Gamma', "['Alpha']", '(Beta | take 1)', "table('Gamma')", 'bound')
const column = fc.constantFrom('a', 'b', 'c.d', 'e["f"]')
const value = fc.constantFrom(
  '1',
  '"x"',
  "@'y\\'",
  '1d',
  'datetime(2024-01-01)',
  'a',
  'ago(1h)',
  'dynamic([1])',
  "h'Gamma'",
)

/** Operators, some with tables where columns could stand and the other way round. */
const operator = fc.oneof(
  fc.tuple(column, value).map(([left, right]) => `where ${left} == ${right}`),
  fc.tuple(column, table).map(([left, right]) => `where ${left} in (${right})`),
  fc.tuple(column, table).map(([left, right]) => `where ${left} !in~ ((${right} | project a))`),
  table.map((right) => `join kind=inner (${right}) on a`),
  table.map((right) => `lookup ${right} on a`),
  table.map((right) => `union ${right}, (Gamma | where b == 1)`),
  table.map((right) => `extend n = toscalar(${right} | count)`),
  column.map((each) => `summarize count() by ${each}`),
  column.map((each) => `project x = ${each}, a, b`),
  fc.constantFrom(
    'take 5',
    'count',
    'top 3 by a desc',
    'mv-expand b',
    'partition by a (take 1)',
    'as Delta',
    'where f(a)',
  ),
  fc.constantFrom('.drop table Alpha', 'where a == "', 'project', 'evaluate python(typeof(*), "x")', 'take 1; Beta'),
)
const text = fc
  .tuple(
    fc.constantFrom('', 'let bound = Gamma; ', 'let bound = 5; ', 'let Beta = 1; '),
    table,
    fc.array(operator, { maxLength: 5 }),
  )
  .map(([start, source, operators]) => [`${start}${source}`, ...operators].join(' | '))

describe('generated queries', () => {
  it('that are safe reads are queries of the tables that Microsoft finds, and no other', () => {
    const judge = createKqlJudge(['Alpha', 'Beta', 'Gamma', 'bound'])
    let safe = 0
    fc.assert(
      fc.property(text, (query) => {
        const { safeRead, reads } = understandKql(query)
        if (!safeRead) return
        safe += 1
        const { kind, tables } = judge(query)
        expect({ kind, missing: tables.filter((name) => !reads.includes(name)) }).toEqual({
          kind: 'Query',
          missing: [],
        })
      }),
      { numRuns: 600 },
    )
    expect(safe).toBeGreaterThan(100)
  }, 300_000)
})
