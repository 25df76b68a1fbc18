import type { Effect } from '../backend/effect.ts'
import type { Plan } from './dialect.ts'
import type { Token } from './tokens.ts'
import { behindBracket, depthZero, leadOf, nameFrom, queryFrom, startsQuery } from './tokens-plan.ts'

/** `INSERT … t [PARTITION (…)] [(columns) | BY NAME] [REPLACE USING (…)] query`; undefined where it is another form. */
export function insertPlan(tokens: readonly Token[], used: number): Plan | undefined {
  const target = nameFrom(tokens, used)
  if (target === undefined) return undefined
  const start = behindTarget(tokens, target.next)
  const query = start === undefined ? undefined : queryFrom(tokens, start.at)
  if (start === undefined || query === undefined) return undefined
  return { effect: start.effect, writes: [target.name], parts: [query] }
}

/** Where the query begins behind the target and what belongs to it. */
function behindTarget(tokens: readonly Token[], from: number): { at: number; effect: Effect } | undefined {
  let at: number | undefined = from
  let effect: Effect = 'write'
  for (const clause of [
    /^partition \( /,
    /^if not exists /,
    /^by name /,
    /^\( (?!select |with |values |from |table |\( )/,
  ]) {
    if (at !== undefined && clause.test(leadOf(tokens.slice(at)))) at = behindClause(tokens, at)
  }
  if (at !== undefined && /^replace using \( /.test(leadOf(tokens.slice(at)))) {
    effect = 'delete'
    at = behindClause(tokens, at)
  }
  return at !== undefined && startsQuery(tokens, at) ? { at, effect } : undefined
}

/** Behind the clause's words, or behind its bracket where it has one. */
function behindClause(tokens: readonly Token[], at: number): number | undefined {
  const words = /^(?:partition |replace using |if not exists |by name )?/.exec(leadOf(tokens.slice(at)))?.[0] ?? ''
  const next = at + words.split(' ').length - 1
  return tokens[next]?.text === '(' ? behindBracket(tokens, next) : next
}

/** `FROM relation INSERT INTO a SELECT … INSERT INTO b SELECT …`: each is an insertion of a query over the relation. */
export function multiInsertPlan(tokens: readonly Token[]): Plan | undefined {
  const starts = depthZero(tokens, 0).filter((at) => /^insert$/i.test(tokens[at]?.text ?? ''))
  const relation = tokens.slice(0, starts[0])
  const plans = starts.map((at, index) => insertOver(relation, tokens.slice(at, starts[index + 1])))
  const known = plans.filter((plan) => plan !== undefined)
  if (known.length === 0 || known.length !== plans.length) return undefined
  return {
    effect: 'write',
    writes: known.flatMap((plan) => plan.writes ?? []),
    parts: known.flatMap((plan) => plan.parts ?? []),
  }
}

function insertOver(relation: readonly Token[], insert: readonly Token[]): Plan | undefined {
  const head = /^insert (?:into|overwrite)(?: table)?(?= )/.exec(leadOf(insert))?.[0]
  const plan = head === undefined ? undefined : insertPlan(insert, head.split(' ').length)
  const [query] = plan?.parts ?? []
  if (plan === undefined || !/^select$/i.test(query?.[0]?.text ?? '')) return undefined
  return { ...plan, parts: [[...relation, ...(query ?? [])]] }
}
