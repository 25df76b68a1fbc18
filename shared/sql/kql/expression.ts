import { accept, expect, fail, next, peek, textAt } from '../reader.ts'
import { readCall } from './call.ts'
import { readDynamic, readName, readNameIf, textOf } from './literal.ts'
import { resolve } from './row.ts'
import { addAll, asTable, type Kql, noteOperand, type Operand, type Place, readPipes } from './state.ts'
import { isSource } from './words.ts'

const wordJoins = ['has', 'hasprefix', 'hassuffix', 'contains', 'startswith', 'endswith'].flatMap((word) =>
  ['', '_cs'].flatMap((end) => [`${word}${end}`, `!${word}${end}`, `not${word}${end}`]),
)
const joins: ReadonlySet<string> = new Set([
  ...'== != <> < <= > >= =~ !~ + - * / % and or : .. like notlike like_cs notlike_cs'.split(' '),
  ...wordJoins,
])
const listJoins: ReadonlySet<string> = new Set('in in~ !in !in~ has_any has_all'.split(' '))

/** Reads an expression and notes the columns that it mentions. */
export function readExpression(kql: Kql, place: Place): void {
  noteOperand(readItem(kql, place), place)
}

/** Reads an expression; where it is a single operand it comes back, and whoever asked says whether it is a table. */
export function readItem(kql: Kql, place: Place): Operand {
  const first = readOperand(kql, place)
  let joined = false
  while (readJoin(kql, place)) joined = true
  if (!joined) return first
  noteOperand(first, place)
  return {}
}

function readJoin(kql: Kql, place: Place): boolean {
  const join = textAt(kql)
  if (listJoins.has(join)) {
    next(kql)
    readAmong(kql, place)
    return true
  }
  if (join === 'between' || join === '!between') next(kql)
  else if (join === 'matches') expect(kql, 'matches', 'regex')
  else if (joins.has(join)) next(kql)
  else return false
  noteOperand(readOperand(kql, place), place)
  return true
}

/** What a value is looked for among: a list, a table in brackets, or one name that may be either. */
function readAmong(kql: Kql, place: Place): void {
  if (textAt(kql) !== '(') noteAmong(kql, place, readOperand(kql, place))
  else if (!accept(kql, '(', ')')) readList(kql, place)
}

function readList(kql: Kql, place: Place): void {
  expect(kql, '(')
  const only = readInner(kql, place)
  if (textAt(kql) === ',') noteOperand(only, place)
  else noteAmong(kql, place, only)
  while (accept(kql, ',')) readExpression(kql, place)
  expect(kql, ')')
}

/** A name that nobody bound and that is no column of the query's own making may be a table of the database. */
function noteAmong(kql: Kql, place: Place, only: Operand): void {
  noteOperand(only, place)
  if (only.name === undefined || place.row.made.has(only.name)) return
  noteOperand({ row: asTable(kql, place.names, only) }, place)
}

/** What stands in brackets: a pipeline, or an expression. */
function readInner(kql: Kql, place: Place): Operand {
  if (isSource(kql)) return { row: kql.tabular(kql, place.names) }
  const item = readItem(kql, place)
  if (textAt(kql) !== '|') return item
  return { row: readPipes(kql, { names: place.names, row: asTable(kql, place.names, item) }) }
}

function readOperand(kql: Kql, place: Place): Operand {
  let signed = false
  while (accept(kql, '-') || accept(kql, '+')) signed = true
  const operand = readSteps(kql, place, readPrimary(kql, place))
  if (!signed) return operand
  noteOperand(operand, place)
  return {}
}

function readPrimary(kql: Kql, place: Place): Operand {
  const { kind, text } = peek(kql)
  if (kind === 'word') return readWordOperand(kql, place)
  const quoted = readNameIf(kql)
  if (quoted !== undefined) return { name: quoted, label: quoted }
  next(kql)
  if (kind === 'number') return {}
  if (kind === 'string') {
    while (peek(kql).kind === 'string') next(kql)
    return {}
  }
  if (text === '*') {
    addAll(place.sink, resolve(place.row, '*'))
    return {}
  }
  return readGroup(kql, place, text)
}

function readGroup(kql: Kql, place: Place, opening: string): Operand {
  if (opening !== '(') {
    fail(kql)
    return {}
  }
  const inner = readInner(kql, place)
  const isTuple = textAt(kql) === ','
  if (isTuple) noteOperand(inner, place)
  while (accept(kql, ',')) readExpression(kql, place)
  expect(kql, ')')
  return isTuple ? {} : inner
}

function readWordOperand(kql: Kql, place: Place): Operand {
  if (accept(kql, 'dynamic', '(')) {
    readDynamic(kql)
    expect(kql, ')')
    return {}
  }
  if (textAt(kql, 1) === '(') return readCall(kql, place, { readItem, readExpression })
  const name = readName(kql)
  if (name === 'true' || name === 'false' || name === 'null') return {}
  return { name, label: name }
}

/** Members behind a dot or in brackets: every part of the path is mentioned. */
function readSteps(kql: Kql, place: Place, start: Operand): Operand {
  let operand = start
  while (textAt(kql) === '.' || (textAt(kql) === '[' && start.row === undefined)) {
    operand = readStep(kql, place, operand)
  }
  return operand
}

function readStep(kql: Kql, place: Place, operand: Operand): Operand {
  const side = operand.name === '$left' || operand.name === '$right'
  if (!side) noteOperand(operand, place)
  if (!accept(kql, '.')) {
    readIndex(kql, place)
    return {}
  }
  const member = readName(kql)
  addAll(place.sink, side ? resolve(place.row, member) : [member.toLowerCase()])
  if (operand.label === undefined) return {}
  return { label: side ? member : `${operand.label}_${member}` }
}

function readIndex(kql: Kql, place: Place): void {
  expect(kql, '[')
  const { kind } = peek(kql)
  const isConstant = textAt(kql, 1) === ']'
  if (isConstant && kind === 'string') place.sink.add(textOf(next(kql))?.toLowerCase() ?? '*')
  else if (isConstant && kind === 'number') next(kql)
  else {
    readExpression(kql, place)
    place.sink.add('*')
  }
  expect(kql, ']')
}
