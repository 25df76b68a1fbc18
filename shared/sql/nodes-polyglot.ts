import { words } from './calls.ts'
import { furtherKinds } from './nodes-dialects.ts'
import { isTree, type Node, type Tree } from './tree.ts'

/**
 * Kinds of polyglot's nodes and what each may hold; a tree with any other kind or field is refused. A field holds plain
 * values or tagged nodes `{kind: body}`, alone or in lists, unless a colon tells the kind of its untagged object:
 * `type` is not looked into, `pairs` are `[name, node]`.
 */
const text = `
select expressions from:from joins:join lateral_views:lateral_view where_clause:clause group_by:group_by having:clause
  qualify:clause order_by:ordering distribute_by:listing cluster_by:ordering sort_by:ordering limit:clause
  offset:clause distinct with:with windows:named_window qualify_after_window top:top fetch:fetch
  for_json for_xml
union left right all distinct with:with order_by:ordering limit offset distribute_by:listing sort_by:ordering
  cluster_by:ordering
subquery this alias:name column_aliases:name alias_explicit_as alias_keyword order_by:ordering limit:clause
  offset:clause distribute_by:listing sort_by:ordering cluster_by:ordering lateral modifiers_inside
values expressions:tuple alias:name column_aliases:name
table name:name schema:name catalog:name alias:name alias_explicit_as column_aliases:name table_sample:sample
  version:version
pivot this expressions fields alias:name
unpivot this value_column:name name_column:name columns alias:name value_column_parenthesized include_nulls
pivot_alias this alias
joined_table left joins:join lateral_views:lateral_view alias:name
lateral this outer alias alias_quoted column_aliases
from expressions
join this on using:name kind use_inner_keyword use_outer_keyword nesting_group join_hint deferred_condition
top this parenthesized percent with_ties
fetch direction count rows percent with_ties
query_option this expression
lateral_view this table_alias:name column_aliases:name outer
clause this rows
group_by expressions all
ordering expressions:ordered
listing expressions
ordered this desc nulls_first explicit_asc
with ctes:cte recursive
cte alias:name this columns:name alias_first
named_window name:name spec:over
over window_name:name partition_by order_by:ordered frame:frame
frame kind start:bound end:bound kind_text start_side_text end_side_text
bound Preceding Following
sample method size seed unit_after_size is_percent use_sample_keyword explicit_method use_seed_keyword
version this kind expression
name name quoted
identifier name quoted
column name:name table:name
star table:name except:name
dot this field:name
subscript this index
array_slice this start end
alias this alias:name column_aliases:name alias_explicit_as alias_keyword
literal literal_type value
boolean value
null
parameter name style
placeholder index
method_call this method:name args
interval this unit:unit
unit type unit use_plural this expression
cast this to:type double_colon_syntax
collation this collation
at_time_zone this zone
case operand whens else_
in this expressions query not
between this low high not
is_null this not postfix_form
like left right escape quantifier
regexp_like this pattern flags
exists this not
all this subquery op
any this subquery op
tuple expressions
paren this
lambda parameters:name body
named_argument name:name value separator
window_function this over:over
within_group this order_by:ordered
j_s_o_n_extract this expression variant_extract
json_value this path
json_query this path
json_object pairs:pairs
j_s_o_n_array expressions
j_s_o_n_array_agg this order:inner_order
inner_order order_by:ordering
data_type data_type length precision scale name dimension real_spelling
function name args distinct no_parens ignore_nulls filter order_by:ordered
aggregate_function name args distinct filter order_by:ordered ignore_nulls
update table:table set:pairs where_clause:clause
delete table:table alias:name alias_explicit_as where_clause:clause
merge this using on whens
whens expressions
when matched condition source then
var this
rollup expressions
cube expressions
`

const operators = `and or add sub mul div mod eq neq lt lte gt gte bitwise_and bitwise_or bitwise_xor concat null_safe_eq
  null_safe_neq`

const unary = 'not neg bitwise_not is_true is_false'

/** Functions for which polyglot has nodes of their own; their names are judged by the text. */
const functions = `
  abs acos asin atan atan2 cos sin tan degrees radians exp ln log sqrt ceil floor power mod_func int_div pi random rand
  length initcap lower upper substring trim overlay str_position contains starts_with ends_with filter
  day day_of_month day_of_week day_of_year hour minute month quarter second week_of_year year last_day next_day
  add_months months_between extract typeof to_number parse_json to_json json_array_length
  nvl nvl2 coalesce if_func
  array_compact array_distinct array_size cardinality array_append array_contains array_except array_position
  array_prepend array_remove array_union array_intersect element_at explode explode_outer map_from_entries
  map_from_arrays map_keys map_values map_contains_key
  sum avg min max count count_if any_value approx_count_distinct array_agg bitwise_and_agg bitwise_or_agg
  bitwise_xor_agg logical_and logical_or first last median mode stddev stddev_pop stddev_samp var_pop var_samp variance
  list_agg string_agg first_value last_value nth_value lag lead cume_dist dense_rank percent_rank rank row_number n_tile`

