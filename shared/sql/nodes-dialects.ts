/**
 * Further kinds and fields of polyglot's nodes, in the notation of `nodes-polyglot.ts`: what MySQL, Snowflake and BigQuery
 * have beyond the others. A kind of both has the fields of both.
 */
export const furtherKinds = `
select kind operation_modifiers connect:connect
table when:historical changes:changes hints partitions:name
historical this kind expression
changes information at_before:wrapped
wrapped historical_data:historical
index_table_hint this expressions target
join match_condition
star replace:alias rename
pivot alias_columns:name
pivot_any this
order_by expressions:ordered
connect start connect nocycle
prior this
connect_by_root this
array_agg limit having_max
string_agg limit
any_value having_max
group_concat this separator order_by:ordered distinct
array_concat_agg this order_by:ordered limit ignore_nulls distinct name
match_against this expressions modifier
char_func args charset
safe_cast this to:type format
cast format
sample method_before_size
table_argument prefix this
json_extract this path returning arrow_syntax hash_arrow_syntax
json_extract_scalar this path returning arrow_syntax hash_arrow_syntax
member_of left right
xor this expression
int_div this expression
array_overlaps left right
bitwise_left_shift left right
bitwise_right_shift left right
array_func expressions bracket_notation
array expressions
map_func keys values curly_brace_syntax
struct fields:pairs
braced_wildcard this
unnest this expressions
introducer this expression
any this subquery op
all this subquery op
in unnest
Custom
update from_clause:from order_by:ordering limit
delete using:table order_by:ordering limit no_from
j_s_o_n_table this schema path
j_s_o_n_schema expressions
j_s_o_n_column_def this kind path
`
