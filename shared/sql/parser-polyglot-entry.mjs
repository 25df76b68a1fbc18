/**
 * Runs in a worker thread: parses with polyglot (a parser of many dialects, compiled to WebAssembly). Plain JavaScript,
 * so that a thread can load it from the sources and from the bundle alike.
 *
 * In: `{dialect, parts: [{text, spans}]}`. Out: `'ready'` once, then `{trees, spent}` or `{refused, spent}` for each message, in order.
 */
import { parentPort } from 'node:worker_threads'

/** Bytes of WebAssembly memory, which never shrinks, beyond which this thread makes way for a fresh one. */
const mostMemory = 192 * 1024 * 1024

const memories = []
const { instantiate } = WebAssembly
WebAssembly.instantiate = async (...given) => {
  const result = await instantiate.apply(WebAssembly, given)
  const { exports } = result.instance ?? result
  memories.push(...Object.values(exports).filter((one) => one instanceof WebAssembly.Memory))
  return result
}
delete WebAssembly.instantiateStreaming

const { parse, tokenize } = await import('@polyglot-sql/sdk')

parentPort.on('message', ({ dialect, parts }) => {
  const answer = parseAll(dialect, parts)
  parentPort.postMessage({ ...answer, spent: memories.some(({ buffer }) => buffer.byteLength > mostMemory) })
})
// The first call compiles; better here than within a statement's budget.
parse('SELECT a FROM t WHERE b IN (SELECT 1)', 'generic')
parentPort.postMessage('ready')

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
