import { describe, expect, it } from 'vitest'
import { understandKql } from '../../../shared/sql/kql/understand.ts'
import { createKqlJudge, kindOfKql } from '../../support/kql-oracle.ts'
import corpus from '../../support/sql-corpus-kql.json' with { type: 'json' }

describe('the corpus of KQL', () => {
  it.each(corpus.cases)('$id comes out as expected', ({ sql, expect: expected }) => {
    const { effect, safeRead, reads, writes, dangers, statements, refused } = understandKql(sql)
    const refusal = refused === undefined ? {} : { refused }
    expect({ effect, safeRead, reads, writes, dangers, statements, ...refusal }).toEqual(expected)
  })

  it('has at least 100 statements, half of them hostile, and lets none of those be a safe read', () => {
    const risky = corpus.cases.filter(({ hostile }) => hostile)
    expect(corpus.cases.length).toBeGreaterThanOrEqual(100)
    expect(risky.length * 2).toBeGreaterThanOrEqual(corpus.cases.length)
    expect(risky.filter(({ expect: { safeRead } }) => safeRead)).toEqual([])
  })
})

// The whole corpus, and generated queries, in test/long/sql-kql.test.ts.
describe("Microsoft's own parser", () => {
  it('takes for a command whatever is taken for one, and nothing else', () => {
    const understood = corpus.cases.filter(({ expect: { refused } }) => refused === undefined)
    const commands = understood.filter(({ expect: { dangers } }) =>
      dangers.some((each) => each === 'management_command'),
    )
    expect(understood.filter(({ sql }) => kindOfKql(sql) === 'Command')).toEqual(commands)
  })

  it('finds no other table in a few queries', () => {
    const judge = createKqlJudge(['Alpha', 'Beta', 'Gamma'])
    const queries = [
      'let A = Beta; Alpha | where id in (A) | join (Gamma | project id) on id',
      'let f = (T:(*)) { T | where id !in~ (Beta) }; f(Alpha) | extend n = toscalar(Gamma | count)',
      'union isfuzzy=true Alpha, (Beta | take 1) | lookup Gamma on id // Delta',
      "['Alpha'] | mv-apply x = items on (where x in (Beta) | top 1 by toscalar(Gamma | count))",
    ]
    expect(queries.map((query) => judge(query).tables)).toEqual(queries.map((query) => understandKql(query).reads))
  }, 60_000)
})

describe('the text to send to Kusto', () => {
  it.each([
    ['T // note\n| count', 'T | count'],
    ["T | where a == '//' and b == @'\\' // x", "T | where a == '//' and b == @'\\'"],
    ['print ```a\n// b```', 'print ```a\n// b```'],
  ])('for %s is what was judged', (sql, text) => {
    expect(understandKql(sql).text).toBe(text)
    expect(understandKql(text)).toEqual(understandKql(sql))
  })
})

describe('columns that a Kusto query gives back', () => {
  it.each([
    ['T | project a, B = toupper(C)', [['a'], ['c']]],
    ['T | extend region = ssn | project region', [['ssn']]],
    ['T | extend Region = ssn | project region', [['region']]],
    ['T | summarize n = count(), m = max(ssn) by City, bin(Ts, 1h)', [['city'], ['ts'], [], ['ssn']]],
    ['T | summarize count() by City | extend x = City', [['city'], [], ['city']]],
    ['T | project Body.user["Name"]', [['body', 'name', 'user']]],
    ['T | project Body[key]', [['*', 'body', 'key']]],
    ['T | project v = column_ifexists("SSN", "")', [['ssn']]],
    ['T | project v = column_ifexists(name, "")', [['*', 'name']]],
    ['T | project v = pack_all()', [['*']]],
    ['T | parse line with "u=" user " " rest | project user', [['line']]],
    ['let t = T | project region = ssn; t | project region', [['ssn']]],
    ['let ssn = 5; T | project ssn', [['ssn']]],
    ['let f = (x:string) { toupper(x) }; T | project y = f(ssn)', [['ssn']]],
    ['T | join (U | project id, region = ssn) on id | project region', [['region', 'ssn']]],
    ['T | project id | join (U | project id, region = ssn) on id | project region1', [['ssn']]],
    ['print x = toscalar(T | summarize max(ssn))', [['ssn']]],
    ['T | project x | distinct x', [['x']]],
    ['T | count', [[]]],
  ])('are followed through %s', (sql, mentions) => {
    expect(understandKql(sql).outputs?.map((output) => output.mentions)).toEqual(mentions)
  })

  it.each([
    'T',
    'T | extend b = a',
    'T | project-away ssn',
    'T | project a | union U',
    'T | summarize arg_max(Ts, *) by Id',
    'T | summarize percentiles(x, 5, 95)',
    'T | project a | evaluate bag_unpack(a)',
    'T | project a | fork (count) (take 1)',
    'T | project a; U | project b',
  ])('of %s cannot be listed', (sql) => {
    expect(understandKql(sql)).toMatchObject({ effect: 'read', outputs: null })
  })

  it.each([
    'let f = (x:(*)) { x | project region }; f(T | extend region = ssn) | project region',
    'T | evaluate bag_unpack(pack("region", ssn)) | project region',
    'let f = (v:string) { print region = v }; f(toscalar(T | project ssn)) | project region',
    'T | invoke f() | project region',
  ])('may be any in %s', (sql) => {
    expect(understandKql(sql).outputs).toEqual([{ mentions: expect.arrayContaining(['*']) }])
  })
})

