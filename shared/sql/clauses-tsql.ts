import { type Effect, worseEffect } from '../backend/effect.ts'
import { words } from './calls.ts'
import type { Name } from './dialect.ts'
import type { Token } from './tokens.ts'
import { depthZero, nameFrom, pastBracket } from './tokens-plan.ts'

/** What a statement says beside what the parser is to read. */
export interface Notes {
  effect: Effect
  readonly dangers: Set<string>
  readonly writes: Name[]
}

/** Takes the tokens before `next` and puts others in their place. */
interface Replaced {
  readonly next: number
  readonly put?: readonly Token[]
}

type Rule = (tokens: readonly Token[], at: number, notes: Notes) => Replaced | undefined

/** Hints of a table that change neither what it gives nor what others may do (Transact-SQL: table hints). */
const plainHints = new Set(
  words(`nolock readuncommitted readcommitted readcommittedlock readpast snapshot noexpand forceseek forcescan index
  nowait rowlock paglock spatial_window_max_cells`),
)

const lockHints = new Set(
  words('holdlock serializable repeatableread tablock tablockx updlock xlock keepidentity keepdefaults'),
)

const queryHint =
  /^(?:recompile|force order|(?:hash|order) group|(?:concat|hash|merge) union|(?:loop|hash|merge) join|(?:fast|maxdop|maxrecursion) \d+|label = n?'[^']*'|optimize for unknown|keep(?:fixed)? plan|expand views|robust plan|no_performance_spool|(?:max|min)_grant_percent = [\d.]+|ignore_nonclustered_columnstore_index|use hint \( n?'[^']*'(?: , n?'[^']*')* \)|for timestamp as of n?'[^']*')$/

/** Functions of dates that take a unit of time first, which is a word of the grammar and no column. */
const unitFunctions = new Set(words('dateadd datediff datediff_big datename datepart datetrunc date_bucket'))

const units = new Set(
  words(`year yy yyyy quarter qq q month mm m dayofyear dy y day dd d week wk ww weekday dw w iso_week isowk isoww hour hh
  minute mi n second ss s millisecond ms microsecond mcs nanosecond ns tzoffset tz`),
)

/**
 * The tokens that polyglot is to read: clauses that it would keep as a text are checked here and left out, parameters and
 * units of time stand as numbers. Undefined where something stands for a column that it does not name.
 */
export function readable(tokens: readonly Token[], notes: Notes): readonly Token[] | undefined {
  if (tokens.some(isOpaque)) return undefined
  const out: Token[] = []
  for (let at = 0; at < tokens.length; ) {
    const replaced = replacedAt(tokens, at, notes)
    const token = tokens[at]
    if (replaced === undefined && token !== undefined) out.push(token)
    if (replaced?.put !== undefined) out.push(...replaced.put)
    at = replaced?.next ?? at + 1
  }
  return out
}

/** Columns by what they are for, and methods of types, which only the database can follow. */
function isOpaque({ kind, text }: Token): boolean {
  return text === '::' || (kind === 'word' && /^(identitycol|rowguidcol)$/i.test(text))
}

/** A note book for one statement. */
export function openNotes(): Notes {
  return { effect: 'read', dangers: new Set(), writes: [] }
}

function replacedAt(tokens: readonly Token[], at: number, notes: Notes): Replaced | undefined {
  for (const rule of rules) {
    const replaced = rule(tokens, at, notes)
    if (replaced !== undefined) return replaced
  }
  return undefined
}

/** A word that stands by itself: no part of a dotted name. */
export function isWord(tokens: readonly Token[], at: number, ...texts: readonly string[]): boolean {
  const token = tokens[at]
  if (token?.kind !== 'word' || tokens[at - 1]?.text === '.') return false
  return texts.includes(token.text.toLowerCase())
}

function areWords(tokens: readonly Token[], at: number, text: string): boolean {
  return words(text).every((word, index) => isWord(tokens, at + index, word))
}

const number = (text = '0'): Token => ({ kind: 'number', text, spaced: true })

const replaceValue: Rule = (tokens, at) => {
  const token = tokens[at]
  if (token?.kind === 'parameter') return { next: at + 1, put: [number()] }
  if (token?.kind === 'number' && token.text.startsWith('$'))
    return { next: at + 1, put: [number(token.text.slice(1))] }
  const isDefault = isWord(tokens, at, 'default') && /^[(,=]$/.test(tokens[at - 1]?.text ?? '')
  return isDefault ? { next: at + 1, put: [{ kind: 'word', text: 'NULL', spaced: true }] } : undefined
}

/** `OPTION (…)`: how the server is to work. */
const cutOption: Rule = (tokens, at, notes) => {
  if (!isWord(tokens, at, 'option') || tokens[at + 1]?.text !== '(') return undefined
  const end = pastBracket(tokens, at + 1)
  if (end === undefined) return undefined
  const hints = itemsOf(tokens.slice(at + 2, end - 1)).map(textOf)
  if (!hints.every((hint) => queryHint.test(hint))) notes.dangers.add('query_hint')
  return { next: end }
}

/** `FOR SYSTEM_TIME …`: which time of a table with a history. */
const cutSystemTime: Rule = (tokens, at) => {
  if (!areWords(tokens, at, 'for system_time')) return undefined
  const shape = tokens.slice(at + 2, at + 9).map(({ kind, text }) => (isValue(kind) ? '0' : text.toLowerCase()))
  const found = /^(?:all|as of 0|from 0 to 0|between 0 and 0|contained in \( 0 , 0 \))(?= |$)/.exec(
    shape.join(' '),
  )?.[0]
  return found === undefined ? undefined : { next: at + 2 + found.split(' ').length }
}

function isValue(kind: Token['kind']): boolean {
  return kind === 'string' || kind === 'number' || kind === 'parameter'
}

/** `WITH (NOLOCK, INDEX(x))` behind a table. */
const cutTableHints: Rule = (tokens, at, notes) => {
  const isOpened = isWord(tokens, at, 'with') && tokens[at + 1]?.text === '('
  const end = isOpened ? pastBracket(tokens, at + 1) : undefined
  if (end === undefined || !isHint(tokens[at + 2])) return undefined
  return cutHints(tokens.slice(at + 2, end - 1), notes) ? { next: end } : undefined
}

/** The same without WITH, as older texts have it. */
const cutBareHint: Rule = (tokens, at, notes) => {
  const isHinted = tokens[at]?.text === '(' && tokens[at + 2]?.text === ')' && isHint(tokens[at + 1])
  if (!isHinted || !followsRelation(tokens, at)) return undefined
  return cutHints(tokens.slice(at + 1, at + 2), notes) ? { next: at + 3 } : undefined
}

function isHint(token: Token | undefined): boolean {
  const text = token?.kind === 'word' ? token.text.toLowerCase() : ''
  return plainHints.has(text) || lockHints.has(text)
}

/** Items are words, `INDEX(…)` or `INDEX = …`, with commas or blanks between. */
function cutHints(inner: readonly Token[], { dangers }: Notes): boolean {
  const places = depthZero(inner, 0)
  const named = places.filter((at) => inner[at]?.kind === 'word' && inner[at - 1]?.text !== '=')
  if (!named.every((at) => isHint(inner[at]))) return false
  const isSimple = inner.every(
    ({ kind, text }) => kind === 'word' || kind === 'number' || kind === 'quoted' || /^[(),=]$/.test(text),
  )
  if (named.some((at) => lockHints.has(inner[at]?.text.toLowerCase() ?? ''))) dangers.add('lock_hint')
  return isSimple
}

/** Whether `FROM a.b x` or `JOIN a.b` stands right before. */
function followsRelation(tokens: readonly Token[], at: number): boolean {
  const behind = (from: number) => nameFrom(tokens, from)?.next ?? -1
  for (let from = Math.max(0, at - 8); from < at; from += 1) {
    if (!isWord(tokens, from, 'from', 'join')) continue
    const next = behind(from + 1)
    const alias = isWord(tokens, next, 'as') ? next + 1 : next
    if (next === at || (alias >= 0 && behind(alias) === at)) return true
  }
  return false
}

/** A function that gives rows of what its first argument holds; `WITH (…)` tells their names and types. */
const replaceOpenJson: Rule = (tokens, at) => {
  if (!isWord(tokens, at, 'openjson') || tokens[at + 1]?.text !== '(') return undefined
  const end = pastBracket(tokens, at + 1)
  if (end === undefined) return undefined
  const inner = tokens.slice(at + 2, end - 1)
  const next = isWord(tokens, end, 'with') && tokens[end + 1]?.text === '(' ? pastBracket(tokens, end + 1) : end
  if (next === undefined || !tokens.slice(end, next).every(isDeclared)) return undefined
  return { next, put: callOf('STRING_SPLIT', readableInside(inner)) }
}

function isDeclared({ kind, text }: Token): boolean {
  return ['word', 'quoted', 'string', 'number'].includes(kind) || /^[(),]$/.test(text)
}

function readableInside(inner: readonly Token[]): readonly Token[] {
  return readable(inner, openNotes()) ?? inner
}

function callOf(name: string, inner: readonly Token[]): Token[] {
  return [...make(`${name}(`), ...inner, ...make(')')]
}

/** `OPENROWSET(BULK …)` reads files; with a provider it asks another server whatever the text says. */
const replaceOpenRowset: Rule = (tokens, at, notes) => {
  if (!isWord(tokens, at, 'openrowset') || tokens[at + 1]?.text !== '(') return undefined
  const end = pastBracket(tokens, at + 1)
  if (end === undefined) return undefined
  notes.dangers.add('openrowset')
  if (!isWord(tokens, at + 2, 'bulk')) notes.effect = 'admin'
  const next = isWord(tokens, end, 'with') && tokens[end + 1]?.text === '(' ? pastBracket(tokens, end + 1) : end
  return { next: next ?? end, put: callOf('STRING_SPLIT', [number()]) }
}

const replaceUnit: Rule = (tokens, at) => {
  const name = tokens[at]?.text.toLowerCase() ?? ''
  const isCall = tokens[at]?.kind === 'word' && unitFunctions.has(name) && tokens[at + 1]?.text === '('
  const unit = tokens[at + 2]
  if (!isCall || unit?.kind !== 'word' || !units.has(unit.text.toLowerCase())) return undefined
  const behind = tokens[at + 3]?.text ?? ''
  // Polyglot has another name for DATEPART.
  return behind === ',' ? { next: at + 3, put: [...make('DATENAME('), number()] } : undefined
}

/** Marks and words that polyglot does not know, with what means the same to whom only names matter. */
const synonyms: Readonly<Record<string, string>> = { ':': ',', '!>': '=', '!<': '=' }

const replaceMark: Rule = (tokens, at) => {
  const synonym = synonyms[tokens[at]?.text ?? '']
  return synonym === undefined ? undefined : { next: at + 1, put: make(synonym) }
}

/** `JSON_OBJECTAGG(a:b NULL ON NULL)` and `PARSE(a AS int USING 'en')` as calls like any other. */
const replaceSyntax: Rule = (tokens, at) => {
  if (areWords(tokens, at, 'null on null') || areWords(tokens, at, 'absent on null')) return { next: at + 3 }
  const called = tokens[at + 1]?.text === '(' ? tokens[at]?.text.toLowerCase() : undefined
  if (isWord(tokens, at, 'json_objectagg')) return { next: at + 1, put: make('JSON_MODIFY') }
  if (isWord(tokens, at, 'parse', 'try_parse') && called !== undefined)
    return { next: at + 1, put: make(called.replace('parse', 'cast')) }
  const isCulture = isWord(tokens, at, 'using') && tokens[at + 2]?.text === ')'
  return isCulture && isValue(tokens[at + 1]?.kind ?? 'mark') ? { next: at + 2 } : undefined
}

/** A name for the server, but for the tools that people send texts with the end of a batch. */
const noteBatch: Rule = (tokens, at, { dangers }) => {
  if (isWord(tokens, at, 'go')) dangers.add('batch_separator')
  return undefined
}

/** `NEXT VALUE FOR s` changes the sequence. */
const replaceSequence: Rule = (tokens, at, notes) => {
  const named = areWords(tokens, at, 'next value for') ? nameFrom(tokens, at + 3) : undefined
  if (named === undefined) return undefined
  notes.effect = worseEffect(notes.effect, 'write')
  notes.dangers.add('sequence')
  notes.writes.push(named.name)
  return { next: named.next, put: [number()] }
}

const rules: readonly Rule[] = [
  replaceValue,
  cutOption,
  cutSystemTime,
  cutTableHints,
  cutBareHint,
  replaceOpenJson,
  replaceOpenRowset,
  replaceUnit,
  replaceMark,
  noteBatch,
  replaceSyntax,
  replaceSequence,
]

/** Words, numbers, marks and names in brackets as tokens. */
export function make(text: string): Token[] {
  return (text.match(/\[[^\]]*\]|\w+|\S/g) ?? []).map((part) => ({
    kind: kindOf(part),
    text: part,
    spaced: part !== '(',
  }))
}

function kindOf(text: string): Token['kind'] {
  if (text.startsWith('[')) return 'quoted'
  if (text === '=') return 'operator'
  return /^\d/.test(text) ? 'number' : /^\w/.test(text) ? 'word' : 'mark'
}

/** The parts of a list, as they stand between its commas. */
export function itemsOf(list: readonly Token[]): (readonly Token[])[] {
  const commas = depthZero(list, 0).filter((at) => list[at]?.text === ',')
  return [...commas, list.length].map((end, index) => list.slice(index === 0 ? 0 : (commas[index - 1] ?? 0) + 1, end))
}

function textOf(tokens: readonly Token[]): string {
  return tokens.map(({ text }) => text.toLowerCase()).join(' ')
}
