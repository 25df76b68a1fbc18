import { words } from '../calls.ts'

/** Families of functions whose members differ in their last words only. */
const families: Readonly<Record<string, string>> = {
  base64_decode_: 'toarray toguid tostring',
  base64_encode_: 'fromarray fromguid tostring',
  convert_: 'angle energy force length mass speed temperature volume',
  array_: `concat iff iif index_of length reverse rotate_left rotate_right shift_left shift_right slice sort_asc sort_desc
    split strcat sum`,
  bag_: 'has_key keys merge pack pack_columns remove_keys set_key zip',
  binary_: 'and not or shift_left shift_right xor all_and all_or all_xor',
  bin_: 'at auto',
  datetime_: 'add diff list_timezones local_to_utc part utc_to_local',
  endof: 'day month week year',
  startof: 'day month week year',
  dayof: 'month week year',
  format_: 'bytes datetime ipv4 ipv4_mask timespan',
  geo_: `angle azimuth closest_point_on_line closest_point_on_polygon distance_2points distance_point_to_line
    distance_point_to_polygon from_wkt geohash_neighbors geohash_to_central_point geohash_to_polygon h3cell_children
    h3cell_level h3cell_neighbors h3cell_parent h3cell_rings h3cell_to_central_point h3cell_to_polygon
    info_from_ip_address intersection_2lines intersection_2polygons intersection_line_with_polygon intersects_2lines
    intersects_2polygons intersects_line_with_polygon line_buffer line_centroid line_densify line_interpolate_point
    line_length line_locate_point line_simplify line_to_s2cells point_buffer point_in_circle point_in_polygon
    point_to_geohash point_to_h3cell point_to_s2cell polygon_area polygon_buffer polygon_centroid polygon_densify
    polygon_perimeter polygon_simplify polygon_to_h3cells polygon_to_s2cells s2cell_neighbors s2cell_to_central_point
    s2cell_to_polygon simplify_polygons_array union_lines_array union_polygons_array`,
  gzip_: 'compress_to_base64_string decompress_from_base64_string',
  zlib_: 'compress_to_base64_string decompress_from_base64_string',
  has_: 'any_index any_ipv4 any_ipv4_prefix ipv4 ipv4_prefix',
  hash_: 'combine many md5 sha1 sha256 xxhash64',
  hll_: 'if isvalid merge',
  ipv4_: 'compare is_in_any_range is_in_range is_match is_private netmask_suffix range_to_cidr_list',
  ipv6_: 'compare is_in_any_range is_in_range is_match',
  is: 'ascii empty finite inf nan notempty notnull null utf8',
  make_: `datetime string timespan bag bag_if dictionary list list_if list_with_nulls set set_if`,
  parse_: 'command_line csv ipv4 ipv4_mask ipv6 ipv6_mask json path url urlquery user_agent version xml',
  percentiles_: 'array array_tdigest',
  punycode_: 'domain_from_string domain_to_string from_string to_string',
  row_: 'cumsum number rank rank_dense rank_min window_session',
  series_: `abs acos add asin atan ceiling cos cosine_similarity decompose decompose_anomalies decompose_forecast divide
    dot_product equals exp fft fill_backward fill_const fill_forward fill_linear fir fit_2lines fit_2lines_dynamic
    fit_line fit_line_dynamic fit_poly floor greater greater_equals ifft iir less less_equals log magnitude multiply
    not_equals outliers pearson_correlation periods_detect periods_validate pow product seasonal sign sin stats
    stats_dynamic subtract sum tan`,
  set_: 'difference equals has_element intersect union',
  strcat_: 'array delim',
  to: `bool boolean datetime decimal double dynamic guid hex int long lower object real string time timespan upper
    _utf8`,
  trim_: 'end start',
  unicode_: 'codepoints_from_string codepoints_to_string',
  unixtime_: 'microseconds_todatetime milliseconds_todatetime nanoseconds_todatetime seconds_todatetime',
  url_: 'decode encode encode_component',
  arg_: 'max min',
  take_: 'any anyif',
  tdigest_: 'isvalid merge',
}

