import type { Token } from './tokens.ts'
import { depthZero } from './tokens-plan.ts'

/**
 * What stands before the name of a listed function in the text that polyglot reads. polyglot has nodes of its own for some
 * hundred functions of all dialects, and takes some for others; a name that it cannot know comes back as it was written.
 */
export const callPrefix = 'f__'

/** What a dialect says of its calls. */
export interface CallGrammar {
  /** Functions that were judged, harmless or not: names in lower case, dotted where they have a prefix of their own. */
  readonly listed: (name: string) => boolean
  /** Functions with a grammar of their own, left to polyglot. */
  readonly special: ReadonlySet<string>
  /** Functions of which the argument at a place (from the end where negative) is a word of the grammar: no column. */
  readonly units: ReadonlyMap<string, number>
  /** First parts of the names of built-in functions. */
  readonly families: ReadonlySet<string>
}

/** The name that a call in the rewritten text stands for. */
export function calledName(name: string): string {
  const lower = name.toLowerCase()
  return lower.startsWith(callPrefix) ? lower.slice(callPrefix.length).replace('__', '.') : lower
}

/** Gives listed functions names that polyglot does not know, and makes their words of the grammar strings. */
export function rewriteCalls(tokens: readonly Token[], grammar: CallGrammar): readonly Token[] {
  const changed = new Map<number, Token>()
  for (const [at, token] of tokens.entries()) {
    const call = callAt(tokens, at, grammar)
    if (call === undefined) continue
    noteUnit(tokens, call, { grammar, changed })
    if (isSpecial(tokens, call, grammar)) continue
    for (let place = at; place < call.bracket; place += 1) changed.set(place, nothing)
    changed.set(at, { ...token, text: callPrefix + call.name.replace('.', '__') })
  }
  const rewritten = tokens.map((token, at) => changed.get(at) ?? token).filter((token) => token !== nothing)
  return rewritten.map((token, at) =>
    isWordy(token) && isWordy(rewritten[at - 1]) ? { ...token, spaced: true } : token,
  )
}

/** Where tokens between them were dropped, two of these must not become one. */
function isWordy(token: Token | undefined): boolean {
  return token !== undefined && token.kind !== 'mark' && token.kind !== 'operator'
}

const nothing: Token = { kind: 'mark', text: '', spaced: false }

function isSpecial(tokens: readonly Token[], { name, bracket }: Call, { special }: CallGrammar): boolean {
  return special.has(name) || (name === 'count' && tokens[bracket + 1]?.text === '*')
}

interface Call {
  readonly name: string
  /** Where its bracket opens. */
  readonly bracket: number
}

/** The call of a listed function here; a word behind AS or `::` is a type or a name, and one behind a dot is anybody's. */
function callAt(tokens: readonly Token[], at: number, { listed, families }: CallGrammar): Call | undefined {
  if (tokens[at]?.kind !== 'word' || isNoCall(tokens, at)) return undefined
  const name = tokens[at]?.text.toLowerCase() ?? ''
  const [dot, member, bracket] = tokens.slice(at + 1, at + 4)
  if (dot?.text === '(') return listed(name) ? { name, bracket: at + 1 } : undefined
  const isMember = families.has(name) && dot?.text === '.' && member?.kind === 'word' && bracket?.text === '('
  const full = `${name}.${member?.text.toLowerCase()}`
  return isMember && listed(full) ? { name: full, bracket: at + 3 } : undefined
}

/** What stands where no call can: a type or a name, an action of MERGE, what a star is given otherwise. */
function isNoCall(tokens: readonly Token[], at: number): boolean {
  const last = tokens[at - 1]?.text.toLowerCase() ?? ''
  if (['.', 'as', '::', ')'].includes(last)) return true
  const name = tokens[at]?.text.toLowerCase()
  if (name === 'insert') return last === 'then'
  if (name === 'unnest') return last === 'in'
  return name === 'replace' && last === '*' && /^(select|distinct|all|,|\.)$/i.test(tokens[at - 2]?.text ?? '')
}

interface Notes {
  readonly grammar: CallGrammar
  /** What is to stand in the place of tokens. */
  readonly changed: Map<number, Token>
}

/** A word at the place of a unit becomes a string; so does what is in brackets behind it (`WEEK(MONDAY)`). */
function noteUnit(tokens: readonly Token[], { name, bracket }: Call, { grammar, changed }: Notes): void {
  const place = grammar.units.get(name)
  if (place === undefined) return
  const end = closingOf(tokens, bracket)
  const commas = depthZero(tokens.slice(0, end), bracket + 1).filter((at) => tokens[at]?.text === ',')
  const starts = [bracket + 1, ...commas.map((at) => at + 1)]
  const start = starts.at(place)
  const stop = commas.find((at) => at >= (start ?? 0)) ?? end
  if (start === undefined || (place < 0 && starts.length < 2) || !isUnit(tokens.slice(start, stop))) return
  for (let at = start; at < stop; at += 1) changed.set(at, nothing)
  changed.set(start, { kind: 'string', text: `'${tokens[start]?.text}'`, spaced: true })
}

/** Where the bracket that opens here closes, or the end. */
function closingOf(tokens: readonly Token[], bracket: number): number {
  let depth = 0
  for (let at = bracket; at < tokens.length; at += 1) {
    const text = tokens[at]?.text
    if (text === '(') depth += 1
    if (text === ')') depth -= 1
    if (depth === 0) return at
  }
  return tokens.length
}

const unitWords =
  /^(?:(?:nano|micro|milli)?seconds?|minutes?|hours?|days?|dayofweek(?:iso|_iso)?|dayofyear|weeks?|weekiso|isoweek|months?|quarters?|years?|isoyear|yearofweek(?:iso)?|epoch(?:_\w+)?|timezone_\w+|ns|us|ms|s|ss|sec|mi|mm|min|h|hh|hr|d|dd|dy|dow|dw|doy|w|wk|mon|q|qtr|y|yy|yyy|yyyy|yr|date|time|datetime|timestamp)$/i

/** A unit of time, maybe with the day that a week begins with. */
function isUnit(tokens: readonly Token[]): boolean {
  const shape = tokens.map(({ kind, text }) => (kind === 'word' || kind === 'number' ? kind : text)).join(' ')
  return unitWords.test(tokens[0]?.text ?? '') && /^word(?: \( word \))?$/.test(shape)
}
