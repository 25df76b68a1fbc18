import { accept, expect, fail, isAtEnd, type Reader, textAt } from '../reader.ts'
import { allOf, openRow, type Row, resolve } from './row.ts'

/** What a name of the query stands for. */
export interface Bound {
  /** Set where it is a table, or a function that gives one. */
  readonly row?: Row
  readonly mentions: readonly string[]
  /** A function's parameters: whether each takes a table. */
  readonly parameters?: readonly boolean[]
}

/** Names by their exact spelling; what `let` and `as` add holds for all that follows. */
export type Names = Map<string, Bound>

/** Where an operator stands. */
export interface Pipe {
  readonly names: Names
  readonly row: Row
}

/** Where an expression stands, and where the columns that it mentions are noted. */
export interface Place extends Pipe {
  readonly sink: Set<string>
}

export interface Kql extends Reader {
  /** Reads a table and the operators behind it. */
  readonly tabular: (kql: Kql, names: Names) => Row
  /** Reads an operator, and those that follow it. */
  readonly operators: (kql: Kql, pipe: Pipe) => Row
}

/** An operand: a plain name that is not noted yet, a table, or neither; the label is the column name that it would get. */
export interface Operand {
  readonly name?: string
  readonly row?: Row
  readonly label?: string
}

export function addAll(sink: Set<string>, names: Iterable<string>): void {
  for (const name of names) sink.add(name)
}

/** Notes what an operand used as a value mentions. A column goes before a name of the query's own. */
export function noteOperand({ name, row }: Operand, place: Place): void {
  if (row !== undefined) addAll(place.sink, allOf(row))
  if (name === undefined) return
  const bound = place.names.get(name)
  const isColumn = bound === undefined || !place.row.closed || place.row.made.has(name)
  if (isColumn) addAll(place.sink, resolve(place.row, name))
  addAll(place.sink, bound?.mentions ?? [])
}

/** The rows of an operand used as a table; a name that nobody bound is one of the database. */
export function asTable(kql: Kql, names: Names, operand: Operand): Row {
  if (operand.row !== undefined) return operand.row
  if (operand.name === undefined) {
    fail(kql)
    return openRow
  }
  const bound = names.get(operand.name)
  if (bound === undefined) kql.reads.add(operand.name.toLowerCase())
  return bound?.row ?? openRow
}

/** Notes what a filter, a grouping or an order goes by. */
export function compare(kql: Kql, pipe: Pipe, read: (place: Place) => void): readonly string[] {
  const mentions = show(kql, pipe, read)
  addAll(kql.compared, mentions)
  return mentions
}

/** Notes what is given back. */
export function show(kql: Kql, pipe: Pipe, read: (place: Place) => void): readonly string[] {
  const sink = new Set<string>()
  read({ ...pipe, sink })
  addAll(kql.mentions, sink)
  return [...sink].sort()
}

/** Reads the operators behind a table, if any. */
export function readPipes(kql: Kql, pipe: Pipe): Row {
  return accept(kql, '|') ? kql.operators(kql, pipe) : pipe.row
}

const hints: ReadonlySet<string> = new Set(['hint'])
const options: ReadonlySet<string> = new Set(
  `kind hint withsource with_source isfuzzy bagexpansion with_itemindex flags with_match_id id decodeblocks
  expandoutput`.split(/\s+/),
)

/** Passes over `hint.strategy = shuffle` and, where they are known, over `kind=inner` and the like; answers the columns named. */
export function readOptions(kql: Kql, all = false): readonly string[] {
  const named: string[] = []
  while ((all ? options : hints).has(textAt(kql)) && ['.', '='].includes(textAt(kql, 1))) {
    const option = textAt(kql)
    const value = readOption(kql)
    if (option.startsWith('with')) named.push(value)
  }
  return named
}

function readOption(kql: Kql): string {
  do kql.at += 1
  while (accept(kql, '.'))
  expect(kql, '=')
  const value = textAt(kql)
  if (accept(kql, '(')) skipGroup(kql, ')')
  else kql.at += 1
  return value
}

/** Passes over what is left of a group of words, values and commas. */
export function skipGroup(kql: Kql, closing: string): void {
  while (kql.refused === undefined && !accept(kql, closing)) {
    if (['(', '{', '[', '|', ';'].includes(textAt(kql)) || isAtEnd(kql)) fail(kql)
    kql.at += 1
  }
}
