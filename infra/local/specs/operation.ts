import { find, follow, items, type Located, members, type Node, type NodeMap, type SpecFile, text } from './document.ts'

export interface SpecParameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  /** Values are repeated (`multi`), or joined by commas. */
  readonly multi: boolean
  /** Takes slashes as they are. */
  readonly wide: boolean
  readonly schema: Located
  readonly description: string
}

/** Content of a request or an answer: media type → schema, undefined where the document gives none. */
export type SpecContent = Readonly<Record<string, Located | undefined>>

export interface SpecAnswer {
  /** A number, a class as `2XX`, or `default`. */
  readonly status: string
  readonly content: SpecContent
  /** Bodies that the publisher gives as examples. */
  readonly examples: readonly Node[]
  readonly headers: readonly string[]
}

/** One operation of a specification, the same shape for OpenAPI 2 and 3. */
export interface SpecOperation {
  readonly id: string
  readonly file: SpecFile
  /** Capitals. */
  readonly method: string
  /** As documented, without what stands before it in the servers' addresses. */
  readonly path: string
  /** What stands before the path, one a server. */
  readonly prefixes: readonly string[]
  readonly parameters: readonly SpecParameter[]
  readonly body: { readonly required: boolean; readonly content: SpecContent } | undefined
  readonly answers: readonly SpecAnswer[]
  /** The operation's own node, for its extensions. */
  readonly node: NodeMap
  readonly pathNode: NodeMap
}

const methods = ['get', 'put', 'post', 'delete', 'head', 'patch']
const listed = new WeakMap<SpecFile, readonly SpecOperation[]>()

/** Every operation of a document; read on first use of its parts, listed once. */
export function operationsIn(file: SpecFile): readonly SpecOperation[] {
  const known = listed.get(file)
  if (known !== undefined) return known
  const paths = { ...members(file.root.paths), ...members(file.root['x-ms-paths']) }
  const all = Object.entries(paths).flatMap(([path, item]) => {
    const at = follow({ file, node: item })
    const node = members(at.node)
    return methods.filter((method) => node[method] !== undefined).map((method) => describe(at, path, method))
  })
  listed.set(file, all)
  return all
}

function describe({ file, node }: Located, path: string, method: string): SpecOperation {
  const pathNode = members(node)
  const own = members(pathNode[method])
  const once = <T>(make: () => T) => {
    let made: { readonly value: T } | undefined
    return () => {
      made ??= { value: make() }
      return made.value
    }
  }
  const raw = once(() => rawParameters(file, pathNode, own))
  const parts = {
    parameters: once(() => raw().filter(isPlain).map(describeParameter)),
    body: once(() => bodyOf({ file, node: own }, raw())),
    answers: once(() => answersOf({ file, node: own })),
  }
  const id = text(own.operationId) ?? `${method} ${path}`
  return {
    id,
    file,
    method: method.toUpperCase(),
    path,
    prefixes: prefixesOf(file),
    node: own,
    pathNode,
    get parameters() {
      return parts.parameters()
    },
    get body() {
      return parts.body()
    },
    get answers() {
      return parts.answers()
    },
  }
}

function rawParameters(file: SpecFile, shared: NodeMap, own: NodeMap): readonly Located[] {
  const all = [...items(shared.parameters), ...items(own.parameters)].map((node) => follow({ file, node }))
  const key = ({ node }: Located) => `${text(members(node).in)} ${text(members(node).name)}`
  return [...new Map(all.map((each) => [key(each), each])).values()]
}

function isPlain({ node }: Located): boolean {
  return ['path', 'query', 'header'].includes(text(members(node).in) ?? '')
}

function describeParameter({ file, node }: Located): SpecParameter {
  const parameter = members(node)
  const content = Object.values(members(parameter.content))[0]
  const isThird = isThirdOpenApi(file)
  const schema = isThird ? (parameter.schema ?? members(content).schema ?? {}) : node
  const multi = isThird
    ? parameter.explode !== false && parameter.style !== 'spaceDelimited'
    : parameter.collectionFormat === 'multi'
  return {
    name: text(parameter.name) ?? '',
    in: text(parameter.in) ?? '',
    required: parameter.required === true,
    multi,
    wide: parameter['x-ms-skip-url-encoding'] === true || parameter.allowReserved === true,
    schema: { file, node: schema },
    description: text(parameter.description) ?? '',
  }
}

