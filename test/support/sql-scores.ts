import type { Dialect, Statement } from '../../shared/sql/statement.ts'
import type { Corpus, CorpusCase } from './sql-corpora.ts'

/** How one dialect's statements were understood; lists hold the statements themselves. */
export interface Score {
  readonly dialect: Dialect
  readonly all: number
  /** Statements that ought to be understood, and how many of them were. */
  readonly readable: number
  readonly parsed: number
  readonly effects: number
  readonly objects: number
  readonly safe: number
  readonly missed: readonly CorpusCase[]
  readonly refused: readonly (CorpusCase & { readonly because: string })[]
}

/** Compares what came with what is right. */
export async function scoreCorpus(
  { dialect, cases }: Corpus,
  judge: (dialect: Dialect, sql: string) => Promise<Statement>,
): Promise<Score> {
  const got = await Promise.all(cases.map(async (one) => ({ ...one, got: await judge(dialect, one.sql) })))
  const readable = got.filter(({ expect }) => expect.refused === undefined)
  const safe = got.filter(({ expect }) => expect.safeRead)
  return {
    dialect,
    all: got.length,
    readable: readable.length,
    parsed: readable.filter((one) => one.got.refused === undefined).length,
    effects: got.filter((one) => one.got.effect === one.expect.effect).length,
    objects: readable.filter((one) => objectsOf(one.got) === objectsOf(one.expect)).length,
    safe: safe.length,
    missed: got.filter((one) => one.got.safeRead && !one.expect.safeRead),
    refused: safe.filter((one) => !one.got.safeRead).map((one) => ({ ...one, because: reasonOf(one.got) })),
  }
}

function objectsOf({ reads, writes }: Pick<Statement, 'reads' | 'writes'>): string {
  return JSON.stringify([[...reads].sort(), [...writes].sort()])
}

function reasonOf({ refused, dangers, effect }: Statement): string {
  return refused ?? (dangers.length > 0 ? dangers.join(', ') : effect)
}

const head = `# How well statements are understood

Made by the tests (\`UPDATE_DOCS=1 npx vitest run test/unit/sql/scores.test.ts\`) from the corpora \`test/support/sql-corpus-*.json\`:
statements with what is right for each. *Parsed*, *objects*: of the statements that can be understood at all; *effect*: of
all, a refusal counting as \`admin\`; *missed*: not a plain read, yet taken for one; *safe reads refused*: plain reads that
were not taken for one.

Who wrote the readers wrote most of the statements. What is right was written down beforehand for the first half of tsql,
databricks, postgres, mysql, snowflake, bigquery and cosmos, and for benign statements of kql, mongo and dax; for the rest it
was taken from the first answer and then read. Those rows notice a change; they do not prove that a reader is right.

`

const how = `
## How it works

1. **Gate.** Our own lexer cuts the text. It refuses odd characters (controls, bidirectional marks, look-alikes, a lone CR),
   strings and comments that do not end, tokens that two readers could see differently, and whatever is too large (32 KB,
   4,000 tokens, brackets 64 deep). A word of a write that stands outside strings and quoted names is a second opinion.
2. **Statements by list.** Each statement is known by its first words or it is refused. A semicolon is not needed: where the
   dialect allows to leave it out, the text is cut before each word that can only begin a statement.
3. **Parser.** libpg-query (PostgreSQL's own) or polyglot in a worker thread with 250 ms for each statement; overrun, crash
   and memory end the worker, and the statement is refused. The parser must see the same tokens as our lexer. KQL, Cosmos
   SQL, MongoDB's commands and DAX have readers of our own.
4. **Tree by list.** Every kind of node and every field is listed, else refused; and every name of the text must come back
   in the tree, so that a parser that passes over something does not get through.
5. **Functions by list.** Built-ins that compute from their arguments alone are allowed. Everything else, and whatever is
   qualified, may do anything.
6. **What was judged is what is sent**: the tokens, comments dropped, white space single, ambiguous quotes made plain.

A refusal is the worst effect, \`admin\`. It is a filter and never the only wall: the person's own rights in the database stand
behind it. \`test/property/sql-fuzz.test.ts\` joins reads to writes in disguise; the long form tries more than 10,000 texts a run
(\`npm run test:long -- sql-fuzz\`). PostgreSQL's answers are compared with a real server in \`test/unit/sql/postgres-real.test.ts\`:
the relations that it locks, and whether it runs the statement in a READ ONLY transaction.
`

/** The page, from the scores and the notes alone. */
export function writeScores(scores: readonly Score[], notes: Partial<Record<Dialect, readonly string[]>>): string {
  const total = scores.reduce((sum, { all }) => sum + all, 0)
  const table = [
    '| dialect | statements | parsed | effect | objects | missed | safe reads refused |',
    '|---|---|---|---|---|---|---|',
    ...scores.map(rowOf),
  ]
  const sections = scores.map((score) => section(score, notes[score.dialect] ?? []))
  return `${head}${table.join('\n')}\n\n${total} statements in all.\n${how}\n${sections.join('\n')}`
}

function rowOf(score: Score): string {
  const { dialect, all, readable, parsed, effects, objects, missed, safe, refused } = score
  const share = safe === 0 ? '0' : ((100 * refused.length) / safe).toFixed(1)
  const cells = [all, `${parsed}/${readable}`, `${effects}/${all}`, `${objects}/${readable}`, missed.length]
  return `| ${dialect} | ${cells.join(' | ')} | ${refused.length}/${safe} (${share} %) |`
}

function section({ dialect, refused }: Score, notes: readonly string[]): string {
  const known = refused.map(({ sql, because }) => `- ${codeOf(sql)}: ${because}`)
  const lists = [
    ...(notes.length === 0 ? [] : ['Known holes and limits:\n', ...notes.map((note) => `- ${note}`), '']),
    ...(known.length === 0 ? [] : ['Plain reads of the corpus that are refused:\n', ...known, '']),
  ]
  return [`## ${dialect}\n`, ...lists].join('\n')
}

function codeOf(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').replaceAll('|', '\\|')
  return `\`\` ${line.length > 160 ? `${line.slice(0, 157)}…` : line} \`\``
}
