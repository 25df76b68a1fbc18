import type { Plan } from './dialect.ts'
import { judgeSnowflakeFunction } from './functions-snowflake.ts'
import {
  createPlan,
  creating,
  explaining,
  findWord,
  granting,
  head,
  made,
  naming,
  parsed,
  queryPlan,
  simple,
} from './heads.ts'
import { insertPlan } from './inserts-databricks.ts'
import { noteSnowflake, prepareSnowflake } from './parts-snowflake.ts'
import { form, namePattern as name, planShow } from './shows.ts'
import type { Token } from './tokens.ts'
import { depthZero, nameFrom, queryFrom, startsQuery } from './tokens-plan.ts'

const relations = `(?:external |dynamic |event |hybrid |iceberg |transient |temporary |temp |volatile )*table|(?:secure |recursive |materialized )*view`
const things = `${relations}|database role|application role|database|schema|warehouse|sequence|stage|pipe|stream|task|function|procedure|external function|user|role|share|file format|(?:\\w+ )?integration|network policy|network rule|masking policy|row access policy|session policy|password policy|aggregation policy|projection policy|tag|alert|secret|connection|resource monitor|service|compute pool|image repository|git repository|streamlit|notebook|model|application package|application|listing|external volume|failover group|replication group|account|organization account|cortex search service|semantic view`

const heads = [
  head('insert( overwrite)?( into)?(?! (all|first|when))', insertPlan),
  head('insert( overwrite)? (all|first)', insertAllPlan),
  head('update', parsed('write')),
  head('delete from', parsed('delete')),
  head('merge into', parsed('write')),
  head('truncate( table)?( if exists)?', naming('delete', 'writes')),
  head('copy into', copyPlan),
  head('copy files into', simple('write', 'copy_files')),
  head('(put|get|list|ls|remove|rm)', simple('admin', 'stage_file')),
  head(`drop (${things})( if exists)?`, naming('delete', 'writes')),
  head('drop', simple('delete', 'drop')),
  head(
    `create( or replace| or alter)?( local| global)? (${relations})( if not exists)?`,
    creating(/^create (transient |temporary |temp |volatile |local |global )*table /, /\bexternal table /),
  ),
  head(
    'create( or replace| or alter)?( temporary| temp| secure| aggregate)*( external)? (function|procedure)( if not exists)?',
    naming('admin', 'writes', 'create_routine'),
  ),
  head(
    `create( or replace| or alter)?( temporary| temp)? (${things})( if not exists)?`,
    naming('admin', 'writes', 'create'),
  ),
  head('create', simple('admin', 'create')),
  head(`(alter|undrop|comment( if exists)? on) (${things})( if exists)?`, naming('admin', 'writes')),
  head('(alter|undrop|comment)', simple('admin')),
  head('(grant|revoke)', granting(`(?:all|future) [\\w ]+ in (?:schema|database)|${things}`)),
  head('execute immediate', simple('admin', 'execute_immediate')),
  head('execute', simple('admin', 'execute')),
  head('call', simple('admin', 'call')),
  head('(set|unset)', simple('admin', 'set_setting')),
  head('use', simple('admin', 'use')),
  head('(begin|start|commit|rollback)( transaction| work)?', simple('admin', 'transaction')),
  head(
    '(declare|let|if|for|while|repeat|loop|case|return|raise|open|fetch|close|break|continue|exception|end|async|await|cancel)',
    simple('admin', 'script'),
  ),
  head('explain( using( tabular| json| text))?', (tokens, used) => explaining(planSnowflake)(tokens, used)),
  head('(show|desc|describe)', (tokens) => planShow(tokens, forms)),
]

const kinds = `tables|views|materialized views|dynamic tables|external tables|event tables|iceberg tables|hybrid tables|schemas|databases|columns|objects|sequences|primary keys|unique keys|imported keys|exported keys|functions|user functions|external functions|procedures|file formats|semantic views|catalogs`
const where = `(?: in(?: account| database| schema| table| view)?(?: ${name})?)?`

const forms = [
  form(
    `(show(?: terse)? (?:${kinds})(?: history)?(?: like ')?${where}(?: starts with ')?(?: limit \\d+(?: from ')?)?)`,
  ),
  form(
    `((?:desc|describe) (?:table|view|materialized view|dynamic table|external table|event table|iceberg table)) ${name}(?: type = columns)?`,
  ),
  form(`((?:desc|describe)) ${name}`),
  form(`((?:desc|describe) (?:schema|database)) ${name}`),
]

/** The plan for one statement of Snowflake; undefined where nobody listed it. */
export const planSnowflake: (tokens: readonly Token[]) => Plan | undefined = createPlan({
  heads,
  query: queryPlan,
  prepare: prepareSnowflake,
  note: noteSnowflake,
  judgeFunction: judgeSnowflakeFunction,
})

/** Every INTO names a target; the query stands at the end, the conditions before it are queries of it. */
function insertAllPlan(tokens: readonly Token[]): Plan | undefined {
  const places = depthZero(tokens, 0)
  const isAt = (at: number, words: RegExp) => tokens[at]?.kind === 'word' && words.test(tokens[at]?.text ?? '')
  const targets = places.filter((at) => isAt(at, /^into$/i)).map((at) => nameFrom(tokens, at + 1)?.name)
  const start = places.find((at) => at > 1 && isAt(at, /^(select|with)$/i))
  const query = start === undefined ? undefined : queryFrom(tokens, start)
  const known = targets.filter((target) => target !== undefined)
  const isPlain = places.every((at) => !isAt(at, /^values$/i) || isListOfNames(tokens, at + 1))
  if (query === undefined || known.length === 0 || known.length < targets.length || !isPlain) return undefined
  const conditions = places.filter((at) => isAt(at, /^when$/i)).map((at) => conditionAt(tokens, at + 1))
  const from = [...made('FROM ('), ...query, ...made(')')]
  return {
    effect: 'write',
    writes: known,
    parts: [query, ...conditions.map((one) => [...made('SELECT'), ...one, ...from])],
  }
}

function isListOfNames(tokens: readonly Token[], at: number): boolean {
  const list = tokens.slice(at + 1, (depthZero(tokens, at).find((place) => place > at) ?? at) - 1)
  return list.every(({ text }) => text !== '(')
}

function conditionAt(tokens: readonly Token[], from: number): readonly Token[] {
  const then = findWord(tokens, from, /^then$/i) ?? from
  return tokens.slice(from, then).map((token, at) => (at === 0 ? { ...token, spaced: true } : token))
}

/** Into a table from files, or from a table or a query into files. */
function copyPlan(tokens: readonly Token[], used: number): Plan {
  const target = nameFrom(tokens, used)
  const from = findWord(tokens, used, /^from$/i)
  const source = from === undefined || target !== undefined ? undefined : nameFrom(tokens, from + 1)
  const query = from !== undefined && tokens[from + 1]?.text === '(' ? bracketAt(tokens, from + 1) : undefined
  return {
    effect: 'write',
    dangers: ['copy_into'],
    writes: target === undefined ? [] : [target.name],
    reads: source === undefined ? [] : [source.name],
    parts: query === undefined ? [] : [query],
  }
}

function bracketAt(tokens: readonly Token[], at: number): readonly Token[] | undefined {
  const end = depthZero(tokens, at).find((place) => place > at) ?? tokens.length
  return startsQuery(tokens, at) ? tokens.slice(at, end) : undefined
}
