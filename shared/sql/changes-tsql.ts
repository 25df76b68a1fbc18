import type { Effect } from '../backend/effect.ts'
import { isWord, itemsOf, make } from './clauses-tsql.ts'
import { changedRelation, type Name, type Plan } from './dialect.ts'
import type { Token } from './tokens.ts'
import { depthZero, nameFrom, partOf, pastBracket, startsQuery } from './tokens-plan.ts'

/** A change with what stands before it: `WITH …`. */
export interface Change {
  readonly prefix: readonly Token[]
  readonly tokens: readonly Token[]
}

/** The token behind `TOP (n) [PERCENT]`. */
function behindTop(tokens: readonly Token[], at: number): number {
  if (!isWord(tokens, at, 'top')) return at
  const end = tokens[at + 1]?.text === '(' ? (pastBracket(tokens, at + 1) ?? at) : at + 2
  return isWord(tokens, end, 'percent') ? end + 1 : end
}

/** The clauses of a change, each with the tokens behind its word. */
function clausesOf(tokens: readonly Token[], from: number, named: readonly string[]): Map<string, readonly Token[]> {
  const clauses = new Map<string, readonly Token[]>()
  const starts = depthZero(tokens, from).filter((at) => isWord(tokens, at, ...named) && tokens[at]?.kind === 'word')
  for (const [index, at] of starts.entries()) {
    const word = tokens[at]?.text.toLowerCase() ?? ''
    clauses.set(word, [...(clauses.get(word) ?? []), ...tokens.slice(at + 1, starts[index + 1])])
  }
  return clauses
}

/** `UPDATE [TOP (n)] target SET a = x, b += y [OUTPUT …] [FROM …] [WHERE …]` as a query of the values. */
export function updatePlan(change: Change): Plan | undefined {
  const { tokens } = change
  const at = behindTop(tokens, 1)
  const target = nameFrom(tokens, at)
  if (target === undefined || !isWord(tokens, target.next, 'set')) return undefined
  const clauses = clausesOf(tokens, target.next, ['set', 'output', 'from', 'where'])
  const values = itemsOf(clauses.get('set') ?? []).flatMap(valuesOf)
  return changePlan({ ...change, effect: 'write', at, target, clauses, values })
}

/** The value that an item of SET assigns; what it adds to is a value, too. */
function valuesOf(item: readonly Token[]): (readonly Token[])[] {
  const at = item.findIndex(({ kind, text }) => kind === 'operator' && text.endsWith('='))
  if (at < 0) return [item]
  const value = item.slice(at + 1)
  return item[at]?.text === '=' ? [value] : [value, item.slice(0, at)]
}

/** `DELETE [TOP (n)] [FROM] target [OUTPUT …] [FROM …] [WHERE …]` as a query of its condition. */
export function deletePlan(change: Change): Plan | undefined {
  const { tokens } = change
  const top = behindTop(tokens, 1)
  const at = isWord(tokens, top, 'from') ? top + 1 : top
  const target = nameFrom(tokens, at)
  if (target === undefined) return undefined
  const isDone = target.next === tokens.length || isWord(tokens, target.next, 'output', 'from', 'where')
  if (!isDone) return undefined
  const clauses = clausesOf(tokens, target.next, ['output', 'from', 'where'])
  return changePlan({ ...change, effect: 'delete', at, target, clauses, values: [] })
}

interface Changed extends Change {
  readonly effect: Effect
  /** Where the target's name begins. */
  readonly at: number
  readonly target: { readonly name: Name; readonly next: number }
  readonly clauses: ReadonlyMap<string, readonly Token[]>
  readonly values: readonly (readonly Token[])[]
}

function changePlan(all: Changed): Plan | undefined {
  const { prefix, clauses, values, effect } = all
  const output = outputOf(clauses.get('output') ?? [])
  if (output === undefined) return undefined
  const source = sourceOf(all)
  const items = values.flatMap((value, index) => (index === 0 ? value : [...make(','), ...value]))
  const where = clauses.get('where')
  const select = [...make(items.length === 0 ? 'SELECT 1' : 'SELECT'), ...items, ...make('FROM'), ...source.from]
  const query = [...prefix, ...select, ...(where === undefined ? [] : [...make('WHERE'), ...where])]
  const part = withoutName(query, source.writes[0] ?? [])
  return { effect, writes: [...source.writes, ...output.writes], parts: [part, ...output.parts] }
}

interface Source {
  readonly from: readonly Token[]
  readonly writes: readonly Name[]
}

