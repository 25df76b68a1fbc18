import type { Reader } from '../reader.ts'
import { fail, note } from '../reader.ts'
import { literals, operators, scripts } from './words.ts'

/** What a field of the documents at one place of a pipeline is made of; whatever is not made is stored under its own name. */
export interface Fields {
  readonly made: ReadonlyMap<string, readonly string[]>
  /** No stored field is left under its own name. */
  readonly closed: boolean
}

export const stored: Fields = { made: new Map(), closed: false }

export interface Mongo extends Reader {
  /** The command's own database; '' where it names none. */
  database: string
}

/** Where an expression stands, and where the fields that it mentions are noted. */
export interface Place {
  readonly fields: Fields
  readonly sink: Set<string>
}

export function addAll(sink: Set<string>, names: Iterable<string>): void {
  for (const name of names) sink.add(name)
}

/** Notes a field by its path: every part, array positions aside. */
export function notePath({ fields, sink }: Place, path: string): void {
  const [first = '', ...others] = path.split('.')
  const own = [first.toLowerCase()]
  const all = [...fields.made.values()].flat()
  addAll(sink, fields.made.get(first) ?? (fields.closed ? [...all, ...own] : own))
  addAll(
    sink,
    others.filter((part) => !/^(\d+|\$(\[\w*\])?)$/.test(part)).map((part) => part.toLowerCase()),
  )
}

/** Notes what an operator means; answers whether what is in it is worth reading on. */
export function noteOperator(mongo: Mongo, name: string): void {
  if (scripts.has(name)) note(mongo, 'admin', 'server_script')
  else if (!operators.has(name) && !literals.has(name)) fail(mongo, 'operator_not_listed')
}

/** Notes a collection of the command's own database that is read or written. */
export function noteCollection(mongo: Mongo, to: Set<string>, name: unknown): void {
  noteNamed(mongo, to, { name, database: mongo.database })
}

/** A collection and its database, which may be another one. */
export interface Named {
  readonly name: unknown
  readonly database: string
}

export function noteNamed(mongo: Mongo, to: Set<string>, { name, database }: Named): void {
  if (typeof name !== 'string' || name === '' || name.includes('$')) {
    fail(mongo, 'collection_malformed')
    return
  }
  const isSystem = name.startsWith('system.') || ['admin', 'config', 'local'].includes(database)
  if (isSystem) note(mongo, 'read', 'system_catalog')
  to.add((database === '' ? name : `${database}.${name}`).toLowerCase())
}
