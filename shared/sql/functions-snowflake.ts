import { type CallVerdict, functionJudge, words } from './calls.ts'

/** Built-ins that compute from their arguments alone, or say who and when (Snowflake, function reference). */
const allowed = words(`
  abs acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh cot degrees div0 div0null exp factorial floor greatest
  greatest_ignore_nulls haversine least least_ignore_nulls ln log mod pi pow power radians random randstr round sign sin
  sinh sqrt square tan tanh trunc truncate uniform normal zipf width_bucket bitand bitand_agg bitnot bitor bitshiftleft
  bitshiftright bitxor getbit bit_and bit_or bit_xor
  ascii base64_decode_binary base64_decode_string base64_encode bit_length char charindex chr collate collation compress
  concat concat_ws contains decompress_binary decompress_string editdistance endswith hex_decode_binary hex_decode_string
  hex_encode ilike initcap insert jarowinkler_similarity left length len lower lpad ltrim md5 md5_binary md5_hex
  md5_number_lower64 md5_number_upper64 octet_length parse_ip parse_url position regexp regexp_count regexp_extract_all
  regexp_instr regexp_like regexp_replace regexp_substr regexp_substr_all repeat replace reverse right rlike rpad rtrim
  rtrimmed_length sha1 sha1_hex sha1_binary sha2 sha2_hex sha2_binary soundex soundex_p123 space split split_part
  startswith strtok strtok_to_array substr substring translate trim try_base64_decode_binary try_base64_decode_string
  try_hex_decode_binary try_hex_decode_string unicode upper uuid_string like
  add_months convert_timezone current_date current_time current_timestamp date date_from_parts date_part date_trunc
  dateadd datediff datefromparts dayname dayofmonth dayofweek dayofweekiso dayofyear day extract getdate hour last_day
  localtime localtimestamp minute month monthname months_between next_day previous_day quarter second sysdate
  systimestamp time time_from_parts time_slice timeadd timediff timefromparts timestamp timestamp_from_parts
  timestamp_ltz_from_parts timestamp_ntz_from_parts timestamp_tz_from_parts timestampadd timestampdiff
  timestampfromparts to_date to_time to_timestamp to_timestamp_ltz to_timestamp_ntz to_timestamp_tz try_to_date
  try_to_time try_to_timestamp try_to_timestamp_ltz try_to_timestamp_ntz try_to_timestamp_tz week weekiso weekofyear year
  yearofweek yearofweekiso
  cast to_array to_binary to_boolean to_char to_decimal to_double to_geography to_geometry to_json to_number to_numeric
  to_object to_varchar to_variant to_xml try_cast try_parse_json try_to_binary try_to_boolean try_to_decimal
  try_to_double try_to_geography try_to_number try_to_numeric typeof system$typeof
  booland boolnot boolor boolxor case coalesce decode equal_null iff ifnull in is_null_value nullif nullifzero nvl nvl2
  regr_valx regr_valy zeroifnull
  array_agg array_append array_cat array_compact array_construct array_construct_compact array_contains array_distinct
  array_except array_flatten array_generate_range array_insert array_intersection array_max array_min array_position
  array_prepend array_remove array_remove_at array_reverse array_size array_slice array_sort array_to_string array_union_agg
  array_unique_agg arrays_overlap arrays_to_object arrays_zip as_array as_binary as_boolean as_char as_date as_decimal
  as_double as_integer as_number as_object as_real as_time as_timestamp_ltz as_timestamp_ntz as_timestamp_tz as_varchar
  check_json check_xml filter get get_ignore_case get_path is_array is_binary is_boolean is_char is_date is_decimal
  is_double is_integer is_null_value is_object is_real is_time is_timestamp_ltz is_timestamp_ntz is_timestamp_tz
  is_varchar json_extract_path_text map_cat map_contains_key map_delete map_insert map_keys map_pick map_size
  object_construct object_construct_keep_null object_delete object_insert object_keys object_pick parse_json parse_xml
  reduce strip_null_value transform xmlget flatten split_to_table strtok_split_to_table generator seq1 seq2 seq4 seq8
  table rollup cube
  any_value approx_count_distinct approx_percentile approx_percentile_accumulate approx_percentile_combine
  approx_percentile_estimate approx_top_k approx_top_k_accumulate approx_top_k_combine approx_top_k_estimate
  approximate_jaccard_index approximate_similarity avg bitmap_bit_position bitmap_bucket_number bitmap_construct_agg
  bitmap_count bitmap_or_agg bitor_agg bitxor_agg booland_agg boolor_agg boolxor_agg corr count count_if covar_pop
  covar_samp datasketches_hll grouping grouping_id hash hash_agg hll hll_accumulate hll_combine hll_estimate hll_export
  hll_import kurtosis listagg max max_by median min min_by minhash minhash_combine mode object_agg percentile_cont
  percentile_disc regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy skew stddev
  stddev_pop stddev_samp sum var_pop var_samp variance variance_pop variance_samp
  conditional_change_event conditional_true_event cume_dist dense_rank first_value lag last_value lead nth_value ntile
  percent_rank rank ratio_to_report row_number interpolate_bfill interpolate_ffill interpolate_linear
  current_account current_account_name current_available_roles current_client current_database current_ip_address
  current_organization_name current_region current_role current_role_type current_schema current_schemas
  current_secondary_roles current_session current_user current_version current_warehouse
  h3_cell_to_boundary h3_cell_to_parent h3_cell_to_point h3_latlng_to_cell h3_latlng_to_cell_string h3_point_to_cell
  h3_point_to_cell_string h3_get_resolution h3_grid_disk h3_grid_distance
  st_area st_asgeojson st_astext st_aswkt st_asbinary st_buffer st_centroid st_collect st_contains st_coveredby st_covers
  st_difference st_dimension st_disjoint st_distance st_dwithin st_endpoint st_envelope st_geogfromtext
  st_geographyfromwkt st_geogpointfromgeohash st_geohash st_geometryfromwkt st_geomfromtext st_intersection st_intersects
  st_isvalid st_length st_makeline st_makepoint st_makepolygon st_npoints st_numpoints st_perimeter st_point st_pointn
  st_simplify st_srid st_startpoint st_symdifference st_transform st_union st_union_agg st_within st_x st_xmax st_xmin
  st_y st_ymax st_ymin vector_cosine_similarity vector_inner_product vector_l2_distance vector_l1_distance
`)

