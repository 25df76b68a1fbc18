/** A place in a text that is read from left to right. */
export interface Cursor {
  readonly text: string
  at: number
  /** What was not understood, with its line. */
  readonly faults: { readonly line: number; readonly said: string }[]
}

/** Where the lines of the last text begin, which is nearly always the one that is asked about next. */
const last = { text: '', starts: [0] }

/** The line of an offset, counted from 1. */
export function lineOf(text: string, offset: number): number {
  if (last.text !== text) {
    last.text = text
    last.starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
  }
  const next = last.starts.findIndex((start) => start > offset)
  return next < 0 ? last.starts.length : next
}

/** The line of the place, counted from 1. */
export function lineHere({ text, at }: Cursor): number {
  return lineOf(text, at)
}

const blanks = /(?:[ \t\r]|\/\*[\s\S]*?\*\/|\/\/[^\n]*)*/y
const blankLines = /(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n]*|#disable[^\n]*)*/y

/** Goes over blanks and comments; returns whether that was over a line's end. */
export function skip(cursor: Cursor, overLines = true): boolean {
  const passed = match(cursor, overLines ? blankLines : blanks) ?? ['']
  return passed[0].includes('\n')
}

/** Takes what the sticky pattern finds here; null where it finds nothing. */
export function match(cursor: Cursor, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = cursor.at
  const found = pattern.exec(cursor.text)
  if (found !== null) cursor.at += found[0].length
  return found
}

/** Takes a sign where it stands here, after blanks. */
export function take(cursor: Cursor, sign: string, overLines = true): boolean {
  const before = cursor.at
  skip(cursor, overLines)
  const isThere = cursor.text.startsWith(sign, cursor.at)
  cursor.at = isThere ? cursor.at + sign.length : before
  return isThere
}

/** Takes a sign that must stand here. */
export function expect(cursor: Cursor, sign: string): void {
  if (!take(cursor, sign)) complain(cursor, `${sign} is missing`)
}

/** Notes a fault here, once for each line. */
export function complain(cursor: Cursor, said: string): void {
  const line = lineHere(cursor)
  if (!cursor.faults.some((fault) => fault.line === line)) cursor.faults.push({ line, said })
}
