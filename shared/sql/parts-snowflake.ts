import { type CallVerdict, unknownFunction, words } from './calls.ts'
import { judgeSnowflakeFunction } from './functions-snowflake.ts'
import { isWord, made } from './heads.ts'
import { type CallGrammar, rewriteCalls } from './rewrite.ts'
import type { Token } from './tokens.ts'
import { behindBracket, nameFrom } from './tokens-plan.ts'

const calls: CallGrammar = {
  listed: (name) => judgeSnowflakeFunction(name) !== unknownFunction,
  special: new Set(words('cast try_cast extract trim position table cube rollup in case like ilike rlike regexp')),
  units: new Map([
    ...words('date_part date_trunc dateadd datediff timeadd timediff timestampadd timestampdiff').map(
      (name): [string, number] => [name, 0],
    ),
    ['trunc', -1],
    ['last_day', -1],
    ['time_slice', 2],
  ]),
  families: new Set(['cortex', 'information_schema']),
}

/** Stages, sequences, variables and tables named by an expression, wherever they stand. */
export function noteSnowflake(tokens: readonly Token[], at: number): CallVerdict | undefined {
  const { kind, text = '' } = tokens[at] ?? {}
  if (kind === 'parameter' && text.startsWith('@')) return { effect: 'read', danger: 'stage' }
  if (kind === 'parameter' && /^\$[a-z_]/i.test(text)) return { effect: 'read', danger: 'session_variable' }
  if (isStageText(tokens, at)) return { effect: 'read', danger: 'stage' }
  if (isNextValue(tokens, at)) return { effect: 'write', danger: 'sequence' }
  return isTableOfText(tokens, at) ? { effect: 'admin', danger: 'table_expression' } : undefined
}

/** `s.nextval`; in quotes it has to be written as it is kept. */
function isNextValue(tokens: readonly Token[], at: number): boolean {
  const { kind, text = '' } = tokens[at] ?? {}
  return tokens[at - 1]?.text === '.' && (kind === 'quoted' ? text === '"NEXTVAL"' : /^nextval$/i.test(text))
}

/** `FROM '@stage/path'` */
function isStageText(tokens: readonly Token[], at: number): boolean {
  return tokens[at]?.kind === 'string' && /^(from|join|,)$/i.test(tokens[at - 1]?.text ?? '') && isPath(tokens[at])
}

function isPath(token: Token | undefined): boolean {
  return /^'(@|\w+:\/\/|snow:)/i.test(token?.text ?? '')
}

/** `TABLE(…)` around anything but the call of a function: a string or a variable that names a table. */
function isTableOfText(tokens: readonly Token[], at: number): boolean {
  if (!isWord(tokens, at, 'table') || tokens[at + 1]?.text !== '(') return false
  const named = nameFrom(tokens, at + 2)
  return named === undefined || tokens[named.next]?.text !== '('
}

/** A part as polyglot reads it. */
export function prepareSnowflake(part: readonly Token[]): readonly (readonly Token[])[] {
  const readable = [withoutStages, withoutVariables, withPaths, withSchemas, withoutLimits, withoutHome]
  return [
    rewriteCalls(
      readable.reduce<readonly Token[]>((tokens, step) => step(tokens), part),
      calls,
    ),
  ]
}

/** A stage becomes a relation of a name that no table has; what is said of its format goes. */
function withoutStages(part: readonly Token[]): Token[] {
  const isStage = (at: number) => isStageName(part[at]) || isStageText(part, at)
  const formats = new Set<number>()
  for (const [at] of part.entries()) {
    const end = isStage(at) && isFormat(part, at + 1) ? behindBracket(part, at + 1) : undefined
    for (let place = at + 1; place < (end ?? 0); place += 1) formats.add(place)
  }
  const stage: Token = { kind: 'quoted', text: '"@stage"', spaced: true }
  return part.flatMap((token, at) => (formats.has(at) ? [] : [isStage(at) ? stage : token]))
}

function isStageName(token: Token | undefined): boolean {
  return token?.kind === 'parameter' && token.text.startsWith('@')
}

