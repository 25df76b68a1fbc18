import { createHash } from 'node:crypto'
import type * as z from 'zod'
import { assertCommands, machineName } from './command-list.ts'
import type { BackendConfiguration } from './configuration.ts'
import { assertValues, listName } from './configured-values.ts'
import { type Backend, type Cloud, endpointKey, endpointOf, type Operation } from './define.ts'
import { assertPartitions } from './partition-rules.ts'

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
      assertValues(backend, configured[name])
      assertPartitions(backend, configured[name])
      assertCommands(backend, configured[name])
      return [name, limitInputs(limitObjects(backend, configured[name]?.containers), configured[name]?.allow ?? {})]
    }),
  )
}

/**
 * The declaration as a deployment allows it: where operations name an object, only those that the configuration lists
 * are valid inputs, and none are while the list is empty. Throws where there is no list, or a list without use.
 */
function limitObjects(backend: Backend, objects: readonly string[] | undefined): Backend {
  // An input that the declaration limits has a list of its own.
  const namesObjects = Object.values(backend.operations).some(
    ({ object }) => object !== undefined && backend.limits?.[object] === undefined,
  )
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
    // A pattern fits what it fits, and nobody has declared which members documents have.
    if (key.includes('*')) return true
    const cut = members.size === 0 ? key.indexOf('.') : key.lastIndexOf('.')
    const isListed = containers.some((name) => name.toLowerCase() === key.slice(0, cut).toLowerCase())
    return isListed && (members.size === 0 || members.has(key.slice(cut + 1).toLowerCase()))
  }
  const slip = Object.keys(classification).some((key) => !key.startsWith('/') && !known(key))
  if (slip)
    throw new Error(`COUNTERSIGN_BACKENDS (at ${backend.name}.classification) names no member of a listed container`)
}

function limit(operation: Operation, objects: readonly string[]): Operation {
  const { object } = operation
  return object === undefined ? operation : narrow(operation, object, objects)
}

/** The operation whose input of that name can only be one of the listed, or a list of them. */
function narrow(operation: Operation, input: string, listed: readonly string[]): Operation {
  const { inputs } = operation
  const isListed = (value: unknown) =>
    (Array.isArray(value) ? value : [value]).every((one) => listed.includes(String(one)))
  const issue = { code: 'invalid_value' as const, values: [...listed], path: [input] }
  const check = (payload: z.core.ParsePayload) => {
    const value = (payload.value as Readonly<Record<string, unknown>> | undefined)?.[input]
    if (!isListed(value)) payload.issues.push({ ...issue, input: payload.value })
  }
  return { ...operation, inputs: () => inputs().check(check) }
}

/**
 * The declaration with its limited inputs narrowed to the deployment's lists. Where an input is left out it is not
 * among the listed: a call says which one it means.
 */
function limitInputs(backend: Backend, allow: Readonly<Record<string, readonly string[]>>): Backend {
  const lists = Object.entries(backend.limits ?? {}).map(([input, name]) => [input, allow[listName(name)]] as const)
  const set = lists.filter((pair): pair is [string, readonly string[]] => pair[1] !== undefined)
  if (set.length === 0) return backend
  const limited = Object.entries(backend.operations).map(([name, operation]) => [
    name,
    set
      .filter(([input]) => takes(operation, input))
      .reduce((narrowed, [input, listed]) => limitInput(narrowed, input, listed), operation),
  ])
  return Object.freeze({ ...backend, operations: Object.fromEntries(limited) })
}

/** A command is judged by its list, not found in it; a machine stands in its list with its keys. */
function limitInput(operation: Operation, input: string, listed: readonly string[]): Operation {
  const { command, call } = operation
  if (command?.input === input) return { ...operation, command: { input, listed } }
  const isMachine = call.technology === 'ssh' && call.host === input
  return narrow(operation, input, isMachine ? [...new Set(listed.map(machineName))] : listed)
}

function takes(operation: Operation, input: string): boolean {
  const schema = operation.inputs() as { readonly shape?: Readonly<Record<string, unknown>> }
  return schema.shape !== undefined && Object.hasOwn(schema.shape, input)
}

/** Which endpoint of a backend is meant, and where. */
export interface EndpointQuestion {
  readonly cloud: Cloud
  /** Nothing outside this machine is called: an address that is the same for everybody is none. */
  readonly development: boolean
  readonly configuration: BackendConfiguration
  /** Name of a further endpoint; absent: the backend's own. */
  readonly at?: string | undefined
}

/** Where an endpoint is: what the deployment says, else what is the same for everybody; undefined = nowhere. */
export function baseUrlOf(backend: Backend, question: EndpointQuestion): string | undefined {
  const { cloud, development, configuration, at } = question
  const own = at === undefined ? configuration : configuration.endpoints?.[at]
  const usual = development ? undefined : endpointOf(backend, at).base?.[cloud]
  return own?.baseUrl ?? usual ?? undefined
}

/** The scope to ask for; throws where it is not known in this cloud, or left to a deployment that says nothing. */
export function scopeOf(backend: Backend, question: EndpointQuestion): string {
  const { cloud, configuration, at } = question
  const { scope: declared } = endpointOf(backend, at)
  const place = at === undefined ? `${backend.name}.scope` : `${backend.name}.endpoints.${at}.scope`
  if (declared === 'host') return hostScope(baseUrlOf(backend, question), place)
  const own = at === undefined ? configuration.scope : configuration.endpoints?.[at]?.scope
  const scope = declared === 'configured' ? own : declared[cloud]
  if (scope === undefined) throw new Error(`COUNTERSIGN_BACKENDS (at ${place}) is missing`)
  if (scope === null) throw new Error(`COUNTERSIGN_BACKENDS (at ${place}) is not known in this cloud`)
  return scope
}

function hostScope(baseUrl: string | undefined, place: string): string {
  if (baseUrl === undefined)
    throw new Error(`COUNTERSIGN_BACKENDS (at ${place}) is made of the base URL, which is missing`)
  return `${new URL(baseUrl).origin}/.default`
}

/**
 * The scopes of all endpoints that are there, by `endpointKey`. Throws for the backend's own as `scopeOf` does; a
 * further endpoint that the deployment leaves out, or that has no scope in this cloud, has none.
 */
export function scopesOf(
  backend: Backend,
  question: EndpointQuestion,
): readonly (readonly [key: string, scope: string])[] {
  const own = [endpointKey(backend.name, undefined), scopeOf(backend, question)] as const
  const further = Object.keys(backend.endpoints ?? {}).flatMap((at) => {
    const asked = { ...question, at }
    const known = endpointOf(backend, at).scope
    const isKnown = typeof known === 'string' || known[question.cloud] !== null
    return baseUrlOf(backend, asked) === undefined || !isKnown
      ? []
      : [[endpointKey(backend.name, at), scopeOf(backend, asked)] as const]
  })
  return [own, ...further]
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
