import { fail, note } from '../reader.ts'
import { type Document, isDocument, isList, onlyMember, type Value } from './document.ts'
import { readExpression, readFilter } from './expression.ts'
import { addAll, type Fields, type Mongo, noteCollection, noteNamed, notePath, type Place, stored } from './state.ts'
import { stages, tellingStages } from './words.ts'

/** A stage's only member. */
type Stage = readonly [name: string, value: Value]

type Read = (mongo: Mongo, fields: Fields, stage: Stage) => Fields

/** Reads a pipeline stage by stage; answers what is known of the documents that it gives. */
export function readPipeline(mongo: Mongo, fields: Fields, value: Value | undefined): Fields {
  if (!isList(value)) {
    fail(mongo, 'pipeline_malformed')
    return fields
  }
  return value.reduce<Fields>((known, stage) => readStage(mongo, known, stage), fields)
}

function readStage(mongo: Mongo, fields: Fields, stage: Value): Fields {
  const [name, value] = (isDocument(stage) ? onlyMember(stage) : undefined) ?? []
  if (name === undefined || value === undefined) {
    fail(mongo, 'pipeline_malformed')
    return fields
  }
  if (tellingStages.has(name)) {
    note(mongo, 'read', 'server_information')
    return unknown
  }
  const read = readers[stages.get(name) ?? '']
  if (read === undefined) fail(mongo, 'stage_not_listed')
  return read?.(mongo, fields, [name, value]) ?? fields
}

/** Documents of which any field may be any other. */
const unknown: Fields = { made: new Map([['', ['*']]]), closed: true }

/** Notes what decides which documents come, how many, or in what order. */
export function compare(mongo: Mongo, fields: Fields, read: (place: Place) => void): void {
  const sink = new Set<string>()
  read({ fields, sink })
  addAll(mongo.compared, sink)
  addAll(mongo.mentions, sink)
}

/** Members as fields made of expressions; `closes` where no other field is left. */
function make(mongo: Mongo, fields: Fields, { value, closes }: { value: Document; closes: boolean }): Fields {
  const made = new Map(closes ? [] : fields.made)
  for (const [name, expression] of Object.entries(value)) {
    const place = { fields, sink: new Set<string>() }
    const isWithin = isNested(expression)
    if (isWithin || typeof expression === 'number' || expression === true) notePath(place, name)
    readExpression(mongo, place, expression)
    addAll(mongo.mentions, place.sink)
    const [first = ''] = name.split('.')
    const before = isWithin || name !== first ? [first.toLowerCase(), ...(made.get(first) ?? [])] : []
    made.set(first, [...place.sink, ...before])
  }
  return { made, closed: closes || fields.closed }
}

const readers: Readonly<Record<string, Read>> = {
  filter: (mongo, fields, [, value]) => {
    compare(mongo, fields, (place) => readFilter(mongo, place, value))
    return fields
  },
  order: (mongo, fields, [, value]) => {
    readOrder(mongo, fields, value)
    return fields
  },
  make: readMake,
  compare: readGroup,
  forget: (_mongo, fields) => fields,
  bound: (mongo, fields, [name, value]) => {
    if (name === '$count') return { made: new Map(), closed: true }
    compare(mongo, fields, (place) => readExpression(mongo, place, value))
    return fields
  },
  join: readJoin,
  union: readUnion,
  facet: (mongo, fields, [, value]) => {
    const parts = isDocument(value) ? Object.values(value) : []
    if (parts.length === 0) fail(mongo, 'pipeline_malformed')
    for (const part of parts) readPipeline(mongo, fields, part)
    addAll(mongo.mentions, ['*'])
    return unknown
  },
  write: readWrite,
  search: (mongo, _fields, [, value]) => {
    compare(mongo, unknown, (place) => {
      place.sink.add('*')
      if (isDocument(value) && isDocument(value.filter)) readFilter(mongo, place, value.filter)
    })
    return stored
  },
  values: (mongo, fields, [, value]) => {
    compare(mongo, fields, (place) => readExpression(mongo, place, value))
    return unknown
  },
}

