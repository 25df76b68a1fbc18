import { type Expression, literalText, type Member } from './expression.ts'
import { type Kind, kindsOf, textsOf, type Where } from './kinds.ts'
import {
  type Discriminated,
  flags,
  follow,
  type ObjectEntry,
  type Property,
  type TypePlace,
} from './published-types.ts'
import { placeOf } from './templates.ts'

/** What is judged, and how strictly: a part of an object need not have all its members. */
export interface Judged extends Where {
  /** Names on the way here, for the words of a fault. */
  readonly at: string
  readonly isPart: boolean
}

type Judge<T extends TypePlace['entry'] = TypePlace['entry']> = (
  value: Expression,
  type: TypePlace & { readonly entry: T },
  judged: Judged,
) => readonly string[]

/** What of a value is not as its published type says; one line each. What only run time knows is not judged. */
function judgeValue(value: Expression, type: TypePlace, judged: Judged): readonly string[] {
  const inner = opened(value, judged)
  if (inner !== null) return inner.values.flatMap((one) => judgeValue(one, type, inner.judged))
  switch (type.entry.$type) {
    case 'StringType':
      return judgeText(value, type as Parameters<typeof judgeText>[1], judged)
    case 'StringLiteralType':
      return judgeLiteral(value, [type.entry.value], judged)
    case 'IntegerType':
      return judgeKind(value, 'int', judged)
    case 'BooleanType':
      return judgeKind(value, 'bool', judged)
    case 'UnionType':
      return judgeUnion(value, type, judged)
    case 'ArrayType':
      return judgeArray(value, follow(type, type.entry.itemType), judged)
    case 'ObjectType':
      return judgeObject(value, { ...type, entry: type.entry }, judged)
    case 'DiscriminatedObjectType':
      return judgeDiscriminated(value, { ...type, entry: type.entry }, judged)
    default:
      return []
  }
}

interface Opened {
  readonly values: readonly Expression[]
  readonly judged: Judged
}

const merging = new Set(['union', 'shallowMerge', 'concat', 'intersection'])

/** The values that an expression stands for, where it is none itself: both sides of a choice, a variable's value … */
function opened(value: Expression, judged: Judged): Opened | null {
  switch (value.kind) {
    case 'choice':
      return { values: [value.yes, value.no], judged }
    case 'guarded':
      return { values: [value.body], judged }
    case 'spread':
      return { values: [value.of], judged: { ...judged, isPart: true } }
    case 'operation':
      return value.operator === '??' ? { values: value.operands, judged } : null
    case 'call':
      return merging.has(value.name) ? { values: value.args, judged: { ...judged, isPart: true } } : null
    case 'name':
      return openedName(value.name, judged)
    default:
      return null
  }
}

function openedName(name: string, judged: Judged): Opened | null {
  const variable = judged.template.variables.find((one) => one.name === name)
  if (variable === undefined || judged.locals.has(name)) return null
  return { values: [variable.value], judged: { ...judged, locals: new Set() } }
}

function fault(value: Expression, judged: Judged, said: string): readonly string[] {
  return [`${placeOf(judged.template, value)} ${judged.at} ${said}`]
}

/** null is left out of what is deployed, so it is of every kind. */
function judgeKind(value: Expression, kind: Kind, judged: Judged): readonly string[] {
  const kinds = kindsOf(value, judged)?.filter((one) => one !== 'null') ?? []
  const wrong = kinds.filter((one) => one !== kind)
  return wrong.length === 0 ? [] : fault(value, judged, `is of kind ${wrong.join(' or ')}, not ${kind}`)
}

const judgeText: Judge<{ $type: 'StringType'; minLength?: number; maxLength?: number; pattern?: string }> = (
  value,
  { entry },
  judged,
) => {
  const literal = literalText(value)
  if (literal === null) return judgeKind(value, 'string', judged)
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern = '' } = entry
  const fits = literal.length >= minLength && literal.length <= maxLength && new RegExp(pattern).test(literal)
  return fits ? [] : fault(value, judged, `is not within its length and pattern: ${literal}`)
}

function judgeLiteral(value: Expression, allowed: readonly string[], judged: Judged): readonly string[] {
  const texts = textsOf(value, judged)
  if (texts === null) return judgeKind(value, 'string', judged)
  const wrong = texts.filter((text) => !allowed.includes(text))
  return wrong.length === 0 ? [] : fault(value, judged, `is ${wrong.join(', ')}, none of ${allowed.join(', ')}`)
}

