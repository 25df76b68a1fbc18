import type { Effect } from '../backend/effect.ts'
import { type CallVerdict, unknownFunction, words } from './calls.ts'

/** Built-ins that compute from their arguments alone, or say who and when (PostgreSQL 18, chapter 9). */
const allowedFunctions: ReadonlySet<string> = new Set(
  words(`
  abs cbrt ceil ceiling degrees div erf erfc exp factorial floor gamma gcd lcm lgamma ln log log10 min_scale mod pi power
  radians round scale sign sqrt trim_scale trunc width_bucket random random_normal acos acosd asin asind atan atand atan2
  atan2d cos cosd cot cotd sin sind tan tand sinh cosh tanh asinh acosh atanh
  ascii bit_length btrim casefold char_length character_length chr concat concat_ws decode encode format initcap left
  length lower lpad ltrim md5 normalize is_normalized octet_length overlay parse_ident position quote_ident quote_literal
  quote_nullable regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array
  regexp_split_to_table regexp_substr repeat replace reverse right rpad rtrim split_part starts_with string_to_array
  string_to_table strpos substr substring to_ascii to_bin to_hex to_oct translate unicode_assigned unistr upper
  like_escape similar_to_escape bit_count get_bit get_byte set_bit set_byte crc32 crc32c sha224 sha256 sha384 sha512
  convert_from convert_to
  to_char to_date to_number to_timestamp age clock_timestamp date_add date_bin date_part date_subtract date_trunc extract
  isfinite justify_days justify_hours justify_interval make_date make_interval make_time make_timestamp make_timestamptz
  now overlaps statement_timestamp timeofday timezone transaction_timestamp
  area bound_box box center circle diagonal diameter height isclosed isopen isparallel isperp ishorizontal isvertical
  line lseg npoints path pclose point polygon popen radius slope width
  abbrev broadcast family host hostmask inet_merge inet_same_family macaddr8_set7bit masklen netmask network set_masklen
  array_to_tsvector get_current_ts_config numnode phraseto_tsquery plainto_tsquery querytree setweight strip to_tsquery
  to_tsvector ts_delete ts_filter ts_headline ts_rank ts_rank_cd tsquery_phrase tsvector_to_array
  websearch_to_tsquery
  gen_random_uuid uuidv4 uuidv7 uuid_extract_timestamp uuid_extract_version
  array_to_json json_array_elements json_array_elements_text json_array_length json_build_array json_build_object
  json_each json_each_text json_extract_path json_extract_path_text json_object json_object_keys json_populate_record
  json_populate_recordset json_strip_nulls json_to_record json_to_recordset json_typeof jsonb_array_elements
  jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text
  jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_keys jsonb_path_exists
  jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query jsonb_path_query_array
  jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record
  jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_to_record jsonb_to_recordset
  jsonb_typeof row_to_json to_json to_jsonb
  array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position array_positions
  array_prepend array_remove array_replace array_reverse array_sample array_shuffle array_sort array_to_string
  array_upper cardinality trim_array unnest generate_subscripts generate_series
  isempty lower_inc lower_inf multirange range_merge upper_inc upper_inf int4range int8range numrange tsrange tstzrange
  daterange
  any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp every grouping json_agg
  json_agg_strict json_object_agg json_object_agg_strict json_object_agg_unique json_object_agg_unique_strict jsonb_agg
  jsonb_agg_strict jsonb_object_agg jsonb_object_agg_strict jsonb_object_agg_unique jsonb_object_agg_unique_strict max
  min mode percentile_cont percentile_disc range_agg range_intersect_agg regr_avgx regr_avgy regr_count regr_intercept
  regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance
  cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
  num_nonnulls num_nulls pg_typeof current_database current_schema current_schemas version date pow text int4 int8 float8 numeric
  xml_is_well_formed xml_is_well_formed_content xml_is_well_formed_document xmlagg xmlcomment xmlconcat xmlexists
  xmltext xpath xpath_exists
`),
)

