import type { Effect } from '../backend/effect.ts'
import { worseEffect } from '../backend/effect.ts'
import {
  type Change,
  deletePlan,
  expressionsOf,
  insertPlan,
  looseNames,
  mergePlan,
  updatePlan,
} from './changes-tsql.ts'
import { isWord, make, openNotes, readable } from './clauses-tsql.ts'
import type { Name, Plan } from './dialect.ts'
import type { Token } from './tokens.ts'
import { depthZero, leadOf, nameFrom, partOf, startsQuery } from './tokens-plan.ts'

type Planner = (tokens: readonly Token[], used: number) => Plan | undefined

/** A statement known by its first words. */
interface Head {
  readonly words: RegExp
  readonly plan: Planner
}

function head(words: string, plan: Planner): Head {
  return { words: new RegExp(`^(?:${words})(?= )`), plan }
}

function plain(effect: Effect, ...dangers: string[]): Planner {
  return (tokens) => ({ effect, dangers, reads: looseNames(tokens) })
}

/** A statement whose first words are followed by the names of what it changes. */
function naming(effect: Effect, ...dangers: string[]): Planner {
  return (tokens, used) => ({ effect, dangers, writes: namesFrom(tokens, used) })
}

/** The names in a list, from a token on. */
function namesFrom(tokens: readonly Token[], at: number): Name[] {
  const named = nameFrom(tokens, at)
  if (named === undefined) return []
  return [named.name, ...(tokens[named.next]?.text === ',' ? namesFrom(tokens, named.next + 1) : [])]
}

const things = `table|view|procedure|proc|function|schema|database|user|login|role|application role|server role|sequence|synonym|type|external table|external data source|external file format|external language|external library|external model|database scoped credential|credential|master key|symmetric key|asymmetric key|certificate|queue|service|contract|message type|route|security policy|workload group|workload classifier|resource pool|availability group|partition function|partition scheme|server audit|fulltext index|fulltext catalog|assembly|aggregate|rule|default|event session|endpoint|xml schema collection|search property list`

/** The first that fits counts. `^` and the blank after each word are added. */
const heads: readonly Head[] = [
  head('insert', changing(insertPlan)),
  head('update statistics', naming('admin')),
  head('update', changing(updatePlan)),
  head('delete', changing(deletePlan)),
  head('merge', changing(mergePlan)),
  head('copy into', naming('write', 'copy_into')),
  head('bulk insert', naming('write', 'bulk_insert')),
  head('truncate table', naming('delete')),
  head(`drop (${things})( if exists)?`, naming('delete')),
  head('drop( (unique|clustered|spatial|xml|columnstore))* index( if exists)?', onPlan('delete')),
  head('drop trigger( if exists)?', naming('delete')),
  head('drop', plain('delete', 'drop')),
  head('create (external )?table', createPlan),
  head('(create( or alter)?|alter)( materialized)? view', viewPlan),
  head(
    '(create|alter)( (unique|clustered|nonclustered|columnstore|primary|xml|spatial|json|vector))* index',
    onPlan('admin'),
  ),
  head('(create|alter) statistics', onPlan('admin')),
  head('(create( or alter)?|alter) trigger', onPlan('admin', 'create_trigger')),
  head('create( or alter)? (procedure|proc|function)', naming('admin', 'create_procedure')),
  head(`(create( or alter)?|alter) (${things})`, naming('admin')),
  head('(create|alter|add)', plain('admin')),
  head('rename object( ::)?', naming('admin')),
  head('(enable|disable) trigger', onPlan('admin')),
  head('(grant|revoke|deny)', grantPlan),
  head('(exec|execute)', execPlan),
  head('(begin|commit|rollback|save)( (tran|transaction|work))?', transactionPlan),
  head('waitfor', plain('admin', 'waitfor')),
  head('(set|use)', plain('admin', 'set_setting')),
  head('(send|receive|get conversation|move conversation)', plain('admin', 'service_broker')),
  head('(backup|restore|dbcc|kill|shutdown|reconfigure|checkpoint|revert|setuser)', plain('admin', 'server_command')),
  head('(readtext|writetext|updatetext|load|clear|rename|enable|disable)', plain('admin')),
  head(
    '(declare|if|else|while|return|break|continue|goto|print|raiserror|throw|open|close|fetch|deallocate|end|go)',
    plain('admin', 'script'),
  ),
  head('explain( with_recommendations)?', explainPlan),
]

