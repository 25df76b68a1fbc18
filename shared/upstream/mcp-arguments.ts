import type { Json } from '../pipeline/ports.ts'
import type { Members } from './mcp-pins.ts'

/** One comparison, and the schema that `#/…` references start from. */
interface Look {
  readonly root: Members
  readonly path: string
  readonly depth: number
}

const deepest = 32

/**
 * Where arguments do not fit the schema that was pinned: the first place as a JSON pointer, null where they fit. Types,
 * required members, enumerations and bounds are checked (JSON Schema 2020-12); patterns and formats are left to the
 * server, since a pattern can take for ever. A member that the schema does not name is refused unless it says
 * `additionalProperties`.
 */
export function faultOfArguments(schema: Members, value: Json): string | null {
  return check(schema, value, { root: schema, path: '', depth: 0 })
}

function check(given: Json | undefined, value: Json, look: Look): string | null {
  if (given === true || given === undefined) return null
  if (!isObject(given) || look.depth > deepest) return look.path
  const deeper = { ...look, depth: look.depth + 1 }
  if (typeof given.$ref === 'string') return check(resolve(given.$ref, look.root) ?? false, value, deeper)
  if (!isTyped(given, value) || !isChosen(given, value) || !isWithin(given, value)) return look.path
  return checkGroups(given, value, deeper) ?? checkParts(given, value, deeper)
}

function checkGroups(schema: Members, value: Json, look: Look): string | null {
  const fits = (one: Json) => check(one, value, look) === null
  const every = listOf(schema.allOf).every(fits)
  const some = [schema.anyOf, schema.oneOf].every((group) => group === undefined || listOf(group).some(fits))
  return every && some ? null : look.path
}

function checkParts(schema: Members, value: Json, look: Look): string | null {
  if (isList(value))
    return firstFault(
      value.map((item, at) => [String(at), schema.items, item] as const),
      look,
    )
  if (!isObject(value)) return null
  const properties = isObject(schema.properties) ? schema.properties : {}
  const missing = listOf(schema.required).find((name) => !Object.hasOwn(value, String(name)))
  if (missing !== undefined) return `${look.path}/${String(missing)}`
  const isOpen = schema.properties === undefined && look.path !== ''
  const rest = schema.additionalProperties ?? isOpen
  const parts = Object.entries(value).map(
    ([name, item]) => [name, Object.hasOwn(properties, name) ? properties[name] : rest, item] as const,
  )
  return firstFault(parts, look)
}

function firstFault(parts: readonly (readonly [string, Json | undefined, Json])[], look: Look): string | null {
  for (const [name, schema, item] of parts) {
    const fault = check(schema, item, {
      ...look,
      path: `${look.path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    })
    if (fault !== null) return fault
  }
  return null
}

function isTyped({ type }: Members, value: Json): boolean {
  if (type === undefined) return true
  return (isList(type) ? type : [type]).some(
    (one) => typeOf(value) === one || (one === 'number' && typeof value === 'number'),
  )
}

function typeOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

function isChosen(schema: Members, value: Json): boolean {
  const same = (one: Json | undefined) => JSON.stringify(one) === JSON.stringify(value)
  return (
    (schema.enum === undefined || listOf(schema.enum).some(same)) && (schema.const === undefined || same(schema.const))
  )
}

function isWithin(schema: Members, value: Json): boolean {
  const [size, names] = sizeOf(value)
  const bound = (name: string, fits: (limit: number) => boolean) =>
    typeof schema[name] !== 'number' || fits(schema[name])
  const isOrdered = bound(`min${names}`, (limit) => size >= limit) && bound(`max${names}`, (limit) => size <= limit)
  if (typeof value !== 'number') return isOrdered
  return (
    isOrdered &&
    bound('exclusiveMinimum', (limit) => size > limit) &&
    bound('exclusiveMaximum', (limit) => size < limit)
  )
}

function sizeOf(value: Json): readonly [size: number, names: string] {
  if (typeof value === 'string') return [[...value].length, 'Length']
  if (Array.isArray(value)) return [value.length, 'Items']
  if (isObject(value)) return [Object.keys(value).length, 'Properties']
  return [typeof value === 'number' ? value : 0, 'imum']
}

function resolve(reference: string, root: Members): Json | undefined {
  const names = reference.startsWith('#/') ? reference.slice(2).split('/') : null
  return names?.reduce<Json | undefined>(
    (at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined),
    root,
  )
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : []
}

/** True for a JSON object. */
export function isObject(value: Json | undefined): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
