import type { Node } from 'web-tree-sitter'
import { lineOf, type Parsed, partsOf } from './grammar.ts'

interface Placed {
  readonly line: number
}

/** A value as it is written: literals, names, and what is made of them. */
export type Expression = Placed &
  (
    | { readonly kind: 'string'; readonly parts: readonly (string | Expression)[] }
    | { readonly kind: 'number'; readonly value: number }
    | { readonly kind: 'boolean'; readonly value: boolean }
    | { readonly kind: 'null' }
    | { readonly kind: 'array'; readonly items: readonly Expression[] }
    | { readonly kind: 'object'; readonly members: readonly Member[]; readonly resources: readonly Node[] }
    | { readonly kind: 'name'; readonly name: string }
    | {
        readonly kind: 'call'
        readonly of: Expression | null
        readonly name: string
        readonly args: readonly Expression[]
      }
    | { readonly kind: 'member'; readonly of: Expression; readonly name: string; readonly isSafe: boolean }
    | { readonly kind: 'index'; readonly of: Expression; readonly index: Expression }
    | { readonly kind: 'nested'; readonly of: Expression; readonly name: string }
    | { readonly kind: 'operation'; readonly operator: string; readonly operands: readonly Expression[] }
    | { readonly kind: 'choice'; readonly condition: Expression; readonly yes: Expression; readonly no: Expression }
    | Loop
    | { readonly kind: 'guarded'; readonly condition: Expression; readonly body: Expression }
    | { readonly kind: 'lambda'; readonly names: readonly string[]; readonly body: Expression }
    | { readonly kind: 'spread'; readonly of: Expression }
    | { readonly kind: 'unknown'; readonly text: string }
  )

export interface Loop {
  readonly kind: 'loop'
  readonly line: number
  /** The item's name, and the index's where there is one. */
  readonly names: readonly string[]
  readonly over: Expression
  readonly body: Expression
}

/** A member of an object; its name is null where it is put together at run time. */
export interface Member {
  readonly line: number
  readonly name: string | null
  readonly key: Expression
  readonly value: Expression
}

type Kind<K extends Expression['kind']> = Extract<Expression, { kind: K }>
type Read = (node: Node, file: Parsed) => Expression

const readers: Readonly<Record<string, Read>> = {
  string: readString,
  number: (node, file) => ({ kind: 'number', value: Number(node.text), line: at(node, file) }),
  boolean: (node, file) => ({ kind: 'boolean', value: node.text === 'true', line: at(node, file) }),
  null: (node, file) => ({ kind: 'null', line: at(node, file) }),
  identifier: readName,
  property_identifier: readName,
  primitive_type: readName,
  array: (node, file) => ({ kind: 'array', items: readAll(node, file), line: at(node, file) }),
  object: readObject,
  call_expression: readCall,
  member_expression: (node, file) => readAccess(node, file),
  subscript_expression: (node, file) => readAccess(node, file),
  resource_expression: (node, file) => readAccess(node, file),
  ternary_expression: readChoice,
  binary_expression: readOperation,
  unary_expression: readOperation,
  nullable_type: readFirst,
  parenthesized_expression: readFirst,
  for_statement: readLoop,
  if_statement: readGuarded,
  lambda_expression: readLambda,
}

/** Reads one expression of the tree. */
export function readExpression(node: Node, file: Parsed): Expression {
  const read = readers[node.type]
  return read === undefined ? unreadable(node, file) : read(node, file)
}

function readSpreadable(node: Node, file: Parsed): Expression {
  const of = readExpression(node, file)
  return file.spreads.has(node.startIndex) ? { kind: 'spread', of, line: of.line } : of
}

function unreadable(node: Node, file: Parsed): Expression {
  return { kind: 'unknown', text: textOf(node, file), line: at(node, file) }
}

/** The text of a string literal without interpolation; null for anything else. */
export function literalText(value: Expression | undefined): string | null {
  if (value?.kind !== 'string') return null
  return value.parts.every((part) => typeof part === 'string') ? value.parts.join('') : null
}

/** The member of an object literal by name. */
export function memberOf(value: Expression | undefined, name: string): Expression | undefined {
  if (value?.kind !== 'object') return undefined
  return value.members.find((member) => member.name === name)?.value
}

/** Everything that an expression is made of, itself first. */
export function walk(value: Expression): readonly Expression[] {
  return [value, ...childrenOf(value).flatMap(walk)]
}

/** What an expression is directly made of. */
export function childrenOf(value: Expression): readonly Expression[] {
  switch (value.kind) {
    case 'string':
      return value.parts.filter((part) => typeof part !== 'string')
    case 'array':
      return value.items
    case 'object':
      return value.members.flatMap((member) => [member.key, member.value])
    case 'call':
      return [...(value.of === null ? [] : [value.of]), ...value.args]
    case 'index':
      return [value.of, value.index]
    case 'operation':
      return value.operands
    case 'choice':
      return [value.condition, value.yes, value.no]
    case 'loop':
      return [value.over, value.body]
    case 'guarded':
      return [value.condition, value.body]
    default:
      return 'of' in value ? [value.of] : 'body' in value ? [value.body] : []
  }
}

function at(node: Node, file: Parsed): number {
  return lineOf(file.text, node.startIndex)
}

function textOf(node: Node, file: Parsed): string {
  return file.text.slice(node.startIndex, node.endIndex)
}

function readName(node: Node, file: Parsed): Kind<'name'> {
  return { kind: 'name', name: node.text, line: at(node, file) }
}

