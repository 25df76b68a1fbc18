import { closingQuote, match, type Token, type Tokens } from './tokens.ts'

type Piece =
  | { readonly kind: Token['kind']; readonly end: number; readonly text?: string }
  | { readonly kind: 'space'; readonly end: number }
  | { readonly refused: string }

const space = /[ \t\r\n]+/y
const lineComment = /--[^\r\n]*/y
const single = /'(?:[^'\\]|\\[\s\S]|'')*'/y
const double = /"(?:[^"\\]|\\[\s\S])*"/y
const rawSingle = /[rR]'[^']*'/y
const rawDouble = /[rR]"[^"]*"/y
const hexadecimal = /[xX]'[0-9A-Fa-f]*'/y
const word = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*/y
const number = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?:bd|[lsydf])?(?![A-Za-z0-9_.\u0080-\uffff])/iy
const parameter = /\?(?!:)/y
const operator = /[-+*/<>=~!%&|^?]+/y
const mark = /[(),;.:[\]]/y

/**
 * Cuts a text into the tokens of Databricks SQL (language manual, lexical structure; Spark's grammar), comments and hints
 * dropped. Every string comes out in single quotes with backslashes as escapes, since what `"…"` means depends on the
 * session and `r'…'` is read by few. Refuses whatever readers of the dialect could take for different tokens.
 */
export function tokenize(sql: string): Tokens {
  if (sql.includes('${')) return { refused: 'substitution' }
  const tokens: Token[] = []
  let spaced = false
  for (let at = 0; at < sql.length; ) {
    const piece = cut(sql, at)
    if ('refused' in piece) return piece
    if (piece.kind !== 'space') tokens.push({ kind: piece.kind, text: piece.text ?? sql.slice(at, piece.end), spaced })
    spaced = piece.kind === 'space'
    at = piece.end
  }
  if (tokens.some(foldsOddly)) return { refused: 'odd_character' }
  return tokens.some(sticks) ? { refused: 'token_ambiguous' } : { tokens }
}

/** A name with a letter that is another one's capital, so that names are the same to some readers (`ı` and `i`). */
function foldsOddly({ kind, text }: Token): boolean {
  if (kind !== 'word' && kind !== 'quoted') return false
  return [...text].some((letter) => {
    const [lower, upper] = [letter.toLowerCase(), letter.toUpperCase()]
    return [...lower].length > 1 || ([...upper].length === 1 && upper.toLowerCase() !== lower)
  })
}

/** A prefix that gives a string another meaning, a fraction behind a name, and the `://` that makes one name of more. */
function sticks({ kind, text, spaced }: Token, index: number, tokens: readonly Token[]): boolean {
  const last = tokens[index - 1]
  if (spaced || last === undefined) return false
  if (kind === 'string' && /^(date|timestamp|interval)$/i.test(last.text)) return false
  if (kind === 'string' || kind === 'quoted') return last.kind === 'word' || last.kind === 'number'
  if (kind === 'number') return last.kind === 'word' || last.kind === 'quoted' || /^[)\]:]$/.test(last.text)
  return last.text === ':' && text.startsWith('/')
}

function cut(sql: string, at: number): Piece {
  if (sql.startsWith('/*', at)) return cutComment(sql, at)
  if (sql.startsWith('--', at)) return cutLineComment(sql, at)
  return cutString(sql, at) ?? cutPlain(sql, at)
}

/** Within a comment another may open, which counts for some readers and not for others. */
function cutComment(sql: string, at: number): Piece {
  const end = sql.indexOf('*/', at + 2)
  if (end < 0) return { refused: 'text_not_terminated' }
  return sql.slice(at + 2, end).includes('/*') ? { refused: 'comment_nested' } : { kind: 'space', end: end + 2 }
}

/** A backslash at its end continues the comment on the next line. */
function cutLineComment(sql: string, at: number): Piece {
  const end = match(lineComment, sql, at)
  return sql[end - 1] === '\\' ? { refused: 'comment_continued' } : { kind: 'space', end }
}

type Rewrite = (text: string) => string

/** Forms of strings, each with how it becomes one in single quotes. */
const strings: readonly (readonly [RegExp, Rewrite])[] = [
  [single, (text) => text],
  [hexadecimal, (text) => text],
  [double, (text) => quote(text.slice(1, -1))],
  [rawSingle, (text) => quote(text.slice(2, -1).replaceAll('\\', '\\\\'))],
  [rawDouble, (text) => quote(text.slice(2, -1).replaceAll('\\', '\\\\'))],
]

function cutString(sql: string, at: number): Piece | undefined {
  for (const [pattern, rewrite] of strings) {
    const end = match(pattern, sql, at)
    if (end > 0) return { kind: 'string', end, text: rewrite(sql.slice(at, end)) }
  }
  if (sql[at] === '`') return closed('quoted', closingQuote(sql, at + 1, '`'))
  return /['"]/.test(sql[at] ?? '') ? { refused: 'text_not_terminated' } : undefined
}

/** The contents of a string, whose escapes stay, in single quotes. */
function quote(contents: string): string {
  const escaped = contents.replace(/\\[\s\S]|'/g, (found) => (found === "'" ? "\\'" : found))
  return `'${escaped}'`
}

function cutPlain(sql: string, at: number): Piece {
  const plain = [
    ['space', space],
    ['word', word],
    ['number', number],
    ['parameter', parameter],
  ] as const
  for (const [kind, pattern] of plain) {
    const end = match(pattern, sql, at)
    if (end > 0) return { kind, end }
  }
  if (match(operator, sql, at) > 0) return { kind: 'operator', end: operatorEnd(sql, at) }
  const end = match(mark, sql, at)
  return end > 0 ? { kind: 'mark', end } : { refused: 'token_not_known' }
}

function closed(kind: 'quoted', end: number): Piece {
  return end > 0 ? { kind, end } : { refused: 'text_not_terminated' }
}

/** A comment may begin inside a run of operator characters. */
function operatorEnd(sql: string, at: number): number {
  const run = sql.slice(at, match(operator, sql, at))
  const comment = run.search(/--|\/\*/)
  return at + (comment > 0 ? comment : run.length)
}
