import { accept, expect, fail, next, peek, readList, textAt } from '../reader.ts'
import { areSingle, noteShown, readColumns, readPatterns } from './columns.ts'
import { readExpression } from './expression.ts'
import { allOf, extended, onlyThese, type Row, resolve, unlisted } from './row.ts'
import { addAll, compare, type Kql, type Pipe, readOptions, skipGroup } from './state.ts'

/** An operator behind a bar: reads what follows its name and answers what is known of the rows that it gives. */
export type Operator = (kql: Kql, pipe: Pipe) => Row

const where: Operator = (kql, pipe) => {
  compare(kql, pipe, (place) => readExpression(kql, place))
  return pipe.row
}

const project: Operator = (kql, pipe) => {
  const columns = readColumns(kql, pipe)
  return onlyThese(columns, areSingle(columns))
}

const extend: Operator = (kql, pipe) => {
  const columns = readColumns(kql, pipe)
  const row = extended(pipe.row, columns)
  return areSingle(columns) ? row : unlisted(row)
}

const serialize: Operator = (kql, pipe) =>
  ['|', ';', ')', '}', ''].includes(textAt(kql)) ? pipe.row : extend(kql, pipe)

const rename: Operator = (kql, pipe) => unlisted(extended(pipe.row, readColumns(kql, pipe)))

const away: Operator = (kql, pipe) => {
  const gone = readPatterns(kql, pipe)
  const made = new Map(pipe.row.made)
  for (const { name } of gone) made.delete(name)
  const listed = pipe.row.listed && gone.every(({ name }) => !name.includes('*'))
  return { ...pipe.row, made: pipe.row.closed && listed ? made : pipe.row.made, listed }
}

const keep: Operator = (kql, pipe) => {
  const columns = readPatterns(kql, pipe)
  noteShown(kql, columns)
  return columns.some(({ name }) => name.includes('*')) ? unlisted(pipe.row) : onlyThese(columns, false)
}

const reorder: Operator = (kql, pipe) => {
  readPatterns(kql, pipe)
  return unlisted(pipe.row)
}

const distinct: Operator = (kql, pipe) => {
  readOptions(kql)
  if (accept(kql, '*')) {
    addAll(kql.compared, allOf(pipe.row))
    return pipe.row
  }
  const columns = readColumns(kql, pipe)
  addAll(
    kql.compared,
    columns.flatMap(({ mentions }) => mentions),
  )
  return onlyThese(columns, areSingle(columns))
}

/** Groups stand before what is computed of them. */
const summarize: Operator = (kql, pipe) => {
  readOptions(kql)
  const computed = textAt(kql) === 'by' ? [] : readColumns(kql, pipe)
  const groups = accept(kql, 'by') ? readColumns(kql, pipe) : []
  addAll(
    kql.compared,
    groups.flatMap(({ mentions }) => mentions),
  )
  const columns = [...groups, ...computed]
  return onlyThese(columns, areSingle(columns))
}

const take: Operator = (kql, pipe) => {
  compare(kql, pipe, (place) => readExpression(kql, place))
  return pipe.row
}

function readOrder(kql: Kql, pipe: Pipe): void {
  readList(kql, () => {
    compare(kql, pipe, (place) => readExpression(kql, place))
    if (!accept(kql, 'asc')) accept(kql, 'desc')
    if (accept(kql, 'nulls') && !accept(kql, 'first')) expect(kql, 'last')
  })
}

const sort: Operator = (kql, pipe) => {
  readOptions(kql)
  expect(kql, 'by')
  readOrder(kql, pipe)
  return pipe.row
}

const top: Operator = (kql, pipe) => {
  readOptions(kql)
  take(kql, pipe)
  return sort(kql, pipe)
}

const sampleDistinct: Operator = (kql, pipe) => {
  take(kql, pipe)
  expect(kql, 'of')
  return distinct(kql, pipe)
}

const topHitters: Operator = (kql, pipe) => {
  const row = sampleDistinct(kql, pipe)
  if (accept(kql, 'by')) readOrder(kql, pipe)
  return unlisted(extended(row, [{ name: 'approximate_count', mentions: [] }]))
}

const count: Operator = (kql) => {
  const name = accept(kql, 'as') ? next(kql).text : 'Count'
  return onlyThese([{ name, mentions: [] }])
}

const schema: Operator = () =>
  onlyThese(['ColumnName', 'ColumnOrdinal', 'DataType', 'ColumnType'].map((name) => ({ name, mentions: [] })))

const as: Operator = (kql, { names, row }) => {
  readOptions(kql)
  const { kind, text } = next(kql)
  if (kind !== 'word') fail(kql)
  names.set(text, { row, mentions: [] })
  return row
}

/** How an answer is drawn is nothing to the rows. */
const render: Operator = (kql, { row }) => {
  next(kql)
  if (accept(kql, 'with')) {
    expect(kql, '(')
    skipGroup(kql, ')')
  }
  while (peek(kql).kind === 'word' && textAt(kql, 1) === '=') {
    kql.at += 3
    accept(kql, ',')
  }
  return row
}

const consume: Operator = (kql, { row }) => {
  readOptions(kql)
  return row
}

const reduce: Operator = (kql, pipe) => {
  readOptions(kql)
  expect(kql, 'by')
  const mentions = compare(kql, pipe, (place) => readExpression(kql, place))
  if (accept(kql, 'with')) readColumns(kql, pipe)
  return onlyThese([{ name: '', mentions: [...mentions, ...resolve(pipe.row, '*')] }], false)
}

/** Operators that stand by themselves: no table and no pipeline within. */
export const plainOperators: Readonly<Record<string, Operator>> = {
  where,
  filter: where,
  project,
  extend,
  serialize,
  'project-rename': rename,
  'project-away': away,
  'project-keep': keep,
  'project-reorder': reorder,
  distinct,
  summarize,
  take,
  limit: take,
  sample: take,
  sort,
  order: sort,
  top,
  'sample-distinct': sampleDistinct,
  'top-hitters': topHitters,
  count,
  getschema: schema,
  as,
  render,
  consume,
  reduce,
}
