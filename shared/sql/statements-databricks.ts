import type { Effect } from '../backend/effect.ts'
import type { Plan } from './dialect.ts'
import { insertPlan, multiInsertPlan } from './inserts-databricks.ts'
import { showPlan } from './shows-databricks.ts'
import type { Token } from './tokens.ts'
import { depthZero, leadOf, nameFrom, queryFrom, startsQuery } from './tokens-plan.ts'

/** A statement known by its first words. */
interface Head {
  readonly words: RegExp
  readonly plan: (tokens: readonly Token[], used: number) => Plan | undefined
}

/** What the statement is to the relation that its first words name. */
function naming(effect: Effect, role: 'reads' | 'writes', dangers: readonly string[] = []): Head['plan'] {
  return (tokens, used) => {
    const named = nameFrom(tokens, used)
    return { effect, dangers, ...(named === undefined ? {} : { [role]: [named.name] }) }
  }
}

function plain(effect: Effect, ...dangers: string[]): Head['plan'] {
  return () => ({ effect, dangers })
}

const relations = 'table|view|materialized view|streaming table|live table'
const things = `${relations}|schema|database|catalog|volume|function|index|share|recipient|provider|connection|external location|storage credential|service credential|credential|policy|group|user|role`

/** The first that fits counts. `^` and the blank after each word are added. */
const heads: readonly Head[] = [
  head('insert overwrite( local)? directory', directoryPlan),
  head('insert (into|overwrite)( table)?', insertPlan),
  head('copy into', naming('write', 'writes', ['copy_into'])),
  head('load data', loadPlan),
  head(`drop (temporary )?(${things})( if exists)?`, naming('delete', 'writes')),
  head('drop', plain('delete', 'drop')),
  head('truncate table', naming('delete', 'writes')),
  head(
    `create( or replace)?( (global )?(temp|temporary))?( external| streaming| live| private| materialized| or refresh)*( table| view)( if not exists)?`,
    createPlan,
  ),
  head(
    'create( or replace)?( temporary| temp)? function( if not exists)?',
    naming('admin', 'writes', ['create_function']),
  ),
  head(`create( or replace)? (${things})( if not exists)?`, naming('admin', 'writes', ['create'])),
  head('(create|replace)', plain('admin', 'create')),
  head('cache( lazy)? table', cachePlan),
  head('uncache table( if exists)?', naming('admin', 'writes')),
  head('clear cache', plain('admin', 'cache')),
  head(
    `(alter|undrop|comment on|refresh|msck repair|fsck repair|repair|restore|analyze|reorg|convert to delta|generate) (${things})( if exists)?`,
    naming('admin', 'writes'),
  ),
  head('(optimize|vacuum)( table)?', naming('admin', 'writes')),
  head(
    '(alter|undrop|comment|refresh|msck|fsck|repair|restore|analyze|reorg|convert|generate|sync|apply)',
    plain('admin'),
  ),
  head('(grant|revoke|deny)', grantPlan),
  head('execute immediate', plain('admin', 'execute_immediate')),
  head('call', plain('admin', 'call')),
  head('(set|reset)', plain('admin', 'set_setting')),
  head('use', plain('admin', 'use')),
  head('(add|list|delete) (jar|jars|file|files|archive|archives)\\b', plain('admin', 'add_resource')),
  head('(put|get|remove|list)', plain('admin', 'volume_file')),
  head(
    '(begin|end|declare|if|else|elseif|while|for|repeat|until|loop|case|signal|resignal|leave|iterate|exit)',
    plain('admin', 'script'),
  ),
  head('(start|commit|rollback|lock|unlock|import|export|fetch|open|close|install)', plain('admin')),
  head('explain( extended| codegen| cost| formatted| logical| analyzed)?', explainPlan),
  head('(desc|describe)', describePlan),
  head('show', showPlan),
  head('(update|delete from|delete)', (tokens) => ({ effect: 'write', parts: [tokens] })),
  head('merge( with schema evolution)? into', mergePlan),
]

function head(words: string, plan: Head['plan']): Head {
  return { words: new RegExp(`^(?:${words})(?= )`), plan }
}

/** The plan for one statement of Databricks SQL; undefined where nobody listed it. */
export function planDatabricks(tokens: readonly Token[]): Plan | undefined {
  const lead = leadOf(tokens)
  if (startsQuery(tokens, 0)) return queryPlan(tokens)
  for (const { words, plan } of heads) {
    const found = words.exec(lead)?.[0]
    if (found !== undefined) return plan(tokens, found.split(' ').length)
  }
  return undefined
}

function queryPlan(tokens: readonly Token[]): Plan | undefined {
  const change = depthZero(tokens, 0).find((at) => /^(insert|update|delete|merge)$/i.test(tokens[at]?.text ?? ''))
  const first = tokens[0]?.text.toLowerCase()
  const isChange = change !== undefined && tokens[change - 1]?.text !== '.' && tokens[change]?.kind === 'word'
  if (isChange && first === 'from') return multiInsertPlan(tokens)
  if (isChange && first === 'with') return prefixedPlan(tokens, change)
  const parts = queryFrom(tokens, 0)
  return parts === undefined ? undefined : { effect: 'read', parts: [parts] }
}

