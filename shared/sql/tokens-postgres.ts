import { words } from './calls.ts'
import type { Lexicon } from './gate.ts'
import { closingQuote, match, type Token, type Tokens } from './tokens.ts'

interface Piece {
  readonly kind: Token['kind'] | 'space' | 'refused'
  readonly end: number
}

const space = /[ \t\r\n]+|--[^\r\n]*/y
const parameter = /\$\d+/y
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y
const stringStart = /(?:[eEbBxXnN]|[uU]&)?'/y
const quotedStart = /(?:[uU]&)?"/y
const word = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y
const number = /(?:\d[\w]*\.?|\.\d)(?:[eE][+-]\d|[\w])*/y
const operator = /[-+*/<>=~!@#%^&|`?]+/y
const mark = /[(),;.:[\]]/y

/**
 * Cuts a text into PostgreSQL's tokens (documentation, section 4.1), comments dropped. Refuses what does not end, what
 * no token begins with, and a string continued on another line, whose reading depends on its first part.
 */
function tokenize(sql: string): Tokens {
  const tokens: Token[] = []
  let spaced = false
  for (let at = 0; at < sql.length; ) {
    const piece = cut(sql, at)
    if (piece.kind === 'refused') return { refused: 'text_not_terminated' }
    if (piece.kind !== 'space') {
      const text = sql.slice(at, piece.end)
      if (continues(tokens.at(-1), text)) return { refused: 'string_continued' }
      tokens.push({ kind: piece.kind, text, spaced })
    }
    spaced = piece.kind === 'space'
    at = piece.end
  }
  return { tokens }
}

function continues(last: Token | undefined, text: string): boolean {
  return text.startsWith("'") && last?.kind === 'string'
}

function cut(sql: string, at: number): Piece {
  if (sql.startsWith('/*', at)) return ended('space', commentEnd(sql, at))
  const opening = match(stringStart, sql, at)
  if (opening > 0) return ended('string', stringEnd(sql, at, opening))
  const tag = match(dollarTag, sql, at)
  if (tag > 0) return ended('string', dollarEnd(sql, at, tag))
  const quote = match(quotedStart, sql, at)
  if (quote > 0) return ended('quoted', closingQuote(sql, quote, '"'))
  return cutPlain(sql, at)
}

function cutPlain(sql: string, at: number): Piece {
  const plain = [
    ['space', space],
    ['parameter', parameter],
    ['word', word],
    ['number', number],
  ] as const
  for (const [kind, pattern] of plain) {
    const end = match(pattern, sql, at)
    if (end > 0) return { kind, end }
  }
  if (match(operator, sql, at) > 0) return { kind: 'operator', end: operatorEnd(sql, at) }
  return ended('mark', match(mark, sql, at))
}

function ended(kind: Piece['kind'], end: number): Piece {
  return end > 0 ? { kind, end } : { kind: 'refused', end: 0 }
}

/** Block comments nest in PostgreSQL. */
function commentEnd(sql: string, at: number): number {
  const edge = /\/\*|\*\//g
  edge.lastIndex = at
  let depth = 0
  for (let found = edge.exec(sql); found; found = edge.exec(sql)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return edge.lastIndex
  }
  return -1
}

function stringEnd(sql: string, at: number, opening: number): number {
  const escapes = sql[at] === 'e' || sql[at] === 'E'
  return escapes ? escapedEnd(sql, opening) : closingQuote(sql, opening, "'")
}

/** In E'…' a backslash takes the next character with it. */
function escapedEnd(sql: string, opening: number): number {
  const body = /(?:[^'\\]|\\[\s\S]|'')*'/y
  return match(body, sql, opening)
}

function dollarEnd(sql: string, at: number, opening: number): number {
  const tag = sql.slice(at, opening)
  const closing = sql.indexOf(tag, opening)
  return closing < 0 ? -1 : closing + tag.length
}

/** A comment may begin inside a run of operator characters. */
function operatorEnd(sql: string, at: number): number {
  const run = sql.slice(at, match(operator, sql, at))
  const comment = run.search(/--|\/\*/)
  return at + (comment > 0 ? comment : run.length)
}

/** PostgreSQL for the gate. */
export const postgresLexicon: Lexicon = {
  tokenize,
  writeWords: new Set(
    words('insert update delete merge truncate drop alter create grant revoke into copy call vacuum reindex cluster'),
  ),
}