function readAll(node: Node, file: Parsed): Expression[] {
  return partsOf(node)
    .filter(({ type }) => type !== 'decorators')
    .map((child) => readSpreadable(child, file))
}

function readFirst(node: Node, file: Parsed): Expression {
  const [first] = partsOf(node)
  return first === undefined ? unreadable(node, file) : readExpression(first, file)
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

function unquote(text: string): string {
  return text.replace(/\\(u\{([0-9a-fA-F]+)\}|.)/gs, (_all, sign: string, code?: string) =>
    code === undefined ? (escapes[sign] ?? sign) : String.fromCodePoint(Number.parseInt(code, 16)),
  )
}

/** Parts between quotes: the text as it stands in the file, and what is interpolated. */
function readString(node: Node, file: Parsed): Kind<'string'> {
  const line = at(node, file)
  const raw = textOf(node, file)
  if (raw.startsWith("'''")) return { kind: 'string', parts: [raw.slice(3, -3).replace(/^\r?\n/, '')], line }
  const parts: (string | Expression)[] = []
  let from = node.startIndex + 1
  const take = (to: number) => {
    if (to > from) parts.push(unquote(file.text.slice(from, to)))
  }
  for (const child of partsOf(node).filter(({ type }) => type === 'interpolation')) {
    take(child.startIndex)
    parts.push(...readAll(child, file))
    from = child.endIndex
  }
  take(node.endIndex - 1)
  return { kind: 'string', parts, line }
}

function readObject(node: Node, file: Parsed): Kind<'object'> {
  const members: Member[] = []
  const resources: Node[] = []
  for (const property of partsOf(node).filter(({ type }) => type === 'object_property')) {
    const [key, value] = partsOf(property)
    if (key?.type === 'resource_declaration') resources.push(key)
    else if (key !== undefined && value !== undefined) members.push(readMember(key, value, file))
  }
  return { kind: 'object', members, resources, line: at(node, file) }
}

function readMember(key: Node, value: Node, file: Parsed): Member {
  const word = readExpression(key, file)
  const name = word.kind === 'name' ? word.name : literalText(word)
  const literal: Expression = word.kind === 'name' ? { kind: 'string', parts: [word.name], line: word.line } : word
  return { line: word.line, name, key: literal, value: readSpreadable(value, file) }
}

function readCall(node: Node, file: Parsed): Expression {
  const [called, args] = partsOf(node)
  const target = called === undefined ? null : readExpression(called, file)
  const values = args === undefined ? [] : readAll(args, file)
  const line = at(node, file)
  if (target?.kind === 'name') return { kind: 'call', of: null, name: target.name, args: values, line }
  if (target?.kind === 'member') return { kind: 'call', of: target.of, name: target.name, args: values, line }
  return { kind: 'unknown', text: textOf(node, file), line }
}

/** The grammar lets `.b` and `[0]` in `c ? x : y.b` reach for the whole choice; they belong to what they touch. */
function readAccess(node: Node, file: Parsed): Expression {
  const [object, part] = partsOf(node)
  if (object === undefined || part === undefined) {
    return unreadable(node, file)
  }
  const made = (of: Expression): Expression => {
    if (node.type === 'subscript_expression')
      return { kind: 'index', of, index: readExpression(part, file), line: of.line }
    if (node.type === 'resource_expression') return { kind: 'nested', of, name: part.text, line: of.line }
    return { kind: 'member', of, name: part.text, isSafe: node.children.some((c) => c?.type === '.?'), line: of.line }
  }
  const read = readExpression(object, file)
  return object.type === 'parenthesized_expression' ? made(read) : applyToLast(read, made)
}

function applyToLast(value: Expression, made: (of: Expression) => Expression): Expression {
  if (value.kind === 'choice') return { ...value, no: applyToLast(value.no, made) }
  if (value.kind === 'operation') {
    const last = value.operands.length - 1
    return { ...value, operands: value.operands.map((one, index) => (index === last ? applyToLast(one, made) : one)) }
  }
  return made(value)
}

function readChoice(node: Node, file: Parsed): Expression {
  const [condition, yes, no] = readAll(node, file)
  if (condition === undefined || yes === undefined || no === undefined) {
    return unreadable(node, file)
  }
  return { kind: 'choice', condition, yes, no, line: condition.line }
}

function readOperation(node: Node, file: Parsed): Kind<'operation'> {
  const operator = node.childForFieldName('operator')?.text ?? ''
  return { kind: 'operation', operator, operands: readAll(node, file), line: at(node, file) }
}

function readLoop(node: Node, file: Parsed): Expression {
  const body = node.childForFieldName('body')
  const parts = partsOf(node)
  const [variables, over] = parts
  if (body === null || variables === undefined || over === undefined) {
    return unreadable(node, file)
  }
  const names = variables.type === 'identifier' ? [variables.text] : partsOf(variables).map(({ text }) => text)
  const line = at(node, file)
  return { kind: 'loop', names, over: readExpression(over, file), body: readExpression(body, file), line }
}

function readGuarded(node: Node, file: Parsed): Expression {
  const [condition, body] = readAll(node, file)
  if (condition === undefined || body === undefined) {
    return unreadable(node, file)
  }
  return { kind: 'guarded', condition, body, line: condition.line }
}

function readLambda(node: Node, file: Parsed): Expression {
  const [variables, body] = partsOf(node)
  if (variables === undefined || body === undefined) {
    return unreadable(node, file)
  }
  const names = variables.type === 'identifier' ? [variables.text] : partsOf(variables).map(({ text }) => text)
  return { kind: 'lambda', names, body: readExpression(body, file), line: at(node, file) }
}
