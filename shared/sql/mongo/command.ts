import { worseEffect } from '../../backend/effect.ts'
import { fail, note } from '../reader.ts'
import { type Document, isDocument, isList, type Value } from './document.ts'
import { readExpression, readFilter } from './expression.ts'
import { compare, readOrder, readPipeline } from './pipeline.ts'
import { addAll, type Mongo, noteCollection, noteOperator, notePath, type Place, stored } from './state.ts'
import { commands, otherCommands } from './words.ts'

/** Reads a command; its first member says which it is. */
export function readCommand(mongo: Mongo, document: Document): void {
  const [[name, target] = ['', null], ...rest] = Object.entries(document)
  const others = Object.fromEntries(rest)
  if (typeof others.$db === 'string') mongo.database = others.$db
  const known = commands.get(name)
  if (known === undefined) readOther(mongo, name, target)
  else {
    if (rest.some(([member]) => !known.members.has(member))) fail(mongo, 'member_not_listed')
    note(mongo, known.effect)
    readers[name]?.(mongo, target, others)
  }
}

function readOther(mongo: Mongo, name: string, target: Value): void {
  const [effect, danger] = otherCommands.get(name) ?? []
  if (effect === undefined) fail(mongo, 'command_not_listed')
  note(mongo, effect ?? 'admin', danger)
  const to = effect === 'read' ? mongo.reads : mongo.writes
  if (name.toLowerCase() === 'mapreduce') noteCollection(mongo, mongo.reads, target)
  else if (name === 'dropDatabase') to.add(mongo.database === '' ? '*' : mongo.database.toLowerCase())
  else if (typeof target === 'string' && !name.endsWith('eval')) noteCollection(mongo, to, target)
}

type Read = (mongo: Mongo, target: Value, members: Document) => void

const find: Read = (mongo, target, { filter, sort, projection, min, max, let: variables }) => {
  noteCollection(mongo, mongo.reads, target)
  readWhich(mongo, [filter], sort)
  readBound(mongo, [min, max])
  if (variables !== undefined) compare(mongo, stored, (place) => readExpression(mongo, place, variables))
  readProjection(mongo, projection)
}

/** Filters and an order. */
function readWhich(mongo: Mongo, filters: readonly (Value | undefined)[], sort?: Value): void {
  compare(mongo, stored, (place) => {
    for (const filter of filters) readFilter(mongo, place, filter)
  })
  readOrder(mongo, stored, sort)
}

function readBound(mongo: Mongo, bounds: readonly (Value | undefined)[]): void {
  for (const bound of bounds) if (isDocument(bound)) compare(mongo, stored, (place) => readFilter(mongo, place, bound))
}

/** Fields that are taken, and those that are computed; without any, all of them. */
function readProjection(mongo: Mongo, projection: Value | undefined): void {
  const place: Place = { fields: stored, sink: mongo.mentions }
  const members = isDocument(projection) ? Object.entries(projection) : []
  if (projection !== undefined && !isDocument(projection)) fail(mongo, 'member_malformed')
  const taken = members.filter(([, value]) => value !== 0 && value !== false)
  for (const [path, value] of taken) {
    notePath(place, path.replace(/\.\$$/, ''))
    if (isDocument(value) && '$elemMatch' in value) readWhich(mongo, [{ [path]: value }])
    else readExpression(mongo, place, value)
  }
  if (!taken.some(([path]) => path !== '_id')) place.sink.add('*')
}

const aggregate: Read = (mongo, target, { pipeline, let: variables }) => {
  if (target !== 1) noteCollection(mongo, mongo.reads, target)
  if (variables !== undefined) compare(mongo, stored, (place) => readExpression(mongo, place, variables))
  const given = readPipeline(mongo, stored, pipeline)
  const taken = given.closed ? [...given.made.values()].flat() : ['*']
  addAll(mongo.mentions, taken)
  // Documents are one column, made of whatever their fields are made of.
  mongo.outputs = [{ mentions: [...new Set(taken)].sort() }]
}

const count: Read = (mongo, target, { query }) => {
  noteCollection(mongo, mongo.reads, target)
  readWhich(mongo, [query])
}

const distinct: Read = (mongo, target, { key, query }) => {
  noteCollection(mongo, mongo.reads, target)
  if (typeof key !== 'string') fail(mongo, 'member_malformed')
  compare(mongo, stored, (place) => notePath(place, String(key)))
  readWhich(mongo, [query])
}

const listCollections: Read = (mongo, target, { filter }) => {
  if (target !== 1 && target !== 1.0) fail(mongo, 'member_malformed')
  const place = { fields: stored, sink: new Set<string>() }
  readFilter(mongo, place, filter)
}

/** What it would do is judged as if it did it. */
const explain: Read = (mongo, target, { $db }) => {
  const inner = isDocument(target) && !('explain' in target) ? target : {}
  readCommand(mongo, $db === undefined ? inner : { ...inner, $db })
  if (mongo.effect !== 'read') note(mongo, 'read', 'explain_write')
}

const insert: Read = (mongo, target) => noteCollection(mongo, mongo.writes, target)

const update: Read = (mongo, target, { updates }) => {
  noteCollection(mongo, mongo.writes, target)
  for (const each of changesOf(mongo, updates, 'q u c multi upsert collation arrayFilters hint sort')) {
    readWhich(mongo, [each.q], each.sort)
    readChange(mongo, each.u)
    for (const filter of isList(each.arrayFilters) ? each.arrayFilters : []) readWhich(mongo, [filter])
  }
}

const remove: Read = (mongo, target, { deletes }) => {
  noteCollection(mongo, mongo.writes, target)
  for (const each of changesOf(mongo, deletes, 'q limit collation hint')) readWhich(mongo, [each.q])
}

const modify: Read = (mongo, target, { query, sort, remove: removes, update: change, fields, arrayFilters }) => {
  noteCollection(mongo, mongo.writes, target)
  if (removes !== undefined && removes !== false) mongo.effect = worseEffect(mongo.effect, 'delete')
  readWhich(mongo, [query, ...(isList(arrayFilters) ? arrayFilters : [])], sort)
  readChange(mongo, change)
  readProjection(mongo, fields)
}

function changesOf(mongo: Mongo, value: Value | undefined, members: string): readonly Document[] {
  const known = new Set(members.split(' '))
  const changes = isList(value) ? value.filter(isDocument) : []
  const isKnown = changes.every((change) => Object.keys(change).every((name) => known.has(name)))
  if (!isList(value) || changes.length !== value.length || !isKnown) fail(mongo, 'member_not_listed')
  return changes
}

/** New values: constants by operators, or a pipeline that may copy fields. */
function readChange(mongo: Mongo, change: Value | undefined): void {
  if (isList(change)) readPipeline(mongo, stored, change)
  if (!isDocument(change)) return
  const operators = Object.entries(change).filter(([name]) => name.startsWith('$'))
  for (const [name, value] of operators) {
    noteOperator(mongo, name)
    if (name === '$pull') readWhich(mongo, [value])
    if (name === '$rename') readRenamed(mongo, value)
  }
}

function readRenamed(mongo: Mongo, value: Value): void {
  const place = { fields: stored, sink: mongo.mentions }
  for (const path of isDocument(value) ? Object.keys(value) : []) notePath(place, path)
}

const readers: Readonly<Record<string, Read>> = {
  find,
  aggregate,
  count,
  distinct,
  listCollections,
  listIndexes: (mongo, target) => noteCollection(mongo, mongo.reads, target),
  explain,
  insert,
  update,
  delete: remove,
  findAndModify: modify,
  findandmodify: modify,
}
