import { words } from './calls.ts'
import type { Name, PolyglotDialect } from './dialect.ts'
import { judgeSnowflakeFunction } from './functions-snowflake.ts'
import { baseKeywords } from './keywords.ts'
import { calledName } from './rewrite.ts'
import { planSnowflake } from './statements-snowflake.ts'
import { tokenizeSnowflake } from './tokens-snowflake.ts'

function judgeRelation(name: Name): readonly string[] {
  if (isNoRelation(name)) return ['stage']
  if (name[0] === 'snowflake' || name.slice(0, -1).includes('information_schema')) return ['system_catalog']
  return name.length > 3 || name.some((part) => part.includes('.')) ? ['ambiguous_name'] : []
}

/** Files on a stage are no object of a catalog. */
function isNoRelation(name: Name): boolean {
  return name.length === 1 && name[0] === '@stage'
}

/** What `f__any(*)` stands for is a column by its position, no function. */
function judgeFunction(name: string) {
  return name === 'f__any' ? undefined : judgeSnowflakeFunction(calledName(name))
}

/** Snowflake's SQL. */
export const snowflake: PolyglotDialect = {
  name: 'snowflake',
  lexicon: {
    tokenize: tokenizeSnowflake,
    writeWords: new Set(words('insert update delete merge drop alter create grant revoke into undrop')),
  },
  plan: planSnowflake,
  judgeFunction,
  judgeRelation,
  isNoRelation,
  conditionsSeeAliases: true,
  relationWords: new Set(words('lateral table values identifier select directory')),
  keywords: new Set([
    ...baseKeywords,
    ...words(`
      ilike rlike regexp minus pivot unpivot include exclude ignore respect within filter tablesample sample bernoulli block
      system seed row start connect prior nocycle connect_by_root asof match_condition at before changes information try_cast table any
      number byteint numeric dec varchar char character text binary varbinary variant object array vector geography geometry
      timestamp_ntz timestamp_ltz timestamp_tz timestampntz timestampltz timestamptz float4 float8 nvarchar nchar precision
      systimestamp sysdate getdate statement stream append_only years months weeks days hours minutes seconds`),
  ]),
  generators: new Map([['f__flatten', words('seq key path index value this')]]),
  sieves: new Set(),
  unitFunctions: new Set(),
  lambdas: new Set(['f__filter', 'f__transform', 'f__reduce']),
}
