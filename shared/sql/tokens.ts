/** What the lexer found. Marks are single punctuation characters; a spaced token had white space or a comment before it. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'operator' | 'mark'
  readonly text: string
  readonly spaced: boolean
}

export type Tokens = { readonly tokens: readonly Token[] } | { readonly refused: string }

/** Where the pattern's match at this place ends, or -1. The pattern is sticky. */
export function match(pattern: RegExp, sql: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(sql) ? pattern.lastIndex : -1
}

/** Behind the quote that closes; a doubled one stands for itself. -1 where none does. */
export function closingQuote(sql: string, opening: number, quote: '"' | "'" | '`'): number {
  for (let at = sql.indexOf(quote, opening); at >= 0; at = sql.indexOf(quote, at + 2)) {
    if (sql[at + 1] !== quote) return at + 1
  }
  return -1
}

/** The text of tokens, comments dropped and white space single. */
export function serialize(tokens: readonly Token[]): string {
  return tokens.map((token, index) => (token.spaced && index > 0 ? ` ${token.text}` : token.text)).join('')
}
