/**
 * Works out what expressions give, offline. It imitates Azure Resource Manager as far as names, conditions, settings and
 * roles need it, and differs where only Azure knows: `uniqueString` and `guid` have the right shape and not Azure's values,
 * what a resource answers is made up (answers.ts), and whatever is not imitated is `unknown`, which nothing is concluded from.
 */
import { dirname, join } from 'node:path'
import type { Expression } from './expression.ts'
import { callFunction } from './functions.ts'
import type { Template } from './template.ts'
import type { Templates } from './templates.ts'

/** A value that only a deployment knows. */
export interface Unknown {
  readonly unknown: string
}

/** Where an expression is worked out. */
export interface World {
  readonly templates: Templates
  readonly template: Template
  /** Where the deployment is: names of cloud, subscription, group, tenant. */
  readonly home: Home
  /** Values of the file's names, worked out when they are first asked for. */
  readonly value: (name: string) => unknown
  readonly locals: Readonly<Record<string, unknown>>
}

export interface Home {
  readonly cloud: 'AzureCloud' | 'AzureUSGovernment' | 'AzureChinaCloud'
  readonly subscriptionId: string
  readonly tenantId: string
  readonly group: string
}

export function isUnknown(value: unknown): value is Unknown {
  return typeof value === 'object' && value !== null && 'unknown' in value
}

/** What an expression gives in a world. */
export function evaluate(value: Expression, world: World): unknown {
  switch (value.kind) {
    case 'string':
      return evaluateString(value.parts, world)
    case 'number':
    case 'boolean':
      return value.value
    case 'null':
      return null
    case 'array':
      return value.items.flatMap((item) =>
        item.kind === 'spread' ? evaluate(item.of, world) : [evaluate(item, world)],
      )
    case 'object':
      return evaluateObject(value, world)
    case 'name':
      return Object.hasOwn(world.locals, value.name) ? world.locals[value.name] : world.value(value.name)
    case 'choice':
      return evaluateChoice(value, world)
    case 'loop':
      return evaluateLoop(value, world)
    default:
      return evaluateCompound(value, world)
  }
}

function evaluateCompound(value: Expression, world: World): unknown {
  switch (value.kind) {
    case 'call':
      return evaluateCall(value, world)
    case 'member':
      return memberValue(evaluate(value.of, world), value.name)
    case 'nested':
      return world.value(value.name)
    case 'index':
      return memberValue(evaluate(value.of, world), evaluate(value.index, world))
    case 'operation':
      return evaluateOperation(value.operator, value.operands, world)
    case 'lambda':
      return (...given: unknown[]) => evaluate(value.body, withLocals(world, value.names, given))
    case 'guarded':
      return evaluate(value.body, world)
    default:
      return { unknown: value.kind }
  }
}

export function withLocals(world: World, names: readonly string[], given: readonly unknown[]): World {
  const added = Object.fromEntries(names.map((name, index) => [name, given[index]]))
  return { ...world, locals: { ...world.locals, ...added } }
}

function evaluateString(parts: Extract<Expression, { kind: 'string' }>['parts'], world: World): unknown {
  const values = parts.map((part) => (typeof part === 'string' ? part : evaluate(part, world)))
  const unknown = values.find(isUnknown)
  return unknown ?? values.map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value))).join('')
}

function evaluateObject({ members }: Extract<Expression, { kind: 'object' }>, world: World): unknown {
  const entries = members.flatMap(({ key, value }): [string, unknown][] =>
    value.kind === 'spread'
      ? Object.entries(evaluate(value.of, world) as object)
      : [[String(evaluate(key, world)), evaluate(value, world)]],
  )
  return Object.fromEntries(entries)
}

function evaluateChoice({ condition, yes, no }: Extract<Expression, { kind: 'choice' }>, world: World): unknown {
  const decided = evaluate(condition, world)
  return isUnknown(decided) ? decided : evaluate(decided === true ? yes : no, world)
}

function evaluateLoop(value: Extract<Expression, { kind: 'loop' }>, world: World): unknown {
  const over = evaluate(value.over, world)
  if (!Array.isArray(over)) return { unknown: 'a loop over what is no list' }
  return over.map((item, index) => evaluate(value.body, withLocals(world, value.names, [item, index])))
}

/** A member or an item; null where a plain object has none, unknown where a resource was asked. */
export function memberValue(of: unknown, key: unknown): unknown {
  if (isUnknown(of)) return of
  if (isUnknown(key)) return key
  if (typeof of === 'string') return { unknown: `${String(key)} of a text` }
  if (typeof of !== 'object' || of === null) return null
  // Whatever else a resource may answer is not imitated.
  const missing = 'fullName' in of ? { unknown: `${String(key)} of a resource` } : null
  return (of as Record<string, unknown>)[String(key)] ?? missing
}

function evaluateCall({ of, name, args }: Extract<Expression, { kind: 'call' }>, world: World): unknown {
  const isNamespace = of?.kind === 'name' && ['az', 'sys'].includes(of.name)
  if (of !== null && !isNamespace) return { unknown: `${name} of a resource` }
  const own = world.template.functions.find((one) => one.name === name)
  const given = args.map((arg) => evaluate(arg, world))
  if (own !== undefined) return evaluate(own.value, withLocals(world, own.names, given))
  const unknown = given.find(isUnknown)
  const file = (path: string) => join(dirname(world.template.path), path)
  return unknown ?? callFunction(name, given, { ...world.home, scope: world.template.scope, file })
}

type Operate = (left: unknown, right: unknown) => unknown

const operations: Readonly<Record<string, Operate>> = {
  '==': same,
  '!=': (left, right) => !same(left, right),
  '=~': (left, right) => String(left).toLowerCase() === String(right).toLowerCase(),
  '!~': (left, right) => String(left).toLowerCase() !== String(right).toLowerCase(),
  '<': (left, right) => Number(left) < Number(right),
  '<=': (left, right) => Number(left) <= Number(right),
  '>': (left, right) => Number(left) > Number(right),
  '>=': (left, right) => Number(left) >= Number(right),
  '+': (left, right) => Number(left) + Number(right),
  '-': (left, right) => Number(left) - Number(right),
  '*': (left, right) => Number(left) * Number(right),
  '/': (left, right) => Math.trunc(Number(left) / Number(right)),
  '%': (left, right) => Number(left) % Number(right),
}

function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

function evaluateOperation(operator: string, [first, second]: readonly Expression[], world: World): unknown {
  if (first === undefined) return { unknown: operator }
  const left = evaluate(first, world)
  if (second === undefined) return isUnknown(left) ? left : operator === '!' ? left !== true : -Number(left)
  const lazy = lazily[operator]
  return lazy === undefined
    ? operate(operator, left, evaluate(second, world))
    : lazy(left, () => evaluate(second, world))
}

function operate(operator: string, left: unknown, right: unknown): unknown {
  if (isUnknown(left)) return left
  return isUnknown(right) ? right : operations[operator]?.(left, right)
}

/** Operators that need not look at their other side. */
const lazily: Readonly<Record<string, (left: unknown, right: () => unknown) => unknown>> = {
  '??': (left, right) => left ?? right(),
  '&&': (left, right) => (left === false ? false : decide(false, left, right())),
  '||': (left, right) => (left === true ? true : decide(true, left, right())),
}

/** One side that settles it is enough, whatever the other one is. */
function decide(settles: boolean, left: unknown, right: unknown): unknown {
  if (right === settles) return settles
  return isUnknown(left) ? left : right
}
