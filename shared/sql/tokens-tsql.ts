import { closingQuote, match, type Token, type Tokens } from './tokens.ts'

type Piece =
  | { readonly kind: Token['kind']; readonly end: number; readonly text?: string }
  | { readonly kind: 'space'; readonly end: number }
  | { readonly refused: string }

const plainPieces = [
  ['space', /[ \t\r\n]+/y],
  ['string', /[nN]?'(?:[^']|'')*'/y],
  ['word', /[A-Za-z_#\u0080-\uffff][A-Za-z0-9_@$#\u0080-\uffff]*/y],
  ['number', /0[xX][0-9A-Fa-f]*(?![\w@#$.\u0080-\uffff])/y],
  ['number', /\$?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w@#$.\u0080-\uffff])/y],
  ['parameter', /@{1,2}[A-Za-z_#][A-Za-z0-9_@$#]*|\$action(?!\w)/iy],
  ['operator', /::|[-+*/%&|^<>]=|[<!]>|!<|!=|\|\||[-+*/<>=~%&|^]/y],
  ['mark', /[(),;.:]/y],
] as const

/**
 * Cuts a text into the tokens of Transact-SQL (SQL Server documentation: lexical elements, identifiers, constants),
 * comments dropped. Names in double quotes come out in brackets, since what `"…"` means is a setting of the session.
 * Refuses whatever readers of the dialect could take for different tokens.
 */
export function tokenize(sql: string): Tokens {
  const tokens: Token[] = []
  let spaced = false
  for (let at = 0; at < sql.length; ) {
    const piece = cut(sql, at)
    if ('refused' in piece) return piece
    if (piece.kind !== 'space') tokens.push({ kind: piece.kind, text: piece.text ?? sql.slice(at, piece.end), spaced })
    spaced = piece.kind === 'space'
    at = piece.end
  }
  if (tokens.some(isOddName)) return { refused: 'odd_character' }
  if (tokens.some(isContinued)) return { refused: 'string_continued' }
  return tokens.some(sticks) ? { refused: 'token_ambiguous' } : { tokens }
}

/** Letters that a collation takes for two others (`ß` is `ss` to most), or for none where it came before them. */
const oddLetter =
  /[ßẞæÆœŒþÞðÐđĐħĦıİĳĲŀĿŉŋŊſƀ-ɏ]|[\u0250-\u036f\u0483-\u0489\u0530-\u058f\u0700-\u1dff\u2c00-\u2fff\u{10000}-\u{10ffff}]/u

/** Names that SQL Server may take for another one: of odd letters, empty, or with blanks at an end. */
function isOddName({ kind, text }: Token): boolean {
  if (kind === 'word') return oddLetter.test(text)
  return kind === 'quoted' && (oddLetter.test(text) || /^\[\]$|^\[\s|\s\]$/.test(text))
}

/** A backslash before the end of a line takes both away (Transact-SQL: line continuation). */
function isContinued({ kind, text }: Token): boolean {
  return (kind === 'string' || kind === 'quoted') && /\\\r?\n/.test(text)
}

/** What stands side by side without a blank, so that one reader sees one token and another two. */
function sticks({ kind, spaced }: Token, index: number, tokens: readonly Token[]): boolean {
  const last = tokens[index - 1]
  if (spaced || last === undefined) return false
  const isName = ['word', 'number', 'parameter', 'string'].includes(kind)
  if (isName || kind === 'quoted') return ['word', 'number', 'parameter', 'string', 'quoted'].includes(last.kind)
  return false
}

function cut(sql: string, at: number): Piece {
  if (sql.startsWith('/*', at)) return cutComment(sql, at)
  if (sql.startsWith('--', at)) return cutLineComment(sql, at)
  if (sql[at] === '[') return cutName(sql, at, closingBracket(sql, at + 1))
  if (sql[at] === '"') return cutName(sql, at, closingQuote(sql, at + 1, '"'))
  for (const [kind, pattern] of plainPieces) {
    const end = match(pattern, sql, at)
    if (end > 0) return { kind, end }
  }
  return { refused: /['"]/.test(sql[at] ?? '') ? 'text_not_terminated' : 'token_not_known' }
}

/** Comments nest for the server and not for others. */
function cutComment(sql: string, at: number): Piece {
  const end = sql.indexOf('*/', at + 2)
  if (end < 0) return { refused: 'text_not_terminated' }
  return sql.slice(at + 2, end).includes('/*') ? { refused: 'comment_nested' } : { kind: 'space', end: end + 2 }
}

function cutLineComment(sql: string, at: number): Piece {
  const end = match(/--[^\r\n]*/y, sql, at)
  return sql[end - 1] === '\\' ? { refused: 'comment_continued' } : { kind: 'space', end }
}

function closingBracket(sql: string, opening: number): number {
  for (let at = sql.indexOf(']', opening); at >= 0; at = sql.indexOf(']', at + 2)) {
    if (sql[at + 1] !== ']') return at + 1
  }
  return -1
}

function cutName(sql: string, at: number, end: number): Piece {
  if (end < 0) return { refused: 'text_not_terminated' }
  if (sql[at] === '[') return { kind: 'quoted', end }
  const name = sql.slice(at + 1, end - 1).replaceAll('""', '"')
  return { kind: 'quoted', end, text: `[${name.replaceAll(']', ']]')}]` }
}