/** `WITH … INSERT INTO t SELECT …` is the insertion of a query that has the WITH. */
function prefixedPlan(tokens: readonly Token[], change: number): Plan | undefined {
  if (!isWord(tokens, change, 'insert')) return undefined
  const plan = planDatabricks(tokens.slice(change))
  const [query] = plan?.parts ?? []
  if (plan === undefined || query === undefined || isWord(query, 0, 'with')) return undefined
  return { ...plan, parts: [[...tokens.slice(0, change), ...query]] }
}

function isWord(tokens: readonly Token[], at: number, word: string): boolean {
  return tokens[at]?.text.toLowerCase() === word
}

/** `INSERT OVERWRITE DIRECTORY 'path' USING format [OPTIONS (…)] query` */
function directoryPlan(tokens: readonly Token[], used: number): Plan {
  const start = depthZero(tokens, used).find((at) => startsQuery(tokens, at) && tokens[at]?.text !== '(')
  const query = start === undefined ? undefined : queryFrom(tokens, start)
  return { effect: 'write', dangers: ['directory'], ...(query === undefined ? {} : { parts: [query] }) }
}

function loadPlan(tokens: readonly Token[], used: number): Plan {
  const into = depthZero(tokens, used).find((at) => isWord(tokens, at, 'into') && isWord(tokens, at + 1, 'table'))
  const named = into === undefined ? undefined : nameFrom(tokens, into + 2)
  return { effect: 'write', dangers: ['load_data'], writes: named === undefined ? [] : [named.name] }
}

/** A table made from a query is a write; all else that CREATE does changes structure. */
function createPlan(tokens: readonly Token[], used: number): Plan | undefined {
  const named = nameFrom(tokens, used)
  if (named === undefined) return { effect: 'admin', dangers: ['create'] }
  const spots = depthZero(tokens, named.next)
  const as = spots.find((at) => isWord(tokens, at, 'as') && startsQuery(tokens, at + 1))
  const query = as === undefined ? undefined : queryFrom(tokens, as + 1)
  const clone = spots.find((at) => isWord(tokens, at, 'clone'))
  const source = clone === undefined ? undefined : nameFrom(tokens, clone + 1)
  // The options of a format can name a path or another database, too.
  const isElsewhere = spots.some(
    (at) => at < (as ?? tokens.length) && /^(location|options)$/i.test(tokens[at]?.text ?? ''),
  )
  const isPlain = /^create table /.test(leadOf(tokens)) && query !== undefined && !isElsewhere
  return {
    effect: isPlain ? 'write' : 'admin',
    dangers: isElsewhere ? ['external_location'] : [],
    writes: [named.name],
    reads: source === undefined ? [] : [source.name],
    parts: query === undefined ? [] : [query],
  }
}

function cachePlan(tokens: readonly Token[], used: number): Plan {
  const named = nameFrom(tokens, used)
  const start = depthZero(tokens, named?.next ?? used).find((at) => startsQuery(tokens, at) && tokens[at]?.text !== '(')
  const query = start === undefined ? undefined : queryFrom(tokens, start)
  const writes = named === undefined ? [] : [named.name]
  return { effect: 'admin', dangers: ['cache'], writes, parts: query === undefined ? [] : [query] }
}

function grantPlan(tokens: readonly Token[], used: number): Plan {
  const on = depthZero(tokens, used).find((at) => isWord(tokens, at, 'on'))
  if (on === undefined) return { effect: 'admin', dangers: ['grant'] }
  const kind = new RegExp(`^(${things}|metastore)(?= )`).exec(leadOf(tokens.slice(on + 1)))?.[0]
  const named = nameFrom(tokens, on + 1 + (kind === undefined ? 0 : kind.split(' ').length))
  return { effect: 'admin', writes: named === undefined ? [] : [named.name] }
}

function mergePlan(tokens: readonly Token[], used: number): Plan {
  if (used === 2) return { effect: 'write', parts: [tokens] }
  return { effect: 'write', dangers: ['schema_evolution'], parts: [[...tokens.slice(0, 1), ...tokens.slice(used - 1)]] }
}

function explainPlan(tokens: readonly Token[], used: number): Plan | undefined {
  const inner = planDatabricks(tokens.slice(used))
  return inner === undefined ? undefined : { ...inner, plans: true }
}

/** A description of a query is its plan's; of a relation, what SHOW gives. */
function describePlan(tokens: readonly Token[]): Plan | undefined {
  const at = isWord(tokens, 1, 'query') ? 2 : 1
  const query = isWord(tokens, at, 'table') ? undefined : queryFrom(tokens, at)
  return query === undefined ? showPlan(tokens) : { effect: 'read', parts: [query], plans: true, describes: 3 }
}