/** The plan for one statement of Transact-SQL; undefined where nobody listed it. */
export function planTsql(tokens: readonly Token[]): Plan | undefined {
  const isQuery = startsQuery(tokens, 0) && !isWord(tokens, 0, 'from', 'table', 'values')
  if (isQuery) return queryPlan(tokens)
  const lead = leadOf(tokens)
  for (const { words, plan } of heads) {
    const found = words.exec(lead)?.[0]
    if (found !== undefined) return plan(tokens, found.split(' ').length)
  }
  return undefined
}

/** Makes what a parser can read of a statement, and adds what had to be left out. */
function reading(tokens: readonly Token[], plan: (tokens: readonly Token[]) => Plan | undefined): Plan | undefined {
  const notes = openNotes()
  const rest = readable(tokens, notes)
  const found = rest === undefined ? undefined : plan(rest)
  if (found === undefined) return undefined
  return {
    ...found,
    effect: worseEffect(found.effect, notes.effect),
    dangers: [...(found.dangers ?? []), ...notes.dangers],
    writes: [...(found.writes ?? []), ...notes.writes],
    ...(found.parts === undefined ? {} : { parts: found.parts.map(withRecursion) }),
  }
}

function changing(plan: (change: Change) => Plan | undefined): Planner {
  return (tokens) => reading(tokens, (rest) => plan({ prefix: [], tokens: rest }))
}

const changes: Readonly<Record<string, (change: Change) => Plan | undefined>> = {
  insert: insertPlan,
  update: updatePlan,
  delete: deletePlan,
  merge: mergePlan,
}

function queryPlan(tokens: readonly Token[]): Plan | undefined {
  return reading(tokens, (rest) => {
    const at = isWord(rest, 0, 'with')
      ? depthZero(rest, 1).find((place) => isWord(rest, place, ...Object.keys(changes)))
      : undefined
    const change = changes[at === undefined ? '' : (rest[at]?.text.toLowerCase() ?? '')]
    if (at !== undefined) return change?.({ prefix: rest.slice(0, at), tokens: rest.slice(at) })
    return selectPlan(rest)
  })
}

/** `SELECT … INTO t FROM …` makes a table of the query. */
function selectPlan(tokens: readonly Token[]): Plan | undefined {
  const into = depthZero(tokens, 0).find((at) => isWord(tokens, at, 'into'))
  if (into === undefined) return { effect: 'read', parts: [tokens] }
  const named = nameFrom(tokens, into + 1)
  if (named === undefined) return undefined
  return { effect: 'write', writes: [named.name], parts: [[...tokens.slice(0, into), ...tokens.slice(named.next)]] }
}

/** An expression of a WITH that names itself is recursive, which other dialects must say. */
function withRecursion(part: readonly Token[]): readonly Token[] {
  if (!isWord(part, 0, 'with')) return part
  const isRecursive = [...expressionsOf(part)].some(([name, query]) =>
    query.some((_, at) => nameFrom(query, at)?.name.join('.') === name && query[at - 1]?.text !== '.'),
  )
  return isRecursive ? [...part.slice(0, 1), ...make('RECURSIVE'), ...part.slice(1)] : part
}

