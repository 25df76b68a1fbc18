import { words } from './calls.ts'

/** Words of the grammar that MySQL, Snowflake and BigQuery share. */
export const baseKeywords: readonly string[] = words(`
  select from of where group by having qualify order limit offset distinct all as on using with recursive and or not in exists
  between like escape is null true false case when then else end join inner left right full outer cross natural lateral
  union intersect except values window over partition rows range groups unbounded preceding following current row
  rollup cube grouping sets any some interval to nulls first last asc desc only default collate at time zone
  year quarter month week day hour minute second millisecond microsecond
  int integer bigint smallint tinyint float double real decimal numeric string boolean bool date timestamp datetime bytes
  cast extract trim both leading trailing position substring for
  current_date current_time current_timestamp current_user localtime localtimestamp session_user
  rename replace update set delete merge matched into source target insert then by
`)
