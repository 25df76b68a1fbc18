import type { Dialect } from '../../shared/sql/statement.ts'

const polyglot =
  'polyglot is a young parser (0.x): its version is pinned, and the corpus and the fuzz run on every change of it.'

/** What each dialect's understanding does not see or does not allow, in plain words. */
export const scoreNotes: Partial<Record<Dialect, readonly string[]>> = {
  tsql: [
    polyglot,
    'Methods of types (`x.value(…)`, `geo.STArea()`), `geography::Point(…)`, functions with a schema before them and table functions of one’s own are refused: they may do anything.',
    'Table variables, `db..t`, ODBC escapes (`{fn …}`), `IDENTITYCOL`, `$IDENTITY`, graph `MATCH`, `FOR BROWSE`, nested comments and names with `ß`, `æ` and the like (most collations take them for two other letters) are refused; a `WITH` before a MERGE, too.',
    'A database with an accent-insensitive, kana-insensitive or width-insensitive collation takes `prénom` and `prenom` for one column. We do not: give such columns their label under both names.',
    '`DECLARE`, `SET`, `IF` and the like count as `admin`, whatever they hold, and are never part of a plain read.',
    'A change through a CTE or a derived table names the relations of that query as written and as read.',
    'Views, synonyms and computed columns are names like any other: what they read shows in the database alone.',
    'Lock hints other than the plain ones, `OPENROWSET` and system catalogs are reads with a danger, no plain reads.',
  ],
  databricks: [
    polyglot,
    'What a path, a format’s options, a substitution or `IDENTIFIER(…)` name is not resolved: the statement is no plain read.',
    'Functions of Unity Catalog are refused, since they may do anything; views are names like any other.',
    'A name with a dot in backticks is ambiguous and no plain read.',
  ],
  postgres: [
    'What a view, a rule, a trigger or row-level security reads shows in the database alone; a view counts as the relation of its name.',
    'Unqualified names are what `search_path` makes of them; policy sees them as they are written.',
    'Functions and operators outside `pg_catalog`’s harmless ones are refused; a cast to a type of one’s own is not, though its input function is foreign code.',
    'System catalogs are reads with a danger, no plain reads.',
  ],
}
