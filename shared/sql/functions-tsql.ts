import type { Effect } from '../backend/effect.ts'
import { type CallVerdict, unknownFunction, words } from './calls.ts'

/** Built-ins that compute from their arguments alone, or say who and when (Transact-SQL reference, functions). */
const allowedFunctions: ReadonlySet<string> = new Set(
  words(`
  abs acos asin atan atn2 ceiling cos cot degrees exp floor log log10 pi power radians rand round sign sin sqrt square tan
  bit_count get_bit set_bit left_shift right_shift
  ascii char charindex concat concat_ws difference format left len lower ltrim nchar patindex quotename replace replicate
  reverse right rtrim soundex space str string_agg string_escape string_split stuff substring translate trim unicode upper
  regexp_like regexp_replace regexp_substr regexp_instr regexp_count edit_distance edit_distance_similarity
  jaro_winkler_distance jaro_winkler_similarity base64_encode base64_decode unistr
  current_date current_timestamp date_bucket dateadd datediff datediff_big datefromparts datename datepart datetime2fromparts
  datetimefromparts datetimeoffsetfromparts datetrunc day eomonth getdate getutcdate isdate month smalldatetimefromparts
  switchoffset sysdatetime sysdatetimeoffset sysutcdatetime timefromparts todatetimeoffset year
  cast convert parse try_cast try_convert try_parse datalength isnumeric
  choose coalesce greatest iif isnull least nullif
  isjson json_array json_arrayagg json_modify json_object json_objectagg json_path_exists json_query json_value openjson
  any_value approx_count_distinct approx_percentile_cont approx_percentile_disc avg checksum_agg count count_big grouping
  grouping_id max min product stdev stdevp sum var varp
  cume_dist dense_rank first_value lag last_value lead ntile percent_rank percentile_cont percentile_disc rank row_number
  binary_checksum checksum compress decompress hashbytes newid newsequentialid
  current_user session_user system_user user_name suser_name suser_sname original_login db_name
  contains freetext generate_series vector_distance vector_norm vector_normalize
  bigint binary bit date datetime datetime2 datetimeoffset decimal float image int money numeric nvarchar real
  smalldatetime smallint smallmoney text time tinyint uniqueidentifier varbinary varchar vector xml json`),
)

/** Functions with a name for doing harm, by the worst that each does; unknown ones are refused alike. */
const dangerousFunctions: Readonly<Partial<Record<Effect, readonly string[]>>> = {
  read: words(`
  openrowset containstable freetexttable object_definition object_id object_name col_name schema_name type_name index_col columnproperty
  objectproperty objectpropertyex databasepropertyex serverproperty connectionproperty sessionproperty host_name host_id
  app_name has_perms_by_name is_member is_rolemember is_srvrolemember permissions session_context context_info
  decryptbykey decryptbypassphrase decryptbyasymkey decryptbycert decryptbykeyautocert ident_current scope_identity
  changetable change_tracking_current_version predict xact_state current_request_id current_transaction_id
  ai_generate_embeddings ai_generate_chunks vector_search`),
  admin: words('openquery opendatasource openxml'),
}

const dangerous = new Map<string, CallVerdict>(
  Object.entries(dangerousFunctions).flatMap(([effect, names]) =>
    names.map((name) => [name, { effect: effect as Effect, danger: name }] as const),
  ),
)

/** Judges a function by its unqualified name in lower case; undefined where it is a harmless built-in. */
export function judgeTsqlFunction(name: string): CallVerdict | undefined {
  if (allowedFunctions.has(name)) return undefined
  return dangerous.get(name) ?? unknownFunction
}
