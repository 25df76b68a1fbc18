import type { PartitionRule } from '../backend/configuration.ts'
import type { CosmosCall, CosmosPart } from '../backend/document-call.ts'
import { keysAllowed } from '../backend/partition-rules.ts'
import { Problem } from '../errors/problem.ts'
import type { Json, UpstreamCall } from '../pipeline/ports.ts'
import { isObject } from './document-table.ts'
import { failWith } from './failure.ts'
import { makeSafe } from './safe-json.ts'

/** A partition key: one value for each level of the container's key. */
export type PartitionKey = readonly (string | number | boolean | null)[]

export type JsonObject = Readonly<Record<string, Json>>

/** The call's template; a call of another technology is a mistake of ours. */
export function templateOf({ invocation }: UpstreamCall): CosmosCall {
  const { call } = invocation.operation
  if (call.technology === 'cosmos') return call
  throw failWith({ code: 'internal', fate: 'not_called', why: 'technology' })
}

/** The input that plays a part, undefined where there is none. */
export function inputOf(call: UpstreamCall, part: CosmosPart): Json | undefined {
  const name = templateOf(call).inputs[part]
  return name === undefined ? undefined : call.invocation.inputs[name]
}

/** A text input; '' where there is none. */
export function textOf(call: UpstreamCall, part: CosmosPart): string {
  const value = inputOf(call, part)
  return typeof value === 'string' ? value : ''
}

/** Problem `input_invalid` for one input, before anything was called. */
export function refuseInput(pointer: string, detail: string): Problem {
  return new Problem('input_invalid', `The input at ${pointer} ${detail}.`, {
    faults: [{ pointer, detail }],
    next: { action: 'change_input' },
    reason: 'not_called:input',
  })
}

/** An input that is written as JSON. */
export function parseText(pointer: string, text: string): Json {
  const parsed = parseJson(text)
  // A name that JSON readers treat differently would let something else be stored than was read before.
  const isSafe = parsed !== undefined && !/"(_|\\u005f){2}proto(_|\\u005f){2}"/i.test(text)
  if (!isSafe || makeSafe(parsed) === undefined) throw refuseInput(pointer, 'is not well-formed JSON')
  return parsed
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** The item that is to be stored. `ttl` is refused: the item would delete itself, which `deleteItem` has rules for. */
export function documentOf(call: UpstreamCall): JsonObject & { readonly id: string } {
  const document = parseText('/document', textOf(call, 'document'))
  if (!isObject(document)) throw refuseInput('/document', 'is not an object')
  const { id } = document
  if (typeof id !== 'string' || !itemId.test(id)) throw refuseInput('/document', 'has no id that an item can have')
  if (Object.hasOwn(document, 'ttl')) throw refuseInput('/document', 'has a time to live')
  return { ...document, id }
}

const itemId = /^(?!\.{1,2}$)[^/\\?#]{1,255}$/

/** What is to be changed within an item, the values parsed. */
export function patchesOf(call: UpstreamCall): readonly JsonObject[] {
  const operations = inputOf(call, 'operations')
  return (Array.isArray(operations) ? operations : []).map((operation: JsonObject, at) => {
    const { value, ...rest } = operation
    if (/^\/(ttl|id|_\w+)(\/|$)/.test(String(rest.path))) throw refuseInput(`/operations/${at}/path`, 'is not yours')
    return typeof value === 'string' ? { ...rest, value: parseText(`/operations/${at}/value`, value) } : rest
  })
}

/** Values of a query's `@names`. */
export function parametersOf(call: UpstreamCall): readonly { readonly name: string; readonly value: Json }[] {
  const parameters = inputOf(call, 'parameters')
  return (Array.isArray(parameters) ? parameters : []).map(({ name, value }: JsonObject, at) => ({
    name: String(name),
    value: parseText(`/parameters/${at}/value`, String(value)),
  }))
}

/**
 * The partition that a call is for, null for all of them. Under a rule it is one that the rule allows this person: where
 * there is one alone, a call need not name it. Throws Problem `policy_denied` for another, `input_invalid` for none.
 */
export function partitionOf(call: UpstreamCall, rule: PartitionRule | undefined): PartitionKey | null {
  const given = textOf(call, 'partitionKey')
  const key = given === '' ? null : readKey(given)
  if (rule === undefined) return key
  const allowed = keysAllowed(rule, call.principal)
  if (allowed.length === 0 || (key !== null && !allowed.includes(String(key[0])))) throw outsideRule()
  const [only = '', ...others] = allowed
  if (key === null && others.length > 0) throw refuseInput('/partitionKey', 'is missing: more than one may be meant')
  // Compared as text, but a key of another type is another partition.
  if (key !== null && typeof key[0] !== 'string') throw outsideRule()
  return key ?? [only]
}

/** Who may use the container as such, and not this partition of it. */
export function outsideRule(): Problem {
  return failWith({
    code: 'policy_denied',
    fate: 'not_called',
    why: 'partition_rule',
    detail: 'This container is limited to partitions by person here, and this is none of the caller.',
    members: { next: { action: 'change_input' } },
  })
}

function readKey(text: string): PartitionKey {
  const parsed = parseText('/partitionKey', text)
  const key = Array.isArray(parsed) ? parsed : [parsed]
  const isKey = key.length > 0 && key.length <= 3 && key.every((part) => part === null || typeof part !== 'object')
  if (!isKey) throw refuseInput('/partitionKey', 'is no partition key')
  return key as PartitionKey
}

/** The key that an item carries at the paths of its container's key; undefined where it carries none. */
export function keyWithin(document: JsonObject, paths: readonly string[]): readonly Json[] | undefined {
  const key = paths.map((path) => path.slice(1).split('/').reduce<Json | undefined>(memberAt, document))
  return key.every((part) => part !== undefined) ? (key as readonly Json[]) : undefined
}

function memberAt(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}
