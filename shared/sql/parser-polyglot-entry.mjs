/**
 * Runs in a worker thread: parses with polyglot (a parser of many dialects, compiled to WebAssembly). Plain JavaScript,
 * so that a thread can load it from the sources and from the bundle alike.
 *
 * In: `{dialect, parts: [{text, spans}]}`. Out: `'ready'` once, then `{trees, spent}` or `{refused, spent}` for each message, in order.
 */
import { parentPort } from 'node:worker_threads'

/** Bytes of WebAssembly memory, which never shrinks, beyond which this thread makes way for a fresh one. */
const mostMemory = 192 * 1024 * 1024

// The SDK keeps its instance to itself. It compiles while it loads: compiling a buffer instead costs the first
// statement seconds of a busy machine.
const memories = []
const { instantiateStreaming } = WebAssembly
WebAssembly.instantiateStreaming = async (source, imports) => {
  const result = await instantiateStreaming(source, imports)
  memories.push(...Object.values(result.instance.exports).filter((one) => one instanceof WebAssembly.Memory))
  return result
}

const { parse, tokenize } = await import('@polyglot-sql/sdk')

if (memories.length === 0) throw new Error('the memory of polyglot is not in sight')

parentPort.on('message', ({ dialect, parts }) => {
  const answer = parseAll(dialect, parts)
  parentPort.postMessage({ ...answer, spent: memories.some(({ buffer }) => buffer.byteLength > mostMemory) })
})
// First calls compile; better here than within a statement's budget.
const first = `WITH q AS (SELECT a, sum(b) AS c FROM x.y.t AS t LEFT JOIN u USING (k) WHERE d IN (SELECT 1) GROUP BY a)
  SELECT DISTINCT q.*, row_number() OVER (PARTITION BY a ORDER BY c DESC), CASE WHEN a LIKE 'x' THEN cast(c AS int) END
  FROM q UNION ALL SELECT 1, 2 ORDER BY 1 LIMIT 5`
parseAll('databricks', [{ text: first, spans: [] }])
parseAll('databricks', [{ text: 'UPDATE t SET a = 1 WHERE b', spans: [] }])
// Before its first turn the loop waits for what still compiles: that is loading, too, and not the statement's time.
setTimeout(() => parentPort.postMessage('ready'), 1)

function parseAll(dialect, parts) {
  const trees = []
  for (const { text, spans } of parts) {
    if (!sharesTokens(tokenize(text, dialect), spans)) return { refused: 'tokens_differ' }
    const { success, ast } = parse(text, dialect)
    if (!success) return { refused: 'syntax_error' }
    if (!Array.isArray(ast) || ast.length !== 1) return { refused: 'parse_failed' }
    trees.push(compact(ast[0]))
  }
  return { trees }
}

/** Names, strings and numbers must begin and end where our own lexer found them. */
function sharesTokens({ success, tokens }, spans) {
  if (!success) return false
  const places = new Set(tokens.map(({ span }) => `${span.start}-${span.end}`))
  return spans.every(([start, end]) => places.has(`${start}-${end}`))
}

/** A tree without what is absent, false or empty, and without places; wrappers `{kind: …}` stay. */
function compact(value) {
  if (Array.isArray(value)) return value.map(compact)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  if (entries.length === 1) return { [entries[0][0]]: compact(entries[0][1]) }
  return Object.fromEntries(
    entries.filter(([key, item]) => key !== 'span' && isGiven(item)).map(([key, item]) => [key, compact(item)]),
  )
}

function isGiven(item) {
  return item !== null && item !== false && !(Array.isArray(item) && item.length === 0)
}