/** A union of texts that also lets any text pass is open in the service, and a misspelt text of it is a fault all the same. */
function judgeUnion(value: Expression, type: TypePlace, judged: Judged): readonly string[] {
  if (type.entry.$type !== 'UnionType') return []
  const elements = type.entry.elements.map((element) => follow(type, element))
  const literals = elements.flatMap(({ entry }) => (entry.$type === 'StringLiteralType' ? [entry.value] : []))
  const others = elements.filter(({ entry }) => entry.$type !== 'StringLiteralType')
  if (others.every(({ entry }) => entry.$type === 'StringType')) return judgeLiteral(value, literals, judged)
  const verdicts = others.map((other) => judgeValue(value, other, judged))
  return verdicts.find((faults) => faults.length === 0) ?? verdicts[0] ?? []
}

function judgeArray(value: Expression, item: TypePlace, judged: Judged): readonly string[] {
  const inside = { ...judged, isPart: false, at: `${judged.at}[]` }
  if (value.kind === 'array') {
    return value.items.flatMap((one) =>
      one.kind === 'spread' ? judgeArray(one.of, item, judged) : judgeValue(one, item, inside),
    )
  }
  const made = madeItems(value)
  if (made === null) return judgeKind(value, 'array', judged)
  return judgeValue(made.body, item, { ...inside, locals: new Set([...judged.locals, ...made.names]) })
}

/** What a loop, or `map`, makes each item of. */
function madeItems(value: Expression): { readonly names: readonly string[]; readonly body: Expression } | null {
  if (value.kind === 'loop') return value
  const last = value.kind === 'call' && value.name === 'map' ? value.args.at(-1) : undefined
  return last?.kind === 'lambda' ? last : null
}

const judgeObject: Judge<ObjectEntry> = (value, type, judged) => {
  if (value.kind !== 'object') return judgeKind(value, 'object', judged)
  return judgeMembers(value, type.entry.properties, { type, judged, more: type.entry.additionalProperties })
}

const judgeDiscriminated: Judge<Discriminated> = (value, type, judged) => {
  if (value.kind !== 'object') return judgeKind(value, 'object', judged)
  const { discriminator, elements, baseProperties } = type.entry
  const chosen = value.members.find(({ name }) => name === discriminator)
  if (chosen === undefined) return judged.isPart ? [] : fault(value, judged, `has no ${discriminator}`)
  const text = literalText(chosen.value)
  if (text === null) return judgeLiteral(chosen.value, Object.keys(elements), judged)
  const element = elements[text]
  if (element === undefined)
    return fault(chosen.value, judged, `has no kind ${text}: ${Object.keys(elements).join(', ')}`)
  const { entry } = follow(type, element)
  if (entry.$type !== 'ObjectType') return []
  return judgeMembers(
    value,
    { ...baseProperties, ...entry.properties },
    { type, judged, more: entry.additionalProperties },
  )
}

interface MemberRules {
  readonly type: TypePlace
  readonly judged: Judged
  readonly more: ObjectEntry['additionalProperties']
}

type ObjectValue = Extract<Expression, { kind: 'object' }>

/** Members that are given, and those that must be. */
export function judgeMembers(
  value: ObjectValue,
  properties: Readonly<Record<string, Property>>,
  rules: MemberRules,
): readonly string[] {
  const { judged } = rules
  const given = value.members.flatMap((member) => judgeMember(member, properties, rules))
  const isOpen = judged.isPart || value.members.some(({ value: one, name }) => one.kind === 'spread' || name === null)
  const names = new Set(value.members.map(({ name }) => name))
  const missing = Object.entries(properties).filter(
    ([name, { flags: bits }]) => (bits & flags.required) !== 0 && (bits & flags.readOnly) === 0 && !names.has(name),
  )
  return [...given, ...(isOpen ? [] : missing.flatMap(([name]) => fault(value, judged, `lacks ${name}`)))]
}

function judgeMember(
  member: Member,
  properties: Readonly<Record<string, Property>>,
  rules: MemberRules,
): readonly string[] {
  const { type, judged, more } = rules
  if (member.value.kind === 'spread') return judgeValue(member.value, type, judged)
  const at = `${judged.at}.${member.name ?? '…'}`
  const inside = { ...judged, at, isPart: false }
  const property = member.name === null ? undefined : properties[member.name]
  if (property !== undefined && (property.flags & flags.readOnly) !== 0) {
    return fault(member.value, inside, 'is read-only')
  }
  if (property !== undefined) return judgeValue(member.value, follow(type, property.type), inside)
  if (more !== undefined) return judgeValue(member.value, follow(type, more), inside)
  return member.name === null ? [] : fault(member.value, inside, 'is no member of the published type')
}