/** A table made from a query is a write; all else that CREATE does changes structure. */
function createPlan(tokens: readonly Token[], used: number): Plan | undefined {
  const named = nameFrom(tokens, used)
  if (named === undefined) return { effect: 'admin', dangers: ['create'] }
  const spots = depthZero(tokens, named.next)
  const as = spots.find((at) => isWord(tokens, at, 'as') && startsQuery(tokens, at + 1))
  const isExternal = isWord(tokens, 1, 'external')
  const dangers = isExternal ? ['external_location'] : []
  const clone = spots.find((at) => isWord(tokens, at, 'clone') && isWord(tokens, at + 1, 'of'))
  const source = clone === undefined ? undefined : nameFrom(tokens, clone + 2)
  if (as === undefined)
    return { effect: 'admin', dangers, writes: [named.name], reads: source === undefined ? [] : [source.name] }
  const effect = isExternal ? 'admin' : 'write'
  return reading(tokens.slice(as + 1), (rest) => ({ effect, dangers, writes: [named.name], parts: [rest] }))
}

function viewPlan(tokens: readonly Token[], used: number): Plan | undefined {
  const named = nameFrom(tokens, used)
  const as = depthZero(tokens, used).find((at) => isWord(tokens, at, 'as') && startsQuery(tokens, at + 1))
  const writes = named === undefined ? [] : [named.name]
  if (as === undefined) return { effect: 'admin', writes }
  const last = tokens.at(-1)?.text === ';' ? tokens.length - 1 : tokens.length
  const isChecked = isWord(tokens, last - 1, 'option') && isWord(tokens, last - 3, 'with')
  const query = tokens.slice(as + 1, isChecked ? last - 3 : last)
  return reading(query, (rest) => ({ effect: 'admin', writes, parts: [rest] }))
}

/** What stands behind ON. */
function onPlan(effect: Effect, ...dangers: string[]): Planner {
  return (tokens, used) => {
    const on = depthZero(tokens, used).find((at) => isWord(tokens, at, 'on'))
    return { effect, dangers, writes: on === undefined ? [] : namesFrom(tokens, on + 1) }
  }
}

/** `GRANT … ON [class::]name TO …` */
function grantPlan(tokens: readonly Token[], used: number): Plan {
  const spots = depthZero(tokens, used)
  const at = spots.find((place) => tokens[place]?.text === '::') ?? spots.find((place) => isWord(tokens, place, 'on'))
  return { effect: 'admin', writes: at === undefined ? [] : namesFrom(tokens, at + 1) }
}

/** Whatever is executed may do anything; its name tells a little more. */
function execPlan(tokens: readonly Token[], used: number): Plan {
  const at = tokens[used + 1]?.text === '=' ? used + 2 : used
  const name = lastPart(tokens, at)
  const isText = tokens[at]?.text === '(' || tokens[at]?.kind === 'parameter'
  const special = [
    ...(isText ? ['exec_dynamic'] : []),
    ...(/^sp_executesql$|^sp_execute$|^sp_prepexec$/.test(name) ? [name] : []),
    ...(name.startsWith('xp_') ? ['xp_procedure'] : []),
  ]
  return { effect: 'admin', dangers: special.length > 0 ? special : ['exec'] }
}

/** The last part of a name in which others may be missing (`master..p`). */
function lastPart(tokens: readonly Token[], at: number): string {
  const next = tokens[at + 1]?.text === '.' ? (tokens[at + 2]?.text === '.' ? at + 3 : at + 2) : undefined
  return next === undefined ? (partOf(tokens[at]) ?? '') : lastPart(tokens, next)
}

function transactionPlan(tokens: readonly Token[], used: number): Plan {
  const isBlock = isWord(tokens, 0, 'begin') && used === 1
  return isBlock ? { effect: 'admin', dangers: ['script'] } : { effect: 'write', dangers: ['transaction'] }
}

function explainPlan(tokens: readonly Token[], used: number): Plan | undefined {
  const inner = planTsql(tokens.slice(used))
  return inner === undefined ? undefined : { ...inner, plans: true }
}