/** A projection takes some fields, or leaves some out; the others replace or add. */
function readMake(mongo: Mongo, fields: Fields, [name, value]: Stage): Fields {
  if (name === '$redact' || name === '$replaceRoot' || name === '$replaceWith') {
    const kept = name === '$redact' ? compare : showIn
    kept(mongo, fields, (place) => readExpression(mongo, place, value))
    return name === '$redact' ? fields : unknown
  }
  if (!isDocument(value)) {
    fail(mongo, 'pipeline_malformed')
    return fields
  }
  return name === '$project' ? readProject(mongo, fields, value) : make(mongo, fields, { value, closes: false })
}

function readProject(mongo: Mongo, fields: Fields, value: Document): Fields {
  const leavesOut = Object.values(value).some((each) => each === 0 || each === false)
  const closes = !(leavesOut && onlyZeros(value))
  // What is left out within, or by a number in another writing, turns the whole projection around.
  if (closes && Object.values(value).some(mayLeaveOut)) fail(mongo, 'projection_malformed')
  const given = make(mongo, fields, { value: withoutZeros(value), closes })
  return closes && !('_id' in value) ? withId(given, fields) : given
}

/** The id comes along unless it is left out. */
function withId({ made, closed }: Fields, before: Fields): Fields {
  const own = before.made.get('_id') ?? (before.closed ? [] : ['_id'])
  return { made: new Map([...made, ['_id', [...own, ...(made.get('_id') ?? [])]]]), closed }
}

/** Members within members, no operator's: they may be taken, computed or left out one by one. */
function isNested(value: Value): value is Document {
  return isDocument(value) && Object.keys(value).every((name) => !name.startsWith('$'))
}

function mayLeaveOut(value: Value): boolean {
  if (!isDocument(value)) return false
  if (!isNested(value)) return Object.keys(value).some((name) => name.startsWith('$number'))
  return Object.values(value).some((each) => each === 0 || each === false || mayLeaveOut(each))
}

function showIn(mongo: Mongo, fields: Fields, read: (place: Place) => void): void {
  read({ fields, sink: mongo.mentions })
}

function onlyZeros(value: Document): boolean {
  return Object.entries(value).every(([name, each]) => name === '_id' || each === 0 || each === false)
}

function withoutZeros(value: Document): Document {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== 0 && each !== false))
}

/** What documents are put together by, or taken apart by; accumulated values are only shown. */
function readGroup(mongo: Mongo, fields: Fields, [name, value]: Stage): Fields {
  if (name !== '$group' || !isDocument(value)) {
    compare(mongo, fields, (place) => readNamed(mongo, place, value))
    // All but this one make fields of fields by rules of their own.
    return name === '$unwind' ? fields : unknown
  }
  const { _id = null, ...computed } = value
  compare(mongo, fields, (place) => readExpression(mongo, place, _id))
  const place = { fields, sink: new Set<string>() }
  readExpression(mongo, place, _id)
  const { made } = make(mongo, fields, { value: computed, closes: true })
  return { made: new Map([['_id', [...place.sink]], ...made]), closed: true }
}

/** Other stages name fields as values, as members and as references alike: whatever may be one is taken for one. */
function readNamed(mongo: Mongo, place: Place, value: Value): void {
  readExpression(mongo, place, value)
  const { sortBy, query, ...members } = isDocument(value) ? value : {}
  if (isDocument(sortBy)) noteNames(place, Object.keys(sortBy))
  readFilter(mongo, place, query)
  for (const name of nameMembers) noteNames(place, members[name] ?? null)
}

const nameMembers = ['field', 'distanceField', 'key', 'partitionByFields']

function noteNames(place: Place, value: Value): void {
  const names: readonly Value[] = isList(value) ? value : [value]
  for (const name of names) if (typeof name === 'string') notePath(place, name)
}

