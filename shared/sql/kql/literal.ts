import { accept, expect, fail, next, peek, type Reader, readList, textAt } from '../reader.ts'
import type { Token } from '../tokens.ts'

/** The text of a string literal; undefined where it is written with escapes, which are not worth guessing. */
export function textOf({ text }: Token): string | undefined {
  const [, inner] = /^[hH]?@?(?:"([^"\\]*)"|'([^'\\]*)')$/.exec(text)?.filter((part) => part !== undefined) ?? []
  return inner
}

/** A name in brackets (`['a b']`), or undefined where none stands here. */
export function readNameIf(kql: Reader): string | undefined {
  if (textAt(kql) !== '[' || peek(kql, 1).kind !== 'string' || textAt(kql, 2) !== ']') return undefined
  next(kql)
  const name = textOf(next(kql))
  next(kql)
  if (name === undefined) fail(kql, 'name_not_plain')
  return name
}

/** A name, plain or in brackets. */
export function readName(kql: Reader): string {
  const quoted = readNameIf(kql)
  if (quoted !== undefined) return quoted
  if (peek(kql).kind !== 'word') fail(kql)
  return next(kql).text
}

/** What stands in `dynamic(…)`: JSON, with Kusto's own literals. */
export function readDynamic(kql: Reader): void {
  accept(kql, '-')
  const { kind, text } = next(kql)
  if (text === '[') readMembers(kql, ']', () => readDynamic(kql))
  else if (text === '{') readMembers(kql, '}', () => readMember(kql))
  else if (kind === 'word' ? !['true', 'false', 'null'].includes(text) : kind !== 'string' && kind !== 'number')
    fail(kql)
}

function readMember(kql: Reader): void {
  const { kind } = next(kql)
  if (kind !== 'string' && kind !== 'word') fail(kql)
  expect(kql, ':')
  readDynamic(kql)
}

function readMembers(kql: Reader, closing: string, item: () => void): void {
  if (accept(kql, closing)) return
  readList(kql, item)
  expect(kql, closing)
}
