import type { MongoCall } from '../backend/document-call.ts'
import type { Json, UpstreamCall } from '../pipeline/ports.ts'
import { parseText, refuseInput } from './cosmos-inputs.ts'
import { isObject } from './document-table.ts'
import { failWith } from './failure.ts'

type JsonObject = Readonly<Record<string, Json>>

/** A command as it was judged, in Extended JSON. */
export interface PreparedCommand {
  readonly action: MongoCall['action']
  /** '' where it goes to none. */
  readonly collection: string
  readonly command: JsonObject
  /** What comes back are stored documents whose members keep their names. */
  readonly plain: boolean
}

/** Members that are ours to set, or that would take a guard away: acknowledgement, validation, another database. */
const notYours: readonly string[] = [
  '$db',
  '$readPreference',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
  'bypassDocumentValidation',
  'comment',
  'explain',
  'noCursorTimeout',
  'writeConcern',
]

/**
 * Reads the command of a call: the very text that was judged, its first member the operation's own, on collections that
 * the deployment allows (undefined: whatever the person may). Throws Problem `input_invalid` for any other.
 */
export function prepareCommand(call: UpstreamCall, allowed: readonly string[] | undefined): PreparedCommand {
  const { action } = templateOf(call)
  if (action === 'listCollections') {
    const command = { listCollections: 1, nameOnly: true, authorizedCollections: true }
    return { action, collection: '', command, plain: false }
  }
  const { statement } = call.understood
  if (statement?.text === undefined) throw failWith({ code: 'internal', fate: 'not_called', why: 'not_judged' })
  const command = parseText('/command', statement.text)
  const [[first, target] = ['', null]] = isObject(command) ? Object.entries(command) : []
  if (!isObject(command) || first !== action) throw refuseInput('/command', `does not begin with ${action}`)
  const strange = notYours.find((name) => Object.hasOwn(command, name))
  if (strange !== undefined) throw refuseInput(`/command`, `has ${strange}, which is not taken`)
  assertAllowed([...statement.reads, ...statement.writes], allowed)
  assertFiltered(command)
  const collection = typeof target === 'string' ? target : ''
  return { action, collection, command, plain: collection !== '' && isPlain(action, command) }
}

function templateOf({ invocation }: UpstreamCall): MongoCall {
  const { call } = invocation.operation
  if (call.technology === 'mongo') return call
  throw failWith({ code: 'internal', fate: 'not_called', why: 'technology' })
}

function assertAllowed(names: readonly string[], allowed: readonly string[] | undefined): void {
  const known = allowed?.map((name) => name.toLowerCase())
  if (known !== undefined && names.some((name) => !known.includes(name)))
    throw refuseInput('/command', 'names a collection that agents may not reach here')
}

/** A change of everything is no slip of an empty filter. */
function assertFiltered({ updates, deletes }: JsonObject): void {
  const changes = [updates, deletes].flatMap((list) => (Array.isArray(list) ? (list as readonly Json[]) : []))
  const isOpen = (change: Json) => !isObject(change) || !isObject(change.q) || Object.keys(change.q).length === 0
  if (changes.some(isOpen)) throw refuseInput('/command', 'has a change without a filter')
}

/** Stages that let fewer documents through, or fewer members of them, and change none. */
const keeping: readonly string[] = ['$match', '$sort', '$limit', '$skip', '$unset']

function isPlain(action: MongoCall['action'], command: JsonObject): boolean {
  const { projection, pipeline, returnKey, showRecordId } = command
  if (action === 'find') return returnKey === undefined && showRecordId === undefined && isSelection(projection)
  const stages = action === 'aggregate' && Array.isArray(pipeline) ? (pipeline as readonly Json[]) : [null]
  return stages.every((stage) => {
    const [[name, value] = ['', null], ...others] = isObject(stage) ? Object.entries(stage) : []
    return others.length === 0 && (keeping.includes(name) || (name === '$project' && isSelection(value)))
  })
}

/** Members that are taken or left out, by plain numbers or truth; anything else may compute or rename. */
function isSelection(projection: Json | undefined): boolean {
  if (projection === undefined) return true
  if (!isObject(projection)) return false
  return Object.entries(projection).every(
    ([path, value]) => (typeof value === 'boolean' || value === 0 || value === 1) && !path.includes('$'),
  )
}
