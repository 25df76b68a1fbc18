import { deleteOfSeveral, deletePlan, insertPlan, updateOfSeveral, updatePlan } from './changes-mysql.ts'
import type { Plan } from './dialect.ts'
import { judgeMysqlFunction } from './functions-mysql.ts'
import {
  createPlan,
  creating,
  explaining,
  findWord,
  granting,
  head,
  isWord,
  naming,
  queryPlan,
  simple,
} from './heads.ts'
import { noteMysql, prepareMysql } from './parts-mysql.ts'
import { form, namePattern as name, planShow } from './shows.ts'
import type { Token } from './tokens.ts'
import { leadOf, nameFrom, startsQuery } from './tokens-plan.ts'

const things = `table|view|database|schema|index|procedure|function|trigger|event|user|role|server|tablespace|undo tablespace|logfile group|resource group|spatial reference system|instance`

const heads = [
  head('insert( low_priority| delayed| high_priority)?( ignore)?( into)?', insertPlan),
  head('replace( low_priority| delayed)?( into)?', insertPlan),
  head('update( low_priority)?( ignore)?', updatePlan),
  head('delete( low_priority)?( quick)?( ignore)?', deletePlan),
  head('load (data|xml)', loadPlan),
  head(`drop( temporary)? (${things})( if exists)?`, naming('delete', 'writes')),
  head('drop', simple('delete', 'drop')),
  head('truncate( table)?', naming('delete', 'writes')),
  head('create( temporary)? table( if not exists)?', creating(/^create table /, /^$/)),
  head(
    'create( or replace)?( algorithm = \\w+)?( definer = \\S+( \\S+)?)?( sql security \\w+)? view',
    creating(/^$/, /^$/),
  ),
  head(`create( or replace| unique| fulltext| spatial| aggregate)* (${things})( if not exists)?`, creatingOther),
  head('create', simple('admin', 'create')),
  head(`alter (${things})`, naming('admin', 'writes')),
  head('rename table', naming('admin', 'writes')),
  head('(optimize|analyze|check|checksum|repair)( no_write_to_binlog| local)? table', naming('admin', 'writes')),
  head('(grant|revoke)', granting('table|function|procedure')),
  head('call', simple('admin', 'call')),
  head('do', (tokens, used) => ({ effect: 'admin', dangers: ['do'], parts: [selecting(tokens.slice(used - 1))] })),
  head('handler', naming('read', 'reads', 'handler')),
  head('(set|reset)', simple('admin', 'set_setting')),
  head('use', simple('admin', 'use')),
  head('(lock|unlock)', simple('admin', 'lock_tables')),
  head('(prepare|execute|deallocate)', simple('admin', 'prepared_statement')),
  head(
    '(begin|declare|if|case|while|loop|repeat|signal|resignal|return|iterate|leave|open|fetch|close|get|end)',
    script(),
  ),
  head('(start|commit|rollback|savepoint|release|xa)', simple('admin', 'transaction')),
  head(
    '(alter|rename|flush|kill|shutdown|restart|purge|change|stop|install|uninstall|import|clone|binlog|cache|help|optimize|analyze|check|checksum|repair)',
    simple('admin'),
  ),
  head('(explain|describe|desc)( extended| analyze)?( format = \\w+)?', explainPlan),
  head('show', (tokens) => planShow(tokens, forms)),
]

const forms = [
  form(`((?:desc|describe|explain)) ${name}`, 6),
  form(`((?:desc|describe|explain)) ${name} (?:\\w+|\`|')`, 6),
  form(`(show(?: full)? tables(?: (?:from|in) ${name})?(?: like ')?)`),
  form(`(show (?:databases|schemas|engines|warnings|charset|character set|collation)(?: like ')?)`),
  form(`(show table status(?: (?:from|in) ${name})?(?: like ')?)`),
  form(`(show(?: extended)?(?: full)? (?:columns|fields) (?:from|in)) ${name}(?: (?:from|in) ${name})?(?: like ')?`),
  form(`(show(?: extended)? (?:index|indexes|keys) (?:from|in)) ${name}(?: (?:from|in) ${name})?`),
  form(`(show create (?:table|view)) ${name}`),
]

