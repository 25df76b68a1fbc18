import type { WarehouseCall, WarehousePart } from '../backend/warehouse-call.ts'
import { Problem } from '../errors/problem.ts'
import type { Json, UpstreamCall } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'

/** The call's template, or Problem `internal` where the declaration is another technology's. */
export function templateOf({ invocation }: UpstreamCall): WarehouseCall {
  const template = invocation.operation.call
  if (template.technology !== 'warehouse') throw failWith({ code: 'internal', fate: 'not_called', why: 'technology' })
  return template
}

/** The input that plays a part in the call; undefined where the template has none for it or the caller gave none. */
export function inputOf(call: UpstreamCall, part: WarehousePart): Json | undefined {
  const name = templateOf(call).inputs[part]
  return name === undefined ? undefined : call.invocation.inputs[name]
}

/** Problem `input_invalid` for the input that plays a part. */
export function refuseInput(call: UpstreamCall, part: WarehousePart, detail: string): Problem {
  const pointer = `/${templateOf(call).inputs[part] ?? part}`
  return new Problem('input_invalid', 'An input cannot be used here.', {
    faults: [{ pointer, detail }],
    next: { action: 'change_input' },
    reason: `not_called:${part}`,
  })
}

/** A named or positional value of a statement, as all declarations spell it. */
export interface Parameter {
  readonly name: string
  /** NULL is a value too. */
  readonly value: string | null
  readonly type: string
}

/** The values of a call's statement, in the order given. */
export function parametersOf(given: Json | undefined): readonly Parameter[] {
  if (!Array.isArray(given)) return []
  return (given as readonly Readonly<Record<string, Json>>[]).map(({ name, value, type }, index) => ({
    name: typeof name === 'string' ? name : String(index + 1),
    value: value === null || value === undefined ? null : String(value),
    type: typeof type === 'string' ? type : 'STRING',
  }))
}

/** The object at a member, or an empty one. */
export function memberOf(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
    return undefined
  return (value as Readonly<Record<string, Json>>)[name]
}

/** The same, further down. */
export function at(value: Json | undefined, ...names: readonly string[]): Json | undefined {
  return names.reduce<Json | undefined>((here, name) => memberOf(here, name), value)
}

/** A list at a member; anything else is none. */
export function listIn(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

/** A text that has to be there, of printable ASCII without spaces; Problem `backend_failed` for anything else. */
export function idIn(value: Json | undefined): string {
  if (typeof value !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(value)) throw wrongShape()
  return value
}

/** The Problem of an answer that is none of its service's. */
export function wrongShape(): Problem {
  return failWith({ code: 'backend_failed', fate: 'called', why: 'shape' })
}
