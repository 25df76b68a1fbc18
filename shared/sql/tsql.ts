import { words } from './calls.ts'
import type { Name, PolyglotDialect } from './dialect.ts'
import { judgeTsqlFunction } from './functions-tsql.ts'
import { splitTsql } from './split-tsql.ts'
import { planTsql } from './statements-tsql.ts'
import { tokenize } from './tokens-tsql.ts'

/** Schemas and databases in which the server keeps its own records. */
const systemSchemas = new Set(words('sys information_schema queryinsights'))
const systemDatabases = new Set(words('master msdb model tempdb distribution mssqlsystemresource'))

/** Views of older versions that answer under any schema (SQL Server: system compatibility views). */
const oldCatalog = new Set(
  words(`sysaltfiles syscacheobjects syscharsets syscolumns syscomments sysconfigures sysconstraints syscurconfigs
  syscursors sysdatabases sysdepends sysdevices sysfilegroups sysfiles sysforeignkeys sysfulltextcatalogs sysindexes
  sysindexkeys syslanguages syslockinfo syslogins sysmembers sysmessages sysobjects sysoledbusers sysopentapes
  sysperfinfo syspermissions sysprocesses sysprotects sysreferences syssegments sysservers systypes sysusers`),
)

function judgeRelation(name: Name): readonly string[] {
  const parts = name.join('.').split('.')
  const [last = '', schema = '', database = ''] = [...name].reverse()
  if (parts.length > 3) return ['linked_server']
  if (parts.length > name.length) return ['ambiguous_name']
  // Reserved, and yet read as a table's name by the parser: `FROM (USE master)`.
  if (last === 'use') return ['ambiguous_name']
  const isSystem = systemSchemas.has(schema) || systemDatabases.has(database) || oldCatalog.has(last)
  return isSystem ? ['system_catalog'] : []
}

/** Transact-SQL (SQL Server, Azure SQL Database, Synapse, Fabric). */
export const tsql: PolyglotDialect = {
  name: 'tsql',
  lexicon: {
    tokenize,
    // All of these are reserved words: without brackets they can be nothing else (Transact-SQL: reserved keywords).
    writeWords: new Set(
      words(`insert update delete merge truncate drop alter create into grant revoke deny exec execute backup restore
      dbcc kill shutdown reconfigure set setuser declare waitfor writetext updatetext readtext checkpoint commit
      rollback save revert print raiserror goto while open close deallocate openquery opendatasource`),
    ),
  },
  plan: planTsql,
  split: splitTsql,
  judgeFunction: judgeTsqlFunction,
  judgeRelation,
  relationWords: new Set(words('lateral table values only unnest openquery openrowset openxml openjson')),
  keywords: new Set(
    words(`
    select from where group by having order offset fetch next first rows row only top percent ties distinct all as on using
    with and or not in exists between like escape is null case when then else end any some
    join inner left right full outer cross apply natural union intersect except values pivot unpivot for
    asc desc over partition range unbounded preceding following current window within ignore respect nulls
    loop hash remote grouping sets cube rollup collate at zone tablesample repeatable
    json auto path root include_null_values without_array_wrapper xml raw elements xsinil absent type base64 explicit
    int integer bigint smallint tinyint bit decimal dec numeric money smallmoney float real double precision date datetime
    datetime2 datetimeoffset smalldatetime time char character varchar nchar nvarchar text ntext binary varbinary image
    uniqueidentifier xml sql_variant rowversion sysname max varying
    current_date current_timestamp current_user session_user system_user user
    distinct recursive merge matched target source update set delete insert`),
  ),
  generators: new Map([
    ['string_split', []],
    ['generate_series', ['value']],
  ]),
  sieves: new Set(),
  unitFunctions: new Set(),
  lambdas: new Set(),
}
