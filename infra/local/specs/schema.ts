import { find, items, type Located, members, type Node, type NodeMap, text } from './document.ts'

/** A JSON Schema (draft 7 and 2020 alike in what is used) that needs no other file. */
export type Schema = Readonly<Record<string, Node>>

interface Bundle {
  readonly names: Map<Node, string>
  readonly definitions: Record<string, Node>
}

const bundled = new WeakMap<object, Schema>()
const kinds = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']
const kept = [
  ...['enum', 'const', 'format', 'minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'multipleOf'],
  ...['uniqueItems', 'minProperties', 'maxProperties', 'exclusiveMinimum', 'exclusiveMaximum', 'example', 'default'],
  ...['discriminator', 'x-ms-discriminator-value', 'readOnly', 'description'],
]
const nested = ['items', 'additionalProperties', 'not']
const several = ['allOf', 'anyOf', 'oneOf']

/** A schema with everything it refers to, in the words that validators know; made once for each place. */
export function bundleSchema(place: Located): Schema {
  const { node } = place
  if (typeof node !== 'object' || node === null) return {}
  const known = bundled.get(node)
  if (known !== undefined) return known
  const bundle: Bundle = { names: new Map(), definitions: {} }
  const schema = { ...members(take(place, bundle)), $defs: bundle.definitions }
  bundled.set(node, schema)
  return schema
}

function take({ file, node }: Located, bundle: Bundle): Node {
  if (typeof node === 'boolean') return node
  const schema = members(node)
  const reference = text(schema.$ref)
  if (reference !== undefined) return { $ref: `#/$defs/${define(find(file, reference), bundle)}` }
  const plain = { ...typeOf(schema), ...words(schema), ...inner({ file, node }, bundle) }
  return isNullable(schema) ? { anyOf: [plain, { type: 'null' }] } : plain
}

function define(place: Located, bundle: Bundle): string {
  const known = bundle.names.get(place.node)
  if (known !== undefined) return known
  const name = `S${bundle.names.size}`
  bundle.names.set(place.node, name)
  bundle.definitions[name] = take(place, bundle)
  return name
}

function typeOf({ type }: NodeMap): NodeMap {
  if (typeof type === 'string') return kinds.includes(type) ? { type } : {}
  return Array.isArray(type) ? { type: items(type) } : {}
}

function words(schema: NodeMap): NodeMap {
  const plain = kept.filter((word) => schema[word] !== undefined).map((word) => [word, schema[word] as Node] as const)
  const required = Array.isArray(schema.required) && schema.required.length > 0 ? { required: schema.required } : {}
  return { ...Object.fromEntries(plain), ...bounds(schema), ...patternOf(schema), ...required }
}

/** OpenAPI before 3.1 says whether a bound itself is excluded. */
function bounds({ exclusiveMinimum, exclusiveMaximum, minimum, maximum }: NodeMap): NodeMap {
  const below =
    typeof exclusiveMinimum === 'boolean'
      ? { exclusiveMinimum: exclusiveMinimum ? (minimum ?? 0) : Number.MIN_SAFE_INTEGER }
      : {}
  const above =
    typeof exclusiveMaximum === 'boolean'
      ? { exclusiveMaximum: exclusiveMaximum ? (maximum ?? 0) : Number.MAX_SAFE_INTEGER }
      : {}
  return { ...below, ...above }
}

/** A pattern that is no regular expression here says nothing. */
function patternOf({ pattern }: NodeMap): NodeMap {
  if (typeof pattern !== 'string') return {}
  try {
    new RegExp(pattern, 'u')
    return { pattern }
  } catch {
    return {}
  }
}

function inner({ file, node }: Located, bundle: Bundle): NodeMap {
  const schema = members(node)
  const at = (each: Node) => take({ file, node: each }, bundle)
  const mapOf = (word: string) =>
    schema[word] === undefined
      ? {}
      : { [word]: Object.fromEntries(Object.entries(members(schema[word])).map(([name, each]) => [name, at(each)])) }
  const one = nested
    .filter((word) => schema[word] !== undefined)
    .map((word) => [word, at(schema[word] as Node)] as const)
  const many = several
    .filter((word) => items(schema[word]).length > 0)
    .map((word) => [word, items(schema[word]).map(at)] as const)
  return {
    ...mapOf('properties'),
    ...mapOf('patternProperties'),
    ...Object.fromEntries(one),
    ...Object.fromEntries(many),
  }
}

function isNullable(schema: NodeMap): boolean {
  return schema.nullable === true || schema['x-nullable'] === true
}

/** The schema that a reference within a bundle leads to. */
export function resolveIn(root: Schema, schema: Node | undefined): NodeMap {
  const reference = text(members(schema).$ref)
  if (reference === undefined) return members(schema)
  return resolveIn(root, members(root.$defs)[reference.replace('#/$defs/', '')])
}
