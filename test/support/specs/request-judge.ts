import { items, members, type Node } from '../../../infra/local/specs/document.ts'
import type { SpecContent, SpecParameter } from '../../../infra/local/specs/operation.ts'
import { bundleSchema, resolveIn, type Schema } from '../../../infra/local/specs/schema.ts'
import type { Match, SentRequest } from './match.ts'
import { faultsOf, unknownMembers } from './schema-judge.ts'

/** What a media type is documented with, parameters and letter case aside; `*` in the document fits anything. */
export function contentFor(
  content: SpecContent,
  type: string,
): readonly [type: string, schema: Schema | undefined] | undefined {
  const plain = type.split(';')[0]?.trim().toLowerCase() ?? ''
  const found = Object.entries(content).find(([each]) => fits(each.split(';')[0]?.trim().toLowerCase() ?? '', plain))
  if (found === undefined) return undefined
  return [plain, found[1] === undefined ? undefined : bundleSchema(found[1])]
}

function fits(documented: string, plain: string): boolean {
  if (documented === '*/*' || documented === plain) return true
  return documented.endsWith('/*') && plain.startsWith(documented.slice(0, -1))
}

export function isJson(type: string): boolean {
  return /^application\/(?:[\w.-]+\+)?json$/.test(type)
}

/** What is wrong with a request as its document has it: parameters of path, query and headers, unknown ones, the body. */
export function judgeRequest(match: Match, request: SentRequest): readonly string[] {
  const { operation } = match
  const query = new URL(request.url, 'http://spec.invalid').searchParams
  const given = (parameter: SpecParameter): readonly string[] => {
    if (parameter.in === 'query') return query.getAll(parameter.name)
    const value = parameter.in === 'path' ? match.path[parameter.name] : request.headers[parameter.name.toLowerCase()]
    return value === undefined ? [] : [value].flat()
  }
  const known = new Set(operation.parameters.filter((each) => each.in === 'query').map(({ name }) => name))
  const fixed = new URLSearchParams(operation.path.split('#')[0]?.split('?')[1] ?? '')
  const strange = [...new Set(query.keys())].filter((name) => !known.has(name) && !fixed.has(name))
  return [
    ...operation.parameters.filter(isJudged).flatMap((each) => judgeParameter(each, given(each))),
    ...strange.map((name) => `query ${name}: is not documented`),
    ...judgeBody(match, request),
  ]
}

/** What HTTP itself or the caller's credentials say is not for an operation to document. */
function isJudged(parameter: SpecParameter): boolean {
  return (
    parameter.in !== 'header' || !/^(?:authorization|accept|content-type|content-length|host)$/i.test(parameter.name)
  )
}

function judgeParameter(parameter: SpecParameter, values: readonly string[]): readonly string[] {
  const place = `${parameter.in} ${parameter.name}`
  if (values.length === 0) return parameter.required ? [`${place}: is missing`] : []
  const schema = bundleSchema(parameter.schema)
  const faults = faultsOf(schema, readValue(schema, parameter, values))
  return faults.map((fault) => `${place}: ${fault}`)
}

function readValue(schema: Schema, parameter: SpecParameter, values: readonly string[]): Node {
  const node = resolveIn(schema, schema)
  if (node.type !== 'array') return plainOf(node, values[0] ?? '')
  const each = resolveIn(schema, node.items)
  const all = parameter.multi ? values : values.flatMap((value) => value.split(','))
  return all.map((value) => plainOf(each, value))
}

/** Texts of a URL as what the schema wants, where they can be read so. */
function plainOf(node: Readonly<Record<string, Node>>, value: string): Node {
  const types = [node.type, ...items(node.anyOf).map((each) => members(each).type)]
  if (types.includes('boolean') && (value === 'true' || value === 'false')) return value === 'true'
  const isNumber = types.includes('integer') || types.includes('number')
  return isNumber && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
}

function judgeBody({ operation: { body } }: Match, request: SentRequest): readonly string[] {
  if (request.body === '') return body?.required === true ? ['body: is missing'] : []
  if (body === undefined) return ['body: is not documented']
  const type = String(request.headers['content-type'] ?? '')
  const content = contentFor(body.content, type)
  if (content === undefined) return [`body: the content type ${type} is not documented`]
  const [plain, schema] = content
  if (schema === undefined || !isJson(plain)) return []
  const value: unknown = JSON.parse(request.body)
  const unknown = unknownMembers(schema, value).map((pointer) => `body ${pointer}: is not documented`)
  return [...faultsOf(schema, value).map((fault) => `body ${fault}`), ...unknown]
}
