import { words } from './calls.ts'
import type { Name, PolyglotDialect } from './dialect.ts'
import { judgeBigqueryFunction } from './functions-bigquery.ts'
import { baseKeywords } from './keywords.ts'
import { calledName } from './rewrite.ts'
import { planBigquery } from './statements-bigquery.ts'
import { tokenizeBigquery } from './tokens-bigquery.ts'

/** polyglot puts the names of INFORMATION_SCHEMA together, so dots part names here as well. */
function judgeRelation(name: Name): readonly string[] {
  const parts = name.join('.').split('.')
  if (parts.includes('information_schema') || parts.some((part) => /^__\w+__$/.test(part))) return ['system_catalog']
  return parts.length > 3 || name.some((part) => /[:.]/.test(part)) ? ['ambiguous_name'] : []
}

/** GoogleSQL as BigQuery runs it. */
export const bigquery: PolyglotDialect = {
  name: 'bigquery',
  lexicon: {
    tokenize: tokenizeBigquery,
    writeWords: new Set(words('insert update delete merge truncate drop alter create grant revoke into call export')),
  },
  plan: planBigquery,
  judgeFunction: (name) => judgeBigqueryFunction(calledName(name)),
  judgeRelation,
  conditionsSeeAliases: true,
  rowsComeFirst: true,
  relationWords: new Set(words('lateral table values unnest select')),
  keywords: new Set([
    ...baseKeywords,
    ...words(`
      unnest struct array offset ordinal safe_offset safe_ordinal safe_cast value pivot unpivot include exclude ignore respect
      tablesample system percent format any max min new proto enum
      int64 float64 bignumeric bigdecimal bytes json geography dayofweek dayofyear isoweek isoyear parse_json
      microsecond if net safe`),
  ]),
  generators: new Map([['f__unnest', []]]),
  sieves: new Set(),
  unitFunctions: new Set(),
  lambdas: new Set(
    words('f__array_filter f__array_transform f__array_includes f__array_includes_any f__array_find f__array_zip'),
  ),
}