const judge = functionJudge(allowed, {
  read: words(`
    result_scan last_query_id last_transaction current_statement current_transaction get_ddl get_presigned_url
    get_stage_location get_absolute_path get_relative_path build_scoped_file_url build_stage_file_url infer_schema
    directory validate validate_pipe_load copy_history query_history query_history_by_session query_history_by_user
    query_history_by_warehouse login_history login_history_by_user warehouse_load_history warehouse_metering_history
    task_history task_dependents pipe_usage_history policy_references tag_references tag_references_all_columns
    tag_references_with_lineage get_object_references get_query_operator_stats get_lineage external_table_files
    external_table_file_registration_history is_role_in_session is_database_role_in_session invoker_role invoker_share
    is_granted_to_invoker_role encrypt encrypt_raw decrypt decrypt_raw try_decrypt try_decrypt_raw rest_event_history
    complete classify_text embed_text_768 embed_text_1024 extract_answer sentiment summarize ai_complete ai_classify
    ai_filter ai_agg ai_embed ai_extract ai_sentiment ai_similarity ai_summarize_agg ai_transcribe ai_translate
    ai_parse_document ai_redact parse_document search_preview search semantic_view getvariable resultset`),
  write: words('nextval'),
  delete: [],
  admin: words(`
    identifier system$cancel_query system$cancel_all_queries system$abort_session system$abort_transaction
    system$wait system$pipe_force_resume system$send_email system$set_return_value system$generate_scim_access_token
    system$allowlist system$whitelist system$get_aws_sns_iam_policy system$enable_behavior_change_bundle
    system$stream_get_table_timestamp system$stream_has_data system$reference system$query_reference
    system$get_privatelink system$authorize_privatelink system$clustering_information system$explain_plan_json
    system$estimate_query_acceleration system$user_task_cancel_ongoing_executions to_query`),
})

/** Judges a function by its name in lower case: of language models and of the system's own records, all are known for it. */
export function judgeSnowflakeFunction(name: string): CallVerdict | undefined {
  if (name.startsWith('cortex.')) return { effect: 'read', danger: 'cortex' }
  return name.startsWith('information_schema.') ? { effect: 'read', danger: 'system_catalog' } : judge(name)
}
