import { parsePointer } from '../masking/pointer.ts'
import type { Json } from '../pipeline/ports.ts'

/**
 * A value without the members at these pointers, in which `*` stands for every member or item and `**` for any number of
 * them. Items of lists are never taken out, only members.
 */
export function dropMembers(data: Json, pointers: readonly string[]): Json {
  return pointers.reduce((left: Json, pointer) => dropAt(left, parsePointer(pointer)), data)
}

function dropAt(value: Json, tokens: readonly string[]): Json {
  const [token, ...rest] = tokens
  if (token === undefined || value === null || typeof value !== 'object') return value
  if (token === '**') return dropDeep(value, rest)
  if (isList(value)) return value.map((item, index) => (names(token, String(index)) ? dropAt(item, rest) : item))
  const members = Object.entries(value).flatMap(([name, item]): [string, Json][] => {
    if (!names(token, name)) return [[name, item]]
    return rest.length === 0 ? [] : [[name, dropAt(item, rest)]]
  })
  return Object.fromEntries(members)
}

function dropDeep(value: Json, rest: readonly string[]): Json {
  const here = dropAt(value, rest)
  if (here === null || typeof here !== 'object') return here
  if (isList(here)) return here.map((item) => dropDeep(item, rest))
  return Object.fromEntries(Object.entries(here).map(([name, item]) => [name, dropDeep(item, rest)]))
}

function names(token: string, name: string): boolean {
  return token === '*' || token === name
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

/** The value at a pointer; undefined where nothing is. */
export function valueAt(value: Json, pointer: string): Json | undefined {
  let here: Json | undefined = value
  for (const name of parsePointer(pointer)) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, name)) return undefined
    here = (here as Readonly<Record<string, Json>>)[name]
  }
  return here
}
