import type { Plan } from './dialect.ts'
import { judgeBigqueryFunction } from './functions-bigquery.ts'
import { createPlan, creating, findWord, granting, head, isWord, naming, parsed, queryPlan, simple } from './heads.ts'
import { insertPlan } from './inserts-databricks.ts'
import { noteBigquery, prepareBigquery } from './parts-bigquery.ts'
import type { Token } from './tokens.ts'
import { nameFrom, queryFrom } from './tokens-plan.ts'

const relations = 'external table|snapshot table|table|materialized view|view'
const things = `${relations}|schema|external schema|dataset|table function|aggregate function|function|procedure|model|search index|vector index|row access policy|all row access policies|capacity|reservation|assignment|organization|project|bi_capacity|connection|column`

const heads = [
  head('insert( into)?', insertPlan),
  head('update', parsed('write')),
  head('delete( from)?', parsed('delete')),
  head('merge( into)?', parsed('write')),
  head('truncate table', naming('delete', 'writes')),
  head('export (data|model)', exportPlan),
  head('load data (into|overwrite)', naming('write', 'writes', 'load_data')),
  head(`drop (${things})( if exists)?`, naming('delete', 'writes')),
  head('drop', simple('delete', 'drop')),
  head(
    `create( or replace)?( temp| temporary)? (${relations})( if not exists)?`,
    creating(/^create (temp |temporary )?table /, /^create (or replace )?external /),
  ),
  head(
    'create( or replace)?( temp| temporary)?( table| aggregate)? (function|procedure)( if not exists)?',
    naming('admin', 'writes', 'create_routine'),
  ),
  head('create( or replace)? model( if not exists)?', creating(/^$/, /^$/)),
  head(`create( or replace)? (${things})( if not exists)?`, naming('admin', 'writes', 'create')),
  head('create', simple('admin', 'create')),
  head(`(alter|undrop) (${things})( if exists| if not exists)?`, naming('admin', 'writes')),
  head('(alter|undrop|rename)', simple('admin')),
  head('(grant|revoke)', granting(things)),
  head('execute immediate', simple('admin', 'execute_immediate')),
  head('call', simple('admin', 'call')),
  head('assert', (tokens, used) => ({ effect: 'read', dangers: ['assert'], parts: assertion(tokens, used) })),
  head('set', simple('admin', 'set_setting')),
  head('(begin|commit|rollback)( transaction)?', simple('admin', 'transaction')),
  head(
    '(declare|if|else|elseif|end|while|loop|for|repeat|until|case|raise|return|break|leave|continue|iterate|exception)',
    simple('admin', 'script'),
  ),
]

/** The plan for one statement of BigQuery; undefined where nobody listed it. */
export const planBigquery: (tokens: readonly Token[]) => Plan | undefined = createPlan({
  heads,
  query: queryPlan,
  prepare: prepareBigquery,
  note: noteBigquery,
  judgeFunction: judgeBigqueryFunction,
})

/** `EXPORT DATA … AS query` and `EXPORT MODEL m …` write what they read to files. */
function exportPlan(tokens: readonly Token[], used: number): Plan {
  const as = findWord(tokens, used - 1, /^as$/i)
  const query = as === undefined ? undefined : queryFrom(tokens, as + 1)
  const model = isWord(tokens, 1, 'model') ? nameFrom(tokens, 2)?.name : undefined
  return {
    effect: 'write',
    dangers: ['export_data'],
    reads: model === undefined ? [] : [model],
    parts: query === undefined ? [] : [query],
  }
}

/** What an ASSERT asks, as a query. */
function assertion(tokens: readonly Token[], from: number): (readonly Token[])[] {
  const as = findWord(tokens, from, /^as$/i) ?? tokens.length
  return [tokens.slice(from - 1, as).map((token, at) => (at === 0 ? { ...token, text: 'SELECT' } : token))]
}
