import type { Name, Plan } from './dialect.ts'
import { findWord, isWord, made } from './heads.ts'
import type { Token } from './tokens.ts'
import { behindBracket, depthZero, nameFrom, queryFrom, startsQuery } from './tokens-plan.ts'

/** A relation among those that a change of several tables names. */
interface Relation {
  readonly name: Name
  readonly alias: string
  readonly from: number
  readonly to: number
}

/** `INSERT|REPLACE … t [PARTITION (…)] [(columns)] query | SET a = 1, …  [AS new] [ON DUPLICATE KEY UPDATE a = 1, …]` */
export function insertPlan(tokens: readonly Token[], used: number): Plan | undefined {
  const target = nameFrom(tokens, used)
  if (target === undefined) return undefined
  const conflict = findConflict(tokens, target.next)
  const values = withoutAlias(tokens.slice(0, conflict ?? tokens.length))
  const source = sourceOf(values, target.next)
  if (source === undefined) return undefined
  const names = [target.name.at(-1) ?? '', ...values.slice(-2).map(({ text }) => text)]
  const changes = conflict === undefined ? [] : [selectingAssigned(tokens.slice(conflict + 4), standIns(names))]
  return { effect: 'write', writes: [target.name], parts: [source, ...changes] }
}

function findConflict(tokens: readonly Token[], from: number): number | undefined {
  return depthZero(tokens, from).find(
    (at) => isWord(tokens, at, 'on') && isWord(tokens, at + 1, 'duplicate') && isWord(tokens, at + 2, 'key'),
  )
}

/** `VALUES (…) AS new` and `… AS new(a, b)`: names for what was to be inserted. */
function withoutAlias(tokens: readonly Token[]): readonly Token[] {
  const as = findWord(tokens, 0, /^as$/i)
  const values = findWord(tokens, 0, /^values?$/i)
  return as === undefined || values === undefined || as < values ? tokens : tokens.slice(0, as)
}

function sourceOf(tokens: readonly Token[], from: number): readonly Token[] | undefined {
  let at: number | undefined = from
  if (isWord(tokens, at, 'partition')) at = behindBracket(tokens, at + 1)
  if (at !== undefined && tokens[at]?.text === '(' && !startsQuery(tokens, at)) at = behindBracket(tokens, at)
  if (at === undefined) return undefined
  if (isWord(tokens, at, 'set')) return selectingAssigned(tokens.slice(at + 1), [])
  if (isWord(tokens, at, 'value')) return [...made('VALUES'), ...tokens.slice(at + 1)]
  return queryFrom(tokens, at)
}

/** Empty relations of these names, so that what is before a dot is known for one. */
function standIns(names: readonly string[]): Token[] {
  return names.flatMap((name, at) => [...made(at === 0 ? 'FROM ( SELECT 1 )' : ', ( SELECT 1 )'), ...aliased(name)])
}

