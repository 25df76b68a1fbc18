import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { createParser } from '../../../shared/sql/parser-worker.ts'
import { corpora } from '../../support/sql-corpora.ts'
import { scoreNotes } from '../../support/sql-score-notes.ts'
import { type Score, scoreCorpus, writeScores } from '../../support/sql-scores.ts'

const page = new URL('../../../docs/sql-understanding.md', import.meta.url)
const parser = createParser({ budgetMs: 30_000, startMs: 60_000, queueLimit: 2000 })
afterAll(() => parser.stop())

const scores: Score[] = []
for (const corpus of corpora) scores.push(await scoreCorpus(corpus, parser.understand))

describe('the scores', () => {
  it.each(scores)('of $dialect have no missed danger and at most a tenth of the safe reads refused', (score) => {
    expect(score.missed).toEqual([])
    expect(score.refused.length / score.safe).toBeLessThanOrEqual(0.1)
  })

  it('are over at least forty statements a dialect on average', () => {
    const all = scores.reduce((sum, score) => sum + score.all, 0)
    expect(all).toBeGreaterThanOrEqual(40 * scores.length)
  })

  it('are those of the page', async () => {
    const text = writeScores(scores, scoreNotes)
    if (process.env.UPDATE_DOCS === '1') await writeFile(page, text)
    expect(text).toBe(await readFile(page, 'utf8'))
  })
})
