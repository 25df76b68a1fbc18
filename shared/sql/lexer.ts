import { match, type Token, type Tokens } from './tokens.ts'

/** One token that a form makes: its kind and its text as it is sent. */
export type Made = readonly [kind: Token['kind'], text: string]

/** A form that tokens of a dialect have; the first that fits counts. */
export interface Form {
  /** Sticky. */
  readonly pattern: RegExp
  /** Only where the token before it is such a one. */
  readonly after?: (last: Token | undefined, spaced: boolean) => boolean
  /** White space and comments make nothing; a reason refuses the whole text. */
  readonly make: Token['kind'] | 'space' | ((text: string) => readonly Made[]) | { readonly refused: string }
}

/** White space and comments of all dialects; one comment within another counts for some readers and not for others. */
export const spaces: readonly Form[] = [
  { pattern: /[ \t\r\n]+/y, make: 'space' },
  { pattern: /\/\*(?:(?!\/\*|\*\/)[\s\S])*\*\//y, make: 'space' },
  { pattern: /\/\*(?=[\s\S]*\*\/)/y, make: { refused: 'comment_nested' } },
  { pattern: /\/\*/y, make: { refused: 'text_not_terminated' } },
]

/** Numbers, operators and marks of all dialects. A comment may begin inside a run of operator characters. */
export const plain: readonly Form[] = [
  { pattern: /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z0-9_$.\u0080-\uffff])/y, make: 'number' },
  { pattern: /(?:(?!--|\/\*|\/\/)[-+*/<>=~!%&|^])+/y, make: 'operator' },
  { pattern: /[(),;.:[\]{}]/y, make: 'mark' },
]

/** A text of strings or quoted names that does not end. */
export const open: Form = { pattern: /['"`]/y, make: { refused: 'text_not_terminated' } }

/**
 * Makes a lexer of forms. Whatever has none of them is refused, and so is what readers of a dialect could cut differently:
 * strings, names and numbers that stick to what is before them.
 */
export function createTokenizer(forms: readonly Form[]): (sql: string) => Tokens {
  return (sql) => {
    const tokens: Token[] = []
    let spaced = false
    for (let at = 0; at < sql.length; ) {
      const piece = cut(sql, at, { forms, last: tokens.at(-1), spaced })
      if ('refused' in piece) return piece
      for (const [index, [kind, text]] of piece.made.entries())
        tokens.push({ kind, text, spaced: spaced && index === 0 })
      spaced = piece.made.length === 0
      at = piece.end
    }
    return judged(tokens)
  }
}

function judged(tokens: readonly Token[]): Tokens {
  if (tokens.some(foldsOddly)) return { refused: 'odd_character' }
  return tokens.some(sticks) ? { refused: 'token_ambiguous' } : { tokens }
}

interface Before {
  readonly last: Token | undefined
  readonly spaced: boolean
}

type Piece = { readonly end: number; readonly made: readonly Made[] } | { readonly refused: string }

function cut(sql: string, at: number, { forms, last, spaced }: Before & { readonly forms: readonly Form[] }): Piece {
  for (const { pattern, after, make } of forms) {
    const end = after?.(last, spaced) === false ? -1 : match(pattern, sql, at)
    if (end > at) return pieceOf(sql.slice(at, end), end, make)
  }
  return { refused: 'token_not_known' }
}

function pieceOf(text: string, end: number, make: Form['make']): Piece {
  if (typeof make === 'object') return make
  if (typeof make === 'function') return { end, made: make(text) }
  return { end, made: make === 'space' ? [] : [[make, text]] }
}

/** A name with a letter that is another one's capital, so that names are the same to some readers (`ı` and `i`). */
function foldsOddly({ kind, text }: Token): boolean {
  if ((kind !== 'word' && kind !== 'quoted') || /^[\u0000-\u007f]*$/.test(text)) return false
  return [...text].some((letter) => {
    const [lower, upper] = [letter.toLowerCase(), letter.toUpperCase()]
    return [...lower].length > 1 || ([...upper].length === 1 && upper.toLowerCase() !== lower)
  })
}

const typed = /^(date|time|timestamp|datetime|interval|numeric|bignumeric|json)$/i

function sticks({ kind, spaced }: Token, index: number, tokens: readonly Token[]): boolean {
  const last = tokens[index - 1]
  if (spaced || last === undefined) return false
  if (kind === 'string' && typed.test(last.text)) return false
  if (kind === 'string' || kind === 'quoted') return ['word', 'number', 'string', 'quoted'].includes(last.kind)
  if (kind === 'word') return last.kind === 'string' || last.kind === 'quoted'
  if (kind === 'number') return ['word', 'quoted', 'string'].includes(last.kind) || /^[)\]:]$/.test(last.text)
  return false
}
