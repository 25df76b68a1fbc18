/**
 * Bicep as the grammar can read it. tree-sitter-bicep takes `//` inside a string for a comment after an interpolation, does
 * not know `extension` and `...`, and what it knows of strings ends there; so strings are filled with `x`, comments and
 * `extension` lines with blanks, and `...` becomes a name or blanks. Nothing moves: every offset is that of the file.
 */

export interface Masked {
  readonly text: string
  /** Lines that the grammar does not see, as they stand in the file. */
  readonly unseen: readonly string[]
}

interface Cursor {
  readonly text: string
  out: string
  at: number
}

/** Fills what the grammar misreads; the result is as long as the text. */
export function maskSource(text: string): Masked {
  const unseen: string[] = []
  const seen = text.replace(/^extension [^\n]*$/gm, (line) => {
    unseen.push(line)
    return ' '.repeat(line.length)
  })
  const cursor: Cursor = { text: seen, out: '', at: 0 }
  while (cursor.at < seen.length) scanCode(cursor)
  return { text: cursor.out, unseen }
}

type Scan = readonly [start: string, scan: (cursor: Cursor) => void]

const scans: readonly Scan[] = [
  ["'''", scanLong],
  ["'", scanString],
  ['//', (cursor) => fill(cursor, endOf(cursor, '\n', 0), ' ')],
  ['/*', (cursor) => fill(cursor, endOf(cursor, '*/', 2), ' ')],
  ['#disable', (cursor) => fill(cursor, endOf(cursor, '\n', 0), ' ')],
  ['...', scanSpread],
]

/** Code up to the end, or to the brace that ends the interpolation that it stands in. */
function scanCode(cursor: Cursor): void {
  for (let depth = 0; depth >= 0 && cursor.at < cursor.text.length; ) depth += scanOne(cursor)
}

/** Takes one sign of code, or the string or comment that begins here; returns by how much braces went deeper. */
function scanOne(cursor: Cursor): number {
  const found = scans.find(([start]) => cursor.text.startsWith(start, cursor.at))
  const sign = cursor.text[cursor.at]
  if (found === undefined) copy(cursor, 1)
  else found[1](cursor)
  if (found !== undefined) return 0
  return sign === '{' ? 1 : sign === '}' ? -1 : 0
}

function scanString(cursor: Cursor): void {
  copy(cursor, 1)
  while (cursor.at < cursor.text.length && !"'\n".includes(cursor.text[cursor.at] ?? '')) {
    if (cursor.text.startsWith('${', cursor.at)) {
      copy(cursor, 2)
      scanCode(cursor)
    } else fill(cursor, cursor.at + (cursor.text[cursor.at] === '\\' ? 2 : 1), 'x')
  }
  if (cursor.text[cursor.at] === "'") copy(cursor, 1)
}

function scanLong(cursor: Cursor): void {
  copy(cursor, 3)
  fill(cursor, endOf(cursor, "'''", 0), 'x')
  copy(cursor, 3)
}

function scanSpread(cursor: Cursor): void {
  // As a member of an object it wants a name; in a list, the name would be a fault.
  const isMember = /[{\n][^[\n]*$/.test(cursor.out) && lastOpen(cursor.out) === '{'
  cursor.out += isMember ? '_: ' : '   '
  cursor.at += 3
}

function lastOpen(text: string): string {
  let depth = 0
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const sign = text[at] ?? ''
    if ('}])'.includes(sign)) depth += 1
    if ('{[('.includes(sign) && depth === 0) return sign
    if ('{[('.includes(sign)) depth -= 1
  }
  return ''
}

function endOf(cursor: Cursor, sign: string, length: number): number {
  const end = cursor.text.indexOf(sign, cursor.at + length)
  return end < 0 ? cursor.text.length : end + length
}

function copy(cursor: Cursor, length: number): void {
  cursor.out += cursor.text.slice(cursor.at, cursor.at + length)
  cursor.at += length
}

function fill(cursor: Cursor, end: number, sign: string): void {
  const stop = Math.min(end, cursor.text.length)
  cursor.out += sign === ' ' ? cursor.text.slice(cursor.at, stop).replace(/[^\n]/g, ' ') : sign.repeat(stop - cursor.at)
  cursor.at = stop
}
