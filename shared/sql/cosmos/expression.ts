import { unknownFunction } from '../calls.ts'
import { accept, expect, fail, next, note, peek, readList, readWord, textAt } from '../reader.ts'
import { cosmosFunctions } from './functions.ts'
import { type Binding, type Cosmos, constants, memberOf, membersOf, type Place, reserved } from './scope.ts'

const joins: ReadonlySet<string> = new Set('= != <> < <= > >= + - * / % & | ^ << >> >>> || ?? and or like'.split(' '))

/**
 * Reads an expression and notes the members that it mentions. Answers what it stands for where it is a plain path, so
 * that a source can be named. Who binds tighter is of no concern here.
 */
export function readExpression(cosmos: Cosmos, place: Place): Binding | undefined {
  const only = readOperand(cosmos, place)
  const bare = new Set<string>()
  let joined = false
  while (readJoin(cosmos, { ...place, sink: bare })) joined = true
  if (only !== undefined) addAll(place.sink, membersOf(only))
  addAll(place.sink, bare)
  return joined ? undefined : only
}

/** One operator and what follows it. */
function readJoin(cosmos: Cosmos, place: Place): boolean {
  if (accept(cosmos, '?')) {
    readExpression(cosmos, place)
    expect(cosmos, ':')
    readExpression(cosmos, place)
    return true
  }
  const negated = textAt(cosmos) === 'not' && ['in', 'like', 'between'].includes(textAt(cosmos, 1))
  if (negated) next(cosmos)
  if (accept(cosmos, 'in')) {
    readItems(cosmos, place)
    return true
  }
  if (!accept(cosmos, 'between') && !accept(cosmos, 'escape')) {
    if (!joins.has(textAt(cosmos))) return false
    next(cosmos)
  }
  readValue(cosmos, place)
  return true
}

/** A list in brackets, or a subquery. */
function readItems(cosmos: Cosmos, place: Place): void {
  expect(cosmos, '(')
  if (textAt(cosmos) === 'select') readSubquery(cosmos, place)
  else readList(cosmos, () => readExpression(cosmos, place))
  expect(cosmos, ')')
}

function readValue(cosmos: Cosmos, place: Place): void {
  const binding = readOperand(cosmos, place)
  if (binding !== undefined) addAll(place.sink, membersOf(binding))
}

/** An operand with what stands before and behind it; a binding where it is a plain path, whose members are not yet noted. */
function readOperand(cosmos: Cosmos, place: Place): Binding | undefined {
  let signed = false
  while (['not', '-', '+', '~'].some((sign) => accept(cosmos, sign))) signed = true
  const start = readPrimary(cosmos, place)
  const path = readSteps(cosmos, place, start)
  if (!signed || path === undefined) return path
  addAll(place.sink, membersOf(path))
  return undefined
}

function readPrimary(cosmos: Cosmos, place: Place): Binding | undefined {
  const { kind, text } = peek(cosmos)
  if (kind === 'word') return readNamed(cosmos, place)
  next(cosmos)
  if (kind === 'string' || kind === 'number' || kind === 'parameter') return undefined
  if (text === '(') return readGroup(cosmos, place)
  if (text === '[') readArray(cosmos, place)
  else if (text === '{') readObject(cosmos, place)
  else fail(cosmos)
  return undefined
}

function readGroup(cosmos: Cosmos, place: Place): Binding | undefined {
  const isQuery = textAt(cosmos) === 'select'
  if (isQuery) readSubquery(cosmos, place)
  const inner = isQuery ? undefined : readExpression(cosmos, place)
  expect(cosmos, ')')
  return inner
}

function readArray(cosmos: Cosmos, place: Place): void {
  if (accept(cosmos, ']')) return
  readList(cosmos, () => readExpression(cosmos, place))
  expect(cosmos, ']')
}

function readObject(cosmos: Cosmos, place: Place): void {
  if (accept(cosmos, '}')) return
  readList(cosmos, () => {
    const { kind } = next(cosmos)
    if (kind !== 'word' && kind !== 'string') fail(cosmos)
    expect(cosmos, ':')
    readExpression(cosmos, place)
  })
  expect(cosmos, '}')
}

function readNamed(cosmos: Cosmos, place: Place): Binding | undefined {
  const name = textAt(cosmos)
  if (name === 'udf' && textAt(cosmos, 1) === '.') return readUdf(cosmos, place)
  if (textAt(cosmos, 1) === '(') return readCall(cosmos, place)
  const spelled = readWord(cosmos)
  const binding = place.scope.get(spelled)
  if (binding !== undefined) return binding
  if (reserved.has(name)) fail(cosmos)
  if (!constants.has(name)) fail(cosmos, 'name_not_known')
  return undefined
}

/** Scripts that somebody stored with the container: nobody knows what they give back. */
function readUdf(cosmos: Cosmos, place: Place): undefined {
  note(cosmos, 'read', 'udf')
  expect(cosmos, 'udf', '.')
  readWord(cosmos)
  readArguments(cosmos, place)
}

function readCall(cosmos: Cosmos, place: Place): undefined {
  const name = textAt(cosmos)
  next(cosmos)
  if (name === 'exists' || name === 'array') {
    expect(cosmos, '(')
    readSubquery(cosmos, place)
    expect(cosmos, ')')
    return
  }
  if (reserved.has(name)) fail(cosmos)
  if (!cosmosFunctions.has(name)) note(cosmos, unknownFunction.effect, unknownFunction.danger)
  readArguments(cosmos, place)
}

function readArguments(cosmos: Cosmos, place: Place): void {
  expect(cosmos, '(')
  if (accept(cosmos, ')')) return
  readList(cosmos, () => readExpression(cosmos, place))
  expect(cosmos, ')')
}

/** What a subquery compares tells as much as what it gives. */
function readSubquery(cosmos: Cosmos, { scope, sink }: Place): void {
  const before = new Set(cosmos.compared)
  const { binding } = cosmos.query(cosmos, scope)
  addAll(sink, membersOf(binding))
  addAll(
    sink,
    [...cosmos.compared].filter((name) => !before.has(name)),
  )
}

/** Members behind a dot, or in brackets by a constant or by an expression. */
function readSteps(cosmos: Cosmos, place: Place, start: Binding | undefined): Binding | undefined {
  let binding = start
  for (;;) {
    if (accept(cosmos, '.')) {
      const member = readWord(cosmos)
      binding = binding && memberOf(binding, member)
    } else if (accept(cosmos, '[')) {
      binding = readIndex(cosmos, place, binding)
      expect(cosmos, ']')
    } else return binding
  }
}

function readIndex(cosmos: Cosmos, place: Place, binding: Binding | undefined): Binding | undefined {
  const { kind, text } = peek(cosmos)
  const isConstant = textAt(cosmos, 1) === ']'
  if (isConstant && kind === 'string') {
    next(cosmos)
    return binding && memberOf(binding, unquote(text))
  }
  if (isConstant && kind === 'number') {
    next(cosmos)
    return binding
  }
  readExpression(cosmos, place)
  // Any member may be meant.
  return { whole: false, mentions: [...(binding === undefined ? [] : membersOf(binding)), '*'] }
}

/** A member's name; one that is written with escapes is not worth guessing and stands for all. */
function unquote(text: string): string {
  const name = text.slice(1, -1)
  return name.includes('\\') ? '*' : name
}

export function addAll(sink: Set<string>, names: Iterable<string>): void {
  for (const name of names) sink.add(name)
}
