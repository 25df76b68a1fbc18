import { functionJudge, words } from './calls.ts'

/** Built-ins that compute from their arguments alone, or say who and when (MySQL 8.4 reference, chapter 14). */
const allowed = words(`
  abs acos asin atan atan2 ceil ceiling conv cos cot crc32 degrees exp floor greatest least ln log log10 log2 mod pi pow
  power radians rand round sign sin sqrt tan truncate bit_count interval
  ascii bin bit_length char char_length character_length concat concat_ws elt export_set field find_in_set format
  from_base64 to_base64 hex unhex insert instr lcase left length locate lower lpad ltrim make_set mid oct octet_length ord
  position quote repeat replace reverse right rpad rtrim soundex space strcmp substr substring substring_index trim ucase
  upper weight_string regexp_instr regexp_like regexp_replace regexp_substr format_bytes format_pico_time
  adddate addtime convert_tz curdate current_date current_time current_timestamp curtime date date_add date_format
  date_sub datediff day dayname dayofmonth dayofweek dayofyear extract from_days from_unixtime get_format hour last_day
  localtime localtimestamp makedate maketime microsecond minute month monthname now period_add period_diff quarter
  sec_to_time second str_to_date subdate subtime sysdate time time_format time_to_sec timediff timestamp timestampadd
  timestampdiff to_days to_seconds unix_timestamp utc_date utc_time utc_timestamp week weekday weekofyear year yearweek
  if ifnull nullif coalesce isnull cast convert binary row default values
  avg bit_and bit_or bit_xor count group_concat json_arrayagg json_objectagg max min std stddev stddev_pop stddev_samp sum
  var_pop var_samp variance any_value grouping
  cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
  json_array json_array_append json_array_insert json_contains json_contains_path json_depth json_extract json_insert
  json_keys json_length json_merge json_merge_patch json_merge_preserve json_object json_overlaps json_pretty json_quote
  json_remove json_replace json_schema_valid json_schema_validation_report json_search json_set json_storage_free
  json_storage_size json_table json_type json_unquote json_valid json_value
  aes_decrypt aes_encrypt compress uncompress uncompressed_length md5 random_bytes sha sha1 sha2
  charset coercibility collation connection_id current_role current_user database schema session_user system_user user
  version found_rows icu_version
  inet_aton inet_ntoa inet6_aton inet6_ntoa is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6 bin_to_uuid uuid_to_bin is_uuid
  uuid uuid_short
  match against mbrcontains mbrintersects mbrwithin point linestring polygon multipoint
  st_area st_asgeojson st_astext st_aswkt st_asbinary st_aswkb st_buffer st_centroid st_contains st_convexhull st_crosses
  st_difference st_dimension st_disjoint st_distance st_distance_sphere st_envelope st_equals st_geohash
  st_geometrytype st_geomfromgeojson st_geomfromtext st_intersection st_intersects st_isempty st_issimple st_isvalid
  st_latitude st_length st_longitude st_makeenvelope st_numpoints st_overlaps st_pointfromgeohash st_pointfromtext
  st_simplify st_srid st_symdifference st_touches st_transform st_union st_within st_x st_y
`)

/** Functions with a name for doing harm, by the worst that each does; unknown ones are refused alike. */
export const judgeMysqlFunction = functionJudge(allowed, {
  read: words(`
    sleep benchmark load_file extractvalue updatexml name_const master_pos_wait source_pos_wait
    wait_for_executed_gtid_set wait_until_sql_thread_after_gtids gtid_subset gtid_subtract is_free_lock is_used_lock
    row_count statement_digest statement_digest_text ps_current_thread_id ps_thread_id roles_graphml des_encrypt
    des_decrypt encrypt password old_password encode decode can_access_table`),
  write: words('last_insert_id get_lock release_lock release_all_locks'),
  delete: [],
  admin: words(`
    sys_exec sys_eval sys_get sys_set sys_bineval http_get http_post lib_mysqludf_sys_info mysql_json keyring_key_fetch
    keyring_key_generate keyring_key_remove keyring_key_store audit_log_read audit_log_filter_set_filter
    mysql_firewall_flush_status set_firewall_mode group_replication_set_as_primary
    group_replication_switch_to_multi_primary_mode asynchronous_connection_failover_add_source`),
})
