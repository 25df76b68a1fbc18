import { type Cursor, complain, expect, lineHere, match, take } from './cursor.ts'
import type { Expression } from './expression.ts'

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/** Reads `'…'` with what is interpolated in it. */
export function readString(cursor: Cursor, read: (cursor: Cursor) => Expression): Expression {
  const line = lineHere(cursor)
  const parts: (string | Expression)[] = []
  expect(cursor, "'")
  while (!cursor.text.startsWith("'", cursor.at)) {
    const part = readPart(cursor, read)
    if (part === null) {
      complain(cursor, 'the string does not end')
      break
    }
    parts.push(part)
  }
  cursor.at += 1
  return { kind: 'string', parts, line }
}

function readPart(cursor: Cursor, read: (cursor: Cursor) => Expression): string | Expression | null {
  if (cursor.text.startsWith('${', cursor.at)) {
    cursor.at += 2
    const value = read(cursor)
    expect(cursor, '}')
    return value
  }
  const raw = match(cursor, /(?:\\u\{[0-9a-fA-F]+\}|\\[^\n]|\$(?!\{)|[^'$\\\n])+/y)
  return raw === null ? null : unquote(raw[0])
}

function unquote(text: string): string {
  return text.replace(/\\(?:u\{([0-9a-fA-F]+)\}|(.))/g, (_all, code?: string, sign = '') =>
    code === undefined ? (escapes[sign] ?? sign) : String.fromCodePoint(Number.parseInt(code, 16)),
  )
}

/** Reads a string of several lines, as it stands; a line's end right at its beginning is none of it. */
export function readLongString(cursor: Cursor): Expression {
  const line = lineHere(cursor)
  take(cursor, "'''")
  const text = match(cursor, /[\s\S]*?(?='''(?!'))/y)?.[0] ?? ''
  expect(cursor, "'''")
  return { kind: 'string', parts: [text.replace(/^\r?\n/, '')], line }
}
