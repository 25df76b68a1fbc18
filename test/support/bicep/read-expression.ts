/**
 * Expressions of Bicep with its precedence. The grammar of tree-sitter binds lambdas, members and choices otherwise than
 * Bicep does, so it judges whether a file can be read, and this reads what it means.
 */
import { type Cursor, complain, expect, lineHere, match, skip, take } from './cursor.ts'
import type { Expression } from './expression.ts'
import { readArray, readObject } from './read-collection.ts'
import { readLongString, readString } from './read-string.ts'

/** Reads the expression that begins here. What is not understood is noted in the cursor's faults. */
export function readExpression(cursor: Cursor): Expression {
  const condition = readBinary(cursor, 0)
  if (!takeChoice(cursor, '?')) return condition
  const yes = readExpression(cursor)
  if (!takeChoice(cursor, ':')) complain(cursor, ': is missing')
  return { kind: 'choice', condition, yes, no: readExpression(cursor), line: condition.line }
}

/** `?` and `:` may begin a line of their own; `?.` and `??` are none. */
function takeChoice(cursor: Cursor, sign: string): boolean {
  const before = cursor.at
  skip(cursor)
  const isThere = cursor.text[cursor.at] === sign && !['?', '.'].includes(cursor.text[cursor.at + 1] ?? '')
  cursor.at = isThere ? cursor.at + 1 : before
  return isThere
}

/** Weakest first. */
const levels: readonly (readonly string[])[] = [
  ['??'],
  ['||'],
  ['&&'],
  ['==', '!=', '=~', '!~'],
  ['<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/', '%'],
]

function readBinary(cursor: Cursor, level: number): Expression {
  const operators = levels[level]
  if (operators === undefined) return readUnary(cursor)
  let left = readBinary(cursor, level + 1)
  for (let operator = takeOperator(cursor, operators); operator !== null; operator = takeOperator(cursor, operators)) {
    skip(cursor)
    left = { kind: 'operation', operator, operands: [left, readBinary(cursor, level + 1)], line: left.line }
  }
  return left
}

/** A minus that begins a line is the sign of what follows. */
function takeOperator(cursor: Cursor, operators: readonly string[]): string | null {
  const isMinus = operators.includes('-')
  return operators.find((operator) => take(cursor, operator, !isMinus)) ?? null
}

function readUnary(cursor: Cursor): Expression {
  skip(cursor)
  const line = lineHere(cursor)
  const number = match(cursor, /-?\d+/y)
  if (number !== null) return { kind: 'number', value: Number(number[0]), line }
  const operator = match(cursor, /[!-]/y)?.[0]
  if (operator !== undefined) return { kind: 'operation', operator, operands: [readUnary(cursor)], line }
  return readAccesses(cursor, readPrimary(cursor))
}

const lambda = /(?:([A-Za-z_]\w*)|\(\s*([A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)?\s*\))\s*=>/y
const literals: Readonly<Record<string, (line: number) => Expression>> = {
  true: (line) => ({ kind: 'boolean', value: true, line }),
  false: (line) => ({ kind: 'boolean', value: false, line }),
  null: (line) => ({ kind: 'null', line }),
}
const beginnings: readonly (readonly [sign: string, read: (cursor: Cursor) => Expression])[] = [
  ["'''", readLongString],
  ["'", (cursor) => readString(cursor, readExpression)],
  ['[', (cursor) => readArray(cursor, readExpression)],
  ['{', (cursor) => readObject(cursor, readExpression)],
  ['(', readParenthesis],
]

function readPrimary(cursor: Cursor): Expression {
  const line = lineHere(cursor)
  const made = match(cursor, lambda)
  if (made !== null) {
    const names = (made[1] ?? made[2] ?? '').split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]))
    return { kind: 'lambda', names, body: readExpression(cursor), line }
  }
  const begun = beginnings.find(([sign]) => cursor.text.startsWith(sign, cursor.at))
  return begun === undefined ? readWord(cursor) : begun[1](cursor)
}

function readParenthesis(cursor: Cursor): Expression {
  expect(cursor, '(')
  const inner = readExpression(cursor)
  expect(cursor, ')')
  return inner
}

function readWord(cursor: Cursor): Expression {
  const line = lineHere(cursor)
  const name = match(cursor, /[A-Za-z_]\w*/y)?.[0]
  if (name === undefined) {
    complain(cursor, 'a value is missing')
    return { kind: 'unknown', text: match(cursor, /[^\n]{0,40}/y)?.[0] ?? '', line }
  }
  const literal = literals[name]
  if (literal !== undefined) return literal(line)
  const args = readArguments(cursor)
  return args === null ? { kind: 'name', name, line } : { kind: 'call', of: null, name, args, line }
}

function readArguments(cursor: Cursor): Expression[] | null {
  if (!take(cursor, '(', false)) return null
  const args: Expression[] = []
  while (!take(cursor, ')') && cursor.at < cursor.text.length) {
    args.push(readExpression(cursor))
    take(cursor, ',')
  }
  return args
}

/** `.name`, `.?name`, `[index]`, `::nested`, `!` and calls of methods, as many as follow on this line. */
function readAccesses(cursor: Cursor, of: Expression): Expression {
  const next = readAccess(cursor, of)
  return next === null ? of : readAccesses(cursor, next)
}

function readAccess(cursor: Cursor, of: Expression): Expression | null {
  if (match(cursor, /!(?![=~])/y) !== null) return { ...of }
  const { line } = of
  const member = match(cursor, /\.(\??)\s*([A-Za-z_]\w*)/y)
  if (member !== null) {
    const [, safe, name = ''] = member
    const args = readArguments(cursor)
    return args === null
      ? { kind: 'member', of, name, isSafe: safe === '?', line }
      : { kind: 'call', of, name, args, line }
  }
  const nested = match(cursor, /::([A-Za-z_]\w*)/y)
  if (nested !== null) return { kind: 'nested', of, name: nested[1] ?? '', line }
  if (match(cursor, /\[\??/y) === null) return null
  const index = readExpression(cursor)
  expect(cursor, ']')
  return { kind: 'index', of, index, line }
}
