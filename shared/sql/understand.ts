import { bigquery } from './bigquery.ts'
import { comparedBy } from './comparisons-postgres.ts'
import { understandCosmos } from './cosmos/understand.ts'
import { databricks } from './databricks.ts'
import { understandDax } from './dax/understand.ts'
import type { PolyglotDialect } from './dialect.ts'
import type { Findings } from './findings.ts'
import { gateText } from './gate.ts'
import { understandKql } from './kql/understand.ts'
import { mentionsOf } from './mentions-postgres.ts'
import { understandMongo } from './mongo/understand.ts'
import { mysql } from './mysql.ts'
import { outputsOf } from './outputs-postgres.ts'
import { type ParseParts, understandParts } from './polyglot.ts'
import { judgeStatements } from './postgres.ts'
import { refusedStatement } from './refusal.ts'
import { snowflake } from './snowflake.ts'
import type { Dialect, Statement } from './statement.ts'
import { postgresLexicon } from './tokens-postgres.ts'
import { isTree, listAt, type Node, unwrap } from './tree.ts'
import { tsql } from './tsql.ts'

/** Parses a text as it came and as it would be sent; the tree is libpg_query's, the refusal a snake_case reason. */
export type Parse = (
  text: string,
  canonical: string,
) => Promise<{ readonly tree: unknown } | { readonly refused: string }>

/** Who parses: libpg_query for PostgreSQL, polyglot for the rest. */
export interface Parsers {
  readonly libpg: Parse
  readonly polyglot: ParseParts
}

/** Dialects that polyglot parses. */
const polyglotDialects: Partial<Record<Dialect, PolyglotDialect>> = { databricks, tsql, mysql, snowflake, bigquery }

/** Dialects that strict readers of our own understand, in time proportional to the text. */
const ownReaders: Partial<Record<Dialect, (text: string) => Statement>> = {
  cosmos: understandCosmos,
  kql: understandKql,
  mongo: understandMongo,
  dax: understandDax,
}

/** Understands one text of a dialect. Never throws for a bad text: it answers a refused statement. */
export async function understand(dialect: Dialect, sql: string, parsers: Parsers): Promise<Statement> {
  if (dialect === 'postgres') return understandPostgres(sql, parsers.libpg)
  const own = ownReaders[dialect]
  if (own !== undefined) return own(sql)
  const known = polyglotDialects[dialect]
  return known === undefined ? refusedStatement('dialect_not_supported') : understandParts(known, sql, parsers.polyglot)
}

async function understandPostgres(sql: string, parse: Parse): Promise<Statement> {
  const gated = gateText(sql, postgresLexicon)
  if ('refused' in gated) return refusedStatement(gated.refused)
  const parsed = await parse(sql, gated.text)
  if ('refused' in parsed) return refusedStatement(parsed.refused)
  const statements = statementsIn(parsed.tree)
  if (statements === undefined) return refusedStatement('parse_failed')
  return judged(statements, gated)
}

function judged(statements: readonly Node[], gated: { text: string; writeWord: boolean }): Statement {
  const found = judgeStatements(statements)
  if (found.refused !== undefined) return refusedStatement(found.refused, statements.length)
  if (gated.writeWord && found.effect === 'read') {
    found.effect = 'write'
    found.dangers.add('write_word')
  }
  return {
    effect: found.effect,
    safeRead: isSafeRead(found, statements),
    statements: statements.length,
    reads: [...found.reads].sort(),
    writes: [...found.writes].sort(),
    dangers: [...found.dangers].sort(),
    text: gated.text,
    mentions: mentionsOf(statements),
    compared: [...new Set(statements.flatMap(comparedBy))].sort(),
    ...outputsOfOnly(statements),
  }
}

function isSafeRead(found: Findings, statements: readonly Node[]): boolean {
  return found.effect === 'read' && statements.length === 1 && found.dangers.size === 0
}

function outputsOfOnly(statements: readonly Node[]): Pick<Statement, 'outputs' | 'names'> {
  const [only, ...others] = statements
  return only !== undefined && others.length === 0 ? outputsOf(only) : { outputs: null }
}

/** The statements of a parse result, or undefined where it is none that we know. */
function statementsIn(tree: unknown): Node[] | undefined {
  const items = isTree(tree) ? listAt(tree, 'stmts') : []
  const nodes = items.map((item) => (isTree(item) ? unwrap(item.stmt) : undefined))
  return nodes.length > 0 && nodes.every((node) => node !== undefined) ? nodes : undefined
}
