import { type CallVerdict, unknownFunction, words } from './calls.ts'
import { judgeBigqueryFunction } from './functions-bigquery.ts'
import { isWord, made } from './heads.ts'
import { type CallGrammar, rewriteCalls } from './rewrite.ts'
import type { Token } from './tokens.ts'
import { behindBracket } from './tokens-plan.ts'

const calls: CallGrammar = {
  listed: (name) => judgeBigqueryFunction(name) !== unknownFunction,
  special: new Set(
    words(`cast safe_cast extract trim array_agg array_concat_agg string_agg any_value struct array rollup cube offset
      ordinal safe_offset safe_ordinal case`),
  ),
  units: new Map([
    ...words('date_diff datetime_diff time_diff timestamp_diff').map((name): [string, number] => [name, 2]),
    ...words('date_trunc datetime_trunc time_trunc timestamp_trunc last_day').map((name): [string, number] => [
      name,
      1,
    ]),
  ]),
  families: new Set(words('safe net hll_count kll_quantiles ml ai keys aead obj')),
}

/** Values that the session or the script holds. */
export function noteBigquery(tokens: readonly Token[], at: number): CallVerdict | undefined {
  const { kind, text = '' } = tokens[at] ?? {}
  return kind === 'parameter' && text.startsWith('@@') ? { effect: 'read', danger: 'system_variable' } : undefined
}

/** A part as polyglot reads it, and the moments of which tables are read as parts of their own. */
export function prepareBigquery(part: readonly Token[]): readonly (readonly Token[])[] {
  const { tokens, moments } = withoutMoments(part)
  const readable = [withoutOffsets, withoutParameters, withoutNulls].reduce<readonly Token[]>(
    (all, step) => step(all),
    tokens,
  )
  return [readable, ...moments.map((moment) => [...made('SELECT'), ...withoutParameters(moment)])].map((one) =>
    rewriteCalls(one, calls),
  )
}

const behindMoment =
  /^(where|join|inner|left|right|full|cross|group|having|order|limit|qualify|window|union|intersect|except|tablesample|pivot|unpivot|on|using|as|when|set)$/i

/** `FOR SYSTEM_TIME AS OF expression`, up to what may stand behind it. */
function withoutMoments(part: readonly Token[]) {
  const tokens: Token[] = []
  const moments: (readonly Token[])[] = []
  for (let at = 0; at < part.length; at += 1) {
    const token = part[at]
    if (token === undefined) break
    const isMoment = isWord(part, at, 'for') && isWord(part, at + 1, 'system_time') && isWord(part, at + 3, 'of')
    if (!isMoment) tokens.push(token)
    else {
      const end = momentEnd(part, at + 4)
      moments.push(part.slice(at + 4, end))
      at = end - 1
    }
  }
  return { tokens, moments }
}

function momentEnd(part: readonly Token[], from: number): number {
  let at = from
  while (at < part.length) {
    const { kind, text = '' } = part[at] ?? {}
    if (text === ',' || text === ')' || text === ';' || (kind === 'word' && behindMoment.test(text))) return at
    at = text === '(' ? (behindBracket(part, at) ?? part.length) : at + 1
  }
  return part.length
}

/** `UNNEST(…) [AS x] WITH OFFSET [AS o]`: the offset says where, not what. */
function withoutOffsets(part: readonly Token[]): readonly Token[] {
  const starts = [...part.keys()].filter((at) => isWord(part, at, 'with') && isWord(part, at + 1, 'offset'))
  const dropped = new Set(
    starts.flatMap((at) => Array.from({ length: offsetLength(part, at) }, (_, place) => at + place)),
  )
  return part.filter((_, at) => !dropped.has(at))
}

function offsetLength(part: readonly Token[], at: number): number {
  if (isWord(part, at + 2, 'as')) return 4
  return isOffsetName(part[at + 2]) ? 3 : 2
}

function isOffsetName(token: Token | undefined): boolean {
  const isWordOfGrammar =
    /^(where|join|inner|left|right|full|cross|group|having|order|limit|qualify|window|union|intersect|except|on)$/i
  return token?.kind === 'quoted' || (token?.kind === 'word' && !isWordOfGrammar.test(token.text))
}

function withoutParameters(part: readonly Token[]): readonly Token[] {
  return part.map((token) => (token.kind === 'parameter' ? { ...token, kind: 'number', text: '0' } : token))
}

/** `f(x IGNORE NULLS)`, which polyglot reads only for some functions. */
function withoutNulls(part: readonly Token[]): readonly Token[] {
  const isNulls = (at: number) => /^(ignore|respect)$/i.test(part[at]?.text ?? '') && isWord(part, at + 1, 'nulls')
  return part.filter((_, at) => !isNulls(at) && !isNulls(at - 1))
}
