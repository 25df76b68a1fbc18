import { accept, expect, fail, next, note, peek, readList, textAt } from '../reader.ts'
import { readColumn, readColumns, readPattern, readSchema } from './columns.ts'
import { readExpression, readItem } from './expression.ts'
import { kqlPlugins, lookupPlugins } from './functions.ts'
import { readName } from './literal.ts'
import type { Operator } from './operators-plain.ts'
import { allOf, anyRow, extended, merged, noRow, onlyThese, openRow, type Row, unlisted } from './row.ts'
import { addAll, asTable, compare, type Kql, type Names, type Pipe, readOptions } from './state.ts'

/** Operators with tables within. */
const join: Operator = (kql, pipe) => {
  readOptions(kql, true)
  const right = readTable(kql, pipe.names)
  const row = merged(pipe.row, right)
  if (accept(kql, 'on')) readList(kql, () => compare(kql, { ...pipe, row }, (place) => readExpression(kql, place)))
  return row
}

function readTable(kql: Kql, names: Names): Row {
  const place = { names, row: noRow, sink: new Set<string>() }
  return asTable(kql, names, readItem(kql, place))
}

/** A table, or a pattern of names, of which nobody can say what it will read. */
function readTables(kql: Kql, names: Names): Row {
  let row: Row | undefined
  readList(kql, () => {
    const table = isPattern(kql) ? readWildcard(kql, names) : readTable(kql, names)
    row = row === undefined ? table : merged(row, table)
  })
  return row ?? openRow
}

function isPattern(kql: Kql): boolean {
  return textAt(kql) === '*' || (textAt(kql, 1) === '*' && !peek(kql, 1).spaced)
}

function readWildcard(kql: Kql, names: Names): Row {
  note(kql, 'read', 'wildcard_table')
  kql.beyond = true
  const { name } = readPattern(kql, { names, row: noRow })
  kql.reads.add(name.toLowerCase())
  return openRow
}

const union: Operator = (kql, { names, row }) => {
  const named = readOptions(kql, true)
  const tables = readTables(kql, names)
  const all = row === noRow ? unlisted(tables) : merged(row, tables)
  return extended(
    all,
    named.map((name) => ({ name, mentions: [] })),
  )
}

/** Without tables named, `search` and `find` look through every table of the database. */
function readScope(kql: Kql, { names, row }: Pipe): void {
  readOptions(kql, true)
  if (accept(kql, 'in')) {
    expect(kql, '(')
    readTables(kql, names)
    expect(kql, ')')
  } else if (row === noRow) {
    note(kql, 'read', 'every_table')
    kql.beyond = true
  }
}

const search: Operator = (kql, pipe) => {
  readScope(kql, pipe)
  compare(kql, { ...pipe, row: openRow }, (place) => readExpression(kql, place))
  addAll(kql.compared, ['*'])
  addAll(kql.mentions, ['*'])
  return anyRow
}

const find: Operator = (kql, pipe) => {
  readScope(kql, pipe)
  const inner = { ...pipe, row: openRow }
  if (accept(kql, 'where') || textAt(kql) !== 'project') {
    compare(kql, inner, (place) => readExpression(kql, place))
  }
  if (accept(kql, 'project')) {
    readList(kql, () => {
      readColumns(kql, inner)
      if (accept(kql, ':')) next(kql)
    })
  }
  return anyRow
}

const evaluate: Operator = (kql, pipe) => {
  readOptions(kql, true)
  const name = readName(kql)
  if (!kqlPlugins.has(name)) note(kql, 'admin', 'plugin_not_allowed')
  compare(kql, pipe, (place) => {
    expect(kql, '(')
    if (accept(kql, ')')) return
    if (lookupPlugins.has(name)) {
      readTable(kql, pipe.names)
      if (textAt(kql) !== ')') expect(kql, ',')
    }
    readList(kql, () => {
      if (peek(kql).kind === 'word' && textAt(kql, 1) === '=') kql.at += 2
      readExpression(kql, place)
    })
    expect(kql, ')')
  })
  if (accept(kql, ':')) readSchema(kql)
  addAll(kql.mentions, ['*'])
  return anyRow
}

/** A function of the query's own with the rows so far as its first argument. */
const invoke: Operator = (kql, { names, row }) => {
  const name = textAt(kql)
  const bound = names.get(name)
  const rest = bound?.parameters && { ...bound, parameters: bound.parameters.slice(1) }
  const inner = new Map(names)
  if (rest !== undefined) inner.set(name, rest)
  const given = readItem(kql, { names: inner, row: noRow, sink: new Set() })
  if (given.name !== undefined) fail(kql)
  addAll(kql.mentions, allOf(row))
  return anyRow
}

/** `( operators )`: a pipeline that begins with the rows so far. */
export function readSub(kql: Kql, pipe: Pipe): Row {
  expect(kql, '(')
  const row = kql.operators(kql, pipe)
  expect(kql, ')')
  return row
}

const partition: Operator = (kql, pipe) => {
  readOptions(kql, true)
  expect(kql, 'by')
  addAll(kql.compared, readPattern(kql, pipe).mentions)
  return unlisted(readSub(kql, pipe))
}

const fork: Operator = (kql, pipe) => {
  do {
    if (textAt(kql, 1) === '=') kql.at += 2
    readSub(kql, pipe)
  } while (kql.refused === undefined && (textAt(kql) === '(' || textAt(kql, 1) === '='))
  return anyRow
}

const facet: Operator = (kql, pipe) => {
  expect(kql, 'by')
  const columns = readColumns(kql, pipe)
  for (const { mentions } of columns) addAll(kql.compared, mentions)
  if (accept(kql, 'with')) readSub(kql, pipe)
  return anyRow
}

const topNested: Operator = (kql, pipe) => {
  const mentions = new Set<string>()
  do addAll(mentions, readLevel(kql, pipe))
  while (accept(kql, ',', 'top', '-', 'nested'))
  addAll(kql.compared, mentions)
  return onlyThese([{ name: '', mentions: [...mentions] }], false)
}

/** `3 of a with others = "x" by count()`. */
function readLevel(kql: Kql, pipe: Pipe): readonly string[] {
  if (textAt(kql) !== 'of') compare(kql, pipe, (place) => readExpression(kql, place))
  expect(kql, 'of')
  const columns = [...readColumn(kql, pipe)]
  if (accept(kql, 'with', 'others', '=')) next(kql)
  expect(kql, 'by')
  columns.push(...readColumn(kql, pipe))
  if (!accept(kql, 'asc')) accept(kql, 'desc')
  return columns.flatMap((column) => column.mentions)
}

/** Operators with a table or a pipeline within, and those that can begin one. */
export const nestedOperators: Readonly<Record<string, Operator>> = {
  join,
  lookup: join,
  union,
  search,
  find,
  evaluate,
  invoke,
  partition,
  fork,
  facet,
  'top-nested': topNested,
}
