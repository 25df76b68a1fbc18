import { serialize, type Token, type Tokens } from './tokens.ts'

/** What the gate must know of a dialect. */
export interface Lexicon {
  readonly tokenize: (sql: string) => Tokens
  /** Words that no plain read needs outside strings and quoted names. */
  readonly writeWords: ReadonlySet<string>
}

/** Limits on a text before anything parses it: bytes of UTF-8, tokens, and brackets within brackets. */
const gateLimits = { bytes: 32 * 1024, tokens: 4000, depth: 64 } as const

/** The text as it may be sent (comments dropped, white space single), or why not. */
export type Gated =
  | { readonly text: string; readonly writeWord: boolean; readonly tokens: readonly Token[] }
  | { readonly refused: string }

/** Controls (tab, LF and CRLF excepted), lone CR, lone surrogates, and what reorders text before an approver's eyes. */
const oddAnywhere =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\r(?!\n)|\p{Cs}/u

/** Names may hold letters, marks and digits beyond ASCII, never look-alikes or spaces. */
const plainName = /^[\u0000-\u007f\p{L}\p{M}\p{Nd}]*$/u

/**
 * The lexer gate: says no to odd bytes, to what does not end and to what is too large, whatever a parser
 * would make of it. `writeWord` is a second opinion beside the parser's.
 */
export function gateText(sql: string, { tokenize, writeWords }: Lexicon): Gated {
  if (Buffer.byteLength(sql) > gateLimits.bytes) return { refused: 'text_too_long' }
  if (oddAnywhere.test(sql)) return { refused: 'odd_character' }
  const lexed = tokenize(sql)
  if ('refused' in lexed) return lexed
  const refused = refuseTokens(lexed.tokens)
  if (refused !== undefined) return { refused }
  const { tokens } = lexed
  return { text: serialize(tokens), writeWord: tokens.some((_, at) => isWriteWord(tokens, at, writeWords)), tokens }
}

function refuseTokens(tokens: readonly Token[]): string | undefined {
  if (tokens.every((token) => token.text === ';')) return 'text_empty'
  if (tokens.length > gateLimits.tokens) return 'too_many_tokens'
  if (!tokens.every(hasPlainName)) return 'odd_character'
  return deepest(tokens) > gateLimits.depth ? 'too_deep' : undefined
}

function hasPlainName(token: Token): boolean {
  if (token.kind === 'string') return true
  return plainName.test(token.text) && token.text.normalize('NFKC') === token.text
}

function deepest(tokens: readonly Token[]): number {
  let depth = 0
  let most = 0
  for (const { text } of tokens) {
    if (text === '(' || text === '[') depth += 1
    if (text === ')' || text === ']') depth -= 1
    most = Math.max(most, depth)
  }
  return most
}

function isWriteWord(tokens: readonly Token[], index: number, writeWords: ReadonlySet<string>): boolean {
  const token = tokens[index]
  if (token?.kind !== 'word' || tokens[index - 1]?.text === '.') return false
  return writeWords.has(token.text.toLowerCase())
}
