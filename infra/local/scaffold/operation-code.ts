import { items, members, text } from '../specs/document.ts'
import type { SpecOperation, SpecParameter } from '../specs/operation.ts'
import { bundleSchema, resolveIn } from '../specs/schema.ts'
import { isOfBytes, longRunningCode, pagingOf } from './answer-code.ts'
import { identifier, member, oneLine, quoted } from './names.ts'
import { membersOf, schemaCode } from './schema-code.ts'

/** An input of the operation, the code of its schema, and what the template calls it. */
interface Input {
  readonly name: string
  readonly code: string
  readonly of: string
}

interface Parts {
  readonly path: readonly Input[]
  readonly query: readonly Input[]
  readonly headers: readonly Input[]
  readonly body: readonly Input[]
  /** The whole body is one input. */
  readonly whole: boolean
  readonly fixed: Readonly<Record<string, string>>
  readonly page: string | undefined
}

const effects: Readonly<Record<string, readonly [effect: string, think: string]>> = {
  GET: ['read', ''],
  HEAD: ['read', ''],
  POST: ['write', 'A POST may only ask (read), or do worse than write: say the worst that it can do.'],
  PUT: ['write', 'Say `admin` where it changes who may do what, or how the service works.'],
  PATCH: ['write', 'Say `admin` where it changes who may do what, or how the service works.'],
  DELETE: ['delete', ''],
}

/** One operation of a declaration, as code; long lists of inputs stand before the declaration. */
export function operationCode(
  name: string,
  operation: SpecOperation,
): { readonly code: string; readonly before: readonly string[] } {
  const parts = distinct(partsOf(operation))
  const [effect = 'admin', think = ''] = effects[operation.method] ?? []
  const said = text(operation.node.summary) ?? text(operation.node.description) ?? ''
  const all = [...parts.path, ...parts.query, ...parts.headers, ...parts.body].map(
    (each) => `${each.name}: ${each.code}`,
  )
  const inputs = `() => z.strictObject({ ${[...all, ...(parts.page === undefined ? [] : [cursorCode])].join(', ')} })`
  const isLong = all.length > mostInPlace
  const code = [
    `${name}: {`,
    `summary: ${quoted(oneLine(said, spell(name)))},`,
    ...(think === '' ? [] : [`// ${think}`]),
    `effect: ${quoted(effect)},`,
    `inputs: ${isLong ? `${name}Inputs` : inputs},`,
    `call: rest({ ${callCode(operation, parts)} }),`,
    '},',
  ]
  return { code: code.join('\n'), before: isLong ? [`const ${name}Inputs = ${inputs}`] : [] }
}

/** `getDrawing` as a sentence, for want of one. */
function spell(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()
}

const mostInPlace = 3
const cursorCode = "cursor: z.string().max(12_000).optional().describe('As the page before gave it')"

/** A member of the body may have the name of a parameter. */
function distinct(parts: Parts): Parts {
  const taken = new Set([...parts.path, ...parts.query, ...parts.headers].map(({ name }) => name))
  const body = parts.body.map((each) => {
    const name = taken.has(each.name) ? `body${each.name.charAt(0).toUpperCase()}${each.name.slice(1)}` : each.name
    return { ...each, name }
  })
  return { ...parts, body }
}

function callCode(operation: SpecOperation, parts: Parts): string {
  const renamed = new Map(parts.path.map(({ of, name }) => [of, name]))
  const bare = operation.path.split('#')[0]?.split('?')[0] ?? ''
  const path = `${prefixOf(operation)}${bare}`.replace(
    /\{\+?([^{}]+)\}/g,
    (_whole, of: string) => `{${renamed.get(of) ?? of}}`,
  )
  const plain = parts.query.every(({ name, of }) => name === of)
  const query = plain
    ? `[${parts.query.map(({ name }) => quoted(name)).join(', ')}]`
    : `{ ${parts.query.map(({ name, of }) => `${member(of)}: ${quoted(name)}`).join(', ')} }`
  const lines = [
    `method: ${quoted(operation.method)}`,
    `path: ${quoted(path)}`,
    `parameters: [${parts.path.map(({ name }) => quoted(name)).join(', ')}]`,
    ...(Object.keys(parts.fixed).length === 0 ? [] : [`fixedQuery: ${mapCode(parts.fixed)}`]),
    ...(parts.query.length === 0 ? [] : [`query: ${query}`]),
    ...headersCode(operation, parts),
    ...bodyCode(parts),
    ...(parts.page === undefined ? [] : [`page: ${parts.page}`]),
    ...longRunningCode(operation),
    ...(isOfBytes(operation) ? ["answer: { kind: 'bytes', members: { 'content-type': 'contentType' } }"] : []),
  ]
  return lines.join(',\n')
}