/** The plan for one statement of MySQL; undefined where nobody listed it. */
export const planMysql: (tokens: readonly Token[]) => Plan | undefined = createPlan({
  heads,
  query: planQuery,
  prepare: prepareMysql,
  note: noteMysql,
  judgeFunction: judgeMysqlFunction,
})

function script() {
  return simple('admin', 'script')
}

function creatingOther(tokens: readonly Token[], used: number): Plan {
  const dangers =
    isWord(tokens, used - 1, 'function') || isWord(tokens, used - 1, 'procedure') ? ['create_routine'] : []
  const named = nameFrom(tokens, used)
  return { effect: 'admin', dangers: [...dangers, 'create'], writes: named === undefined ? [] : [named.name] }
}

function selecting(tokens: readonly Token[]): Token[] {
  return tokens.map((token, at) => (at === 0 ? { kind: 'word', text: 'SELECT', spaced: true } : token))
}

function loadPlan(tokens: readonly Token[], used: number): Plan {
  const into = findWord(tokens, used, /^into$/i)
  const named = into === undefined ? undefined : nameFrom(tokens, into + 2)
  return { effect: 'write', dangers: ['load_data'], writes: named === undefined ? [] : [named.name] }
}

/** EXPLAIN ANALYZE runs what it explains; of a relation EXPLAIN is DESCRIBE. */
function explainPlan(tokens: readonly Token[], used: number): Plan | undefined {
  const isStatement =
    startsQuery(tokens, used) || /^(insert|replace|update|delete) $/.test(leadOf(tokens.slice(used, used + 1)))
  if (!isStatement) return planShow(tokens, forms)
  const plan = explaining(planMysql)(tokens, used)
  return plan?.effect !== 'read' && isWord(tokens, 1, 'analyze') ? planMysql(tokens.slice(used)) : plan
}

/** A query with what MySQL lets it do beside: rows locked, and results written elsewhere. */
function planQuery(tokens: readonly Token[]): Plan | undefined {
  const change = isWord(tokens, 0, 'with') ? findWord(tokens, 0, /^(update|delete)$/i) : undefined
  if (change !== undefined && !isWord(tokens, change - 1, 'for')) return prefixedPlan(tokens, change)
  const lock = findLock(tokens)
  const unlocked = tokens.slice(0, lock ?? tokens.length)
  const into = findWord(unlocked, 0, /^into$/i)
  if (into !== undefined) return intoPlan(unlocked, into)
  const plan = queryPlan(unlocked)
  return lock === undefined || plan === undefined ? plan : { ...plan, effect: 'write', dangers: ['row_lock'] }
}

/** `SELECT … INTO OUTFILE|DUMPFILE 'path' …` or `INTO @variable`, before FROM or at the end. */
function intoPlan(tokens: readonly Token[], into: number): Plan | undefined {
  const isFile = /^(outfile|dumpfile)$/i.test(tokens[into + 1]?.text ?? '')
  const from = findWord(tokens, into, /^from$/i)
  const plan = queryPlan([...tokens.slice(0, into), ...tokens.slice(from ?? tokens.length)])
  if (plan === undefined) return undefined
  return { ...plan, effect: isFile ? 'write' : 'admin', dangers: [isFile ? 'into_file' : 'into_variable'] }
}

/** `WITH … UPDATE|DELETE …`: the change as a query, which has the WITH. */
function prefixedPlan(tokens: readonly Token[], change: number): Plan | undefined {
  const planner = isWord(tokens, change, 'update') ? updateOfSeveral : deleteOfSeveral
  const plan = planner(tokens.slice(change), 1)
  const [query] = plan?.parts ?? []
  return plan === undefined || query === undefined
    ? undefined
    : { ...plan, parts: [[...tokens.slice(0, change), ...query]] }
}

/** Where `FOR UPDATE`, `FOR SHARE` or `LOCK IN SHARE MODE` begins, with nothing behind it but its own words. */
function findLock(tokens: readonly Token[]): number | undefined {
  const at = findWord(tokens, 0, /^(for|lock)$/i)
  const rest =
    at === undefined
      ? ''
      : tokens
          .slice(at)
          .map(({ text }) => `${text.toLowerCase()} `)
          .join('')
  const isLock = /^(for (update|share) (of [\w` .,]+?)?(nowait |skip locked )?|lock in share mode )+$/.test(rest)
  return isLock ? at : undefined
}
