import { createLane, type Lane } from './parser-lane.ts'
import type { ParseParts } from './polyglot.ts'
import type { Dialect, Statement } from './statement.ts'
import { type Parse, understand } from './understand.ts'

export interface ParserOptions {
  /** The worker's program; by default beside this file (`parser-entry.mjs`), in a bundle beside it (`parser-entry.js`). */
  readonly workerUrl?: URL
  /** The same for polyglot's dialects (`parser-polyglot-entry.mjs`). */
  readonly polyglotUrl?: URL
  /** Folder (trailing slash) of `libpg-query.wasm` for a bundled worker; by default the worker's own. */
  readonly assets?: URL
  /** Milliseconds for one statement. */
  readonly budgetMs?: number
  /** Milliseconds for a fresh worker to load. */
  readonly startMs?: number
  /** Statements that may wait; beyond them `parser_busy`. */
  readonly queueLimit?: number
}

export interface Parser {
  understand(dialect: Dialect, sql: string): Promise<Statement>
  stop(): Promise<void>
}

const defaults = { budgetMs: 250, startMs: 5000, queueLimit: 256 }

/**
 * A parser of SQL with a worker thread for PostgreSQL and one for all that polyglot parses; neither starts before its
 * first statement, and what happens to one statement happens to no other.
 */
export function createParser(options: ParserOptions = {}): Parser {
  const { workerUrl = entry('parser-entry'), polyglotUrl = entry('parser-polyglot-entry'), assets } = options
  const limits = { ...defaults, ...options }
  const libpg = createLane({ ...limits, workerUrl, assets })
  const polyglot = createLane({ ...limits, workerUrl: polyglotUrl })
  const parsers = { libpg: libpgOver(libpg), polyglot: polyglotOver(polyglot) }
  return {
    understand: (dialect, sql) => understand(dialect, sql, parsers),
    stop: async () => {
      await Promise.all([libpg.stop(), polyglot.stop()])
    },
  }
}

/** A worker's program from the sources, or beside the bundle. */
function entry(name: string): URL {
  return new URL(import.meta.url.endsWith('.ts') ? `./${name}.mjs` : `./${name}.js`, import.meta.url)
}

function libpgOver(lane: Lane): Parse {
  return async (text, canonical) => (await lane.ask({ text, canonical })) as Awaited<ReturnType<Parse>>
}

function polyglotOver(lane: Lane): ParseParts {
  return async (dialect, parts) => (await lane.ask({ dialect, parts })) as Awaited<ReturnType<ParseParts>>
}
