import { describe, expect, it } from 'vitest'
import { understandCosmos } from '../../../shared/sql/cosmos/understand.ts'
import corpus from '../../support/sql-corpus-cosmos.json' with { type: 'json' }

describe('the corpus of Cosmos SQL', () => {
  it.each(corpus.cases)('$id comes out as expected', ({ sql, expect: expected }) => {
    const { effect, safeRead, reads, writes, dangers, statements, refused } = understandCosmos(sql)
    const refusal = refused === undefined ? {} : { refused }
    expect({ effect, safeRead, reads, writes, dangers, statements, ...refusal }).toEqual(expected)
  })

  it('has at least 70 statements, half of them hostile, and lets none of those be a safe read', () => {
    const risky = corpus.cases.filter(({ hostile }) => hostile)
    expect(corpus.cases.length).toBeGreaterThanOrEqual(70)
    expect(risky.length * 2).toBeGreaterThanOrEqual(corpus.cases.length)
    expect(risky.filter(({ expect: { safeRead } }) => safeRead)).toEqual([])
  })
})

describe('the text to send to Cosmos DB', () => {
  it.each([
    ['SELECT c.id -- note\nFROM c', 'SELECT c.id FROM c'],
    ["SELECT c.id /* x */ FROM c WHERE c.a = '/* -- */'", "SELECT c.id FROM c WHERE c.a = '/* -- */'"],
    ['SELECT c.id FROM c ;', 'SELECT c.id FROM c'],
  ])('for %s is what was judged', (sql, text) => {
    expect(understandCosmos(sql).text).toBe(text)
    expect(understandCosmos(text)).toEqual(understandCosmos(sql))
  })
})

describe('members that a Cosmos DB query gives back', () => {
  it.each([
    ['SELECT c.id, c.person.ssn FROM c', [['id'], ['person', 'ssn']]],
    ['SELECT VALUE c.person["SSN"] FROM c', [['person', 'ssn']]],
    ['SELECT VALUE c FROM c', [['*']]],
    ['SELECT VALUE {a: c.x, b: [c.y]} FROM c', [['x', 'y']]],
    ['SELECT c[c.k] AS v FROM c', [['*', 'k']]],
    ['SELECT c[@p] AS v FROM c', [['*']]],
    ['SELECT c["s\\u0073n"] AS v FROM c', [['*']]],
    ['SELECT t.name FROM c JOIN t IN c.tags', [['name', 'tags']]],
    ['SELECT VALUE t FROM t IN c.tags', [['tags']]],
    ['SELECT q.region FROM (SELECT c.id, c.ssn AS region FROM c) q', [['ssn']]],
    ['SELECT q.ssn FROM (SELECT VALUE c FROM c) q', [['ssn']]],
    ['SELECT q FROM (SELECT c.id, c.ssn FROM c) q', [['id', 'ssn']]],
    ['SELECT (SELECT VALUE COUNT(1) FROM t IN c.tags WHERE t.kind = "x") AS n FROM c', [['kind', 'tags']]],
    [
      'SELECT c.a ? c.b : c.d AS v, -c.e AS w, NOT c.f AS x, CONCAT(c.g, "x") AS y FROM c',
      [['a', 'b', 'd'], ['e'], ['f'], ['g']],
    ],
    ['SELECT COUNT(1) AS n FROM c', [[]]],
  ])('are followed through %s', (sql, mentions) => {
    expect(understandCosmos(sql).outputs?.map((output) => output.mentions)).toEqual(mentions)
  })

  it('cannot be listed for everything', () => {
    expect(understandCosmos('SELECT * FROM c')).toMatchObject({ outputs: null, mentions: ['*'] })
  })
})

describe('members that decide which items a Cosmos DB query gives', () => {
  it.each([
    ['SELECT c.id FROM c', []],
    ['SELECT c.id FROM c WHERE c.person.ssn = "x" AND c["a"] IN (c.b)', ['a', 'b', 'person', 'ssn']],
    ['SELECT c.id FROM c ORDER BY c.ssn', ['ssn']],
    ['SELECT c.id FROM c ORDER BY RANK FullTextScore(c.text, "x")', ['text']],
    ['SELECT c.city, COUNT(1) AS n FROM c GROUP BY c.city', ['city']],
    ['SELECT DISTINCT c.ssn FROM c', ['ssn']],
    ['SELECT c.id FROM c JOIN t IN c.tags', ['tags']],
    ['SELECT c.id FROM c WHERE EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t.ssn = "x")', ['ssn', 'tags']],
    ['SELECT c.ssn AS k FROM c ORDER BY k', ['ssn']],
    ['SELECT (SELECT VALUE t FROM t IN c.tags WHERE t.ssn = "x") AS v FROM c', ['ssn', 'tags']],
    ['SELECT c.id FROM c WHERE c = @whole', ['*']],
  ])('are named for %s', (sql, compared) => {
    expect(understandCosmos(sql).compared).toEqual(compared)
  })
})

describe('limits on Cosmos SQL', () => {
  it.each([
    [`SELECT VALUE '${'x'.repeat(32 * 1024)}' FROM c`, 'text_too_long'],
    [`SELECT VALUE [${'1,'.repeat(2500)}1] FROM c`, 'too_many_tokens'],
    [`SELECT VALUE ${'('.repeat(65)}1${')'.repeat(65)} FROM c`, 'too_deep'],
    [`SELECT VALUE ${'{a:'.repeat(65)}1${'}'.repeat(65)} FROM c`, 'too_deep'],
    ['SELECT c.id FROM c \u202e', 'odd_character'],
    ['SELECT c.id FROM c --x\rWHERE 1', 'odd_character'],
  ])('%.40s is refused', (sql, refused) => {
    expect(understandCosmos(sql)).toMatchObject({ effect: 'admin', safeRead: false, refused, outputs: null })
  })
})
