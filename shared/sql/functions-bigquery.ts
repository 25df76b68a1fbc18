import { type CallVerdict, functionJudge, words } from './calls.ts'

/** Built-ins that compute from their arguments alone, or say who and when (GoogleSQL reference, functions). */
const allowed = words(`
  abs acos acosh asin asinh atan atan2 atanh cbrt ceil ceiling cos cosh cot coth csc csch div exp floor greatest
  ieee_divide is_inf is_nan least ln log log10 mod pow power rand range_bucket round safe_add safe_divide safe_multiply
  safe_negate safe_subtract sec sech sign sin sinh sqrt tan tanh trunc bit_count cosine_distance euclidean_distance
  ascii byte_length char_length character_length chr code_points_to_bytes code_points_to_string collate concat
  contains_substr edit_distance ends_with format from_base32 from_base64 from_hex initcap instr left length lower lpad
  ltrim normalize normalize_and_casefold octet_length regexp_contains regexp_extract regexp_extract_all regexp_instr
  regexp_replace regexp_substr repeat replace reverse right rpad rtrim safe_convert_bytes_to_string soundex split
  starts_with strpos substr substring to_base32 to_base64 to_code_points to_hex translate trim unicode upper
  generate_uuid md5 sha1 sha256 sha512 farm_fingerprint
  current_date current_datetime current_time current_timestamp date date_add date_diff date_from_unix_date date_sub
  date_trunc date_bucket datetime datetime_add datetime_bucket datetime_diff datetime_sub datetime_trunc extract
  format_date format_datetime format_time format_timestamp justify_days justify_hours justify_interval last_day
  make_interval parse_date parse_datetime parse_time parse_timestamp string time time_add time_diff time_sub time_trunc
  timestamp timestamp_add timestamp_bucket timestamp_diff timestamp_from_unix_micros timestamp_from_unix_millis
  timestamp_from_unix_seconds timestamp_micros timestamp_millis timestamp_seconds timestamp_sub timestamp_trunc
  unix_date unix_micros unix_millis unix_seconds generate_date_array generate_timestamp_array generate_array
  range range_contains range_end range_intersect range_overlaps range_start generate_range_array
  cast safe_cast parse_numeric parse_bignumeric bool int64 float64 bool_array lax_bool lax_float64 lax_int64 lax_string
  coalesce if ifnull nullif nullifzero zeroifnull case
  array array_concat array_first array_last array_length array_reverse array_slice array_to_string array_agg
  array_concat_agg array_filter array_find array_includes array_includes_any array_includes_all array_is_distinct
  array_max array_min array_sum array_transform array_zip flatten offset ordinal safe_offset safe_ordinal struct unnest
  key
  json_array json_array_append json_array_insert json_extract json_extract_array json_extract_scalar
  json_extract_string_array json_keys json_object json_query json_query_array json_remove json_set json_strip_nulls
  json_type json_value json_value_array parse_json to_json to_json_string
  any_value approx_count_distinct approx_quantiles approx_top_count approx_top_sum avg bit_and bit_or bit_xor corr count
  countif covar_pop covar_samp grouping logical_and logical_or max max_by min min_by stddev stddev_pop stddev_samp
  string_agg sum var_pop var_samp variance grouping_id rollup cube
  cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank percentile_cont percentile_disc rank
  row_number
  session_user
  net.host net.ip_from_string net.ip_net_mask net.ip_to_string net.ip_trunc net.ipv4_from_int64 net.ipv4_to_int64
  net.public_suffix net.reg_domain net.safe_ip_from_string
  hll_count.extract hll_count.init hll_count.merge hll_count.merge_partial
  kll_quantiles.init_int64 kll_quantiles.init_float64 kll_quantiles.merge_int64 kll_quantiles.merge_float64
  kll_quantiles.extract_int64 kll_quantiles.extract_float64 kll_quantiles.merge_partial
  st_area st_asbinary st_asgeojson st_astext st_boundary st_boundingbox st_buffer st_centroid st_closestpoint
  st_clusterdbscan st_contains st_convexhull st_coveredby st_covers st_difference st_dimension st_disjoint st_distance
  st_dwithin st_endpoint st_equals st_extent st_exteriorring st_geogfrom st_geogfromgeojson st_geogfromtext
  st_geogfromwkb st_geogpoint st_geogpointfromgeohash st_geohash st_geometrytype st_intersection st_intersects
  st_isempty st_iscollection st_isclosed st_length st_linelocatepoint st_makeline st_makepolygon st_maxdistance
  st_npoints st_numpoints st_numgeometries st_perimeter st_pointn st_simplify st_snaptogrid st_startpoint st_touches
  st_union st_union_agg st_within st_x st_y s2_cellidfrompoint s2_coveringcellids
`)

const judge = functionJudge(allowed, {
  read: words(`
    external_query error appends changes vector_search search external_object_transform gap_fill bag_of_words
    text_analyze tf_idf remote_function st_regionstats
    ai.generate ai.generate_bool ai.generate_double ai.generate_int ai.generate_table ai.generate_text ai.forecast
    ai.evaluate ai.if ai.classify ai.score ai.embed ai.similarity ai.search
    ml.predict ml.evaluate ml.forecast ml.explain_predict ml.explain_forecast ml.detect_anomalies ml.generate_text
    ml.generate_embedding ml.generate_text_embedding ml.annotate_image ml.translate ml.transcribe ml.understand_text
    ml.process_document ml.recommend ml.weights ml.feature_info ml.training_info ml.trial_info ml.roc_curve
    ml.confusion_matrix ml.centroids ml.principal_components ml.arima_coefficients ml.arima_evaluate ml.global_explain
    ml.feature_importance ml.feature_cross ml.bucketize ml.min_max_scaler ml.standard_scaler ml.ngrams
    ml.quantile_bucketize ml.polynomial_expand ml.hash_bucketize ml.label_encoder ml.one_hot_encoder ml.imputer
    keys.add_key_from_raw_bytes keys.keyset_chain keys.keyset_from_json keys.keyset_length keys.keyset_to_json
    keys.new_keyset keys.new_wrapped_keyset keys.rewrap_keyset keys.rotate_keyset keys.rotate_wrapped_keyset
    aead.decrypt_bytes aead.decrypt_string aead.encrypt deterministic_decrypt_bytes deterministic_decrypt_string
    deterministic_encrypt obj.fetch_metadata obj.get_access_url obj.make_ref`),
  write: [],
  delete: [],
  admin: [],
})

/** Judges a function by its name in lower case, in which a `safe.` before it changes nothing but errors. */
export function judgeBigqueryFunction(name: string): CallVerdict | undefined {
  return name.startsWith('safe.') ? judge(name.slice(5)) : judge(name)
}
