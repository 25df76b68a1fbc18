import { createTokenizer, type Form, type Made, open, plain, spaces } from './lexer.ts'
import type { Token } from './tokens.ts'

/** The contents of a string, whose escapes stay, on one line in single quotes. */
function inSingle(prefix: string, contents: string): readonly Made[] {
  const escaped = contents.replace(/\\[\s\S]|['\r\n]/g, (found) => escapes[found] ?? found)
  return [['string', `${/b/i.test(prefix) ? 'b' : ''}'${escaped}'`]]
}

const escapes: Readonly<Record<string, string>> = { "'": "\\'", '\n': '\\n', '\r': '\\r' }

function cooked(text: string): readonly Made[] {
  const [, prefix = '', quote = ''] = /^([bB]?)("""|'''|"|')/.exec(text) ?? []
  return inSingle(prefix, text.slice(prefix.length + quote.length, -quote.length))
}

/** In a raw string a backslash stands for itself, even before the quote that it keeps from ending the string. */
function raw(text: string): readonly Made[] {
  const [, prefix = '', quote = ''] = /^([a-zA-Z]+)("""|'''|"|')/.exec(text) ?? []
  return inSingle(prefix, text.slice(prefix.length + quote.length, -quote.length).replaceAll('\\', '\\\\'))
}

/** A path in one pair of backticks is the same as each of its names in a pair of its own. */
function path(text: string): readonly Made[] {
  const parts = text.slice(1, -1).split('.')
  if (parts.includes('') || text.includes(':')) return [['quoted', text]]
  return parts.flatMap((part, at): Made[] => [...(at > 0 ? [['mark', '.'] as const] : []), ['quoted', `\`${part}\``]])
}

/** Only where a table may be named, dashes are part of its project's name. */
function isBeforeTable(last: Token | undefined): boolean {
  return /^(from|join|into|update|table|view|merge|using|exists|like|clone|copy|schema|delete|insert)$/i.test(
    last?.text ?? '',
  )
}

const body = {
  single: "'''(?:[^\\\\]|\\\\[\\s\\S])*?'''|'(?!'')(?:[^'\\\\\\r\\n]|\\\\[^\\r\\n])*'",
  double: '"""(?:[^\\\\]|\\\\[\\s\\S])*?"""|"(?!"")(?:[^"\\\\\\r\\n]|\\\\[^\\r\\n])*"',
} as const

const forms: readonly Form[] = [
  ...spaces,
  { pattern: /#[^\r\n]*/y, make: 'space' },
  { pattern: /--[^\r\n]*/y, make: 'space' },
  { pattern: new RegExp(`(?:r|rb|br)(?:${body.single}|${body.double})`, 'iy'), make: raw },
  { pattern: new RegExp(`b?(?:${body.single}|${body.double})`, 'iy'), make: cooked },
  { pattern: /`[^`\\\r\n]+`/y, make: path },
  open,
  {
    pattern: /[A-Za-z_]\w*(?:-\w+)+(?=\.[A-Za-z_`])/y,
    after: isBeforeTable,
    make: (text) => [['quoted', `\`${text}\``]],
  },
  { pattern: /@@[A-Za-z_][\w.]*/y, make: 'parameter' },
  { pattern: /@[A-Za-z_]\w*/y, make: 'parameter' },
  { pattern: /\?/y, make: 'parameter' },
  { pattern: /0[xX][0-9A-Fa-f]+(?![A-Za-z0-9_.])/y, make: 'number' },
  { pattern: /\|>/y, make: { refused: 'pipe_syntax' } },
  { pattern: /[A-Za-z_]\w*/y, make: 'word' },
  ...plain,
]

/**
 * Cuts a text into the tokens of GoogleSQL as BigQuery has it (lexical structure and syntax), comments dropped. Every
 * string comes out on one line in single quotes, raw or not, and every dotted name in backticks as names of their own.
 */
export const tokenizeBigquery = createTokenizer(forms)