/** What the query reads from, where the target has a name that nobody reads. */
function sourceOf({ tokens, prefix, target, at, clauses }: Changed): Source {
  const from = clauses.get('from')
  const found = from === undefined ? undefined : relationNamed(from, target.name)
  const full = found?.full ?? target.name
  const inner = found?.inner ?? expressionsOf(prefix).get(full.join('.'))
  const named = tokens.slice(at, target.next)
  if (inner !== undefined) return { from: from ?? named, writes: looseNames(inner) }
  if (from === undefined) return { from: changedAs(named), writes: [full] }
  if (found === undefined) return { from, writes: [full] }
  return { from: [...from.slice(0, found.start), ...changedAs(found.alias), ...from.slice(found.end)], writes: [full] }
}

/** A column's `a.b.c` with only the last part of a relation's name before it, under which the relation now stands. */
function withoutName(tokens: readonly Token[], name: Name): readonly Token[] {
  const dropped = (name.length - 1) * 2
  const places = tokens.flatMap((_, at) => (dropped > 0 && isFullName(tokens, at, name) ? [at] : []))
  const kept = tokens.map((token, at) => (places.includes(at - dropped) ? { ...token, spaced: true } : token))
  return kept.filter((_, at) => !places.some((place) => at >= place && at < place + dropped))
}

/** Whether a name with a column's behind it stands here. */
function isFullName(tokens: readonly Token[], at: number, name: Name): boolean {
  if (tokens[at - 1]?.text === '.') return false
  const found = nameFrom(tokens, at)?.name ?? []
  return found.length > name.length && name.every((part, index) => found[index] === part)
}

function changedAs(name: readonly Token[]): Token[] {
  return [...make(`[${changedRelation}] AS`), ...name.slice(-1).map((token) => ({ ...token, spaced: true }))]
}

interface Found {
  readonly start: number
  readonly end: number
  readonly full?: Name
  readonly alias: readonly Token[]
  /** The query that has the target's name. */
  readonly inner?: readonly Token[]
}

/** The relation of a FROM clause that a target means: by its alias before its name. */
function relationNamed(from: readonly Token[], target: Name): Found | undefined {
  const starts = depthZero(from, 0).filter((at) => at === 0 || startsRelation(from, at - 1))
  const relations = starts.map((at) => relationAt(from, at)).filter((found) => found !== undefined)
  const byAlias = target.length === 1 ? relations.find(({ alias }) => partOf(alias.at(-1)) === target[0]) : undefined
  return byAlias ?? relations.find(({ full }) => full?.join('.') === target.join('.'))
}

function startsRelation(from: readonly Token[], at: number): boolean {
  return from[at]?.text === ',' || isWord(from, at, 'join', 'apply')
}

function relationAt(from: readonly Token[], start: number): Found | undefined {
  const close = from[start]?.text === '(' ? pastBracket(from, start) : undefined
  const named = close === undefined ? nameFrom(from, start) : undefined
  const next = close ?? named?.next
  if (next === undefined) return undefined
  const at = isWord(from, next, 'as') ? next + 1 : next
  const isAlias = partOf(from[at]) !== undefined && !isWord(from, at, ...behindRelations)
  const alias = isAlias ? from.slice(at, at + 1) : from.slice(next - 1, next)
  const end = isAlias ? at + 1 : next
  if (close !== undefined) return { start, end, alias, inner: from.slice(start, close) }
  return { start, end, alias, ...(named === undefined ? {} : { full: named.name }) }
}

const behindRelations = ['join', 'inner', 'left', 'right', 'full', 'cross', 'outer', 'on', 'where', 'pivot', 'unpivot']

/** The queries of a WITH by their names. */
export function expressionsOf(prefix: readonly Token[]): Map<string, readonly Token[]> {
  const found = new Map<string, readonly Token[]>()
  for (const at of depthZero(prefix, 1)) {
    const isOpened = isWord(prefix, at, 'as') && prefix[at + 1]?.text === '('
    const end = isOpened ? pastBracket(prefix, at + 1) : undefined
    const name = nameBefore(prefix, at)
    if (end !== undefined && name !== undefined) found.set(name, prefix.slice(at + 2, end - 1))
  }
  return found
}

/** `name AS` or `name (columns) AS`. */
function nameBefore(tokens: readonly Token[], at: number): string | undefined {
  if (tokens[at - 1]?.text !== ')') return partOf(tokens[at - 1])
  for (let open = at - 1; open > 0; open -= 1) {
    if (tokens[open]?.text === '(' && pastBracket(tokens, open) === at) return partOf(tokens[open - 1])
  }
  return undefined
}

