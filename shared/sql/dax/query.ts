import { accept, expect, fail, isAtEnd, next, peek, type Reader, readList, readWord, textAt } from '../reader.ts'
import { type Place, readExpression } from './expression.ts'

/** Reads `DEFINE … EVALUATE …`; each EVALUATE gives a table and counts as a statement. */
export function readQuery(dax: Reader): void {
  const names = new Set<string>()
  if (accept(dax, 'define')) while (!isAtEnd(dax) && textAt(dax) !== 'evaluate') readDefinition(dax, names)
  do readEvaluation(dax, names)
  while (!isAtEnd(dax))
}

const inside: Omit<Place, 'names'> = { within: '', shown: false }

function readEvaluation(dax: Reader, names: ReadonlySet<string>): void {
  expect(dax, 'evaluate')
  dax.statements += 1
  const tables = dax.reads.size
  readExpression(dax, { names, within: '', shown: true })
  // What is given back is not listed: it may be any column of what was read.
  if (dax.reads.size > tables) dax.mentions.add('*')
  if (accept(dax, 'order', 'by')) readOrder(dax, names)
  if (accept(dax, 'start', 'at')) readList(dax, () => readExpression(dax, { ...inside, names }))
}

function readOrder(dax: Reader, names: ReadonlySet<string>): void {
  readList(dax, () => {
    readExpression(dax, { ...inside, names })
    if (!accept(dax, 'asc')) accept(dax, 'desc')
  })
}

function readDefinition(dax: Reader, names: Set<string>): void {
  const kind = textAt(dax)
  next(dax)
  if (kind === 'measure' || kind === 'column') readModelled(dax, names)
  else if (kind === 'var' || kind === 'table' || kind === 'function') readNamed(dax, names, kind)
  else fail(dax, 'statement_not_listed')
}

/** A measure or column of a table of the model, for this query alone. */
function readModelled(dax: Reader, names: Set<string>): void {
  const table = next(dax)
  const isTable = table.kind === 'word' || (table.kind === 'quoted' && table.text.startsWith("'"))
  const column = next(dax)
  if (!isTable || !column.text.startsWith('[')) fail(dax)
  expect(dax, '=')
  readExpression(dax, { ...inside, names })
}

function readNamed(dax: Reader, names: Set<string>, kind: string): void {
  const quoted = peek(dax).kind === 'quoted' && kind === 'table'
  const name = quoted ? next(dax).text : readWord(dax)
  expect(dax, '=')
  const parameters = kind === 'function' ? readParameters(dax) : []
  readExpression(dax, { ...inside, names: new Set([...names, ...parameters]) })
  // A quoted table keeps counting as one that is read: the model may have one of that name.
  if (!quoted) for (const form of forms[kind] ?? []) names.add(`${name.toLowerCase()}${form}`)
}

/** How what is defined can be used: by its name, with a column, as a call. */
const forms: Readonly<Record<string, readonly string[]>> = { var: [''], table: ['', '['], function: ['('] }

/** `(a : NUMERIC, t : TABLE) =>`. */
function readParameters(dax: Reader): readonly string[] {
  const parameters: string[] = []
  expect(dax, '(')
  if (!accept(dax, ')')) {
    readList(dax, () => {
      parameters.push(readWord(dax).toLowerCase())
      if (accept(dax, ':')) while (peek(dax).kind === 'word') next(dax)
    })
    expect(dax, ')')
  }
  expect(dax, '=', '>')
  return parameters
}
