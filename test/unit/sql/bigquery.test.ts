import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../../shared/sql/parser-worker.ts'
import corpus from '../../support/sql-corpus-bigquery.json' with { type: 'json' }
import { describeCorpus } from '../../support/sql-corpus-suite.ts'

const parser = createParser({ budgetMs: 30_000, startMs: 60_000 })
afterAll(() => parser.stop())

const judge = (sql: string) => parser.understand('bigquery', sql)

describeCorpus({ title: 'BigQuery', cases: corpus.cases, judge })

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
