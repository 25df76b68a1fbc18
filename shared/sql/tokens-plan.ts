import type { Name } from './dialect.ts'
import type { Token } from './tokens.ts'

/** As many words as tell a statement's kind. */
const leadLength = 12

/** The first tokens of a statement in lower case, each followed by a blank. */
export function leadOf(tokens: readonly Token[]): string {
  const first = tokens.slice(0, leadLength).map(({ text }) => `${text.toLowerCase()} `)
  return first.join('')
}

/** A dotted name from a token on, lower case, and the token behind it; undefined where there is none. */
export function nameFrom(tokens: readonly Token[], from: number) {
  const name: string[] = []
  for (let at = from; ; at += 2) {
    const part = partOf(tokens[at])
    if (part === undefined) return undefined
    name.push(part)
    if (tokens[at + 1]?.text !== '.') return { name: name as Name, next: at + 1 }
  }
}

/** What a token names in lower case: a word, or what stands between quotes, of which a doubled one closes nothing. */
export function partOf(token: Token | undefined): string | undefined {
  if (token?.kind === 'word') return token.text.toLowerCase()
  const close = token?.text.at(-1) ?? ''
  return token?.kind === 'quoted'
    ? token.text
        .slice(1, -1)
        .replaceAll(close + close, close)
        .toLowerCase()
    : undefined
}

/** Places of the tokens that stand in no bracket, from one on. */
export function depthZero(tokens: readonly Token[], from: number): number[] {
  const places: number[] = []
  let depth = 0
  for (let at = from; at < tokens.length; at += 1) {
    const text = tokens[at]?.text
    if (depth === 0) places.push(at)
    if (text === '(' || text === '[') depth += 1
    if (text === ')' || text === ']') depth -= 1
  }
  return places
}

/** Whether a query begins here. */
export function startsQuery(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at]
  if (token?.text === '(') return startsQuery(tokens, at + 1)
  return token?.kind === 'word' && /^(select|with|values|from|table)$/i.test(token.text)
}

/** The query from here to the end, as polyglot reads it: `TABLE t` is `SELECT * FROM t`. */
export function queryFrom(tokens: readonly Token[], at: number): readonly Token[] | undefined {
  if (!startsQuery(tokens, at)) return undefined
  const rest = tokens.slice(at)
  if (rest[0]?.text.toLowerCase() !== 'table') return rest
  const star = ['SELECT', '*', 'FROM'].map(
    (text): Token => ({ kind: text === '*' ? 'operator' : 'word', text, spaced: true }),
  )
  return nameFrom(rest, 1)?.next === rest.length ? [...star, ...rest.slice(1).map(spacedFirst)] : undefined
}

function spacedFirst(token: Token, index: number): Token {
  return index === 0 ? { ...token, spaced: true } : token
}

/** The token behind a bracket that opens here; undefined where it does not close. */
export function behindBracket(tokens: readonly Token[], at: number): number | undefined {
  return depthZero(tokens, at).find((place) => place > at)
}

/** The same, or the number of tokens where the bracket is the last thing. */
export function pastBracket(tokens: readonly Token[], at: number): number | undefined {
  const end = behindBracket(tokens, at)
  const isClosed = end !== undefined || (depthAt(tokens, at) === 0 && tokens.at(-1)?.text === ')')
  return isClosed ? (end ?? tokens.length) : undefined
}

/** How many brackets are open at the end of the tokens from one on. */
function depthAt(tokens: readonly Token[], from: number): number {
  const opened = tokens.slice(from).filter(({ text }) => text === '(').length
  return opened - tokens.slice(from).filter(({ text }) => text === ')').length
}