/** `(FILE_FORMAT => …, PATTERN => …)` */
function isFormat(part: readonly Token[], at: number): boolean {
  return part[at]?.text === '(' && /^(file_format|pattern)$/i.test(part[at + 1]?.text ?? '')
}

/** `$2` is the second column of whatever is there, `t.$2` of `t`: any column. Other variables are values. */
function withoutVariables(part: readonly Token[]): Token[] {
  return part.flatMap((token, at) => {
    const isOwner = part[at + 1]?.text === '.' && isPosition(part[at + 2])
    if (isOwner || (token.text === '.' && isPosition(part[at + 1]))) return []
    if (isPosition(token)) return made('f__any ( * )')
    return [token.kind === 'parameter' ? { ...token, text: '?', spaced: true } : token]
  })
}

function isPosition(token: Token | undefined): boolean {
  return token?.kind === 'parameter' && /^\$\d+$/.test(token.text)
}

/** `a:b` and `a:"b"` lead into a value as `a['b']` does. */
function withPaths(part: readonly Token[]): Token[] {
  const rewritten: Token[] = []
  for (let at = 0; at < part.length; at += 1) {
    const [token, next] = part.slice(at, at + 2)
    if (token === undefined) break
    const isStep = isPathStep(part, at)
    if (isStep && next !== undefined)
      rewritten.push(mark('['), { kind: 'string', text: asString(next.text), spaced: false }, mark(']'))
    else rewritten.push(token)
    if (isStep) at += 1
  }
  return rewritten
}

/** A colon that sticks to a value, before a name. */
function isPathStep(part: readonly Token[], at: number): boolean {
  const [last, token, next] = [part[at - 1], part[at], part[at + 1]]
  const isValue = last?.kind === 'word' || last?.kind === 'quoted' || /^[\])}]$/.test(last?.text ?? '')
  return token?.text === ':' && !token.spaced && isValue && (next?.kind === 'word' || next?.kind === 'quoted')
}

/** `db..t` is in the schema PUBLIC. */
function withSchemas(part: readonly Token[]): Token[] {
  return part.flatMap((token, at) =>
    token.text === '.' && part[at - 1]?.text === '.' ? [{ ...token, kind: 'word', text: 'PUBLIC' }, token] : [token],
  )
}

/** `SNOWFLAKE.CORTEX.f` is `CORTEX.f`. */
function withoutHome(part: readonly Token[]): readonly Token[] {
  return part.filter((_, at) => !isCortex(part, at))
}

function isCortex(part: readonly Token[], at: number): boolean {
  const start = isWord(part, at, 'snowflake') ? at : at - 1
  if (!isWord(part, start, 'snowflake')) return false
  return part[start + 1]?.text === '.' && isWord(part, start + 2, 'cortex') && part[start + 3]?.text === '.'
}

function mark(text: string): Token {
  return { kind: 'mark', text, spaced: false }
}

function asString(text: string): string {
  return `'${text.replace(/["'\\]/g, '')}'`
}

/** `TOP 5` and `FETCH FIRST 5 ROWS ONLY` with a number take rows away and say nothing else. */
function withoutLimits(part: readonly Token[]): Token[] {
  return part.filter((_, at) => !isTop(part, at) && !isTop(part, at - 1) && !isFetch(part, at))
}

function isTop(part: readonly Token[], at: number): boolean {
  const isFirst = isWord(part, at - 1, 'select') || isWord(part, at - 1, 'distinct')
  return isFirst && isWord(part, at, 'top') && part[at + 1]?.kind === 'number'
}

function isFetch(part: readonly Token[], at: number): boolean {
  const from = Math.max(0, at - 4)
  const start = part.slice(from, at + 1).findLastIndex((_, index) => isWord(part, from + index, 'fetch'))
  if (start < 0) return false
  const words = part.slice(from + start, from + start + 5).map(({ kind, text }) => (kind === 'number' ? '0' : text))
  const fetch = /^fetch( first| next)? 0( rows?)?( only)?/i.exec(words.join(' '))?.[0]
  return fetch !== undefined && at < from + start + fetch.split(' ').length
}