/** Those that the caller chooses, the type of a body that is no plain JSON, and that other answers are taken too. */
function headersCode(operation: SpecOperation, { headers, body }: Parts): readonly string[] {
  const chosen = headers.map(({ of, name }) => [of.toLowerCase(), `{${name}}`] as const)
  const type = body.length === 0 ? undefined : jsonOf(operation)?.[0].split(';')[0]?.trim()
  const sent = type === undefined || type === 'application/json' || type.includes('*') ? [] : [['content-type', type]]
  const all = [...chosen, ...sent, ...(isOfBytes(operation) ? [['accept', '*/*']] : [])]
  return all.length === 0 ? [] : [`headers: ${mapCode(Object.fromEntries(all))}`]
}

/** Plain JSON where the document takes it. */
function jsonOf({ body }: SpecOperation) {
  const all = Object.entries(body?.content ?? {}).filter(([type]) => type.includes('json'))
  return all.find(([type]) => type.startsWith('application/json')) ?? all[0]
}

function bodyCode({ body, whole }: Parts): readonly string[] {
  if (body.length === 0) return []
  if (whole) return [`document: ${quoted(body[0]?.name ?? 'body')}`]
  if (body.every(({ name, of }) => name === of)) return [`body: [${body.map(({ name }) => quoted(name)).join(', ')}]`]
  return [`template: ${mapCode(Object.fromEntries(body.map(({ of, name }) => [of, `{${name}}`])))}`]
}

function mapCode(map: Readonly<Record<string, string>>): string {
  return `{ ${Object.entries(map)
    .map(([name, value]) => `${member(name)}: ${quoted(value)}`)
    .join(', ')} }`
}

function partsOf(operation: SpecOperation): Parts {
  const fixed = Object.fromEntries(new URLSearchParams(operation.path.split('#')[0]?.split('?')[1] ?? ''))
  const version = operation.parameters.find(({ name }) => name === 'api-version')
  const paging = pagingOf(operation)
  const own = operation.parameters.filter(({ name, ...each }) => {
    return name !== 'api-version' && fixed[name] === undefined && name !== paging?.token && isWanted({ name, ...each })
  })
  const of = (place: string) => own.filter((each) => each.in === place).map(inputOf)
  return {
    path: [...of('path'), ...undocumented(operation)],
    query: of('query'),
    headers: of('header'),
    ...bodyOf(operation),
    fixed: { ...fixed, ...(version === undefined ? {} : { 'api-version': versionOf(operation, version) }) },
    page: paging?.code,
  }
}

/** Headers that every call has, and parameters for the publisher's own consoles, are not for an agent to choose. */
function isWanted({ name, required, in: place }: Pick<SpecParameter, 'name' | 'required' | 'in'>): boolean {
  if (place === 'header') return required && !/^(?:authorization|accept|content-type)$/i.test(name)
  return !/^(?:\$\.xgafv|access_token|alt|callback|fields|key|oauth_token|prettyPrint|quotaUser|uploadType|upload_protocol)$/.test(
    name,
  )
}

function inputOf(parameter: SpecParameter): Input {
  const root = bundleSchema(parameter.schema)
  const code = schemaCode(root).replace(/^z\.unknown\(\)/, 'z.string().max(1_000)')
  const described =
    code.includes('.describe(') || parameter.description === ''
      ? code
      : `${code}.describe(${quoted(oneLine(parameter.description, 'As documented'))})`
  return {
    name: identifier(parameter.name),
    of: parameter.name,
    code: parameter.required ? described : `${described}.optional()`,
  }
}

/** What stands before the path: the document's own, else that of its first server that has one. */
function prefixOf({ prefixes }: SpecOperation): string {
  const [own = '', ...servers] = prefixes
  return own === '' ? (servers.find((each) => /^\/[^{]*$/.test(each)) ?? '') : own
}

/** Names in the path or before it that the document gives no parameter for. */
function undocumented(operation: SpecOperation): readonly Input[] {
  const { path, parameters } = operation
  const names = [...`${prefixOf(operation)}${path}`.matchAll(/\{\+?([^{}]+)\}/g)].map(([, name]) => name ?? '')
  const known = parameters.filter((each) => each.in === 'path').map(({ name }) => name)
  return names
    .filter((name) => !known.includes(name))
    .map((name) => ({ name: identifier(name), of: name, code: 'z.string().min(1).max(200)' }))
}

function bodyOf(operation: SpecOperation): Pick<Parts, 'body' | 'whole'> {
  const place = jsonOf(operation)?.[1]
  if (place === undefined) return { body: [], whole: false }
  const root = bundleSchema(place)
  const listed = membersOf(root)
  if (listed === null) return { body: [{ name: 'body', of: 'body', code: schemaCode(root) }], whole: true }
  return { body: listed.map(({ name, code }) => ({ name: identifier(name), of: name, code })), whole: false }
}

function versionOf({ file }: SpecOperation, { schema }: SpecParameter): string {
  const node = resolveIn(bundleSchema(schema), bundleSchema(schema))
  return text(items(node.enum)[0]) ?? text(node.default) ?? text(members(file.root.info).version) ?? 'unknown'
}