/** Functions and aggregates of the Kusto language that compute from their arguments, or say who, where and when. */
export const kqlFunctions: ReadonlySet<string> = new Set([
  ...Object.entries(families).flatMap(([start, ends]) => words(ends).map((end) => start + end)),
  ...words(`
  abs acos ago all any anyif around argmax argmin arraylength asin assert atan atan2 avg avgif base64_decodestring
  base64_encodestring beta_cdf beta_inv beta_pdf bin bitset_count_ones buildschema case ceiling cnt coalesce
  column_ifexists columnifexists cos cot count count_distinct count_distinctif countif countof covariance covarianceif
  covariancep covariancepif current_principal current_principal_details current_principal_is_member_of
  current_cluster_endpoint current_database datepart dcount dcount_hll dcountif degrees dynamic_to_json erf erfc
  estimate_data_size exp exp10 exp2 extent_id extent_tags extract extract_all extract_json extractall extractjson floor
  gamma getmonth gettype getyear hash hll hourofday iff iif indexof indexof_regex ingestion_time iscolumnexists
  jaccard_index log log10 log2 loggamma makelist makeset map max max_of maxif merge_tdigest min min_of minif
  monthofyear new_guid next not notempty notnull now pack pack_all pack_array pack_dictionary parsejson parseurl
  parseurlquery percentile percentile_tdigest percentiles percentilesw percentilesw_array percentilew
  percentrank_tdigest pi pow prev radians rand range rank_tdigest regex_quote repeat replace replace_regex
  replace_string replace_strings reverse round sign sin split sqrt stdev stdevif stdevp strcat strcmp string_size
  strlen strrep substring sum sumif tan tdigest toscalar translate treepath trim variance varianceif variancep
  variancepif week_of_year weekofyear welch_test zip`),
])

/** Functions that give what their first argument is called. */
export const namesFirst: ReadonlySet<string> = new Set(
  words(`bin floor ceiling startofday startofweek startofmonth startofyear endofday tostring tolower toupper toint tolong
    todouble toreal tobool todatetime totimespan toguid todynamic parse_json bin_at`),
)

/** Aggregates that give more than one column, or columns whose names nobody can say. */
export const givesMany: ReadonlySet<string> = new Set(
  words(`arg_max arg_min argmax argmin any take_any percentiles percentilesw series_fit_line series_fit_2lines
    series_stats series_decompose series_decompose_anomalies series_periods_detect series_outliers`),
)

/** Plugins that work on the rows before them alone; those that run code or fetch from elsewhere are not in it. */
export const kqlPlugins: ReadonlySet<string> = new Set(
  words(`active_users_count activity_counts_metrics activity_engagement activity_metrics autocluster bag_unpack basket
    dcount_intersect diffpatterns estimate_rows_count funnel_sequence funnel_sequence_completion geo_line_lookup
    geo_polygon_lookup ipv4_lookup ipv6_lookup narrow new_activity_metrics pivot preview rolling_percentile rows_near
    sequence_detect session_count sliding_window_counts`),
)

/** Plugins whose first argument is a table to look up in. */
export const lookupPlugins: ReadonlySet<string> = new Set(
  words('geo_line_lookup geo_polygon_lookup ipv4_lookup ipv6_lookup'),
)

/** Properties of a request that a query may set for itself: what it may take and how much it may give. */
export const kqlSettings: ReadonlySet<string> = new Set(
  words(`best_effort deferpartialqueryfailures maxmemoryconsumptionperiterator maxoutputcolumns norequesttimeout
    notruncation query_bin_auto_at query_bin_auto_size query_datetimescope_column query_datetimescope_from
    query_datetimescope_to query_fanout_nodes_percent query_fanout_threads_percent query_now
    query_results_cache_max_age query_results_cache_per_shard query_results_progressive_enabled query_take_max_records
    servertimeout truncationmaxrecords truncationmaxsize truncation_max_records truncation_max_size
    materialized_view_shuffle query_distribution_nodes_span`),
)
