import { items, members, type Node, type NodeMap, text } from '../specs/document.ts'
import { resolveIn, type Schema } from '../specs/schema.ts'
import { member, oneLine, quoted } from './names.ts'

const deepest = 4
const anyObject = 'z.record(z.string().max(200), z.unknown())'

interface Job {
  readonly root: Schema
  readonly depth: number
}

/** The zod schema of a documented one, as code; whatever the document does not bound gets a bound of ours. */
export function schemaCode(root: Schema, schema: Node | undefined = root): string {
  return codeOf(schema, { root, depth: 0 })
}

/** The members of a documented object, by name; null where it is no object, or names none. */
export function membersOf(root: Schema): readonly { readonly name: string; readonly code: string }[] | null {
  const node = merged(resolveIn(root, root), { root, depth: 0 })
  const wanted = items(node.required)
  const properties = Object.entries(members(node.properties)).filter(
    ([, each]) => resolveIn(root, each).readOnly !== true,
  )
  if (properties.length === 0) return null
  return properties.map(([name, each]) => {
    const code = codeOf(each, { root, depth: 1 })
    return { name, code: wanted.includes(name) ? code : `${code}.optional()` }
  })
}

function codeOf(schema: Node | undefined, job: Job): string {
  const found = merged(resolveIn(job.root, schema), job)
  const choice = [...items(found.oneOf), ...items(found.anyOf)].find((each) => members(each).type !== 'null')
  if (choice !== undefined) return codeOf(choice, job)
  const said = text(found.description)
  const code = kindOf(found, job)
  return said === undefined || said.trim() === '' ? code : `${code}.describe(${quoted(oneLine(said, 'As documented'))})`
}

/** The parts of `allOf` as one. */
function merged(node: NodeMap, job: Job): NodeMap {
  const parts = items(node.allOf).map((part) => merged(resolveIn(job.root, part), job))
  if (parts.length === 0) return node
  const all = [...parts, node]
  const properties = Object.assign({}, ...all.map((part) => members(part.properties))) as NodeMap
  const required = all.flatMap((part) => items(part.required))
  return { ...Object.assign({}, ...all), properties, required, allOf: [] }
}

function kindOf(node: NodeMap, job: Job): string {
  const type = Array.isArray(node.type) ? node.type.find((each) => each !== 'null') : node.type
  const choices = items(node.enum).filter((each) => typeof each === 'string')
  if (choices.length > 0) return `z.enum([${choices.map((each) => quoted(each)).join(', ')}])`
  if (type === 'string') return textCode(node)
  if (type === 'integer') return `z.int()${rangeCode(node, 2_147_483_647)}`
  if (type === 'number') return `z.number()${rangeCode(node, 1e15)}`
  if (type === 'boolean') return 'z.boolean()'
  if (type === 'array') return listCode(node, job)
  return type === 'object' || node.properties !== undefined ? objectCode(node, job) : 'z.unknown()'
}

function textCode({ format, pattern, minLength, maxLength }: NodeMap): string {
  if (format === 'uuid') return 'z.guid()'
  const most = typeof maxLength === 'number' ? Math.min(maxLength, 100_000) : 1_000
  const least = typeof minLength === 'number' && minLength > 0 ? `.min(${minLength})` : ''
  const rule = typeof pattern === 'string' ? `.regex(${String(new RegExp(pattern))})` : ''
  return `z.string()${least}.max(${most})${rule}`
}

function rangeCode({ minimum, maximum }: NodeMap, most: number): string {
  return `.min(${typeof minimum === 'number' ? minimum : 0}).max(${typeof maximum === 'number' ? maximum : most})`
}

function listCode({ items: each, minItems, maxItems }: NodeMap, job: Job): string {
  const inner = job.depth >= deepest ? 'z.unknown()' : codeOf(each, { ...job, depth: job.depth + 1 })
  const least = typeof minItems === 'number' && minItems > 0 ? `.min(${minItems})` : ''
  return `z.array(${inner})${least}.max(${typeof maxItems === 'number' ? Math.min(maxItems, 1_000) : 100})`
}

function objectCode(node: NodeMap, job: Job): string {
  const properties = Object.entries(members(node.properties)).filter(
    ([, each]) => resolveIn(job.root, each).readOnly !== true,
  )
  if (properties.length === 0 || job.depth >= deepest) return anyObject
  const required = items(node.required)
  const lines = properties.map(([name, each]) => {
    const code = codeOf(each, { ...job, depth: job.depth + 1 })
    return `${member(name)}: ${required.includes(name) ? code : `${code}.optional()`}`
  })
  return `z.strictObject({ ${lines.join(', ')} })`
}
