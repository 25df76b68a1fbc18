import { words } from './calls.ts'
import type { Name, PolyglotDialect } from './dialect.ts'
import { judgeMysqlFunction } from './functions-mysql.ts'
import { baseKeywords } from './keywords.ts'
import { calledName } from './rewrite.ts'
import { planMysql } from './statements-mysql.ts'
import { tokenizeMysql } from './tokens-mysql.ts'

/** Databases in which the server keeps its own records, people's passwords and settings among them. */
const systemNames = new Set(words('information_schema mysql performance_schema sys ndbinfo'))

function judgeRelation(name: Name): readonly string[] {
  if (name.slice(0, -1).some((part) => systemNames.has(part))) return ['system_catalog']
  return name.length > 2 || name.some((part) => part.includes('.')) ? ['ambiguous_name'] : []
}

/** MySQL 8.4, and what MariaDB shares with it. */
export const mysql: PolyglotDialect = {
  name: 'mysql',
  lexicon: {
    tokenize: tokenizeMysql,
    writeWords: new Set(
      words('insert update delete drop alter create grant revoke into outfile dumpfile load call lock unlock rename'),
    ),
  },
  plan: planMysql,
  judgeFunction: (name) => judgeMysqlFunction(calledName(name)),
  judgeRelation,
  relationWords: new Set(words('lateral table values json_table select dual')),
  keywords: new Set([
    ...baseKeywords,
    ...words(`
      straight_join distinctrow high_priority sql_calc_found_rows sql_no_cache sql_cache sql_small_result sql_big_result
      sql_buffer_result div mod xor regexp rlike binary use force ignore index key keys against match boolean mode
      expansion query language sounds member separator rollup convert signed unsigned char character varchar datetime time
      year json utf8 utf8mb4 latin1 columns path nested ordinality error empty low_priority quick microsecond
      year_month unknown escape partition duplicate utc_date utc_time utc_timestamp`),
  ]),
  generators: new Map([['j_s_o_n_table', []]]),
  sieves: new Set(),
  unitFunctions: new Set(),
  lambdas: new Set(),
}