/** Names behind the words that introduce relations, wherever they stand. */
export function looseNames(tokens: readonly Token[], ...after: readonly string[]): Name[] {
  const introducing = after.length > 0 ? after : ['from', 'join', 'apply']
  return tokens.flatMap((_, at) => {
    const named = isWord(tokens, at, ...introducing) ? nameFrom(tokens, at + 1) : undefined
    return named === undefined ? [] : [named.name]
  })
}

interface Output {
  readonly parts: readonly (readonly Token[])[]
  readonly writes: readonly Name[]
}

/** `OUTPUT list [INTO t [(columns)]]`: what a change tells of the rows before and after it. */
export function outputOf(clause: readonly Token[]): Output | undefined {
  if (clause.length === 0) return { parts: [], writes: [] }
  const into = depthZero(clause, 0).find((at) => isWord(clause, at, 'into'))
  const list = clause.slice(0, into)
  const named = into === undefined ? undefined : nameFrom(clause, into + 1)
  const isLong = list.some((_, at) => (nameFrom(list, at)?.name.length ?? 0) > 2)
  if (isLong || (into !== undefined && named === undefined)) return undefined
  const rest = named === undefined ? [] : clause.slice(named.next)
  if (rest.length > 0 && pastBracket(rest, 0) !== rest.length) return undefined
  const rows = new Set(['deleted', 'inserted', ...list.flatMap((_, at) => rowNamed(list, at))])
  const relations = [...rows].map((name) => `[${changedRelation}] AS [${name}]`)
  const query = [...make('SELECT'), ...list, ...make(`FROM ${relations.join(', ')}`)]
  return { parts: [query], writes: named === undefined ? [] : [named.name] }
}

function rowNamed(list: readonly Token[], at: number): string[] {
  const name = list[at + 1]?.text === '.' ? partOf(list[at]) : undefined
  return name === undefined || name.includes(']') ? [] : [name]
}

/** `INSERT [TOP (n)] [INTO] target [(columns)] [OUTPUT …] VALUES … | query | EXEC … | DEFAULT VALUES` */
export function insertPlan({ prefix, tokens }: Change): Plan | undefined {
  const top = behindTop(tokens, 1)
  const target = nameFrom(tokens, isWord(tokens, top, 'into') ? top + 1 : top)
  const next = target === undefined ? undefined : behindColumns(tokens, target.next)
  if (target === undefined || next === undefined) return undefined
  const start = depthZero(tokens, next).find((at) => startsSource(tokens, at))
  const output = outputBetween(tokens, next, start)
  if (start === undefined || output === undefined) return undefined
  const source = sourcePlan([...prefix, ...tokens.slice(start)], tokens[start]?.text.toLowerCase() ?? '')
  return { ...source, writes: [target.name, ...output.writes], parts: [...(source.parts ?? []), ...output.parts] }
}

/** Between the columns and the source nothing but OUTPUT may stand. */
function outputBetween(tokens: readonly Token[], at: number, end: number | undefined) {
  if (isWord(tokens, at, 'output')) return outputOf(tokens.slice(at + 1, end))
  return at === end ? outputOf([]) : undefined
}

function behindColumns(tokens: readonly Token[], at: number): number | undefined {
  return tokens[at]?.text === '(' && !startsQuery(tokens, at + 1) ? pastBracket(tokens, at) : at
}

/** What runs a procedure may do anything. */
function sourcePlan(source: readonly Token[], first: string): Plan {
  if (/^exec(?:ute)?$/.test(first)) return { effect: 'admin', dangers: ['exec'] }
  return first === 'default' ? { effect: 'write' } : { effect: 'write', parts: [source] }
}

function startsSource(tokens: readonly Token[], at: number): boolean {
  if (isWord(tokens, at, 'exec', 'execute', 'select', 'values', 'with')) return true
  if (isWord(tokens, at, 'default')) return isWord(tokens, at + 1, 'values') && at + 2 === tokens.length
  return tokens[at]?.text === '(' && startsQuery(tokens, at + 1)
}

/** `MERGE [TOP (n)] [INTO] target … [OUTPUT …]`, as polyglot reads it but for its ends. */
export function mergePlan({ prefix, tokens }: Change): Plan | undefined {
  if (prefix.length > 0) return undefined
  const top = behindTop(tokens, 1)
  const from = isWord(tokens, top, 'into') ? top + 1 : top
  const outputAt = depthZero(tokens, from).find((at) => isWord(tokens, at, 'output'))
  const output = outputOf(outputAt === undefined ? [] : tokens.slice(outputAt + 1))
  if (output === undefined) return undefined
  const part = [...make('MERGE'), ...tokens.slice(from, outputAt)]
  return { effect: 'write', writes: output.writes, parts: [part, ...output.parts] }
}
