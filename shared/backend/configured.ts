import { createHash } from 'node:crypto'
import type * as z from 'zod'
import type { Backend, Cloud, Operation } from './define.ts'

/** What a deployment says of one backend; the settings schema has the bounds. */
export interface BackendConfiguration {
  readonly baseUrl?: string | undefined
  readonly scope?: string | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly database?: string | undefined
  readonly containers?: readonly string[] | undefined
  readonly warehouses?: readonly string[] | undefined
  readonly catalog?: string | undefined
  readonly schema?: string | undefined
  readonly classification: Readonly<Record<string, string>>
}

/** The declared backends that this deployment configures; throws where it names one that nobody declares. */
export function selectConfigured(
  declared: readonly Backend[],
  configured: Readonly<Record<string, BackendConfiguration>>,
): ReadonlyMap<string, Backend> {
  const byName = new Map(declared.map((backend) => [backend.name, backend]))
  return new Map(
    Object.keys(configured).map((name) => {
      const backend = byName.get(name)
      if (backend === undefined) throw new Error(`COUNTERSIGN_BACKENDS (at ${name}) names no backend`)
      assertClassified(backend, configured[name])
      return [name, limitObjects(backend, configured[name]?.containers)]
    }),
  )
}

/**
 * The declaration as a deployment allows it: where operations name an object, only those that the configuration lists
 * are valid inputs, and none are while the list is empty. Throws where there is no list, or a list without use.
 */
function limitObjects(backend: Backend, objects: readonly string[] | undefined): Backend {
  const namesObjects = Object.values(backend.operations).some(({ object }) => object !== undefined)
  if (namesObjects && objects === undefined)
    throw new Error(`COUNTERSIGN_BACKENDS (at ${backend.name}.containers) is missing`)
  if (!namesObjects && objects !== undefined)
    throw new Error(`COUNTERSIGN_BACKENDS (at ${backend.name}.containers) is not a setting of this backend`)
  if (objects === undefined) return backend
  const limited = Object.entries(backend.operations).map(([name, operation]) => [name, limit(operation, objects)])
  return Object.freeze({ ...backend, objects, operations: Object.fromEntries(limited) })
}

/**
 * Throws where the classification of a backend with objects speaks of none that is listed, or of no member of its
 * answers: a slip would leave open what was meant to be masked.
 */
function assertClassified(backend: Backend, configuration: BackendConfiguration | undefined): void {
  const { containers, classification = {} } = configuration ?? {}
  if (containers === undefined) return
  const pointers = Object.values(backend.operations).flatMap(({ labels }) => Object.keys(labels ?? {}))
  const members = new Set(pointers.map((pointer) => pointer.slice(pointer.lastIndexOf('/') + 1).toLowerCase()))
  const known = (key: string) => {
    const cut = key.lastIndexOf('.')
    // A pattern fits what it fits.
    if (key.includes('*')) return true
    return containers.includes(key.slice(0, cut).toLowerCase()) && members.has(key.slice(cut + 1).toLowerCase())
  }
  const slip = Object.keys(classification).some((key) => !key.startsWith('/') && !known(key))
  if (slip)
    throw new Error(`COUNTERSIGN_BACKENDS (at ${backend.name}.classification) names no member of a listed container`)
}

function limit(operation: Operation, objects: readonly string[]): Operation {
  const { object, inputs } = operation
  if (object === undefined) return operation
  const listed = (value: unknown) =>
    objects.includes(String((value as Readonly<Record<string, unknown>> | undefined)?.[object]))
  const issue = { code: 'invalid_value' as const, values: [...objects], path: [object] }
  const check = (payload: z.core.ParsePayload) => {
    if (!listed(payload.value)) payload.issues.push({ ...issue, input: payload.value })
  }
  return { ...operation, inputs: () => inputs().check(check) }
}

/** The scope to ask for; throws where the declaration leaves it to a deployment that says nothing. */
export function scopeOf(backend: Backend, cloud: Cloud, configuration: BackendConfiguration): string {
  const scope = backend.scope === 'configured' ? configuration.scope : backend.scope[cloud]
  if (scope === undefined) throw new Error(`COUNTERSIGN_BACKENDS (at ${backend.name}.scope) is missing`)
  return scope
}

/** Throws where a deployment leaves out what the declaration requires. */
export function assertComplete(backend: Backend, configuration: BackendConfiguration): void {
  const missing = backend.requires?.find((name) => configuration[name] === undefined)
  if (missing !== undefined) throw new Error(`COUNTERSIGN_BACKENDS (at ${backend.name}.${missing}) is missing`)
}

/** SHA-256 (hex) of a declaration: every member, with the inputs as `schemaOf` prints them. */
export function digestDeclaration(backend: Backend, schemaOf: (operation: Operation) => unknown): string {
  return digestJson([backend, Object.values(backend.operations).map(schemaOf)])
}

/** SHA-256 (hex) of JSON text; functions are left out, member order is the value's own. */
export function digestJson(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}
