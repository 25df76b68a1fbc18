import { accept, expect, fail, peek, readWord, textAt } from '../reader.ts'
import { addAll, readExpression } from './expression.ts'
import { type Binding, type Cosmos, constants, membersOf, reserved, type Scope, wholeItem } from './scope.ts'

interface Source {
  readonly binding: Binding
  /** A subquery says by itself what decides its rows. */
  readonly isQuery: boolean
  /** The name that it has without an alias. */
  readonly name: string | undefined
}

/** Reads what follows FROM, joins included; answers all names, its own first. */
export function readSources(cosmos: Cosmos, outer: Scope): Scope {
  const own = new Map<string, Binding>()
  readSource(cosmos, { outer, own, first: true })
  while (accept(cosmos, 'join')) readSource(cosmos, { outer, own, first: false })
  const [first, ...others] = [...own]
  const names = first === undefined ? [] : [first, ...outer, ...others]
  return new Map(names)
}

interface Naming {
  readonly outer: Scope
  readonly own: Map<string, Binding>
  readonly first: boolean
}

/** `x IN path`, or a path, container or subquery with an alias. A container's items decide the rows by themselves. */
function readSource(cosmos: Cosmos, naming: Naming): void {
  const isIteration = isName(cosmos) && textAt(cosmos, 1) === 'in'
  const alias = isIteration ? readWord(cosmos) : undefined
  if (isIteration) expect(cosmos, 'in')
  const { binding, isQuery, name } = readOrigin(cosmos, naming)
  if ((isIteration || !isQuery) && !binding.whole) addAll(cosmos.compared, membersOf(binding))
  bind(cosmos, naming, [alias ?? readAlias(cosmos) ?? name, binding])
}

function bind(cosmos: Cosmos, { outer, own, first }: Naming, [name, binding]: [string | undefined, Binding]): void {
  if (name === undefined && !first) fail(cosmos)
  else if (own.has(name ?? '') || outer.has(name ?? '')) fail(cosmos, 'name_twice')
  else own.set(name ?? '', binding)
}

function readAlias(cosmos: Cosmos): string | undefined {
  if (accept(cosmos, 'as')) return isName(cosmos) ? readWord(cosmos) : void fail(cosmos)
  return isName(cosmos) ? readWord(cosmos) : undefined
}

function readOrigin(cosmos: Cosmos, { outer, own, first }: Naming): Source {
  const known = new Map([...outer, ...own])
  if (accept(cosmos, '(')) {
    const { binding } = cosmos.query(cosmos, known)
    expect(cosmos, ')')
    return { binding, isQuery: true, name: undefined }
  }
  const root = peek(cosmos).text
  if (!isName(cosmos)) fail(cosmos)
  // Only the outermost query has a container of its own; whatever its name, it is the one that the request goes to.
  if (first && outer.size === 0) {
    cosmos.reads.add(root.toLowerCase())
    known.set(root, wholeItem)
  }
  const binding = readExpression(cosmos, { scope: known, sink: new Set() })
  if (binding === undefined) fail(cosmos)
  return { binding: binding ?? wholeItem, isQuery: false, name: lastName(cosmos) }
}

function lastName(cosmos: Cosmos): string | undefined {
  const last = cosmos.tokens[cosmos.at - 1]
  return last?.kind === 'word' ? last.text : undefined
}

function isName(cosmos: Cosmos): boolean {
  const name = textAt(cosmos)
  return peek(cosmos).kind === 'word' && !reserved.has(name) && !constants.has(name)
}
