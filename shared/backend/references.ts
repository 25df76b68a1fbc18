import type { Json } from '../pipeline/ports.ts'

/** Inputs of another operation, each taken from an input of this one. */
export type InputMap = Readonly<Record<string, string>>

/** How many rows a call would touch: a read that says so, and where in its answer. */
export interface PreviewTemplate {
  /** Name of a read of the same backend. */
  readonly operation: string
  readonly inputs: InputMap
  /** `planner`: an estimate; `count`: counted. */
  readonly kind: 'planner' | 'count'
  /** JSON pointer of the number in its answer. */
  readonly rows: string
}

/** What a call refers to and does not carry with it. */
export interface Reference {
  readonly kind: 'object' | 'job' | 'notebook' | 'procedure'
  /** A read that gives its version, and where; without it nobody can say that it stays as it is. */
  readonly version?: { readonly operation: string; readonly inputs: InputMap; readonly at: string }
  /** The input by which the backend is told to act on that version alone. */
  readonly condition?: string
}

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
