import { words } from './calls.ts'
import type { Token } from './tokens.ts'
import { depthZero } from './tokens-plan.ts'

/** Reserved words with which a statement begins wherever they stand by themselves (Transact-SQL: reserved keywords). */
const starters = new Set(
  words(`alter backup begin break bulk checkpoint close commit continue create dbcc deallocate declare delete deny drop
  else end exec execute fetch goto grant if insert kill load merge open print raiserror readtext reconfigure restore
  return revert revoke rollback save select set setuser shutdown truncate update updatetext use waitfor while writetext`),
)

/** Words that begin a statement only together with the next one. */
const startingPairs = new Set([
  ...words('enable:trigger disable:trigger copy:into rename:object send:on get:conversation move:conversation'),
])

/** What takes the rest of its batch. */
const wholeBatch = /^(?:create(?: or alter)?|alter) (?:proc|procedure|function|trigger|view|rule|default) /

interface Cut {
  readonly tokens: readonly Token[]
  readonly statements: Token[][]
  depth: number
  cases: number
}

/**
 * Cuts a batch into statements: at semicolons, and before each word that can only begin one. A name at the very beginning
 * is a procedure's, called without EXEC, which is put before it.
 */
export function splitTsql(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const cut: Cut = { tokens, statements: [[]], depth: 0, cases: 0 }
  for (const [at, token] of tokens.entries()) {
    const current = cut.statements.at(-1) ?? []
    if (startsHere(cut, current, at)) cut.statements.push([])
    noteDepth(cut, token, current)
    if (token.text !== ';' || isWhole(current)) cut.statements.at(-1)?.push(token)
  }
  return cut.statements.filter((statement) => statement.length > 0).map(withExec)
}

function startsHere(cut: Cut, current: readonly Token[], at: number): boolean {
  const token = cut.tokens[at]
  if (token === undefined || isWhole(current)) return false
  if (token.text === ';') return true
  if (current.length === 0 || cut.depth > 0 || token.kind !== 'word' || cut.tokens[at - 1]?.text === '.') return false
  const word = token.text.toLowerCase()
  const next = cut.tokens[at + 1]?.text.toLowerCase() ?? ''
  if (startingPairs.has(`${word}:${next}`)) return word === 'copy' || !/^alter$/i.test(current[0]?.text ?? '')
  return starters.has(word) && !continues({ word, next, current, inCase: cut.cases > 0 })
}

function noteDepth(cut: Cut, token: Token, current: readonly Token[]): void {
  if (token.text === '(') cut.depth += 1
  if (token.text === ')') cut.depth = Math.max(0, cut.depth - 1)
  if (token.text === ';' && !isWhole(current)) cut.depth = 0
  const word = token.kind === 'word' ? token.text.toLowerCase() : ''
  if (word === 'case') cut.cases += 1
  if (word === 'end' && cut.cases > 0) cut.cases -= 1
}

function isWhole(statement: readonly Token[]): boolean {
  const lead = statement.slice(0, 4).map(({ text }) => `${text.toLowerCase()} `)
  return wholeBatch.test(lead.join(''))
}

interface Spot {
  readonly word: string
  readonly next: string
  readonly current: readonly Token[]
  readonly inCase: boolean
}

/** Whether a word that could begin a statement belongs to the one before it. */
function continues(spot: Spot): boolean {
  const { word, current, inCase } = spot
  const verb = current[0]?.text.toLowerCase() ?? ''
  const last = current.at(-1)?.text.toLowerCase() ?? ''
  if (/^(else|end)$/.test(word)) return inCase
  if (/^(grant|deny|revoke)$/.test(verb) && !current.some(({ text }) => /^(on|to)$/i.test(text))) return true
  if (/^(on|then|with|for|bulk|or)$/.test(last)) return true
  if (word === 'fetch') return /^rows?$/.test(last)
  return (word === 'merge' && spot.next === 'join') || isMain(spot, verb, last) || isDefinition(spot, verb, last)
}

const setWords = new Set(words('union all except intersect as'))

/** The query of a set operation, the change behind a WITH, the source of an INSERT, the SET of an UPDATE. */
function isMain({ word, current }: Spot, verb: string, last: string): boolean {
  if (word === 'select' && setWords.has(last)) return true
  if (word === 'set') return isUpdate(current, verb) && !hasWord(current, 'set')
  const [main = '', ...more] = mainsOf(current)
  if (verb === 'with' && main === '') return last === ')' && mainWord.test(word)
  const isSource = (main === 'insert' || main === 'explain') && more.length === 0
  return isSource && /^(select|exec|execute)$/.test(word)
}

/** Clauses of CREATE, ALTER and DROP that look like statements. */
function isDefinition({ word, next }: Spot, verb: string, last: string): boolean {
  if (word === 'if') return /^(drop|create|alter)$/.test(verb) && /^(exists|not)$/.test(next)
  if (verb !== 'alter' && verb !== 'create') return false
  if (word === 'drop' || word === 'alter') return /^(column|constraint|member|period|if)$/.test(next) || last === ','
  return word === 'set' || (word === 'execute' && last === 'as')
}

function isUpdate(current: readonly Token[], verb: string): boolean {
  return verb === 'update' || (verb === 'with' && hasWord(current, 'update')) || hasWord(current, 'merge')
}

const mainWord = /^(select|insert|update|delete|merge|exec|execute|values|explain)$/

/** The verbs of a statement that stand in no bracket. */
function mainsOf(current: readonly Token[]): string[] {
  return depthZero(current, 0)
    .map((at) => (current[at]?.kind === 'word' ? (current[at]?.text.toLowerCase() ?? '') : ''))
    .filter((word) => mainWord.test(word))
}

function hasWord(tokens: readonly Token[], word: string): boolean {
  return tokens.some(({ kind, text }) => kind === 'word' && text.toLowerCase() === word)
}

/** Words that begin a statement but are not reserved, or not for that alone. */
const others = new Set(
  words('with values explain enable disable copy rename send receive get move throw go add clear from table'),
)

function withExec(statement: readonly Token[], index: number): readonly Token[] {
  const [first] = statement
  const word = first?.kind === 'word' ? first.text.toLowerCase() : ''
  const isName = first?.kind === 'quoted' || (first?.kind === 'word' && !starters.has(word) && !others.has(word))
  return index === 0 && isName ? [{ kind: 'word', text: 'EXEC', spaced: true }, ...statement] : statement
}
