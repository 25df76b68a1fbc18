/**
 * Reads joined to writes in disguise, for every dialect that has a table beside this file (`sql-fuzz-<dialect>.json`):
 * `reads` (some may be broken off), `writes`, `joiners` and `spaces` beyond those of all dialects, `quoted` (what strings
 * and quoted names look like in the text to send) and `written` (what gives a write away once these are cut out).
 */
import { readdirSync, readFileSync } from 'node:fs'
import type { Dialect, Statement } from '../../shared/sql/statement.ts'
import { fc } from './property.ts'

export interface FuzzTable {
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  readonly joiners?: readonly string[]
  readonly spaces?: readonly string[]
  /** Regular expressions, without regard to case. */
  readonly quoted: string
  readonly written: string
}

const name = /^sql-fuzz-(\w+)\.json$/

/** The tables, by dialect. */
export const fuzzTables: readonly (readonly [Dialect, FuzzTable])[] = readdirSync(import.meta.dirname)
  .filter((file) => name.test(file))
  .map((file) => [
    name.exec(file)?.[1] as Dialect,
    JSON.parse(readFileSync(`${import.meta.dirname}/${file}`, 'utf8')) as FuzzTable,
  ])

// biome-ignore format: a table of texts reads best dense
const joiners = [
  ';', ' ; ', '\n', ' ', '\r', '\r\n', ' --x\r', ' --x\n', ' --x\n;', '/**/', ';/* /* */ */', '/*+ x */', '/*!', ' */ ',
  '\u00a0', '\u2028', ';\u200b', "';", '";', '\u0000;', '；', ' UNION ', ' UNION ALL (', ' , ', ' WHERE a IN (', '\f',
  '\v', ';;', " '';", "\\';", '#\n', '//\n', '\u202e', '\ufeff;', '--\u0085', ')',
]

const spaces = [' ', '\n', '\t', '/**/', '--x\n', '\r\n', '\u00a0', '\u3000', '\r', ' /*\n*/ ', '/*/**/*/', '\u2003']

const ends = ['', '', ')', ' --', ';', '/*', "'", '*/', ' LIMIT 1', ']', '}']

/** Texts of a dialect: a read, something between, and a write whose blanks, case and letters are in disguise. */
export function hostileTexts({ reads, writes, joiners: own = [], spaces: ownSpaces = [] }: FuzzTable) {
  return fc
    .record({
      read: fc.constantFrom(...reads),
      joiner: fc.constantFrom(...joiners, ...own),
      write: fc.constantFrom(...writes),
      gaps: fc.array(fc.constantFrom(...spaces, ...ownSpaces), { minLength: 1, maxLength: 4 }),
      cases: fc.array(fc.boolean(), { minLength: 3, maxLength: 7 }),
      // A letter at this place comes in full width.
      wide: fc.option(fc.nat({ max: 60 }), { freq: 8 }),
      end: fc.constantFrom(...ends),
    })
    .map(({ read, joiner, write, gaps, cases, wide, end }) => {
      const spaced = spread(write, gaps)
      const cased = [...spaced].map((char, at) => (cases[at % cases.length] ? char.toUpperCase() : char))
      return `${read}${joiner}${cased.map((char, at) => (at === wide ? widened(char) : char)).join('')}${end}`
    })
}

function spread(text: string, gaps: readonly string[]): string {
  let gap = 0
  return text.replace(/ /g, () => gaps[gap++ % gaps.length] ?? ' ')
}

function widened(char: string): string {
  return /[!-~]/.test(char) ? String.fromCodePoint(char.charCodeAt(0) + 0xfee0) : char
}

/** Whether a safe read has something of a write left in it once strings and quoted names are cut out. */
export function isMissed({ quoted, written }: FuzzTable, statement: Statement): boolean {
  const { safeRead, effect, statements, writes, text = '' } = statement
  if (!safeRead) return false
  const bare = text.replace(new RegExp(quoted, 'gi'), ' ')
  return effect !== 'read' || statements !== 1 || writes.length > 0 || new RegExp(written, 'i').test(bare)
}
