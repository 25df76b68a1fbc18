import { accept, expect, fail, isAtEnd, peek, readList, readWord, textAt } from '../reader.ts'
import { addAll, readExpression } from './expression.ts'
import { type Cosmos, membersOf, type Place, type Scope, type Selected } from './scope.ts'
import { readSources } from './sources.ts'

/** A column of a SELECT list as it is written: its name (none: nobody can say) and where its expression begins. */
interface Column {
  readonly name: string | undefined
  readonly mentions: readonly string[]
}

/**
 * Reads one SELECT. What it gives stands before what it gives it from, so its list is read twice: passed over first,
 * and read once the names are known.
 */
export function readQuery(cosmos: Cosmos, outer: Scope): Selected {
  expect(cosmos, 'select')
  const distinct = accept(cosmos, 'distinct')
  if (accept(cosmos, 'top')) readCount(cosmos)
  const list = cosmos.at
  skipList(cosmos)
  const scope = accept(cosmos, 'from') ? readSources(cosmos, outer) : outer
  const behind = cosmos.at
  cosmos.at = list
  const selected = readSelected(cosmos, scope)
  if (cosmos.refused === undefined && !isListEnd(cosmos)) fail(cosmos)
  cosmos.at = behind
  if (distinct) addAll(cosmos.compared, membersOf(selected.binding))
  readClauses(cosmos, scope, selected)
  addAll(cosmos.mentions, membersOf(selected.binding))
  return selected
}

function readSelected(cosmos: Cosmos, scope: Scope): Selected {
  if (accept(cosmos, '*')) return { outputs: null, binding: scope.values().next().value ?? all }
  if (accept(cosmos, 'value')) {
    const sink = new Set<string>()
    const path = readExpression(cosmos, { scope, sink })
    return { outputs: [[...sink].sort()], binding: path ?? { whole: false, mentions: [...sink] } }
  }
  const columns: Column[] = []
  readList(cosmos, () => columns.push(readColumn(cosmos, scope)))
  const fields = new Map(columns.map(({ name, mentions }, at) => [name ?? `$${at + 1}`, mentions] as const))
  return { outputs: columns.map(({ mentions }) => mentions), binding: { whole: false, mentions: [], fields } }
}

const all = { whole: false, mentions: ['*'] }

function readColumn(cosmos: Cosmos, scope: Scope): Column {
  const sink = new Set<string>()
  readExpression(cosmos, { scope, sink })
  const last = cosmos.tokens[cosmos.at - 1]
  const named = accept(cosmos, 'as') || (peek(cosmos).kind === 'word' && !isListEnd(cosmos))
  const name = named ? readWord(cosmos) : last?.kind === 'word' ? last.text : undefined
  return { name, mentions: [...sink].sort() }
}

/** Passes over everything up to this SELECT's own FROM, or what stands in its place. */
function skipList(cosmos: Cosmos): void {
  let depth = 0
  while (!isAtEnd(cosmos) && (depth > 0 || !isListEnd(cosmos))) {
    const { text } = peek(cosmos)
    if (text === '(' || text === '[' || text === '{') depth += 1
    if (text === ')' || text === ']' || text === '}') depth -= 1
    cosmos.at += 1
  }
}

/** A member behind a dot may be called like a word of the grammar. */
function isListEnd(cosmos: Cosmos): boolean {
  if (cosmos.tokens[cosmos.at - 1]?.text === '.') return false
  return ['from', 'where', 'group', 'order', 'offset', ')', ']', '}', ';', ''].includes(textAt(cosmos))
}

function readClauses(cosmos: Cosmos, scope: Scope, selected: Selected): void {
  const place: Place = { scope, sink: new Set() }
  if (accept(cosmos, 'where')) readExpression(cosmos, place)
  if (accept(cosmos, 'group', 'by')) readList(cosmos, () => readExpression(cosmos, place))
  if (accept(cosmos, 'order', 'by')) readOrder(cosmos, withAliases(place, selected))
  if (accept(cosmos, 'offset')) {
    readCount(cosmos)
    expect(cosmos, 'limit')
    readCount(cosmos)
  }
  addAll(cosmos.compared, place.sink)
  addAll(cosmos.mentions, place.sink)
}

/** The order may name what the list named. */
function withAliases({ scope, sink }: Place, { binding }: Selected): Place {
  const aliases = [...(binding.fields ?? [])].map(([name, mentions]) => [name, { whole: false, mentions }] as const)
  return { sink, scope: new Map([...aliases, ...scope]) }
}

function readOrder(cosmos: Cosmos, place: Place): void {
  accept(cosmos, 'rank')
  readList(cosmos, () => {
    readExpression(cosmos, place)
    if (!accept(cosmos, 'asc')) accept(cosmos, 'desc')
  })
}

function readCount(cosmos: Cosmos): void {
  const { kind } = peek(cosmos)
  if (kind !== 'number' && kind !== 'parameter') fail(cosmos)
  cosmos.at += 1
}
