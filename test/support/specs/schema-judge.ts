import { OpenAPIValidator } from 'openapi-backend'
import { items, members, type Node } from '../../../infra/local/specs/document.ts'
import { resolveIn, type Schema } from '../../../infra/local/specs/schema.ts'

type Judge = (value: unknown) => readonly string[]

const ajv = makeAjv()
const judges = new WeakMap<Schema, Judge>()

/** What is wrong with a value, each as `pointer message`; nothing where it is as the schema says. */
export function faultsOf(schema: Schema, value: unknown): readonly string[] {
  const known = judges.get(schema)
  if (known !== undefined) return known(value)
  const validate = ajv.compile(schema)
  const judge: Judge = (given) => {
    validate(given)
    const faults = (validate.errors ?? []).map(({ instancePath, message, params }) => {
      return `${instancePath || '/'} ${message ?? ''} ${detail(params)}`.trim()
    })
    return [...new Set(faults)].slice(0, 8)
  }
  judges.set(schema, judge)
  return judge(value)
}

function detail(params: Readonly<Record<string, unknown>>): string {
  const said = params.allowedValues ?? params.additionalProperty
  return said === undefined ? '' : `(${String(said)})`
}

/** Ajv with the formats of OpenAPI comes with the library. */
function makeAjv() {
  const made: Parameters<NonNullable<ConstructorParameters<typeof OpenAPIValidator>[0]['customizeAjv']>>[0][] = []
  const validator = new OpenAPIValidator({
    definition: {
      openapi: '3.0.3',
      info: { title: 'none', version: '1' },
      paths: { '/': { get: { operationId: 'none', responses: { 200: { description: 'none' } }, parameters: [] } } },
    },
    ajvOpts: { strict: false, allErrors: true, logger: false, validateFormats: true },
    customizeAjv: (ajv) => {
      made.push(ajv)
      return ajv
    },
  })
  validator.validateResponse({}, 'none')
  const [ajv] = made
  if (ajv === undefined) throw new Error('the library made no validator')
  ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i)
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?$/)
  ajv.addFormat('date', /^\d{4}-\d\d-\d\d$/)
  ajv.addFormat('uri', /^[a-z][a-z0-9+.-]*:\S*$/i)
  return ajv
}

/** Pointers of members that a schema does not know, where it names its members and is not open to others. */
export function unknownMembers(root: Schema, value: unknown): readonly string[] {
  return strangersIn(value, { root, schema: root, at: '' })
}

interface Search {
  readonly root: Schema
  readonly schema: Node | undefined
  readonly at: string
}

function strangersIn(value: unknown, search: Search): readonly string[] {
  const { root, at } = search
  const parts = allOf(root, search.schema)
  if (Array.isArray(value)) {
    const schema = parts.map(({ items: inner }) => inner).find((inner) => inner !== undefined)
    return value.flatMap((item, index) => strangersIn(item, { root, schema, at: `${at}/${index}` }))
  }
  if (typeof value !== 'object' || value === null) return []
  const known = Object.assign({}, ...parts.map(({ properties }) => members(properties))) as Record<string, Node>
  if (parts.some(isOpen) || Object.keys(known).length === 0) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const place = `${at}/${name}`
    return Object.hasOwn(known, name) ? strangersIn(member, { root, schema: known[name], at: place }) : [place]
  })
}

function isOpen({ additionalProperties: more, discriminator, patternProperties }: Readonly<Record<string, Node>>) {
  return (more !== undefined && more !== false) || discriminator !== undefined || patternProperties !== undefined
}

/** The schema itself and all that it is put together of. */
function allOf(root: Schema, schema: Node | undefined, depth = 0): readonly Readonly<Record<string, Node>>[] {
  const node = resolveIn(root, schema)
  if (depth > 20) return []
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((word) => items(node[word]))
  return [node, ...parts.flatMap((part) => allOf(root, part, depth + 1))]
}
