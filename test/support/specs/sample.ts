import fc from 'fast-check'
import { items, members, type Node } from '../../../infra/local/specs/document.ts'
import { resolveIn, type Schema } from '../../../infra/local/specs/schema.ts'

/** How much of a schema a sample has: only what is required, or every member it knows. */
export type Extent = 'least' | 'full'

interface Job {
  readonly root: Schema
  readonly extent: Extent
  readonly depth: number
}

type Members = Readonly<Record<string, Node>>

const deepest = 6
const formats: Readonly<Record<string, string>> = {
  uuid: '6b1f5c0e-3b7a-4c52-9d0e-2f4a8c1b7d90',
  'date-time': '2026-03-04T05:06:07Z',
  date: '2026-03-04',
  email: 'ada@example.com',
  uri: 'https://example.com/a',
  url: 'https://example.com/a',
  byte: 'YQ==',
  base64: 'YQ==',
  ipv4: '192.0.2.1',
  duration: 'PT1H',
}

/** A value that the schema allows, always the same for the same schema. The caller checks it. */
export function sampleOf(root: Schema, extent: Extent): Node {
  return sample(root, { root, extent, depth: 0 })
}

function sample(schema: Node | undefined, job: Job): Node {
  const node = merge(resolveIn(job.root, schema), job)
  if (node.const !== undefined) return node.const
  const [first] = items(node.enum)
  if (first !== undefined) return first
  if (typeof node.default !== 'object' && node.default !== undefined) return node.default
  const choice = [...items(node.oneOf), ...items(node.anyOf)][0]
  return choice === undefined ? make(node, job) : sample(choice, job)
}

/** The parts of `allOf` as one schema. */
function merge(node: Members, job: Job): Members {
  const parts = items(node.allOf).map((part) => merge(resolveIn(job.root, part), job))
  if (parts.length === 0) return node
  const all = [...parts, node]
  const properties = Object.assign({}, ...all.map((part) => members(part.properties))) as Members
  return { ...Object.assign({}, ...all), properties, required: all.flatMap((part) => items(part.required)), allOf: [] }
}

function make(node: Members, job: Job): Node {
  const type = Array.isArray(node.type) ? node.type[0] : node.type
  if (type === 'string') return sampleText(node)
  if (type === 'integer' || type === 'number') return sampleNumber(node, type === 'integer')
  if (type === 'boolean') return true
  if (type === 'array') return sampleList(node, job)
  return type === 'object' || node.properties !== undefined ? sampleObject(node, job) : 'a'
}

function sampleObject(node: Members, job: Job): Node {
  const required = items(node.required)
  const isFull = job.extent === 'full' && job.depth < deepest
  const wanted = Object.entries(members(node.properties)).filter(([name]) => isFull || required.includes(name))
  return Object.fromEntries(wanted.map(([name, member]) => [name, sample(member, { ...job, depth: job.depth + 1 })]))
}

function sampleList(node: Members, job: Job): Node {
  const least = typeof node.minItems === 'number' ? node.minItems : 0
  const count = Math.max(least, job.extent === 'full' && job.depth < deepest ? 1 : 0)
  return Array.from({ length: count }, () => sample(node.items, { ...job, depth: job.depth + 1 }))
}

function sampleNumber(node: Members, whole: boolean): number {
  const least = leastOf(node, whole)
  const wanted = Math.max(least, 1)
  const step = typeof node.multipleOf === 'number' ? node.multipleOf : 0
  const stepped = step === 0 ? wanted : Math.ceil(wanted / step) * step
  return typeof node.maximum === 'number' ? Math.min(stepped, node.maximum) : stepped
}

function leastOf({ minimum, exclusiveMinimum }: Members, whole: boolean): number {
  if (typeof exclusiveMinimum === 'number') return exclusiveMinimum + (whole ? 1 : 0.5)
  return typeof minimum === 'number' ? minimum : 1
}

function sampleText({ format, pattern, minLength, maxLength }: Members): string {
  const known = typeof format === 'string' ? formats[format] : undefined
  if (known !== undefined) return known
  const least = typeof minLength === 'number' ? minLength : 0
  const most = typeof maxLength === 'number' ? maxLength : 4096
  if (typeof pattern !== 'string') return 'a'.repeat(Math.min(Math.max(least, 1), most))
  const rule = new RegExp(pattern, 'u')
  const fits = (each: string) => rule.test(each) && each.length >= least && each.length <= most
  return plainTexts.find(fits) ?? textLike(rule, fits)
}

/** Tried first, since they read better than what is made of a pattern. */
const plainTexts = [
  'a',
  'ab',
  'abc',
  'abcd',
  'A',
  'A1',
  '1',
  '10',
  'a.b',
  'a/b',
  '/a',
  'a1b2c3d4',
  ...Object.values(formats),
]

/** A text that a pattern allows; throws where none of a few hundred fits. */
export function textLike(rule: RegExp, fits: (each: string) => boolean = (each) => rule.test(each)): string {
  const found = likely(rule)
    .filter(fits)
    .sort((one, other) => one.length - other.length || (one < other ? -1 : 1))[0]
  if (found === undefined) throw new Error(`no sample fits ${String(rule)}`)
  return found
}

/** Some rules are beyond the generator: samples for those are written down. */
function likely(rule: RegExp): readonly string[] {
  try {
    return fc.sample(fc.stringMatching(rule), { seed: 1, numRuns: 200 })
  } catch {
    return []
  }
}
