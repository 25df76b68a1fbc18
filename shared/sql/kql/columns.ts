import { accept, expect, fail, next, peek, readList, textAt } from '../reader.ts'
import { readItem } from './expression.ts'
import { readName, readNameIf } from './literal.ts'
import { type Column, resolve } from './row.ts'
import { addAll, type Kql, noteOperand, type Pipe, show } from './state.ts'

/** Reads `a = expr`, `(a, b) = expr` or `expr` as one column, or as many as are named. */
export function readColumn(kql: Kql, pipe: Pipe): readonly Column[] {
  const names = readTargets(kql)
  let label: string | undefined
  const mentions = show(kql, pipe, (place) => {
    const item = readItem(kql, place)
    label = item.label
    noteOperand(item, place)
  })
  return (names ?? [label ?? `?${kql.at}`]).map((name) => ({ name, mentions }))
}

/** Reads columns with commas between them. */
export function readColumns(kql: Kql, pipe: Pipe): readonly Column[] {
  const columns: Column[] = []
  readList(kql, () => columns.push(...readColumn(kql, pipe)))
  return columns
}

/** Whether each of these columns is one column of the answer; what gives many has no label. */
export function areSingle(columns: readonly Column[]): boolean {
  return columns.every(({ name }) => name !== '')
}

/** Names before `=`, or undefined where nothing is assigned. */
function readTargets(kql: Kql): readonly string[] | undefined {
  if (textAt(kql) === '(') return readTuple(kql)
  const ahead = textAt(kql) === '[' ? 3 : 1
  if (textAt(kql, ahead) !== '=') return undefined
  const name = readName(kql)
  expect(kql, '=')
  return [name]
}

function readTuple(kql: Kql): readonly string[] | undefined {
  const start = kql.at
  const names: string[] = []
  do {
    next(kql)
    names.push(readNameIf(kql) ?? next(kql).text)
  } while (textAt(kql) === ',')
  if (accept(kql, ')', '=')) return names
  kql.at = start
  return undefined
}

/** One name, or a pattern of names with `*` in it. */
export function readPattern(kql: Kql, pipe: Pipe): Column {
  let name = ''
  do name += readNameIf(kql) ?? next(kql).text
  while (!peek(kql).spaced && (textAt(kql) === '*' || (name.endsWith('*') && peek(kql).kind === 'word')))
  if (!/^[^,|;(){}]+$/.test(name)) fail(kql)
  const mentions = resolve(pipe.row, name.includes('*') ? '*' : name)
  return { name, mentions }
}

export function readPatterns(kql: Kql, pipe: Pipe): readonly Column[] {
  const columns: Column[] = []
  readList(kql, () => {
    columns.push(readPattern(kql, pipe))
    const order = textAt(kql)
    if (order.endsWith('asc') || order.endsWith('desc')) next(kql)
  })
  return columns
}

/** `(a:string, ['b c']:long, *)`: the names. */
export function readSchema(kql: Kql): readonly string[] {
  const names: string[] = []
  expect(kql, '(')
  if (accept(kql, ')')) return names
  readList(kql, () => {
    if (accept(kql, '*')) return
    names.push(readName(kql))
    expect(kql, ':')
    if (next(kql).kind !== 'word') fail(kql)
  })
  expect(kql, ')')
  return names
}

export function noteShown(kql: Kql, columns: readonly Column[]): void {
  for (const { mentions } of columns) addAll(kql.mentions, mentions)
}