/** Functions with a name for doing harm, by the worst that each does; for the list's sake only, since unknown ones are refused alike. */
const dangerousFunctions: Readonly<Record<Effect, readonly string[]>> = {
  read: words(`
    pg_read_file pg_read_binary_file pg_ls_dir pg_ls_logdir pg_ls_waldir pg_ls_tmpdir pg_ls_archive_statusdir pg_stat_file
    pg_current_logfile current_setting set_config pg_sleep pg_sleep_for pg_sleep_until lo_get lo_open loread
    pg_get_functiondef pg_get_viewdef pg_show_all_settings pg_stat_get_activity txid_current pg_current_xact_id
    inet_server_addr inet_server_port inet_client_addr pg_hba_file_rules pg_database_size pg_relation_size`),
  write: words(`
    nextval setval currval lastval lo_import lo_create lo_creat lo_from_bytea lo_put lowrite lo_export pg_notify
    pg_advisory_lock pg_advisory_lock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_lock
    pg_try_advisory_xact_lock pg_file_write pg_logical_emit_message`),
  delete: words('lo_unlink lo_truncate lo_truncate64 pg_file_unlink pg_stat_reset pg_stat_statements_reset'),
  admin: words(`
    dblink dblink_exec dblink_connect dblink_connect_u dblink_open dblink_send_query query_to_xml query_to_xmlschema
    query_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema table_to_xml table_to_xmlschema
    table_to_xml_and_xmlschema schema_to_xml schema_to_xmlschema schema_to_xml_and_xmlschema database_to_xml
    database_to_xmlschema database_to_xml_and_xmlschema ts_stat ts_rewrite pg_terminate_backend pg_cancel_backend pg_reload_conf
    pg_rotate_logfile pg_switch_wal pg_create_restore_point pg_promote pg_backup_start pg_backup_stop pg_wal_replay_pause
    pg_create_logical_replication_slot pg_create_physical_replication_slot pg_drop_replication_slot
    pg_logical_slot_get_changes pg_logical_slot_peek_changes pg_replication_origin_create pg_import_system_collations
    pg_file_rename pg_execute_server_program crosstab connectby plpgsql_call_handler`),
}

const dangerous = new Map<string, CallVerdict>(
  Object.entries(dangerousFunctions).flatMap(([effect, names]) =>
    names.map((name) => [name, { effect: effect as Effect, danger: name }] as const),
  ),
)

const unknownOperator: CallVerdict = { effect: 'admin', danger: 'operator_not_allowed' }

/** Operators of PostgreSQL itself and of its trigram and vector extensions, and the grammar's own names. */
const allowedOperators = new Set([
  ...words('= <> != < > <= >= + - * / % ^ |/ ||/ @ & | # ~ << >> || ^@ ~~ !~~ ~~* !~~* ~* !~ !~*'),
  ...words(
    '-> ->> #> #>> #- @> <@ ? ?| ?& @? @@ @@@ && !! -|- &< &> &<| |&> <<| |>> <^ >^ <-> ## ?# ?- ?-| ?|| @-@ ~=',
  ),
  ...words('<<= >>= <=> <#> <+> <% %> <<% %>> <<-> <->> <<<-> <->>> *= *<> *< *> *<= *>='),
  ...['BETWEEN', 'NOT BETWEEN', 'BETWEEN SYMMETRIC', 'NOT BETWEEN SYMMETRIC'],
])

/** Judges a function by its name's parts; undefined where it is a harmless built-in. */
export function judgeFunction(parts: readonly string[]): CallVerdict | undefined {
  const name = localName(parts)
  if (name === undefined) return unknownFunction
  if (allowedFunctions.has(name)) return undefined
  return dangerous.get(name) ?? unknownFunction
}

/** Judges an operator by its name's parts; undefined where it is PostgreSQL's own. */
export function judgeOperator(parts: readonly string[]): CallVerdict | undefined {
  const name = localName(parts)
  return name !== undefined && allowedOperators.has(name) ? undefined : unknownOperator
}

/** The name without pg_catalog; undefined where another schema qualifies it. */
function localName(parts: readonly string[]): string | undefined {
  if (parts.length === 1) return parts[0]
  return parts.length === 2 && parts[0] === 'pg_catalog' ? parts[1] : undefined
}
