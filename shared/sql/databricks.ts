import { words } from './calls.ts'
import type { Name, PolyglotDialect } from './dialect.ts'
import { judgeDatabricksFunction } from './functions-databricks.ts'
import { planDatabricks } from './statements-databricks.ts'
import { tokenize } from './tokens-databricks.ts'

/** Formats whose name before a dot makes what follows a path in storage (Databricks: table name). */
const formats = new Set(
  words('delta parquet csv json text binaryfile orc avro xml iceberg hudi jdbc deltasharing image libsvm'),
)

/** Schemas and catalogs in which the platform keeps its own records. */
const systemNames = new Set(words('information_schema system __databricks_internal'))

function judgeRelation(name: Name): readonly string[] {
  const qualifiers = name.slice(0, -1)
  if (formats.has(qualifiers.at(-1) ?? '') || name.some((part) => /[/:\\]/.test(part))) return ['path_table']
  if (qualifiers.some((part) => systemNames.has(part))) return ['system_catalog']
  if (name.join('.') === 'identifier') return ['identifier']
  return name.length > 3 || name.some((part) => part.includes('.')) ? ['ambiguous_name'] : []
}

/** Databricks SQL (Spark SQL as Databricks runs it). */
export const databricks: PolyglotDialect = {
  name: 'databricks',
  lexicon: {
    tokenize,
    writeWords: new Set(
      words('insert update delete merge truncate drop alter grant revoke into overwrite copy call vacuum optimize'),
    ),
  },
  plan: planDatabricks,
  judgeFunction: judgeDatabricksFunction,
  judgeRelation,
  relationWords: new Set(words('stream lateral table values only unnest identifier live snapshot')),
  keywords: new Set(
    words(`
    select from where group by having qualify order sort cluster distribute limit offset distinct all as on using with
    recursive and or not in exists between like ilike rlike regexp escape is null true false case when then else end
    join inner left right full outer cross natural semi anti lateral view union intersect except minus values pivot
    unpivot for include exclude nulls first last asc desc over partition rows range unbounded preceding following
    current row window filter within tablesample percent repeatable sets grouping cube rollup any some div
    interval day days hour hours minute minutes second seconds month months year years week weeks quarter quarters
    microsecond microseconds millisecond milliseconds nanosecond nanoseconds to date timestamp timestamp_ntz timestamp_ltz
    timestampntz timestampltz cast try_cast extract overlay placing position substring trim both leading trailing collate
    at time zone zone of version ignore respect default
    int integer bigint long smallint short tinyint byte float real double decimal dec numeric boolean bool string varchar
    char character binary struct array map void variant
    current_date current_timestamp current_time current_user session_user localtimestamp user
    update set delete merge matched into source target insert by name`),
  ),
  generators: new Map([
    ['explode', ['col', 'key', 'value']],
    ['explode_outer', ['col', 'key', 'value']],
    ['posexplode', ['pos', 'col', 'key', 'value']],
    ['posexplode_outer', ['pos', 'col', 'key', 'value']],
    ['range', ['id']],
    ...words('inline inline_outer stack json_tuple variant_explode variant_explode_outer').map(
      (name): [string, readonly string[]] => [name, []],
    ),
  ]),
  sieves: new Set(words('window session_window')),
  unitFunctions: new Set(words('date_add date_diff dateadd datediff timediff timestampadd timestampdiff')),
  lambdas: new Set(
    words(`transform filter exists forall aggregate reduce zip_with map_filter map_zip_with transform_keys
      transform_values array_sort`),
  ),
}
