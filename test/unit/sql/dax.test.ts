import { describe, expect, it } from 'vitest'
import { understandDax } from '../../../shared/sql/dax/understand.ts'
import corpus from '../../support/sql-corpus-dax.json' with { type: 'json' }

describe('the corpus of DAX', () => {
  it.each(corpus.cases)('$id comes out as expected', ({ sql, expect: expected }) => {
    const { effect, safeRead, reads, writes, dangers, statements, refused } = understandDax(sql)
    const refusal = refused === undefined ? {} : { refused }
    expect({ effect, safeRead, reads, writes, dangers, statements, ...refusal }).toEqual(expected)
  })

  it('has at least 80 statements, half of them hostile, and lets none of those be a safe read', () => {
    const risky = corpus.cases.filter(({ hostile }) => hostile)
    expect(corpus.cases.length).toBeGreaterThanOrEqual(80)
    expect(risky.length * 2).toBeGreaterThanOrEqual(corpus.cases.length)
    expect(risky.filter(({ expect: { safeRead } }) => safeRead)).toEqual([])
  })
})

describe('the text to send to a semantic model', () => {
  it.each([
    ['EVALUATE Sales -- note', 'EVALUATE Sales'],
    ['EVALUATE /* x */ Sales // y', 'EVALUATE Sales'],
    ['EVALUATE { "-- //", "/*" }', 'EVALUATE { "-- //", "/*" }'],
  ])('for %s is what was judged', (sql, text) => {
    expect(understandDax(sql).text).toBe(text)
    expect(understandDax(text)).toEqual(understandDax(sql))
  })
})

describe('columns that decide which rows a DAX query gives', () => {
  it.each([
    ['EVALUATE Sales', []],
    ['EVALUATE SELECTCOLUMNS(Customer, "n", Customer[Ssn])', []],
    ['EVALUATE TOPN(5, SELECTCOLUMNS(Customer, "n", Customer[Ssn]), Customer[Age])', ['age']],
    ['EVALUATE FILTER(Customer, Customer[Ssn] = "x")', ['ssn']],
    ['EVALUATE VALUES(Customer[Ssn])', ['ssn']],
    ['EVALUATE Customer ORDER BY Customer[Ssn]', ['ssn']],
    ['EVALUATE FILTER(SELECTCOLUMNS(Customer, "n", Customer[Ssn]), [n] = "x")', ['*']],
    ['EVALUATE ROW("x", CALCULATE([m], Customer[Ssn] = "x"))', ['*', 'ssn']],
    ['EVALUATE FILTER(Customer, Customer[ﬁrst] = "x")', ['*']],
  ])('are named for %s', (sql, compared) => {
    expect(understandDax(sql).compared).toEqual(compared)
  })

  it('may be any where a measure is used, which reaches tables that the text does not name', () => {
    const { mentions, outputs } = understandDax('EVALUATE ROW("x", [Total Sales])')
    expect([mentions, outputs]).toEqual([['*'], null])
  })
})

describe('tables that a DAX query reads', () => {
  it.each([
    ["EVALUATE 'It''s'", ["it's"]],
    ['EVALUATE FILTER(ALL(A), A[x] = MAX(B[y]))', ['a', 'b']],
    ['EVALUATE TOPN(5, Year)', ['year']],
    ['EVALUATE ROW("x", DATEADD(\'Date\'[Date], -1, YEAR))', ['date']],
    ['EVALUATE VAR Secrets = 1 RETURN FILTER(A, A[x] = MAX(Secrets[y]))', ['a', 'secrets']],
    ['DEFINE TABLE T = A EVALUATE T ORDER BY T[x]', ['a']],
    ["DEFINE TABLE 'T' = A EVALUATE 'T'", ['a', 't']],
    ['DEFINE VAR A = B EVALUATE A', ['b']],
  ])('are named for %s', (sql, reads) => {
    expect(understandDax(sql)).toMatchObject({ safeRead: true, reads })
  })
})

describe('the values of every column of a model', () => {
  it('are no plain read, since no table is named', () => {
    expect(understandDax('EVALUATE COLUMNSTATISTICS()')).toMatchObject({ safeRead: false, dangers: ['model_metadata'] })
  })
})

describe('limits on DAX', () => {
  it.each([
    [`EVALUATE { "${'x'.repeat(32 * 1024)}" }`, 'text_too_long'],
    [`EVALUATE { ${'1,'.repeat(2500)}1 }`, 'too_many_tokens'],
    [`EVALUATE ${'{'.repeat(65)}1${'}'.repeat(65)}`, 'too_deep'],
    ['EVALUATE Sales \u202e', 'odd_character'],
    ['EVALUATE Ｓａｌｅｓ', 'odd_character'],
    ['EVALUATE Sales --x\rEVALUATE Secrets', 'odd_character'],
  ])('%.40s is refused', (sql, refused) => {
    expect(understandDax(sql)).toMatchObject({ effect: 'admin', safeRead: false, refused, outputs: null })
  })
})