function aliased(name: string): Token[] {
  return [...made('AS'), { kind: 'quoted', text: `\`${name.replace(/[`'"]/g, '')}\``, spaced: true }]
}

/** The values of a list of assignments, as a query over relations. */
function selectingAssigned(tokens: readonly Token[], from: readonly Token[]): readonly Token[] {
  const values = assignments(tokens).map((one) => one.slice(one.findIndex(({ text }) => text === '=') + 1))
  return [
    ...made('SELECT'),
    ...values.flatMap((value, at) => [...(at > 0 ? made(',') : []), ...spacedFirst(value)]),
    ...from,
  ]
}

function spacedFirst(tokens: readonly Token[]): Token[] {
  return tokens.map((token, at) => (at === 0 ? { ...token, spaced: true } : token))
}

function assignments(tokens: readonly Token[]): (readonly Token[])[] {
  const commas = depthZero(tokens, 0).filter((at) => tokens[at]?.text === ',')
  return [...commas, tokens.length].map((end, at) => tokens.slice(at === 0 ? 0 : (commas[at - 1] ?? 0) + 1, end))
}

/** One table is changed as polyglot reads it; of several, those are that an assignment names. */
export function updatePlan(tokens: readonly Token[], used: number): Plan | undefined {
  const set = findWord(tokens, used, /^set$/i)
  if (set === undefined || isJoin(tokens.slice(used, set))) return updateOfSeveral(tokens, used)
  return { effect: 'write', parts: [[...tokens.slice(0, 1), ...tokens.slice(used)]] }
}

/** The values and conditions of an UPDATE as a query, with what it changes. */
export function updateOfSeveral(tokens: readonly Token[], used: number): Plan | undefined {
  const set = findWord(tokens, used, /^set$/i)
  if (set === undefined) return undefined
  const end = findWord(tokens, set, /^where$/i) ?? tokens.length
  const relations = relationsIn(tokens, used, set)
  const assigned = tokens.slice(set + 1, end)
  const targets = assignments(assigned).flatMap((one) => targetsOf(one, relations))
  if (targets.length === 0 || targets.includes(undefined)) return undefined
  const known = targets.filter((target) => target !== undefined)
  const from = [...made('FROM'), ...withStandIns(tokens.slice(0, set), used, known), ...tokens.slice(end)]
  return { effect: 'write', writes: known.map(({ name }) => name), parts: [selectingAssigned(assigned, from)] }
}

function isJoin(tokens: readonly Token[]): boolean {
  return depthZero(tokens, 0).some((at) => /^(,|join|straight_join)$/i.test(tokens[at]?.text ?? ''))
}

/** What an assignment changes: any of them where the column stands alone. */
function targetsOf(assignment: readonly Token[], relations: readonly Relation[]): (Relation | undefined)[] {
  const column = nameFrom(assignment, 0)
  if (column === undefined || assignment[column.next]?.text !== '=') return [undefined]
  return column.name.length === 1 ? [...relations] : [relationNamed(column.name.slice(0, -1), relations)]
}

function relationNamed(name: Name, relations: readonly Relation[]): Relation | undefined {
  const byAlias = relations.find(({ alias }) => name.length === 1 && alias === name[0])
  return byAlias ?? relations.find((relation) => relation.name.join('.').endsWith(name.join('.')))
}

/** One table is deleted from as polyglot reads it, unless it has another form. */
export function deletePlan(tokens: readonly Token[], used: number): Plan | undefined {
  const isPlain = isWord(tokens, used, 'from') && findWord(tokens, used, /^using$/i) === undefined
  if (!isPlain) return deleteOfSeveral(tokens, used)
  return { effect: 'delete', parts: [[...tokens.slice(0, 1), ...tokens.slice(used)]] }
}

/** `DELETE t, u FROM relations …`, `DELETE FROM t, u USING relations …` and `DELETE FROM t …` as a query. */
export function deleteOfSeveral(tokens: readonly Token[], used: number): Plan | undefined {
  const from = findWord(tokens, used, /^from$/i)
  const using = findWord(tokens, used, /^using$/i)
  const end = findWord(tokens, used, /^(where|order|limit)$/i) ?? tokens.length
  if (from === undefined) return undefined
  if (from > used) return deletingFrom(tokens, { targets: [used, from], relations: [from + 1, end] })
  if (using !== undefined) return deletingFrom(tokens, { targets: [from + 1, using], relations: [using + 1, end] })
  const target = nameFrom(tokens, from + 1)
  return deletingFrom(tokens, { targets: [from + 1, target?.next ?? end], relations: [from + 1, end] })
}

interface Places {
  readonly targets: readonly [number, number]
  readonly relations: readonly [number, number]
}

function deletingFrom(tokens: readonly Token[], { targets, relations: [start, end] }: Places): Plan | undefined {
  const relations = relationsIn(tokens, start, end)
  const named = assignments(tokens.slice(...targets)).map((one) => relationTarget(one, relations))
  const known = named.filter((target) => target !== undefined)
  if (known.length === 0 || known.length < named.length) return undefined
  const rest = [...withStandIns(tokens.slice(0, end), start, known), ...tokens.slice(end)]
  return { effect: 'delete', writes: known.map(({ name }) => name), parts: [[...made('SELECT 1 FROM'), ...rest]] }
}

/** A table to delete from, by its name or alias, with `.*` behind it or not. */
function relationTarget(tokens: readonly Token[], relations: readonly Relation[]): Relation | undefined {
  const plain = tokens.at(-1)?.text === '*' ? tokens.slice(0, -2) : tokens
  const named = nameFrom(plain, 0)
  return named?.next === plain.length ? relationNamed(named.name, relations) : undefined
}

/** The relations with empty ones in the place of those that are changed. */
function withStandIns(tokens: readonly Token[], start: number, changed: readonly Relation[]): Token[] {
  return tokens.slice(start).flatMap((token, index) => {
    const at = start + index
    const relation = changed.find(({ from, to }) => from <= at && at < to)
    if (relation === undefined) return [token]
    return at === relation.from ? [...made('( SELECT 1 )'), ...aliased(relation.alias)] : []
  })
}

const noAlias =
  /^(join|inner|left|right|cross|natural|straight_join|on|using|set|where|order|limit|use|force|ignore|partition)$/i

/** The relations named outside of brackets between two places. */
function relationsIn(tokens: readonly Token[], from: number, to: number): Relation[] {
  const part = tokens.slice(0, to)
  const isBehindJoin = (at: number) =>
    part[at - 1]?.text === ',' || /^(straight_)?join$/i.test(part[at - 1]?.text ?? '')
  const starts = depthZero(part, from).filter((at) => at === from || isBehindJoin(at))
  return starts.map((at) => relationAt(part, at)).filter((relation) => relation !== undefined)
}

function relationAt(part: readonly Token[], at: number): Relation | undefined {
  const named = nameFrom(part, at)
  if (named === undefined) return undefined
  const next = isWord(part, named.next, 'as') ? named.next + 1 : named.next
  const alias = noAlias.test(part[next]?.text ?? '') ? undefined : nameFrom(part, next)?.name[0]
  if (alias === undefined) return { name: named.name, alias: named.name.at(-1) ?? '', from: at, to: named.next }
  return { name: named.name, alias, from: at, to: next + 1 }
}
