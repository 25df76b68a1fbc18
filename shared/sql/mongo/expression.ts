import { fail } from '../reader.ts'
import { type Document, isDocument, isList, onlyMember, type Value } from './document.ts'
import { type Mongo, noteOperator, notePath, type Place } from './state.ts'
import { literals, plainVariables, scripts, wholes } from './words.ts'

/** Reads an expression of a pipeline and notes the fields that it mentions. */
export function readExpression(mongo: Mongo, place: Place, value: Value): void {
  if (typeof value === 'string') readReference(place, value)
  else if (isList(value)) for (const item of value) readExpression(mongo, place, item)
  else if (isDocument(value)) readOperation(mongo, place, value)
}

/** `$a.b` is a field, `$$x.a` a variable's; the variable's own value is noted where it is bound. */
function readReference(place: Place, text: string): void {
  if (text.startsWith('$$')) readVariable(place, text.slice(2))
  else if (text.startsWith('$')) notePath(place, text.slice(1))
}

function readVariable(place: Place, text: string): void {
  const [name = '', ...path] = text.split('.')
  if (plainVariables.has(name)) return
  if (path.length > 0) notePath(place, path.join('.'))
  else if (wholes.has(name) || /^[A-Z]/.test(name)) place.sink.add('*')
}

function readOperation(mongo: Mongo, place: Place, document: Document): void {
  for (const [name, value] of Object.entries(document)) {
    if (!name.startsWith('$')) readExpression(mongo, place, value)
    else readOperator(mongo, place, [name, value])
  }
}

function readOperator(mongo: Mongo, place: Place, [name, value]: readonly [string, Value]): void {
  noteOperator(mongo, name)
  if (name === '$literal' || literals.has(name)) return
  if (name === '$meta') place.sink.add('*')
  if (name === '$getField') readGetField(mongo, place, value)
  else readExpression(mongo, place, value)
}

/** A field by its name, which may be computed: then it may be any. */
function readGetField(mongo: Mongo, place: Place, value: Value): void {
  const { field = null, input = '$$CURRENT' } = isDocument(value) && 'field' in value ? value : { field: value }
  const plain = plainName(field)
  if (plain !== undefined) notePath(place, plain)
  else {
    place.sink.add('*')
    readExpression(mongo, place, field)
  }
  if (input !== '$$ROOT' && input !== '$$CURRENT') readExpression(mongo, place, input)
}

function plainName(field: Value): string | undefined {
  if (typeof field === 'string') return field.startsWith('$') ? undefined : field
  const [operator, name] = (isDocument(field) ? onlyMember(field) : undefined) ?? []
  return operator === '$literal' && typeof name === 'string' ? name : undefined
}

/** Reads a filter: names of fields, and operators on them. */
export function readFilter(mongo: Mongo, place: Place, value: Value | undefined): void {
  if (value === undefined || value === null) return
  if (!isDocument(value)) fail(mongo, 'filter_malformed')
  for (const [name, test] of Object.entries(value)) {
    if (!name.startsWith('$')) readTested(mongo, place, [name, test])
    else readFilterOperator(mongo, place, [name, test])
  }
}

function readTested(mongo: Mongo, place: Place, [path, test]: readonly [string, Value]): void {
  notePath(place, path)
  readTest(mongo, place, test)
}

/** What a field is tested for: a value, or operators, among them filters of what is in it. */
function readTest(mongo: Mongo, place: Place, test: Value): void {
  if (!isDocument(test)) return
  for (const [name, value] of Object.entries(test)) {
    if (name === '$elemMatch') readElement(mongo, place, value)
    else if (name.startsWith('$')) readTestOperator(mongo, place, [name, value])
    else readTested(mongo, place, [name, value])
  }
}

function readElement(mongo: Mongo, place: Place, value: Value): void {
  noteOperator(mongo, '$elemMatch')
  readFilter(mongo, place, value)
}

function readTestOperator(mongo: Mongo, place: Place, [name, value]: readonly [string, Value]): void {
  noteOperator(mongo, name)
  // A place on earth is no field.
  if (name === '$geometry') return
  if (isList(value)) for (const item of value) readTest(mongo, place, item)
  else if (isDocument(value)) readTest(mongo, place, value)
}

function readFilterOperator(mongo: Mongo, place: Place, [name, value]: readonly [string, Value]): void {
  noteOperator(mongo, name)
  if (joins.has(name)) readFilters(mongo, place, value)
  else if (name === '$expr') readExpression(mongo, place, value)
  // A schema or a search through the text may look at any field; nothing else is an operator of a whole filter.
  else if (name === '$jsonSchema' || name === '$text') place.sink.add('*')
  else if (!harmless.has(name) && !scripts.has(name)) fail(mongo, 'operator_not_listed')
}

const joins = new Set(['$and', '$or', '$nor'])
const harmless = new Set(['$comment', '$sampleRate'])

function readFilters(mongo: Mongo, place: Place, value: Value): void {
  if (!isList(value)) fail(mongo, 'filter_malformed')
  else for (const item of value) readFilter(mongo, place, item)
}
