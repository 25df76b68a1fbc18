import { accept, expect, fail, isAtEnd, next, note, peek, readList, textAt } from '../reader.ts'
import { readColumn, readColumns, readSchema } from './columns.ts'
import { readExpression } from './expression.ts'
import { readDynamic, readName, readNameIf } from './literal.ts'
import { readSub } from './operators-nested.ts'
import type { Operator } from './operators-plain.ts'
import { anyRow, type Column, extended, merged, noRow, onlyThese, openRow, unlisted } from './row.ts'
import { addAll, compare, type Kql, type Pipe, readOptions, show, skipGroup } from './state.ts'

const expand: Operator = (kql, pipe) => {
  const indexes = readOptions(kql, true).map((name) => ({ name, mentions: [] }))
  const row = unlisted(extended(pipe.row, [...indexes, ...readExpanded(kql, pipe)]))
  if (!accept(kql, 'on')) return row
  return merged(row, readSub(kql, { ...pipe, row }))
}

/** Columns taken apart; how many rows come of it tells of them. */
function readExpanded(kql: Kql, pipe: Pipe): readonly Column[] {
  const columns: Column[] = []
  readList(kql, () => {
    columns.push(...readColumn(kql, pipe))
    if (accept(kql, 'to')) {
      expect(kql, 'typeof', '(')
      next(kql)
      expect(kql, ')')
    }
  })
  addAll(
    kql.compared,
    columns.flatMap(({ mentions }) => mentions),
  )
  if (accept(kql, 'limit')) next(kql)
  return columns
}

/** Columns cut out of one; `filters` where rows that do not fit are dropped. */
function parser(filters: boolean): Operator {
  return (kql, pipe) => {
    readOptions(kql, true)
    const note = filters ? compare : show
    const mentions = note(kql, pipe, (place) => readExpression(kql, place))
    const names = accept(kql, 'as') ? readSchema(kql) : readTemplate(kql)
    if (accept(kql, 'with')) {
      expect(kql, '(')
      skipGroup(kql, ')')
    }
    const made = names.map((name) => ({ name, mentions }))
    return unlisted(extended(pipe.row, made))
  }
}

/** `with * "text" name:type …`: the names. */
function readTemplate(kql: Kql): readonly string[] {
  const names: string[] = []
  expect(kql, 'with')
  while (!isAtEnd(kql) && !['|', ';', ')', '}'].includes(textAt(kql))) {
    const quoted = readNameIf(kql)
    const { kind, text } = quoted === undefined ? next(kql) : { kind: 'word', text: quoted }
    if (kind === 'word') names.push(text)
    else if (kind !== 'string' && text !== '*' && text !== ':') fail(kql)
  }
  return names
}

const makeSeries: Operator = (kql, pipe) => {
  readOptions(kql, true)
  const computed: Column[] = []
  readList(kql, () => {
    computed.push(...readColumn(kql, pipe))
    if (accept(kql, 'default', '=')) show(kql, pipe, (place) => readExpression(kql, place))
  })
  expect(kql, 'on')
  const axis = readColumn(kql, pipe)
  if (accept(kql, 'in')) compare(kql, pipe, (place) => readExpression(kql, place))
  for (const word of ['from', 'to', 'step']) {
    if (accept(kql, word)) compare(kql, pipe, (place) => readExpression(kql, place))
  }
  const groups = accept(kql, 'by') ? readColumns(kql, pipe) : []
  const columns = [...groups, ...axis, ...computed]
  addAll(
    kql.compared,
    [...groups, ...axis].flatMap(({ mentions }) => mentions),
  )
  return onlyThese(columns, false)
}

const scan: Operator = (kql, pipe) => {
  readOptions(kql, true)
  if (accept(kql, 'declare')) readDefaults(kql)
  expect(kql, 'with', '(')
  while (accept(kql, 'step')) readStep(kql, { ...pipe, row: unlisted(merged(pipe.row, openRow)) })
  expect(kql, ')')
  return anyRow
}

/** `step name optional output=all: condition => a = expr, b = expr;` */
function readStep(kql: Kql, pipe: Pipe): void {
  readName(kql)
  accept(kql, 'optional')
  if (accept(kql, 'output', '=')) next(kql)
  expect(kql, ':')
  compare(kql, pipe, (place) => readExpression(kql, place))
  if (accept(kql, '=>')) for (const { mentions } of readColumns(kql, pipe)) addAll(kql.compared, mentions)
  expect(kql, ';')
}

/** `(a:string, b:long = 0)`: the names. */
export function readDefaults(kql: Kql): readonly string[] {
  const names: string[] = []
  expect(kql, '(')
  if (accept(kql, ')')) return names
  readList(kql, () => {
    names.push(readName(kql))
    expect(kql, ':')
    if (next(kql).kind !== 'word') fail(kql)
    if (accept(kql, '=')) show(kql, { names: new Map(), row: noRow }, (place) => readExpression(kql, place))
  })
  expect(kql, ')')
  return names
}

const print: Operator = (kql, pipe) => onlyThese(readColumns(kql, pipe))

const range: Operator = (kql, pipe) => {
  const name = readName(kql)
  for (const word of ['from', 'to', 'step']) {
    expect(kql, word)
    compare(kql, pipe, (place) => readExpression(kql, place))
  }
  return onlyThese([{ name, mentions: [] }])
}

const datatable: Operator = (kql) => {
  const columns = readSchema(kql).map((name) => ({ name, mentions: [] }))
  expect(kql, '[')
  while (!isAtEnd(kql) && !accept(kql, ']')) {
    if (accept(kql, 'dynamic', '(')) {
      readDynamic(kql)
      expect(kql, ')')
    } else readDynamic(kql)
    if (textAt(kql) !== ']') expect(kql, ',')
  }
  return onlyThese(columns)
}

/** Rows from files at an address that the query names. */
const externaldata: Operator = (kql) => {
  note(kql, 'read', 'externaldata')
  readSchema(kql)
  expect(kql, '[')
  readList(kql, () => {
    if (peek(kql).kind !== 'string') fail(kql)
    while (peek(kql).kind === 'string') next(kql)
  })
  expect(kql, ']')
  if (accept(kql, 'with')) {
    expect(kql, '(')
    skipGroup(kql, ')')
  }
  return anyRow
}

/** Operators that make columns or rows. */
export const makingOperators: Readonly<Record<string, Operator>> = {
  'mv-apply': expand,
  'mv-expand': expand,
  mvexpand: expand,
  parse: parser(false),
  'parse-kv': parser(false),
  'parse-where': parser(true),
  'make-series': makeSeries,
  scan,
  print,
  range,
  datatable,
  externaldata,
}