export function readOrder(mongo: Mongo, fields: Fields, value: Value | undefined): void {
  if (value === undefined) return
  if (!isDocument(value)) fail(mongo, 'pipeline_malformed')
  const directions = Object.entries(isDocument(value) ? value : {})
  compare(mongo, fields, (place) => {
    for (const [path] of directions) if (path !== '$natural') notePath(place, path)
    for (const [, direction] of directions) readExpression(mongo, place, direction)
  })
}

/** Documents of another collection, looked up by a field or by a pipeline of its own. */
function readJoin(mongo: Mongo, fields: Fields, [, value]: Stage): Fields {
  if (!isDocument(value)) {
    fail(mongo, 'pipeline_malformed')
    return fields
  }
  const { from, pipeline, as, ...rest } = value
  if (from !== undefined) noteFrom(mongo, from)
  else if (!isList(pipeline) || !isDocument(pipeline[0]) || !('$documents' in pipeline[0]))
    fail(mongo, 'collection_malformed')
  compare(mongo, fields, (place) => readJoined(mongo, place, rest))
  if (pipeline !== undefined) readPipeline(mongo, stored, pipeline)
  addAll(mongo.mentions, ['*'])
  if (typeof as !== 'string') return unknown
  return { ...fields, made: new Map([...fields.made, [as.split('.')[0] ?? '', ['*']]]) }
}

type ReadMember = (mongo: Mongo, place: Place, member: Value) => void

const readLocal: ReadMember = (_mongo, place, member) => notePath(place, String(member))
const readForeign: ReadMember = (_mongo, { sink }, member) => notePath({ fields: stored, sink }, String(member))

const joinMembers: ReadonlyMap<string, ReadMember> = new Map([
  ['localField', readLocal],
  ['foreignField', readForeign],
  ['connectFromField', readForeign],
  ['connectToField', readForeign],
  ['let', readExpression],
  ['startWith', readExpression],
  ['restrictSearchWithMatch', (mongo, { sink }, member) => readFilter(mongo, { fields: stored, sink }, member)],
  ['maxDepth', readExpression],
  ['depthField', () => undefined],
])

function readJoined(mongo: Mongo, place: Place, rest: Document): void {
  for (const [name, member] of Object.entries(rest)) {
    const read = joinMembers.get(name)
    if (read === undefined) fail(mongo, 'member_not_listed')
    read?.(mongo, place, member)
  }
}

/** A collection's name, or with its database. */
function noteFrom(mongo: Mongo, from: Value): void {
  const { db = mongo.database, coll = from, ...others } = isDocument(from) ? from : {}
  if (typeof db !== 'string' || Object.keys(others).length > 0) fail(mongo, 'collection_malformed')
  noteNamed(mongo, mongo.reads, { name: coll, database: String(db) })
}

function readUnion(mongo: Mongo, fields: Fields, [, value]: Stage): Fields {
  const { coll = value, pipeline, ...others } = isDocument(value) ? value : {}
  if (Object.keys(others).length > 0 || (isDocument(value) && !('coll' in value))) fail(mongo, 'member_not_listed')
  noteCollection(mongo, mongo.reads, coll)
  if (pipeline !== undefined) readPipeline(mongo, stored, pipeline)
  addAll(mongo.mentions, ['*'])
  return fields.closed || fields.made.size > 0 || pipeline !== undefined ? unknown : fields
}

/** The only stages that change something: the collection that they name is filled with what the pipeline gives. */
function readWrite(mongo: Mongo, fields: Fields, [name, value]: Stage): Fields {
  note(mongo, 'write')
  addAll(mongo.mentions, ['*'])
  const target = name === '$merge' && isDocument(value) && 'into' in value ? value.into : value
  if (!isDocument(target)) noteCollection(mongo, mongo.writes, target)
  else noteNamed(mongo, mongo.writes, { name: target.coll, database: String(target.db ?? mongo.database) })
  if (name !== '$merge' || !isDocument(value)) return fields
  if (isList(value.whenMatched)) readPipeline(mongo, stored, value.whenMatched)
  if (isDocument(value.let)) compare(mongo, fields, (place) => readExpression(mongo, place, value.let ?? null))
  return fields
}
