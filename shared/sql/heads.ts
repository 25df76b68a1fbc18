import { type Effect, worseEffect } from '../backend/effect.ts'
import { type CallVerdict, unknownFunction } from './calls.ts'
import type { Name, Plan } from './dialect.ts'
import { callPrefix } from './rewrite.ts'
import type { Token } from './tokens.ts'
import { depthZero, leadOf, nameFrom, queryFrom, startsQuery } from './tokens-plan.ts'

/** The plan for a statement (or for a part of one); `used` counts the words that told its kind. */
export type Planner = (tokens: readonly Token[], used: number) => Plan | undefined

/** A statement known by its first words. */
export interface Head {
  readonly words: RegExp
  readonly plan: Planner
}

/** The first head that fits counts. `^` and the blank after each word are added. */
export function head(words: string, plan: Planner): Head {
  return { words: new RegExp(`^(?:${words})(?= )`), plan }
}

/** What the statement is to the relation that its first words name. */
export function naming(effect: Effect, role: 'reads' | 'writes', ...dangers: string[]): Planner {
  return (tokens, used) => {
    const named = nameFrom(tokens, used)
    return { effect, dangers, ...(named === undefined ? {} : { [role]: [named.name] }) }
  }
}

export function simple(effect: Effect, ...dangers: string[]): Planner {
  return () => ({ effect, dangers })
}

/** The whole statement is for the parser. */
export function parsed(effect: Effect, ...dangers: string[]): Planner {
  return (tokens) => ({ effect, dangers, parts: [tokens] })
}

export function isWord(tokens: readonly Token[], at: number, word: string): boolean {
  return tokens[at]?.kind === 'word' && tokens[at]?.text.toLowerCase() === word
}

/** Where the first of these words stands outside of brackets, from a token on. */
export function findWord(tokens: readonly Token[], from: number, words: RegExp): number | undefined {
  return depthZero(tokens, from).find(
    (at) => tokens[at]?.kind === 'word' && words.test(tokens[at]?.text ?? '') && tokens[at - 1]?.text !== '.',
  )
}

/** Tokens from a text of plain words, numbers, brackets and operators, each set off by a blank. */
export function made(text: string): Token[] {
  const kindOf = (word: string) => (/^\w/.test(word) ? (/^\d/.test(word) ? 'number' : 'word') : 'mark')
  return text.split(' ').map((word) => ({ kind: word === '*' ? 'operator' : kindOf(word), text: word, spaced: true }))
}

/** What a dialect makes of its statements. */
export interface Grammar {
  readonly heads: readonly Head[]
  readonly query: (tokens: readonly Token[]) => Plan | undefined
  /** A part as polyglot is to read it, with more parts where it was cut; undefined where it cannot be read. */
  readonly prepare: (part: readonly Token[]) => readonly (readonly Token[])[] | undefined
  /** What tokens anywhere in a statement mean for it. */
  readonly note: (tokens: readonly Token[], at: number) => CallVerdict | undefined
  readonly judgeFunction: (name: string) => CallVerdict | undefined
}

/** Plans statements by their first words; whatever a function known for harm is called with counts wherever it stands. */
export function createPlan(grammar: Grammar): (tokens: readonly Token[]) => Plan | undefined {
  const planOf = (tokens: readonly Token[]): Plan | undefined => {
    if (startsQuery(tokens, 0)) return grammar.query(tokens)
    const lead = leadOf(tokens)
    const found = grammar.heads.find(({ words }) => words.test(lead))
    const used = found?.words.exec(lead)?.[0].split(' ').length ?? 0
    return found?.plan(tokens, used)
  }
  return (tokens) => {
    if (tokens.some(isReserved)) return undefined
    const plan = planOf(tokens)
    const parts = plan?.parts?.map(grammar.prepare)
    if (plan === undefined || parts?.includes(undefined)) return undefined
    const verdicts = tokens.flatMap((_, at) => [grammar.note(tokens, at) ?? [], knownHarm(tokens, at, grammar)].flat())
    return {
      ...plan,
      effect: verdicts.map(({ effect }) => effect).reduce(worseEffect, plan.effect),
      dangers: [...(plan.dangers ?? []), ...verdicts.map(({ danger }) => danger)],
      ...(parts === undefined ? {} : { parts: parts.flatMap((part) => part ?? []) }),
    }
  }
}

/** A name like those that we give to calls for polyglot. */
function isReserved({ kind, text }: Token): boolean {
  return (kind === 'word' || kind === 'quoted') && text.toLowerCase().replace(/^[`"]/, '').startsWith(callPrefix)
}

function knownHarm(tokens: readonly Token[], at: number, { judgeFunction }: Grammar): CallVerdict[] {
  const isCall = tokens[at]?.kind === 'word' && tokens[at + 1]?.text === '(' && tokens[at - 1]?.text !== '.'
  const verdict = isCall ? judgeFunction(tokens[at]?.text.toLowerCase() ?? '') : undefined
  return verdict === undefined || verdict === unknownFunction ? [] : [verdict]
}

/** A query as it stands. */
export function queryPlan(tokens: readonly Token[]): Plan | undefined {
  const query = queryFrom(tokens, 0)
  return query === undefined ? undefined : { effect: 'read', parts: [query] }
}

/** What EXPLAIN shows is the plan of what follows. */
export function explaining(plan: (tokens: readonly Token[]) => Plan | undefined): Planner {
  return (tokens, used) => {
    const inner = plan(tokens.slice(used))
    return inner === undefined ? undefined : { ...inner, plans: true }
  }
}

/** `GRANT … ON [kind] name TO …`: what it is about counts as written. */
export function granting(kinds: string): Planner {
  const kind = new RegExp(`^(${kinds})(?= )`)
  return (tokens, used) => {
    const on = findWord(tokens, used, /^on$/i)
    if (on === undefined) return { effect: 'admin', dangers: ['grant'] }
    const words = kind.exec(leadOf(tokens.slice(on + 1)))?.[0].split(' ').length ?? 0
    const named = nameFrom(tokens, on + 1 + words)
    return { effect: 'admin', writes: named === undefined ? [] : [named.name] }
  }
}

/** What a CREATE of a relation makes of others: a copy, or what a query gives. Only a plain new table is a write. */
export function creating(isPlain: RegExp, isElsewhere: RegExp): Planner {
  return (tokens, used) => {
    const named = nameFrom(tokens, used)
    if (named === undefined) return { effect: 'admin', dangers: ['create'] }
    const lead = leadOf(tokens)
    const parts = queryWithin(tokens, named.next)
    const dangers = isElsewhere.test(lead) ? ['external_location'] : []
    const isWrite = isPlain.test(lead) && parts.length > 0 && dangers.length === 0
    const reads = sourcesOf(tokens, named.next)
    return { effect: isWrite ? 'write' : 'admin', dangers, writes: [named.name], reads, parts }
  }
}

/** The query behind AS, or one that stands alone. */
function queryWithin(tokens: readonly Token[], from: number): (readonly Token[])[] {
  const places = depthZero(tokens, from)
  const behindAs = places.find((at) => isWord(tokens, at, 'as') && startsQuery(tokens, at + 1))
  const start = behindAs === undefined ? places.find((at) => isWord(tokens, at, 'select')) : behindAs + 1
  const query = start === undefined ? undefined : queryFrom(tokens, start)
  return query === undefined ? [] : [query]
}

function sourcesOf(tokens: readonly Token[], from: number): Name[] {
  const copy = findWord(tokens, from, /^(like|clone|copy)$/i)
  const source = copy === undefined ? undefined : nameFrom(tokens, copy + 1)?.name
  return source === undefined ? [] : [source]
}
