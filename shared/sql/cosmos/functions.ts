import { words } from '../calls.ts'

/** Built-in functions of Cosmos DB's query language that compute from their arguments or say when. */
export const cosmosFunctions: ReadonlySet<string> = new Set(
  words(`
  avg count max min sum countif makelist makeset
  array_avg array_concat array_contains array_contains_all array_contains_any array_length array_max array_median
  array_min array_slice array_sum choose iif objecttoarray setdifference setequal setintersect setunion
  is_array is_bool is_defined is_finite_number is_integer is_null is_number is_object is_primitive is_string
  type
  abs acos asin atan atn2 ceiling cos cot degrees exp floor log log10 pi power radians rand round sign sin sqrt square
  tan trunc intadd intbitand intbitleftshift intbitnot intbitor intbitrightshift intbitxor intdiv intmod intmul intsub
  numberbin
  concat contains contains_all_ci contains_all_cs contains_any_ci contains_any_cs endswith index_of lastindexof
  lastsubstringafter lastsubstringbefore left length lower ltrim regexmatch regexextract regexextractall replace
  replicate reverse right rtrim startswith string_equals stringequals stringjoin stringsplit stringtoarray
  stringtoboolean stringtonull stringtonumber stringtoobject substring substringafter substringbefore tostring trim
  upper documentid
  datetimeadd datetimebin datetimediff datetimefromparts datetimepart datetimetoticks datetimetotimestamp
  getcurrentdatetime getcurrentdatetimestatic getcurrentticks getcurrentticksstatic getcurrenttimestamp
  getcurrenttimestampstatic tickstodatetime timestamptodatetime datetimeformat
  st_area st_distance st_intersects st_isvalid st_isvaliddetailed st_within
  vectordistance fulltextcontains fulltextcontainsall fulltextcontainsany fulltextscore rrf`),
)
