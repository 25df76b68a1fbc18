import { afterEach, describe, expect, it } from 'vitest'
import { createParser, type Parser, type ParserOptions } from '../../../shared/sql/parser-worker.ts'

const slow = { workerUrl: new URL('../../support/slow-parser.mjs', import.meta.url), startMs: 30_000 }
const parsers: Parser[] = []
const parserWith = (options: ParserOptions) => {
  const parser = createParser(options)
  parsers.push(parser)
  return parser
}
afterEach(() => Promise.all(parsers.splice(0).map((parser) => parser.stop())))

describe('the parser worker', () => {
  it('is killed when a statement overruns its budget, and the next statement gets a fresh one', async () => {
    const parser = parserWith({ ...slow, budgetMs: 100 })
    const [late, next] = await Promise.all([
      parser.understand('postgres', 'SELECT forever'),
      parser.understand('postgres', 'SELECT 1'),
    ])
    expect(late).toMatchObject({ effect: 'admin', safeRead: false, refused: 'parse_timeout' })
    expect(next.refused).toBeUndefined()
  })

  it('gives each of many statements at once its own answer', async () => {
    const parser = parserWith({ budgetMs: 5000, startMs: 30_000 })
    await parser.understand('postgres', 'SELECT 1')
    const names = Array.from({ length: 200 }, (_, at) => `t${at}`)
    const answers = await Promise.all(names.map((name) => parser.understand('postgres', `SELECT a FROM ${name}`)))
    expect(answers.map((answer) => answer.reads)).toEqual(names.map((name) => [name]))
  })

  it('is replaced after a crash', async () => {
    const parser = parserWith({ ...slow, budgetMs: 5000 })
    expect(await parser.understand('postgres', 'SELECT crash')).toMatchObject({ refused: 'parse_failed' })
    expect((await parser.understand('postgres', 'SELECT 1')).refused).toBeUndefined()
  })

  it('refuses when its program cannot be loaded', async () => {
    const parser = parserWith({ workerUrl: new URL('./nowhere.mjs', import.meta.url) })
    expect(await parser.understand('postgres', 'SELECT 1')).toMatchObject({ refused: 'parse_failed' })
  })

  it('refuses beyond its queue', async () => {
    const parser = parserWith({ ...slow, queueLimit: 1 })
    const answers = await Promise.all(['1', '2', '3'].map((n) => parser.understand('postgres', `SELECT ${n}`)))
    expect(answers.map((answer) => answer.refused)).toEqual([undefined, undefined, 'parser_busy'])
  })

  it('counts an answer that waits behind a busy event loop as in time', async () => {
    const parser = parserWith({ ...slow, budgetMs: 200 })
    await parser.understand('postgres', 'SELECT 1')
    const answer = parser.understand('postgres', 'SELECT 2')
    const until = performance.now() + 400
    while (performance.now() < until);
    expect((await answer).refused).toBeUndefined()
  })

  it('is replaced when it says that its memory is spent, and its answer still counts', async () => {
    const parser = parserWith({ ...slow, budgetMs: 5000 })
    expect((await parser.understand('postgres', 'SELECT spent')).refused).toBeUndefined()
    expect((await parser.understand('postgres', 'SELECT counted')).refused).toBe('first_of_this_thread')
    expect((await parser.understand('postgres', 'SELECT counted')).refused).toBeUndefined()
  })

  it('for other dialects starts with their first statement, and neither harms the other', async () => {
    const nowhere = new URL('./nowhere.mjs', import.meta.url)
    const parser = parserWith({ ...slow, budgetMs: 5000, polyglotUrl: nowhere })
    expect((await parser.understand('postgres', 'SELECT 1')).refused).toBeUndefined()
    expect(await parser.understand('databricks', 'SELECT 1')).toMatchObject({ refused: 'parse_failed' })
    expect((await parser.understand('postgres', 'SELECT counted')).refused).toBeUndefined()
  })

  it('is killed alike when a statement of another dialect overruns', async () => {
    const parser = parserWith({ polyglotUrl: slow.workerUrl, startMs: 30_000, budgetMs: 300 })
    const answers = ['SELECT forever', 'SELECT 1'].map((sql) => parser.understand('databricks', sql))
    const [late, next] = await Promise.all(answers)
    expect(late).toMatchObject({ effect: 'admin', safeRead: false, refused: 'parse_timeout' })
    expect(next).toMatchObject({ safeRead: true })
  })

  it('answers everything that waits when it stops', async () => {
    const parser = parserWith({ ...slow, budgetMs: 60_000 })
    const answers = ['SELECT forever', 'SELECT 1'].map((sql) => parser.understand('postgres', sql))
    await parser.stop()
    expect((await Promise.all(answers)).map((answer) => answer.refused)).toEqual(['parser_stopped', 'parser_stopped'])
    expect(await parser.understand('postgres', 'SELECT 1')).toMatchObject({ refused: 'parser_stopped' })
  })
})
