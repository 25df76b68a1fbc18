import { createTokenizer, type Form, type Made, open, plain, spaces } from './lexer.ts'

/** Escaped and doubled quotes become what means the same to a server without backslash escapes. */
function requoted(pattern: RegExp, doubled: string): (text: string) => readonly Made[] {
  const escaped = (found: string) => {
    if (found === doubled || found === "\\'" || found === '\\"') return found.endsWith("'") ? "''" : '"'
    return found === "'" ? "''" : found
  }
  return (text) => [['string', `'${text.slice(1, -1).replace(pattern, escaped)}'`]]
}

const inSingle = requoted(/\\[\s\S]|''/g, "''")
const inDouble = requoted(/\\[\s\S]|""|'/g, '""')

const forms: readonly Form[] = [
  { pattern: /\/\*M?!/iy, make: { refused: 'comment_executable' } },
  ...spaces,
  { pattern: /#[^\r\n]*/y, make: 'space' },
  { pattern: /--(?=[ \t\r\n]|$)[^\r\n]*/y, make: 'space' },
  // Two minus signs to MySQL, a comment to most others.
  { pattern: /--/y, make: { refused: 'comment_ambiguous' } },
  { pattern: /'(?:[^'\\]|\\[\s\S]|'')*'/y, make: inSingle },
  { pattern: /"(?:[^"\\]|\\[\s\S]|"")*"/y, make: inDouble },
  { pattern: /[xX]'(?:[0-9A-Fa-f]{2})*'|[bB]'[01]*'|[nN]'(?:[^'\\])*'/y, make: 'string' },
  { pattern: /`[^`]+`/y, make: 'quoted' },
  open,
  { pattern: /@@(?:(?:global|session|persist|persist_only|local)\.)?[A-Za-z_]\w*/iy, make: 'parameter' },
  { pattern: /@(?:[A-Za-z_][A-Za-z0-9_$.]*|'[^'\\]*'|`[^`]*`)/y, make: 'parameter' },
  { pattern: /\?/y, make: 'parameter' },
  { pattern: /:=/y, make: { refused: 'user_variable_assigned' } },
  { pattern: /0x[0-9A-Fa-f]+(?![A-Za-z0-9_$.\u0080-\uffff])|0b[01]+(?![A-Za-z0-9_$.\u0080-\uffff])/y, make: 'number' },
  { pattern: /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y, make: 'word' },
  ...plain,
]

/**
 * Cuts a text into the tokens of MySQL (reference manual 8.4, chapter 11), comments and hints dropped. Strings come out in
 * single quotes, a quote in them doubled: the same text whether the session has ANSI_QUOTES or NO_BACKSLASH_ESCAPES or not.
 */
export const tokenizeMysql = createTokenizer(forms)