function bodyOf(operation: Located, parameters: readonly Located[]): SpecOperation['body'] {
  const { file } = operation
  const node = members(operation.node)
  if (isThirdOpenApi(file)) {
    if (node.requestBody === undefined) return undefined
    const body = follow({ file, node: node.requestBody })
    const { required, content } = members(body.node)
    return { required: required === true, content: contentOf(body.file, content) }
  }
  const body = parameters.find((each) => members(each.node).in === 'body')
  if (body === undefined) return undefined
  const schema = { file: body.file, node: members(body.node).schema ?? {} }
  const types = typesOf(node.consumes, file.root.consumes)
  return {
    required: members(body.node).required === true,
    content: Object.fromEntries(types.map((type) => [type, schema])),
  }
}

function contentOf(file: SpecFile, content: Node | undefined): SpecContent {
  const entries = Object.entries(members(content)).map(([type, media]) => {
    const { schema } = members(media)
    return [type, schema === undefined ? undefined : { file, node: schema }] as const
  })
  return Object.fromEntries(entries)
}

/** An empty list means JSON: some publishers write it so. */
function typesOf(own: Node | undefined, shared: Node | undefined): readonly string[] {
  const types = items(own ?? shared).filter((type): type is string => typeof type === 'string')
  return types.length === 0 ? ['application/json'] : types
}

function answersOf({ file, node }: Located): readonly SpecAnswer[] {
  const operation = members(node)
  return Object.entries(members(operation.responses)).map(([status, response]) => {
    const at = follow({ file, node: response })
    const answer = members(at.node)
    const headers = Object.keys(members(answer.headers)).map((name) => name.toLowerCase())
    const content = isThirdOpenApi(file) ? contentOf(at.file, answer.content) : secondContent(at, operation.produces)
    const examples = [...inlineExamples(at), ...calledExamples(file, operation, status)]
    return { status: status.toUpperCase().replace('DEFAULT', 'default'), content, examples, headers }
  })
}

function secondContent({ file, node }: Located, produces: Node | undefined): SpecContent {
  const { schema } = members(node)
  if (schema === undefined) return {}
  return Object.fromEntries(typesOf(produces, file.root.produces).map((type) => [type, { file, node: schema }]))
}

function inlineExamples({ file, node }: Located): readonly Node[] {
  const { content, examples } = members(node)
  const second = Object.entries(members(examples))
    .filter(([type]) => type.includes('json'))
    .map(([, example]) => example)
  const third = Object.entries(members(content))
    .filter(([type]) => type.includes('json'))
    .flatMap(([, media]) => {
      const { example, examples: named } = members(media)
      const values = Object.values(members(named)).map((each) => members(follow({ file, node: each }).node).value)
      return [example, ...values].filter((each): each is Node => each !== undefined)
    })
  return [...second, ...third]
}

/** Microsoft's examples are whole calls: parameters and one answer a status. */
function calledExamples(file: SpecFile, operation: NodeMap, status: string): readonly Node[] {
  return Object.values(members(operation['x-ms-examples'])).flatMap((node) => {
    const reference = text(members(node).$ref)
    const example = members((reference === undefined ? { node } : find(file, reference)).node)
    const body = members(members(example.responses)[status]).body
    return body === undefined ? [] : [body]
  })
}

function prefixesOf({ root }: SpecFile): readonly string[] {
  const addresses = items(root.servers).map((server) => text(members(server).url) ?? '')
  const paths = addresses.map((url) => url.replace(/^https?:\/\/[^/]*/, '').replace(/\/+$/, ''))
  const own = (text(root.basePath) ?? '').replace(/\/+$/, '')
  return [...new Set([own, ...paths, ''])]
}

function isThirdOpenApi({ root }: SpecFile): boolean {
  return text(root.openapi)?.startsWith('3.') === true
}
