import { type CallVerdict, unknownFunction, words } from './calls.ts'
import { judgeMysqlFunction } from './functions-mysql.ts'
import { isWord } from './heads.ts'
import { type CallGrammar, rewriteCalls } from './rewrite.ts'
import type { Token } from './tokens.ts'

const calls: CallGrammar = {
  listed: (name) => judgeMysqlFunction(name) !== unknownFunction,
  special: new Set(
    words('cast convert extract trim substring substr position group_concat match against char row json_table values'),
  ),
  units: new Map([
    ['timestampdiff', 0],
    ['timestampadd', 0],
    ['get_format', 0],
  ]),
  families: new Set(),
}

/** System variables that anybody may see. */
const plainVariables = new Set(
  words(`version version_comment version_compile_os sql_mode time_zone system_time_zone autocommit lower_case_table_names
    transaction_isolation tx_isolation character_set_client character_set_connection character_set_database
    collation_connection collation_database max_execution_time max_allowed_packet sql_safe_updates sql_select_limit`),
)

/** Variables are the server's settings, or values that another statement of the session left. */
export function noteMysql(tokens: readonly Token[], at: number): CallVerdict | undefined {
  const { kind, text = '' } = tokens[at] ?? {}
  if (kind !== 'parameter' || text === '?') return undefined
  if (!text.startsWith('@@')) return { effect: 'read', danger: 'user_variable' }
  const isPlain = plainVariables.has(text.toLowerCase().replace(/^@@(?:\w+\.)?/, ''))
  return isPlain ? undefined : { effect: 'read', danger: 'system_variable' }
}

/** A part as polyglot reads it. */
export function prepareMysql(part: readonly Token[]): readonly (readonly Token[])[] {
  const values = isWord(part, 0, 'values')
  const rewritten = part.flatMap((token, at): Token[] => {
    if (values && isWord(part, at, 'row') && part[at + 1]?.text === '(') return []
    if (isDual(part, at) || (at > 0 && isDual(part, at - 1))) return []
    return [readable(token, part, at)]
  })
  return [rewriteCalls(rewritten, calls)]
}

function readable(token: Token, part: readonly Token[], at: number): Token {
  if (token.kind === 'parameter') return { ...token, text: '?' }
  if (token.kind === 'operator' && token.text === '!') return { kind: 'word', text: 'NOT', spaced: true }
  if (token.kind === 'operator' && token.text === '&&') return { kind: 'word', text: 'AND', spaced: true }
  if (part[at - 1]?.text === '!' || part[at - 1]?.text === '&&') return { ...token, spaced: true }
  return isCompound(part, at) ? { ...token, text: 'DAY' } : token
}

/** A unit of several (`INTERVAL '1 2' DAY_HOUR`), which polyglot does not know. */
function isCompound(part: readonly Token[], at: number): boolean {
  const isUnit = /^(year|day|hour|minute|second)_(month|hour|minute|second|microsecond)$/i.test(part[at]?.text ?? '')
  return isUnit && part[at]?.kind === 'word' && isWord(part, at - 2, 'interval')
}

/** `FROM DUAL`, which means no table. */
function isDual(part: readonly Token[], at: number): boolean {
  if (!isWord(part, at, 'from') || !isWord(part, at + 1, 'dual')) return false
  const next = part[at + 2]?.text ?? ''
  return /^(|\)|where|order|limit|union|group|having)$/i.test(next)
}
