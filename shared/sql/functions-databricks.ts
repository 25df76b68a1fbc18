import type { Effect } from '../backend/effect.ts'
import { type CallVerdict, unknownFunction, words } from './calls.ts'

/** Built-ins that compute from their arguments alone, or say who and when (Databricks SQL, built-in functions). */
const allowedFunctions: ReadonlySet<string> = new Set(
  words(`
  abs acos acosh asin asinh atan atan2 atanh bin bround cbrt ceil ceiling conv cos cosh cot csc degrees div e exp expm1
  factorial floor greatest hex hypot least ln log log10 log1p log2 mod negative pi pmod positive pow power radians rand
  randn random randstr rint round sec shiftleft shiftright shiftrightunsigned sign signum sin sinh sqrt tan tanh
  try_add try_divide try_mod try_multiply try_subtract try_sum try_avg unhex uniform width_bucket zeroifnull nullifzero
  bit_count bit_get getbit bit_reverse
  ascii base64 bit_length btrim char char_length character_length charindex chr collate collation concat concat_ws
  contains crc32 decode elt encode endswith find_in_set format_number format_string initcap instr lcase left len length
  levenshtein locate lower lpad ltrim luhn_check mask md5 octet_length overlay position printf quote regexp regexp_count
  regexp_extract regexp_extract_all regexp_instr regexp_like regexp_replace regexp_substr repeat replace reverse right
  rlike rpad rtrim sentences sha sha1 sha2 hash xxhash64 soundex space split split_part startswith string substr
  substring substring_index translate trim try_to_binary to_binary to_char to_varchar ucase unbase64 upper url_decode
  try_url_decode url_encode parse_url try_parse_url is_valid_utf8 make_valid_utf8 try_validate_utf8 validate_utf8
  aes_encrypt aes_decrypt try_aes_decrypt
  add_months convert_timezone curdate current_date current_timestamp current_time current_timezone date date_add
  date_diff date_format date_from_unix_date date_part date_sub date_trunc dateadd datediff datepart day dayname
  dayofmonth dayofweek dayofyear extract from_unixtime from_utc_timestamp getdate hour last_day localtimestamp make_date
  make_dt_interval make_interval make_timestamp make_timestamp_ltz make_timestamp_ntz make_ym_interval minute month
  monthname months_between next_day now quarter second session_window timediff timestamp timestamp_micros
  timestamp_millis timestamp_seconds timestampadd timestampdiff to_date to_timestamp to_timestamp_ltz to_timestamp_ntz
  to_unix_timestamp to_utc_timestamp trunc try_make_interval try_make_timestamp try_to_date try_to_timestamp unix_date
  unix_micros unix_millis unix_seconds unix_timestamp weekday weekofyear window window_time year
  bigint binary boolean cast decimal double float int smallint tinyint to_number try_cast try_to_number typeof
  coalesce equal_null if iff ifnull isnan isnotnull isnull nanvl nullif nvl nvl2
  aggregate array array_append array_compact array_contains array_distinct array_except array_insert array_intersect
  array_join array_max array_min array_position array_prepend array_remove array_repeat array_size array_sort
  array_union arrays_overlap arrays_zip cardinality element_at exists explode explode_outer filter flatten forall get
  inline inline_outer map map_concat map_contains_key map_entries map_filter map_from_arrays map_from_entries map_keys
  map_values map_zip_with named_struct posexplode posexplode_outer reduce sequence shuffle size slice sort_array stack
  str_to_map struct transform transform_keys transform_values try_element_at zip_with
  from_csv from_json get_json_object is_variant_null json_array_length json_object_keys json_tuple parse_json
  schema_of_csv schema_of_json schema_of_json_agg schema_of_variant schema_of_variant_agg to_csv to_json to_variant_object
  try_parse_json try_variant_get variant_explode variant_explode_outer variant_get
  any any_value approx_count_distinct approx_percentile approx_top_k array_agg avg bit_and bit_or bit_xor bool_and
  bool_or collect_list collect_set corr count count_if count_min_sketch covar_pop covar_samp every first first_value
  grouping grouping_id histogram_numeric hll_sketch_agg hll_sketch_estimate hll_union hll_union_agg kurtosis last
  last_value listagg max max_by mean median min min_by mode percentile percentile_approx percentile_cont percentile_disc
  regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy skewness some std stddev
  stddev_pop stddev_samp string_agg sum var_pop var_samp variance
  cume_dist dense_rank lag lead nth_value ntile percent_rank rank row_number
  current_catalog current_database current_schema current_user session_user user version uuid range
  h3_boundaryasgeojson h3_boundaryaswkt h3_centerasgeojson h3_centeraswkt h3_distance h3_h3tostring h3_ischildof
  h3_isvalid h3_kring h3_latlongash3 h3_latlongash3string h3_longlatash3 h3_longlatash3string h3_resolution
  h3_stringtoh3 h3_tochildren h3_toparent
  st_area st_astext st_buffer st_centroid st_contains st_distance st_distancesphere st_geogfromtext st_geomfromtext
  st_intersects st_length st_point st_within st_x st_y
`),
)

/** Functions with a name for doing harm, by the worst that each does; unknown ones are refused alike. */
const dangerousFunctions: Readonly<Record<Effect, readonly string[]>> = {
  read: words(`
    read_files read_kafka read_kinesis read_pubsub read_pulsar read_state_metadata read_statestore cloud_files
    cloud_files_state table_changes event_log list_secrets secret try_secret input_file_name input_file_block_start
    input_file_block_length current_metastore current_oauth_custom_identity_claim current_recipient is_member
    is_account_group_member raise_error assert_true monotonically_increasing_id spark_partition_id sql_keywords
    get_warmup_progress stream
    ai_query ai_gen ai_generate_text ai_analyze_sentiment ai_classify ai_extract ai_fix_grammar ai_forecast ai_mask
    ai_parse_document ai_similarity ai_summarize ai_top_drivers ai_translate vector_search`),
  write: [],
  delete: [],
  admin: words(`
    http_request remote_query reflect java_method try_reflect identifier from_avro to_avro from_protobuf to_protobuf schema_of_avro`),
}

const dangerous = new Map<string, CallVerdict>(
  Object.entries(dangerousFunctions).flatMap(([effect, names]) =>
    names.map((name) => [name, { effect: effect as Effect, danger: name }] as const),
  ),
)

/** Judges a function by its unqualified name in lower case; undefined where it is a harmless built-in. */
export function judgeDatabricksFunction(name: string): CallVerdict | undefined {
  if (allowedFunctions.has(name)) return undefined
  return dangerous.get(name) ?? unknownFunction
}
