import { createTokenizer, type Form, type Made, open, plain, spaces } from './lexer.ts'
import type { Token } from './tokens.ts'

/** A string without escapes, in single quotes. */
function undollared(text: string): readonly Made[] {
  return [['string', `'${text.slice(2, -2).replaceAll('\\', '\\\\').replaceAll("'", "''")}'`]]
}

/** Backslash and quote become a doubled quote, which every reader takes for one. */
function requoted(text: string): readonly Made[] {
  const contents = text.slice(1, -1).replace(/\\[\s\S]/g, (found) => (found === "\\'" ? "''" : found))
  return [['string', `'${contents}'`]]
}

/** A colon behind a value leads into it; elsewhere it makes a variable. */
function isNoPath(last: Token | undefined, spaced: boolean): boolean {
  return spaced || last === undefined || !(last.kind === 'word' || last.kind === 'quoted' || /^[\])}]$/.test(last.text))
}

const stage = '[A-Za-z0-9_$.=+\\-]|/(?![/*])'

const forms: readonly Form[] = [
  ...spaces,
  { pattern: /--[^\r\n]*/y, make: 'space' },
  { pattern: /\/\/[^\r\n]*/y, make: 'space' },
  { pattern: /\$\$(?:(?!\$\$)[\s\S])*\$\$/y, make: undollared },
  { pattern: /\$\$/y, make: { refused: 'text_not_terminated' } },
  { pattern: /'(?:[^'\\]|\\[\s\S]|'')*'/y, make: requoted },
  { pattern: /[xX]'[0-9A-Fa-f]*'/y, make: 'string' },
  { pattern: /"[^"]+"(?!")/y, make: 'quoted' },
  { pattern: /"(?:[^"]|"")*"/y, make: { refused: 'token_ambiguous' } },
  open,
  { pattern: new RegExp(`@(?:[~%]?(?:(?!--)(?:${stage}|"[^"]*"))+|~)`, 'y'), make: 'parameter' },
  { pattern: /\$[A-Za-z0-9_]+/y, make: 'parameter' },
  { pattern: /\?/y, make: 'parameter' },
  { pattern: /::/y, make: 'operator' },
  { pattern: /:(?:\d+|[A-Za-z_]\w*)/y, after: isNoPath, make: 'parameter' },
  { pattern: /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y, make: 'word' },
  ...plain,
]

/**
 * Cuts a text into the tokens of Snowflake (SQL reference: literals, identifiers, comments), comments dropped. Strings come
 * out in single quotes with their quotes doubled, those between dollar signs too. A stage is one token with its path.
 */
export const tokenizeSnowflake = createTokenizer(forms)