describe('columns that decide which rows a Kusto query gives', () => {
  it.each([
    ['T | project a', []],
    ['T | where ssn == "x" and Body.k has "y"', ['body', 'k', 'ssn']],
    ['T | summarize max(v) by ssn', ['ssn']],
    ['T | summarize n = count() by City | where n > 5', ['city']],
    ['T | extend region = ssn | sort by region', ['ssn']],
    ['T | distinct ssn', ['ssn']],
    ['T | project a | join (U | project b) on $left.a == $right.b', ['a', 'b']],
    ['T | where id in ((U | where ssn == "x" | project id))', ['id', 'ssn']],
    ['T | top 5 by ssn', ['ssn']],
    ['T | mv-expand tags', ['tags']],
    ['T | parse-where line with "u=" user', ['line']],
    ['T | search "x"', ['*']],
    ['T | where * has "x"', ['*']],
    ['let ssn = 5; T | where ssn == 1', ['ssn']],
    ['T | partition by ssn (take 1)', ['ssn']],
  ])('are named for %s', (sql, compared) => {
    expect(understandKql(sql).compared).toEqual(compared)
  })
})

describe('tables in places where a column could stand', () => {
  it.each([
    ['T | where id in (Secrets)', ['secrets', 't']],
    ['T | where id !in~ (Secrets)', ['secrets', 't']],
    ['T | where id has_any (Secrets)', ['secrets', 't']],
    ['T | where id in (toscalar(Secrets | project id))', ['secrets', 't']],
    ['T | extend x = toscalar(Secrets)', ['secrets', 't']],
    ['let f = (x:(*)) { x }; f(Secrets)', ['secrets']],
    ['let S = Secrets; S | take 1', ['secrets']],
    ['let s = materialize(Secrets); s', ['secrets']],
    ["let t = 'x'; T | take 1", ['t']],
    ["table('Secrets') | take 1", ['secrets']],
    ["union (table('Secrets'))", ['secrets']],
  ])('are read by %s', (sql, reads) => {
    expect(understandKql(sql)).toMatchObject({ safeRead: true, reads })
  })
})

describe('limits on KQL', () => {
  it.each([
    [`print "${'x'.repeat(32 * 1024)}"`, 'text_too_long'],
    [`print ${'1,'.repeat(2500)}1`, 'too_many_tokens'],
    [`print ${'('.repeat(65)}1${')'.repeat(65)}`, 'too_deep'],
    [`print dynamic(${'{"a":'.repeat(65)}1${'}'.repeat(65)})`, 'too_deep'],
    ['T | where a == "x\u200e"', 'odd_character'],
    ['T | where a == "x\n"', 'text_not_terminated'],
    ['T //x\r| count', 'odd_character'],
    ['T #connect', 'token_not_known'],
  ])('%.40s is refused', (sql, refused) => {
    expect(understandKql(sql)).toMatchObject({ effect: 'admin', safeRead: false, refused, outputs: null })
  })
})
