import { accept, closes, expect, fail, next, note, peek, readList, textAt } from '../reader.ts'
import { givesMany, kqlFunctions, namesFirst } from './functions.ts'
import { readName, textOf } from './literal.ts'
import { anyRow, openRow, type Row } from './row.ts'
import { addAll, type Bound, type Kql, noteOperand, type Operand, type Place } from './state.ts'

/** How expressions are read, handed in by who reads them. */
export interface Readers {
  readonly readItem: (kql: Kql, place: Place) => Operand
  readonly readExpression: (kql: Kql, place: Place) => void
}

/** Functions that stand for something beyond this database, by the danger that each is. */
const elsewhere: Readonly<Record<string, string>> = {
  cluster: 'cluster',
  workspace: 'cross_workspace',
  app: 'cross_workspace',
  resource: 'cross_workspace',
  adx: 'cluster',
  arg: 'cluster',
}
const tables: Readonly<Record<string, string | undefined>> = {
  table: undefined,
  materialized_view: undefined,
  external_table: 'external_table',
  stored_query_result: 'stored_query_result',
}

/** Reads a call: of a table, of another database, of a function of the query's own, or of a built-in. */
export function readCall(kql: Kql, place: Place, readers: Readers): Operand {
  const name = readName(kql)
  const bound = place.names.get(name)
  if (bound?.parameters !== undefined) return readOwn(kql, place, { ...readers, bound })
  if (name === 'database' || Object.hasOwn(elsewhere, name)) return { row: readElsewhere(kql, name) }
  if (Object.hasOwn(tables, name)) return { row: readTable(kql, name) }
  if (name === 'materialize' || name === 'toscalar') return readMaterialized(kql, place, name)
  if (name === 'typeof') return readType(kql)
  if (!kqlFunctions.has(name)) return readUnknown(kql, place, { ...readers, name })
  return readBuiltIn(kql, place, { ...readers, name })
}

/** `table('T')` and its like. A name that is not written there can be any. */
function readTable(kql: Kql, kind: string, qualifier = ''): Row {
  const danger = tables[kind]
  if (danger !== undefined) note(kql, 'read', danger)
  // What was kept from another query may hold anything.
  if (kind === 'stored_query_result') kql.beyond = true
  const [name] = readConstants(kql)
  if (name === undefined) fail(kql, 'name_not_constant')
  else kql.reads.add(`${qualifier}${name}`.toLowerCase())
  return openRow
}

/** `cluster('c').database('d').T` and its like: an object by its qualified name. */
function readElsewhere(kql: Kql, first: string): Row {
  const parts = [readDatabase(kql, first)]
  while (textAt(kql) === 'database' && textAt(kql, 1) === '(') parts.push(readDatabase(kql, readName(kql)))
  const qualifier = `${parts.join('.')}.`
  if (Object.hasOwn(tables, textAt(kql)) && textAt(kql, 1) === '(') return readTable(kql, readName(kql), qualifier)
  kql.reads.add(`${qualifier}${readName(kql)}`.toLowerCase())
  if (textAt(kql) !== '(') return openRow
  note(kql, 'read', 'unknown_function')
  kql.beyond = true
  readConstants(kql)
  return anyRow
}

function readDatabase(kql: Kql, kind: string): string {
  const danger = elsewhere[kind]
  if (danger !== undefined) note(kql, 'read', danger)
  const [name] = readConstants(kql)
  if (name === undefined) fail(kql, 'name_not_constant')
  expect(kql, '.')
  return name ?? ''
}

/** Arguments that are constants; anything else makes the name one that nobody can say. */
function readConstants(kql: Kql): readonly (string | undefined)[] {
  const found: (string | undefined)[] = []
  expect(kql, '(')
  if (accept(kql, ')')) return found
  readList(kql, () => {
    const token = next(kql)
    if (token.kind !== 'string' && token.kind !== 'number') fail(kql, 'name_not_constant')
    found.push(token.kind === 'string' ? textOf(token) : undefined)
  })
  if (textAt(kql) !== ')') fail(kql, 'name_not_constant')
  expect(kql, ')')
  return found
}

/** A table kept for the query, or the one value of it. */
function readMaterialized(kql: Kql, place: Place, name: string): Operand {
  expect(kql, '(')
  const row = kql.tabular(kql, place.names)
  expect(kql, ')')
  if (name === 'materialize') return { row }
  noteOperand({ row }, place)
  return {}
}

function readType(kql: Kql): Operand {
  expect(kql, '(')
  while (!closes(kql, ')')) {
    const { kind, text } = next(kql)
    if (kind !== 'word' && ![',', ':', '*'].includes(text)) fail(kql)
  }
  return {}
}

/** A stored function may read whatever its author wrote into it: an object that needs a grant of its own. */
function readUnknown(kql: Kql, place: Place, { name, ...readers }: Readers & { name: string }): Operand {
  note(kql, 'read', 'unknown_function')
  kql.beyond = true
  kql.reads.add(name.toLowerCase())
  readArguments(kql, place, readers)
  addAll(place.sink, ['*'])
  return { row: anyRow }
}

/** A function that the query itself defines. What goes into one that gives a table may come out under any name. */
function readOwn(kql: Kql, place: Place, { bound, ...readers }: Readers & { bound: Bound }): Operand {
  const inner = { ...place, sink: new Set<string>() }
  readArguments(kql, inner, { ...readers, tables: bound.parameters ?? [] })
  addAll(place.sink, inner.sink)
  addAll(place.sink, bound.mentions)
  if (bound.row === undefined) return {}
  return { row: inner.sink.size > 0 ? anyRow : bound.row }
}

function readBuiltIn(kql: Kql, place: Place, { name, ...readers }: Readers & { name: string }): Operand {
  const first = readArguments(kql, place, readers)
  if (name === 'column_ifexists' || name === 'columnifexists') addAll(place.sink, [first.text?.toLowerCase() ?? '*'])
  if (name.startsWith('pack_all') || name === 'bag_pack_columns') addAll(place.sink, ['*'])
  if (givesMany.has(name)) return { label: '' }
  if (namesFirst.has(name)) return first.label === undefined ? {} : { label: first.label }
  return { label: `${name}_${first.label ?? ''}` }
}

interface First {
  readonly label?: string | undefined
  /** Where the first argument is a string. */
  readonly text?: string | undefined
}

function readArguments(kql: Kql, place: Place, readers: Readers & { tables?: readonly boolean[] }): First {
  expect(kql, '(')
  const token = peek(kql)
  if (accept(kql, ')')) return {}
  const labels: (string | undefined)[] = []
  readList(kql, () => {
    // An argument may be given by its name.
    if (peek(kql).kind === 'word' && textAt(kql, 1) === '=') kql.at += 2
    const item = readers.tables?.[labels.length] === true ? tableItem(kql, place) : readers.readItem(kql, place)
    labels.push(item.label)
    noteOperand(item, place)
  })
  expect(kql, ')')
  return { label: labels[0], text: token.kind === 'string' ? textOf(token) : undefined }
}

function tableItem(kql: Kql, place: Place): Operand {
  return { row: kql.tabular(kql, place.names) }
}
