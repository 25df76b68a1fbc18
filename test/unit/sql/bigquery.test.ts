import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../../shared/sql/parser-worker.ts'
import corpus from '../../support/sql-corpus-bigquery.json' with { type: 'json' }

const parser = createParser({ budgetMs: 30_000, startMs: 60_000 })
afterAll(() => parser.stop())

const judge = (sql: string) => parser.understand('bigquery', sql)

describe('the corpus of BigQuery', () => {
  it.each(corpus.cases)('$id comes out as expected', async ({ sql, expect: expected, answer = expected }) => {
    const { effect, safeRead, reads, writes, dangers, statements, refused } = await judge(sql)
    const refusal = refused === undefined ? {} : { refused }
    expect({ effect, safeRead, reads, writes, dangers, statements, ...refusal }).toEqual(answer)
  })

  it('has at least 80 statements, half of them risky, lets none of those be a safe read and refuses few others', () => {
    const risky = corpus.cases.filter(({ hostile }) => hostile)
    const others = corpus.cases.filter(({ hostile }) => !hostile)
    expect(corpus.cases.length).toBeGreaterThanOrEqual(80)
    expect(risky.length * 2).toBeGreaterThanOrEqual(corpus.cases.length)
    expect(risky.filter(({ expect: wanted, answer = wanted }) => answer.safeRead)).toEqual([])
    expect(others.filter(({ expect: wanted, answer = wanted }) => 'refused' in answer).length * 10).toBeLessThanOrEqual(
      others.length,
    )
  })
})

describe('the text to send to BigQuery', () => {
  it.each([
    [
      'SELECT "it\'s", r\'a\\b\', """x\ny""" # note\nFROM `p.d.t`',
      "SELECT 'it\\'s', 'a\\\\b', 'x\\ny' FROM `p`.`d`.`t`",
    ],
    ['SELECT a FROM my-proj.d.t', 'SELECT a FROM `my-proj`.d.t'],
    ['SELECT rb\'\\x\', B"y"', "SELECT b'\\\\x', b'y'"],
    ['SELECT a-b.c FROM d.t', 'SELECT a-b.c FROM d.t'],
  ])('for %s has no comments, one kind of quotes and one name in each pair of backticks', async (sql, text) => {
    expect((await judge(sql)).text).toBe(text)
  })
})
