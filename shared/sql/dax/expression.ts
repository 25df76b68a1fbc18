import { unknownFunction } from '../calls.ts'
import { accept, closes, expect, fail, next, note, peek, type Reader, readList, readWord, textAt } from '../reader.ts'
import { daxFunctions, isArgumentWord, passedOn, projecting } from './functions.ts'

/** Where an expression stands. */
export interface Place {
  /** What the query defines, lower case: variables (`x`), tables (`x`, `x[`) and functions (`x(`). */
  readonly names: ReadonlySet<string>
  /** The function that it is an argument of. */
  readonly within: string
  /** What it gives is an answer's column, and decides nothing else. */
  readonly shown: boolean
}

const joins: ReadonlySet<string> = new Set('+ - * / ^ & = == <> < <= > >= && || in'.split(' '))
const signs: ReadonlySet<string> = new Set(['-', '+', '!', 'not'])

/** Reads an expression; a table that it names is read, a column that it names is mentioned. */
export function readExpression(dax: Reader, place: Place): void {
  if (textAt(dax) === 'var') readVariables(dax, place)
  else readOperand(dax, place)
  while (joins.has(textAt(dax)) || isNotIn(dax)) {
    if (isNotIn(dax)) next(dax)
    next(dax)
    readOperand(dax, { ...place, shown: false })
  }
}

function isNotIn(dax: Reader): boolean {
  return textAt(dax) === 'not' && textAt(dax, 1) === 'in'
}

/** `VAR a = … VAR b = … RETURN …`: a variable holds for what follows it. */
function readVariables(dax: Reader, place: Place): void {
  const names = new Set(place.names)
  while (accept(dax, 'var')) {
    const name = readWord(dax).toLowerCase()
    expect(dax, '=')
    readExpression(dax, { ...place, names: new Set(names), shown: false })
    names.add(name)
  }
  expect(dax, 'return')
  readExpression(dax, { ...place, names })
}

function readOperand(dax: Reader, place: Place): void {
  // A function of that name is called like any other.
  while (signs.has(textAt(dax)) && !(textAt(dax) === 'not' && textAt(dax, 1) === '(')) next(dax)
  if (peek(dax).kind === 'word') readNamed(dax, place)
  else readPlain(dax, place)
}

function readPlain(dax: Reader, place: Place): void {
  const { kind, text } = next(dax)
  if (kind === 'quoted' || text.startsWith('[')) readReference(dax, place, text)
  else if (text === '(') readGroup(dax, place, ')')
  else if (text === '{') readGroup(dax, place, '}')
  else if (kind !== 'string' && kind !== 'number' && kind !== 'parameter') fail(dax)
}

/** A value or a list in brackets. */
function readGroup(dax: Reader, place: Place, closing: string): void {
  if (!accept(dax, closing)) {
    readList(dax, () => readExpression(dax, place))
    expect(dax, closing)
  }
}

/** `'T'`, `'T'[c]` or `[m]`: without a table it may be a measure, which may look at any column of the model. */
function readReference(dax: Reader, place: Place, text: string): void {
  if (text.startsWith('[')) noteColumn(dax, place, '*')
  else {
    dax.reads.add(text.slice(1, -1).replaceAll("''", "'").toLowerCase())
    readColumn(dax, place)
  }
}

function readColumn(dax: Reader, place: Place): void {
  const { text } = peek(dax)
  if (!text.startsWith('[')) return
  next(dax)
  const name = text.slice(1, -1).replaceAll(']]', ']')
  // The model may take a name with odd letters for another one.
  noteColumn(dax, place, name.normalize('NFKC') === name ? name.toLowerCase() : '*')
  // Parts of a column that the service makes for dates: `[Date].[Year]`.
  while (textAt(dax) === '.' && textAt(dax, 1).startsWith('[')) dax.at += 2
}

function noteColumn(dax: Reader, { shown }: Place, name: string): void {
  dax.mentions.add(name)
  if (!shown) dax.compared.add(name)
}

function readNamed(dax: Reader, place: Place): void {
  const name = textAt(dax)
  next(dax)
  if (textAt(dax) === '(') readCall(dax, place, name)
  else if (peek(dax).text.startsWith('[')) readColumnOf(dax, place, name)
  else if (name === 'true' || name === 'false' || place.names.has(name)) return
  else if (keywords.has(name)) fail(dax)
  else if (isArgumentWord(place.within, name)) readMore(dax, place)
  else dax.reads.add(name)
}

function readColumnOf(dax: Reader, place: Place, table: string): void {
  if (!place.names.has(`${table}[`)) dax.reads.add(table)
  readColumn(dax, place)
}

/** `BLANKS FIRST`, `ASC BLANKS LAST`: words behind a word. */
function readMore(dax: Reader, { within }: Place): void {
  while (peek(dax).kind === 'word' && isArgumentWord(within, textAt(dax))) next(dax)
}

/** Words of the grammar name no table unless in quotes. */
const keywords: ReadonlySet<string> = new Set(
  `define evaluate measure column table function var return order by start at in not select from where drop create
  alter insert update delete with member mparameter`.split(/\s+/),
)

function readCall(dax: Reader, place: Place, name: string): void {
  if (!place.names.has(`${name}(`)) judge(dax, name)
  expect(dax, '(')
  for (let at = 0; !closes(dax, ')'); at += 1) {
    const shown = place.shown && isShown(name, at)
    // An argument may be left out.
    if (textAt(dax) !== ',' && textAt(dax) !== ')') readArgument(dax, { names: place.names, within: name, shown })
    if (textAt(dax) !== ')') expect(dax, ',')
  }
}

function isShown(name: string, at: number): boolean {
  return at === passedOn.get(name) || name === 'row' || (at > 0 && projecting.has(name))
}

function readArgument(dax: Reader, place: Place): void {
  readExpression(dax, place)
  // An order may stand behind what it is of.
  readMore(dax, place)
}

function judge(dax: Reader, name: string): void {
  // The one gives the smallest and largest value of every column of the model, whatever the text names.
  if (name === 'columnstatistics' || name.startsWith('info.')) note(dax, 'read', 'model_metadata')
  else if (name === 'externalmeasure') note(dax, 'admin', 'external_measure')
  else if (!daxFunctions.has(name)) note(dax, unknownFunction.effect, unknownFunction.danger)
}
