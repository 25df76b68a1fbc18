import type { InputMap } from '../backend/references.ts'
import type { Json } from './ports.ts'

/** The other operation's inputs; what this call does not have is left out. */
export function mapInputs(map: InputMap, inputs: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> {
  const pairs = Object.entries(map).map(([name, from]) => [name, inputs[from]] as const)
  return Object.fromEntries(pairs.filter((pair): pair is [string, Json] => pair[1] !== undefined))
}

/** The value at a JSON pointer without escapes, or undefined. */
export function readAt(value: Json, pointer: string): Json | undefined {
  let found: Json | undefined = value
  for (const part of pointer.split('/').slice(1)) {
    if (found === null || typeof found !== 'object') return undefined
    found = Array.isArray(found) ? found[Number(part)] : (found as Readonly<Record<string, Json>>)[part]
  }
  return found
}
