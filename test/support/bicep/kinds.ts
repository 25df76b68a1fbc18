import { type Expression, literalText } from './expression.ts'
import type { Shape } from './shape.ts'
import type { Template } from './template.ts'
import { fileOf, type Templates } from './templates.ts'

export type Kind = 'string' | 'int' | 'bool' | 'object' | 'array' | 'null'

/** Kinds that a value may have; null where its text does not tell. */
type Kinds = readonly Kind[] | null

/** Where an expression stands. */
export interface Where {
  readonly template: Template
  readonly templates: Templates
  /** Variables of the loops and lambdas around it, which hide names of the file. */
  readonly locals: ReadonlySet<string>
}

const words = (text: string) => text.split(' ')

/** Functions of Bicep by what they return. */
const returned: readonly (readonly [kinds: Kinds, names: readonly string[]])[] = [
  [
    ['string'],
    [
      ...words('uniqueString guid newGuid toLower toUpper replace format substring trim padLeft string base64 nameof'),
      ...words('base64ToString uri uriComponent uriComponentToString dataUri dataUriToString resourceId join utcNow'),
      ...words('subscriptionResourceId extensionResourceId managementGroupResourceId tenantResourceId dateTimeAdd'),
      ...words('dateTimeFromEpoch loadTextContent loadFileAsBase64 cidrSubnet cidrHost toLogicalZone toPhysicalZone'),
      ...words('buildUri getSecret'),
    ],
  ],
  [['int'], words('length indexOf lastIndexOf int dateTimeToEpoch')],
  [['bool'], words('empty contains startsWith endsWith bool')],
  [
    ['array'],
    words('split range map filter sort flatten pickZones objectKeys items array toLogicalZones toPhysicalZones'),
  ],
  [
    ['object'],
    words(
      'toObject mapValues groupBy parseCidr environment subscription resourceGroup deployment tenant deployer parseUri',
    ),
  ],
  [['object'], words('managementGroup shallowMerge loadDirectoryFileInfo')],
  [null, words('json loadJsonContent loadYamlContent any first last reduce coalesce min max tryGet fail reference')],
  [null, words('providers list listKeys listAccountSas listServiceSas')],
]

/** Functions that return what they are given. */
const passing = new Set(words('union intersection concat take skip'))

const functionKinds = new Map(returned.flatMap(([kinds, names]) => names.map((name) => [name, kinds] as const)))

/** Whether Bicep has a function of this name. */
export function isFunction(name: string): boolean {
  return functionKinds.has(name) || passing.has(name)
}

const comparing = new Set(['!', '&&', '||', '==', '!=', '=~', '!~', '<', '<=', '>', '>='])
const fixed: Readonly<Partial<Record<Expression['kind'], Kinds>>> = {
  string: ['string'],
  number: ['int'],
  boolean: ['bool'],
  null: ['null'],
  array: ['array'],
  object: ['object'],
  loop: ['array'],
}

/** Which kinds a value may have, as far as its text tells. */
export function kindsOf(value: Expression, where: Where): Kinds {
  switch (value.kind) {
    case 'call':
      return kindsOfCall(value, where)
    case 'operation':
      if (value.operator === '??') return unite(value.operands, where)
      return comparing.has(value.operator) ? ['bool'] : ['int']
    case 'choice':
      return unite([value.yes, value.no], where)
    case 'guarded':
      return kindsOf(value.body, where)
    case 'name':
      return kindsOfName(value.name, where)
    case 'member':
      return kindsOfMember(value, where)
    default:
      return fixed[value.kind] ?? null
  }
}

function kindsOfCall({ of, name, args }: Extract<Expression, { kind: 'call' }>, where: Where): Kinds {
  if (of !== null) return null
  // How much is taken is no part of it.
  if (passing.has(name)) return unite(name === 'take' || name === 'skip' ? args.slice(0, 1) : args, where)
  return functionKinds.get(name) ?? null
}

function unite(values: readonly Expression[], where: Where): Kinds {
  const all = values.map((value) => kindsOf(value, where))
  return all.includes(null) ? null : [...new Set(all.flatMap((kinds) => kinds ?? []))]
}

function kindsOfName(name: string, where: Where): Kinds {
  if (where.locals.has(name)) return null
  const variable = where.template.variables.find((one) => one.name === name)
  if (variable !== undefined) return kindsOf(variable.value, { ...where, locals: new Set() })
  const parameter = where.template.parameters.find((one) => one.name === name)
  return parameter === undefined ? null : kindsOfShape(parameter.shape, where.template)
}

