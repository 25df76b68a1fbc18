import type { Effect } from '../backend/effect.ts'
import { worseEffect } from '../backend/effect.ts'
import { type Gated, gateText, type Lexicon } from './gate.ts'
import { refusedStatement } from './refusal.ts'
import type { OutputColumn, Statement } from './statement.ts'
import type { Token } from './tokens.ts'

/** What a strict reader of a language without a parser of its own has read and found so far. */
export interface Reader {
  readonly tokens: readonly Token[]
  /** Whether words of the grammar may be written in capitals. */
  readonly folds: boolean
  at: number
  /** Once set, there is nothing more to read. */
  refused: string | undefined
  effect: Effect
  statements: number
  outputs: readonly OutputColumn[] | null
  /** What those columns are called; null where nobody can say. */
  names: readonly (string | null)[] | null
  /** It may read what it does not name. */
  beyond: boolean
  readonly reads: Set<string>
  readonly writes: Set<string>
  readonly dangers: Set<string>
  readonly mentions: Set<string>
  readonly compared: Set<string>
}

const end: Token = { kind: 'mark', text: '', spaced: false }

export function openReader(tokens: readonly Token[], folds = true): Reader {
  return {
    tokens,
    folds,
    at: 0,
    refused: undefined,
    effect: 'read',
    statements: 0,
    outputs: null,
    names: null,
    beyond: false,
    reads: new Set(),
    writes: new Set(),
    dangers: new Set(),
    mentions: new Set(),
    compared: new Set(),
  }
}

/** Notes why the text is refused, the first time, and ends the reading. */
export function fail(reader: Reader, reason = 'syntax_error'): void {
  reader.refused ??= reason
}

export function peek(reader: Reader, ahead = 0): Token {
  return reader.refused === undefined ? (reader.tokens[reader.at + ahead] ?? end) : end
}

/** A token's text, in lower case where it is a word of a grammar without regard to case; '' at the end. */
export function textAt(reader: Reader, ahead = 0): string {
  const { kind, text } = peek(reader, ahead)
  return kind === 'word' && reader.folds ? text.toLowerCase() : text
}

export const isAtEnd = (reader: Reader): boolean => peek(reader) === end

export function next(reader: Reader): Token {
  const token = peek(reader)
  if (token === end) fail(reader)
  reader.at += 1
  return token
}

/** Reads on where these texts come next, each a token. */
export function accept(reader: Reader, ...texts: readonly string[]): boolean {
  if (!texts.every((text, ahead) => textAt(reader, ahead) === text)) return false
  reader.at += texts.length
  return true
}

export function expect(reader: Reader, ...texts: readonly string[]): void {
  if (!accept(reader, ...texts)) fail(reader)
}

/** Whether a group ends here; one that never ends is refused. */
export function closes(reader: Reader, text: string): boolean {
  if (accept(reader, text)) return true
  if (isAtEnd(reader)) fail(reader)
  return reader.refused !== undefined
}

/** Items with commas between them. */
export function readList(reader: Reader, item: () => void): void {
  do item()
  while (accept(reader, ','))
}

/** An unquoted word, as it was written. */
export function readWord(reader: Reader): string {
  if (peek(reader).kind !== 'word') fail(reader)
  return next(reader).text
}

export function note(reader: Reader, effect: Effect, danger?: string): void {
  reader.effect = worseEffect(reader.effect, effect)
  if (danger !== undefined) reader.dangers.add(danger)
}

/** The gate, and its limit on depth for braces too: a recursive reader follows them. */
export function gateNested(text: string, lexicon: Lexicon): Gated {
  const gated = gateText(text, lexicon)
  if ('refused' in gated) return gated
  let depth = 0
  for (const token of gated.tokens) {
    if (/^[([{]$/.test(token.text)) depth += 1
    if (/^[)\]}]$/.test(token.text)) depth -= 1
    if (depth > 64) return { refused: 'too_deep' }
  }
  return gated
}

/** How many statements a text looks like, for one that is refused. */
export function countPieces(tokens: readonly Token[]): number {
  return tokens.filter(({ text }, at) => text !== ';' && (at === 0 || tokens[at - 1]?.text === ';')).length
}

/** The answer that a reader at its end gives; `text` is what may be sent. */
export function conclude(reader: Reader, text: string): Statement {
  if (!isAtEnd(reader)) fail(reader)
  if (reader.refused !== undefined) return refusedStatement(reader.refused, countPieces(reader.tokens))
  const { effect, statements, dangers, outputs, names } = reader
  const isListed = statements === 1 && outputs !== null
  return {
    effect,
    safeRead: effect === 'read' && statements === 1 && dangers.size === 0,
    statements,
    reads: [...reader.reads].sort(),
    writes: [...reader.writes].sort(),
    dangers: [...dangers].sort(),
    text,
    mentions: [...reader.mentions].sort(),
    compared: [...reader.compared].sort(),
    ...(reader.beyond ? { beyond: true } : {}),
    outputs: isListed ? outputs : null,
    ...(isListed && names !== null ? { names: names.map((name) => name?.toLowerCase() ?? null) } : {}),
  }
}
