/**
 * Runs in a worker thread: parses with libpg_query (PostgreSQL's own grammar, compiled to WebAssembly). Plain
 * JavaScript, so that a thread can load it from the sources and from the bundle alike.
 *
 * In: `{text, canonical}`. Out: `'ready'` once, then `{tree}` or `{refused}` for each message, in order.
 */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'

// In an ESM bundle libpg-query's CommonJS code finds its .wasm by these two; unbundled it has its own.
globalThis.require ??= createRequire(import.meta.url)
globalThis.__dirname ??= fileURLToPath(workerData?.assets ?? new URL('.', import.meta.url)).replace(/[/\\]$/, '')

const { default: libpg } = await import('libpg-query')
await libpg.loadModule()

/** Where a node stands in the text: all that may differ between a text and its canonical form. */
const places = new Set([
  'location',
  'stmt_location',
  'stmt_len',
  'name_location',
  'list_start',
  'list_end',
  'rexpr_list_start',
  'rexpr_list_end',
])

parentPort.on('message', ({ text, canonical }) => parentPort.postMessage(parseBoth(text, canonical)))
parentPort.postMessage('ready')

/** Anything but a syntax error is thrown: it ends this thread, whose memory can no longer be trusted. */
function parseBoth(text, canonical) {
  try {
    const tree = libpg.parseSync(canonical)
    return text === canonical || isSame(tree, libpg.parseSync(text)) ? { tree } : { refused: 'text_not_stable' }
  } catch (error) {
    if (libpg.hasSqlDetails(error)) return { refused: 'syntax_error' }
    throw error
  }
}

function isSame(a, b) {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a === b
  const keys = keysOf(a)
  return keys.length === keysOf(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]))
}

function keysOf(node) {
  return Object.keys(node).filter((key) => !places.has(key))
}
