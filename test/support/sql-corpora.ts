/** Statements with what is to be understood of them, one file a dialect beside this one (`sql-corpus-<dialect>.json`). */
import { readdirSync, readFileSync } from 'node:fs'
import { type Dialect, dialects, type Statement } from '../../shared/sql/statement.ts'

type Understood = Pick<Statement, 'effect' | 'safeRead' | 'reads' | 'writes' | 'dangers' | 'statements' | 'refused'>

export interface CorpusCase {
  readonly id: string
  readonly sql: string
  /** What is right, a refusal where nothing else would be. */
  readonly expect: Understood
}

export interface Corpus {
  readonly dialect: Dialect
  readonly source: string
  readonly cases: readonly CorpusCase[]
}

const name = /^sql-corpus-(\w+)\.json$/

/** All corpora, in the order in which the dialects are named. */
export const corpora: readonly Corpus[] = readdirSync(import.meta.dirname)
  .filter((file) => name.test(file))
  .map((file) => ({
    dialect: name.exec(file)?.[1] as Dialect,
    ...(JSON.parse(readFileSync(`${import.meta.dirname}/${file}`, 'utf8')) as Omit<Corpus, 'dialect'>),
  }))
  .sort((a, b) => dialects.indexOf(a.dialect) - dialects.indexOf(b.dialect))