const textMembers = new Set(['id', 'name', 'type', 'apiVersion', 'location'])
const environmentTexts = /^(suffixes|authentication)$/

function kindsOfMember(value: Extract<Expression, { kind: 'member' }>, where: Where): Kinds {
  const root = value.of.kind === 'index' ? value.of.of : value.of
  if (root.kind === 'name' && isResource(root.name, where)) return textMembers.has(value.name) ? ['string'] : null
  if (root.kind === 'member' && environmentTexts.test(root.name))
    return value.name === 'audiences' ? ['array'] : ['string']
  return kindsOfOutput(value, where)
}

function isResource(name: string, { template, locals }: Where): boolean {
  return !locals.has(name) && template.resources.some((one) => one.name === name)
}

/** `module.outputs.name`, by what the module's file declares. */
function kindsOfOutput(value: Extract<Expression, { kind: 'member' }>, where: Where): Kinds {
  const { template, templates } = where
  const from = value.of.kind === 'member' && value.of.name === 'outputs' ? value.of.of : null
  const root = from?.kind === 'index' ? from.of : from
  const module = root?.kind === 'name' ? template.modules.find((one) => one.name === root.name) : undefined
  const file = module === undefined ? undefined : fileOf(templates, template, module)
  const output = file?.outputs.find((one) => one.name === value.name)
  return file === undefined || output === undefined ? null : kindsOfShape(output.shape, file)
}

const primitiveKinds: Readonly<Record<string, Kind>> = {
  string: 'string',
  secureString: 'string',
  int: 'int',
  bool: 'bool',
  object: 'object',
  secureObject: 'object',
  array: 'array',
}
const literalKinds: Readonly<Record<string, Kind>> = { string: 'string', number: 'int', boolean: 'bool' }

/** Which kinds a declared type admits; null where it is declared in another file. */
export function kindsOfShape(shape: Shape, template: Template): Kinds {
  switch (shape.kind) {
    case 'primitive': {
      const kind = primitiveKinds[shape.name]
      return kind === undefined ? null : [kind]
    }
    case 'literal':
      return [literalKinds[typeof shape.value] ?? 'string']
    case 'union':
      return uniteShapes(shape.of, template)
    case 'nullable':
      return uniteShapes([shape.of], template, ['null'])
    case 'alias': {
      const type = template.types.find(({ name }) => name === shape.name)
      return type === undefined ? null : kindsOfShape(type.shape, template)
    }
    case 'array':
      return ['array']
    case 'record':
      return ['object']
    default:
      return null
  }
}

function uniteShapes(shapes: readonly Shape[], template: Template, more: readonly Kind[] = []): Kinds {
  const all = shapes.map((shape) => kindsOfShape(shape, template))
  return all.includes(null) ? null : [...new Set([...all.flatMap((kinds) => kinds ?? []), ...more])]
}

/** The texts that a value can be, where that is known: literals, both sides of a choice, a parameter's allowed values. */
export function textsOf(value: Expression, where: Where): readonly string[] | null {
  const literal = literalText(value)
  if (literal !== null) return [literal]
  if (value.kind === 'choice') return uniteTexts([value.yes, value.no], where)
  if (value.kind !== 'name' || where.locals.has(value.name)) return null
  const variable = where.template.variables.find((one) => one.name === value.name)
  if (variable !== undefined) return textsOf(variable.value, { ...where, locals: new Set() })
  const parameter = where.template.parameters.find((one) => one.name === value.name)
  if (parameter === undefined) return null
  const [allowed] = parameter.decorators.allowed ?? []
  if (allowed?.kind === 'array') return uniteTexts(allowed.items, where)
  return textsOfShape(parameter.shape, where.template)
}

function uniteTexts(values: readonly Expression[], where: Where): readonly string[] | null {
  const all = values.map((value) => textsOf(value, where))
  return all.includes(null) ? null : all.flatMap((texts) => texts ?? [])
}

function textsOfShape(shape: Shape, template: Template): readonly string[] | null {
  if (shape.kind === 'literal') return typeof shape.value === 'string' ? [shape.value] : null
  if (shape.kind === 'alias') {
    const type = template.types.find(({ name }) => name === shape.name)
    return type === undefined ? null : textsOfShape(type.shape, template)
  }
  if (shape.kind !== 'union') return null
  const all = shape.of.map((one) => textsOfShape(one, template))
  return all.includes(null) ? null : all.flatMap((texts) => texts ?? [])
}
