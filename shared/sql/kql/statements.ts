import { accept, closes, expect, fail, isAtEnd, next, note, peek, textAt } from '../reader.ts'
import { readItem } from './expression.ts'
import { kqlSettings } from './functions.ts'
import { readName } from './literal.ts'
import { makingOperators, readDefaults } from './operators-making.ts'
import { nestedOperators } from './operators-nested.ts'
import { type Operator, plainOperators } from './operators-plain.ts'
import { allOf, anyRow, noRow, type Row } from './row.ts'
import { asTable, type Bound, type Kql, type Names, noteOperand, type Pipe, readPipes, show } from './state.ts'
import { isSource } from './words.ts'

const operators = new Map<string, Operator>(
  Object.entries({ ...plainOperators, ...nestedOperators, ...makingOperators }),
)

/** Reads an operator by its name, which may have a hyphen, and those behind it. */
export function readOperators(kql: Kql, { names, row }: Pipe): Row {
  let rows = row
  do rows = readOperator(kql, { names, row: rows })
  while (accept(kql, '|'))
  return rows
}

function readOperator(kql: Kql, pipe: Pipe): Row {
  let name = next(kql).text
  while (textAt(kql) === '-' && !peek(kql).spaced && !peek(kql, 1).spaced) name += next(kql).text + next(kql).text
  const operator = operators.get(name)
  if (operator === undefined) fail(kql, 'operator_not_listed')
  return operator?.(kql, pipe) ?? pipe.row
}

/** Reads a table and the operators behind it. */
export function readTabular(kql: Kql, names: Names): Row {
  if (isSource(kql)) return readOperators(kql, { names, row: noRow })
  const item = readItem(kql, { names, row: noRow, sink: new Set() })
  return readPipes(kql, { names, row: asTable(kql, names, item) })
}

/** Reads statements with semicolons between them; those that give an answer are counted. */
export function readStatements(kql: Kql, names: Names): void {
  while (!isAtEnd(kql)) {
    if (accept(kql, ';')) continue
    readStatement(kql, names)
    if (!isAtEnd(kql)) expect(kql, ';')
  }
}

function readStatement(kql: Kql, names: Names): void {
  const word = textAt(kql)
  const begins = peek(kql, 1).kind === 'word'
  if (word === '.') fail(kql, 'command_joined')
  else if (accept(kql, 'let')) readLet(kql, names)
  else if (word === 'set' && begins) readSetting(kql)
  else if (accept(kql, 'declare', 'query_parameters')) readParameters(kql, names)
  else if (begins && ['alias', 'restrict', 'declare'].includes(word)) fail(kql, 'statement_not_listed')
  else readAnswer(kql, names)
}

function readAnswer(kql: Kql, names: Names): void {
  kql.statements += 1
  const row = readTabular(kql, names)
  for (const mention of allOf(row)) kql.mentions.add(mention)
  const isListed = row.closed && row.listed
  kql.outputs = isListed ? [...row.made.values()].map((mentions) => ({ mentions })) : null
  kql.names = isListed ? [...row.made.keys()].map((name) => (/^[A-Za-z_]\w*$/.test(name) ? name : null)) : null
}

/** One that nobody listed may change what the text means. */
function readSetting(kql: Kql): void {
  expect(kql, 'set')
  if (!kqlSettings.has(next(kql).text)) note(kql, 'admin', 'set_setting')
  if (!accept(kql, '=')) return
  accept(kql, '-')
  const { kind } = next(kql)
  if (kind !== 'word' && kind !== 'number' && kind !== 'string') fail(kql)
}

function readParameters(kql: Kql, names: Names): void {
  for (const name of readDefaults(kql)) names.set(name, { mentions: [] })
}

function readLet(kql: Kql, names: Names): void {
  const name = readName(kql)
  expect(kql, '=')
  const isFunction = isLambda(kql)
  names.set(name, isFunction ? readLambda(kql, names) : readValue(kql, names))
}

/** A value or a table. */
function readValue(kql: Kql, names: Names): Bound {
  if (isSource(kql)) return { row: readTabular(kql, names), mentions: [] }
  let bound: Bound | undefined
  const mentions = show(kql, { names, row: noRow }, (place) => {
    const item = readItem(kql, place)
    const known = item.name === undefined ? undefined : names.get(item.name)
    if (known !== undefined && known.row === undefined) bound = known
    const isTable = item.row !== undefined || (item.name !== undefined && bound === undefined)
    if (isTable) bound = { row: readPipes(kql, { names, row: asTable(kql, names, item) }), mentions: [] }
    else noteOperand(item, place)
  })
  return bound ?? { mentions }
}

/** `(a:int, T:(*)) { … }`, perhaps with `view` before it. */
function isLambda(kql: Kql): boolean {
  const start = textAt(kql) === 'view' ? 1 : 0
  if (textAt(kql, start) !== '(') return false
  let depth = 0
  for (let ahead = start; peek(kql, ahead).text !== ''; ahead += 1) {
    const text = textAt(kql, ahead)
    if (text === '(') depth += 1
    if (text === ')') depth -= 1
    if (depth === 0) return textAt(kql, ahead + 1) === '{'
  }
  return false
}

function readLambda(kql: Kql, outer: Names): Bound {
  accept(kql, 'view')
  const names = new Map(outer)
  const parameters: boolean[] = []
  expect(kql, '(')
  while (!closes(kql, ')')) {
    parameters.push(readParameter(kql, names))
    if (textAt(kql) !== ')') expect(kql, ',')
  }
  expect(kql, '{')
  while (textAt(kql) === 'let' || textAt(kql) === 'set' || textAt(kql) === 'declare') {
    readStatement(kql, names)
    expect(kql, ';')
  }
  const body = readValue(kql, names)
  accept(kql, ';')
  expect(kql, '}')
  const { row, mentions } = body
  return row === undefined ? { mentions, parameters } : { row, mentions, parameters }
}

/** A table that is handed in may have any column under any name. */
function readParameter(kql: Kql, names: Names): boolean {
  const name = readName(kql)
  expect(kql, ':')
  const isTable = accept(kql, '(')
  if (isTable) while (!closes(kql, ')')) next(kql)
  else if (next(kql).kind !== 'word') fail(kql)
  if (accept(kql, '=')) readValue(kql, names)
  names.set(name, isTable ? { row: anyRow, mentions: [] } : { mentions: [] })
  return isTable
}
