import { aggregate, find, Query, updateMany, updateOne } from 'mingo'
import type { Document } from 'mongodb'
import { mayDo, type Right, readable } from './roles.ts'
import { mongoDatabase, seedCollections } from './seed.ts'

/** A refusal with the server's code. */
export interface Refusal {
  readonly code: number
  readonly codeName: string
}

type Rows = Document[]

/** Everything that the cluster holds. */
export interface Store {
  readonly collections: Map<string, Rows>
  readonly cursors: Map<number, { readonly oid: string; readonly collection: string; rest: Rows }>
}

export function openStore(): Store {
  const filled = Object.entries(seedCollections).map(
    ([name, rows]) => [name, structuredClone(rows) as unknown as Rows] as const,
  )
  return { collections: new Map(filled), cursors: new Map() }
}

/** Who asks what of the store. */
export interface Asked {
  readonly oid: string
  readonly command: Document
  readonly store: Store
}

/** Runs one command as somebody; throws a `Refusal`. */
export function runCommand(asked: Asked): Document {
  const [name = ''] = Object.keys(asked.command)
  const run = commands[name]
  if (run === undefined) throw refusal(59, 'CommandNotFound')
  if (asked.command.$db !== mongoDatabase) throw refusal(13, 'Unauthorized')
  return { ...run(asked), ok: 1 }
}

export function refusal(code: number, codeName: string): Refusal {
  return { code, codeName }
}

const commands: Readonly<Record<string, (asked: Asked) => Document>> = {
  find: (asked) => {
    const { filter = {}, sort, skip = 0, limit = 0, projection } = asked.command
    const found = find(rowsOf(asked, 'read'), filter, projection)
    if (sort !== undefined) found.sort(sort)
    const rows = found.skip(skip).all() as Rows
    return openCursor(asked, {
      rows: limit === 0 ? rows : rows.slice(0, Math.abs(limit)),
      size: asked.command.batchSize,
    })
  },
  aggregate: (asked) => {
    const rows = rowsOf(asked, 'read')
    const { pipeline, cursor = {} } = asked.command
    if (asksElsewhere(pipeline)) throw refusal(59, 'CommandNotFound')
    return openCursor(asked, { rows: aggregate(rows, pipeline) as Rows, size: cursor.batchSize })
  },
  getMore,
  killCursors: ({ oid, command, store }) => {
    const own = (command.cursors as unknown[]).map(Number).filter((id) => store.cursors.get(id)?.oid === oid)
    for (const id of own) store.cursors.delete(id)
    return { cursorsKilled: command.cursors }
  },
  count: (asked) => ({ n: find(rowsOf(asked, 'read'), asked.command.query ?? {}).all().length }),
  listCollections: (asked) => {
    const rows = readable(asked.oid).map((name) => ({ name, type: 'collection' }))
    return openCursor(asked, { rows, size: 100 })
  },
  insert,
  update,
  delete: remove,
}

function rowsOf({ oid, command, store }: Asked, right: Right): Rows {
  const collection = String(Object.values(command)[0])
  if (!mayDo(oid, right, collection)) throw refusal(13, 'Unauthorized')
  return store.collections.get(collection) ?? []
}

/** Other collections than the one that the right was asked for. */
function asksElsewhere(pipeline: readonly Document[]): boolean {
  return /"\$(lookup|graphLookup|unionWith|out|merge)"/.test(JSON.stringify(pipeline))
}

function openCursor({ oid, command, store }: Asked, { rows, size = 101 }: { rows: Rows; size?: number }): Document {
  const collection = String(Object.values(command)[0])
  const rest = rows.slice(size)
  const id = rest.length === 0 ? 0 : store.cursors.size + (Date.now() % 1_000_000_000) + 1
  if (id !== 0) store.cursors.set(id, { oid, collection, rest })
  return { cursor: { id: BigInt(id), ns: `${mongoDatabase}.${collection}`, firstBatch: rows.slice(0, size) } }
}

function getMore({ oid, command, store }: Asked): Document {
  const id = Number(command.getMore)
  const cursor = store.cursors.get(id)
  if (cursor === undefined || cursor.oid !== oid) throw refusal(43, 'CursorNotFound')
  const nextBatch = cursor.rest.slice(0, command.batchSize ?? 101)
  cursor.rest = cursor.rest.slice(nextBatch.length)
  if (cursor.rest.length === 0) store.cursors.delete(id)
  const ns = `${mongoDatabase}.${cursor.collection}`
  return { cursor: { id: BigInt(cursor.rest.length === 0 ? 0 : id), ns, nextBatch } }
}

/** An ordered insert, as it is without another word: it ends at the first document that is there already. */
function insert(asked: Asked): Document {
  const rows = rowsOf(asked, 'write')
  const documents = asked.command.documents as Rows
  const known = new Set(rows.map(({ _id }) => JSON.stringify(_id)))
  const index = documents.findIndex(({ _id }) => known.has(JSON.stringify(_id)))
  const added = index < 0 ? documents : documents.slice(0, index)
  rows.push(...added)
  const writeErrors = [{ index, code: 11000, errmsg: 'E11000 duplicate key error' }]
  return { n: added.length, ...(index < 0 ? {} : { writeErrors }) }
}

function update(asked: Asked): Document {
  const rows = rowsOf(asked, 'write')
  let [n, nModified] = [0, 0]
  for (const { q, u, multi } of asked.command.updates as Rows) {
    const done = (multi === true ? updateMany : updateOne)(rows as never, q, u)
    n += done.matchedCount
    nModified += done.modifiedCount
  }
  return { n, nModified }
}

function remove(asked: Asked): Document {
  const rows = rowsOf(asked, 'write')
  let n = 0
  for (const { q, limit } of asked.command.deletes as Rows) {
    const query = new Query(q)
    const found = rows.filter((row) => query.test(row))
    const gone = limit === 1 ? found.slice(0, 1) : found
    for (const row of gone) rows.splice(rows.indexOf(row), 1)
    n += gone.length
  }
  return { n }
}
