/** Whether a decoded, non-empty path value satisfies a constraint. */
export type Constraint = (value: string) => boolean

const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const guidPattern = /^(\{[0-9a-f-]{36}\}|\([0-9a-f-]{36}\)|[0-9a-f]{32}|[0-9a-f-]{36})$/i
const guidShape = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i

function isWithin(value: string, least: bigint, most: bigint): boolean {
  if (!/^[+-]?\d+$/.test(value)) return false
  const number = BigInt(value.replace(/^\+/, ''))
  return number >= least && number <= most
}

const int64 = [-(2n ** 63n), 2n ** 63n - 1n] as const

const simple: Readonly<Record<string, Constraint>> = {
  int: (value) => isWithin(value, -(2n ** 31n), 2n ** 31n - 1n),
  long: (value) => isWithin(value, ...int64),
  bool: (value) => /^(true|false)$/i.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  guid: (value) => guidPattern.test(value) && guidShape.test(value.replace(/^[{(]|[})]$/g, '')),
  float: (value) => numberPattern.test(value),
  double: (value) => numberPattern.test(value),
  decimal: (value) => /^[+-]?(\d+\.?\d*|\.\d+)$/.test(value),
  datetime: (value) => !Number.isNaN(Date.parse(value)),
  required: (value) => value !== '',
  file: (value) => /\.[^./]+$/.test(value),
  nonfile: (value) => !/\.[^./]+$/.test(value),
}

type Maker = (argument: string) => Constraint

function readPair(argument: string): readonly [bigint, bigint] {
  const [first = '', second = first] = argument.split(',').map((part) => part.trim())
  return [BigInt(first), BigInt(second)]
}

const withArgument: Readonly<Record<string, Maker>> = {
  min: (argument) => (value) => isWithin(value, BigInt(argument), int64[1]),
  max: (argument) => (value) => isWithin(value, int64[0], BigInt(argument)),
  range: (argument) => (value) => isWithin(value, ...readPair(argument)),
  minlength: (argument) => (value) => value.length >= Number(argument),
  maxlength: (argument) => (value) => value.length <= Number(argument),
  length: (argument) => {
    const [least, most] = readPair(argument)
    return (value) => value.length >= least && value.length <= most
  },
  regex: (argument) => {
    const expression = new RegExp(argument, 'i')
    return (value) => expression.test(value)
  },
}

/** The constraint written as `int` or `range(1,10)` in a route template; an unknown one throws. */
export function parseConstraint(text: string): Constraint {
  const found = /^([a-z]+)(?:\((.*)\))?$/is.exec(text)
  const name = found?.[1]?.toLowerCase() ?? ''
  const argument = found?.[2]
  const constraint = argument === undefined ? simple[name] : withArgument[name]?.(argument)
  if (constraint === undefined) throw new Error(`the route constraint '${text}' is unknown`)
  return constraint
}