const functionFields = `this expression expressions args original_name name decimals scale base lower upper seed substr
  position length replacement from start characters sql_standard_syntax position_explicit from_for_syntax field unit
  format precision condition true_value false_value distinct filter ignore_nulls order_by:ordered separator offset
  default num_buckets star`

type Fields = ReadonlyMap<string, string>

const kinds = new Map<string, Fields>()

for (const line of text.trim().replaceAll('\n  ', ' ').split('\n')) {
  const [kind = '', ...fields] = words(line)
  kinds.set(kind, fieldsOf(fields))
}
const setOperation = kinds.get('union') ?? new Map()
for (const kind of ['intersect', 'except']) kinds.set(kind, setOperation)
for (const kind of words(operators)) kinds.set(kind, fieldsOf(['left', 'right']))
for (const kind of words(unary)) kinds.set(kind, fieldsOf(['this', 'not']))
for (const kind of words(functions)) kinds.set(kind, fieldsOf(words(functionFields)))
for (const line of furtherKinds.trim().split('\n')) {
  const [kind = '', ...fields] = words(line)
  kinds.set(kind, new Map([...(kinds.get(kind) ?? []), ...fieldsOf(fields)]))
}
kinds.set('try_cast', kinds.get('cast') ?? new Map())
kinds.set('i_like', kinds.get('like') ?? new Map())

function fieldsOf(fields: readonly string[]): Fields {
  return new Map(fields.map((field) => [field.split(':')[0] ?? '', field.split(':')[1] ?? '']))
}

/** What stands for a kind or a field that nobody listed; no walk knows it. */
const unlisted = 'unlisted'

/** Kinds that make one result of rows; all of them may bear a WITH. */
export const queryKinds: ReadonlySet<string> = new Set(['select', 'union', 'intersect', 'except', 'values', 'subquery'])

/** Whether the walk knows what a node of this kind means. */
export function isListed(kind: string): boolean {
  return kinds.has(kind)
}

/** Opens `{kind: body}`; undefined where the value is none. */
export function open(value: unknown): Node | undefined {
  if (!isTree(value)) return undefined
  const [entry, ...others] = Object.entries(value)
  if (entry === undefined || others.length > 0) return undefined
  const [kind, body] = entry
  return { kind, body: isTree(body) ? body : {} }
}

/** The nodes under one field of a node, whatever its kind. */
export function nodesAt({ kind, body }: Node, field: string): Node[] {
  const value = Object.hasOwn(body, field) ? body[field] : undefined
  return value === undefined ? [] : nodesIn(value, kinds.get(kind)?.get(field))
}

/** All nodes directly under one; what is not listed comes out as `unlisted`. */
export function childrenOf(node: Node, except: readonly string[] = []): Node[] {
  return Object.keys(node.body)
    .filter((field) => !except.includes(field))
    .flatMap((field) => nodesAt(node, field))
}

/** Nodes in a value of a field of which the list says `fixed`. */
function nodesIn(value: unknown, fixed: string | undefined): Node[] {
  if (fixed === undefined) return [{ kind: unlisted, body: {} }]
  if (fixed === 'type' || value === null) return []
  if (Array.isArray(value))
    return value.flatMap((item) => nodesIn(fixed === 'pairs' ? secondOf(item) : item, tagOf(fixed)))
  if (!isTree(value)) return []
  if (fixed !== '') return [{ kind: fixed, body: value }]
  return [open(value) ?? { kind: unlisted, body: {} }]
}

function secondOf(pair: unknown): unknown {
  return Array.isArray(pair) ? pair[1] : { [unlisted]: {} }
}

function tagOf(fixed: string): string {
  return fixed === 'pairs' ? '' : fixed
}

/** The text of a name's node under a field, in lower case, or an empty one. */
export function nameAt(body: Tree, field: string): string {
  const value = body[field]
  const name = isTree(value) ? value.name : value
  return typeof name === 'string' ? name.toLowerCase() : ''
}

/** The texts of names listed under a field, in lower case. */
export function namesAt(body: Tree, field: string): string[] {
  const value = body[field]
  return Array.isArray(value) ? value.map((item) => nameAt({ item }, 'item')) : []
}
