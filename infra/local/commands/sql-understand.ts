import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { createParser, type Parser } from '../../../shared/sql/parser-worker.ts'
import { dialects } from '../../../shared/sql/statement.ts'

/** Statements in work at once; results wait for their turn, so memory is bounded by this too. */
const window = 64

const line = z.strictObject({ id: z.union([z.string(), z.number()]), dialect: z.enum(dialects), sql: z.string() })
const named = z.object({ id: line.shape.id })

/**
 * `sql:understand --ndjson`: reads one `{id, dialect, sql}` a line and prints what was understood of it, one line each,
 * in order. A line that is none gets `{id, error}`, the id null where it has none, and makes the exit code 1.
 */
export async function run(args: readonly string[]): Promise<number> {
  if (args.length !== 1 || args[0] !== '--ndjson') {
    process.stderr.write(
      'usage: npm run --silent sql:understand -- --ndjson   (one {id, dialect, sql} a line on standard input)\n',
    )
    return 64
  }
  const parser = createParser()
  try {
    return (await answerAll(parser)) ? 0 : 1
  } finally {
    await parser.stop()
  }
}

async function answerAll(parser: Parser): Promise<boolean> {
  const waiting: Promise<Answer>[] = []
  let good = true
  const printFirst = async () => {
    const answer = await waiting.shift()
    if (answer === undefined) return
    good &&= answer.good
    if (!process.stdout.write(`${JSON.stringify(answer.body)}\n`)) await once(process.stdout, 'drain')
  }
  for await (const text of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (text.trim() === '') continue
    waiting.push(answerLine(parser, text))
    if (waiting.length >= window) await printFirst()
  }
  while (waiting.length > 0) await printFirst()
  return good
}

interface Answer {
  readonly good: boolean
  readonly body: object
}

async function answerLine(parser: Parser, text: string): Promise<Answer> {
  const json = parseJson(text)
  const parsed = line.safeParse(json)
  if (!parsed.success) {
    const error = parsed.error.issues.every(({ path }) => path[0] === 'dialect') ? 'dialect_unknown' : 'line_malformed'
    return { good: false, body: { id: named.safeParse(json).data?.id ?? null, error } }
  }
  const { id, dialect, sql } = parsed.data
  const { effect, safeRead, statements, reads, writes, dangers, refused } = await parser.understand(dialect, sql)
  const refusal = refused === undefined ? {} : { refused }
  return { good: true, body: { id, effect, safeRead, statements, reads, writes, dangers, ...refusal } }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
