import { comparedBy } from './comparisons-polyglot.ts'
import { accountsFor } from './coverage.ts'
import type { Plan, PolyglotDialect } from './dialect.ts'
import { emptyFindings, type Findings, refuse, worsen } from './findings.ts'
import { type Gated, gateText } from './gate.ts'
import { shapeOf } from './lineage-polyglot.ts'
import { mentionedIn } from './mentions-polyglot.ts'
import { open, queryKinds } from './nodes-polyglot.ts'
import { refusedStatement } from './refusal.ts'
import type { Column } from './shape.ts'
import { openSight } from './sight-polyglot.ts'
import type { Statement } from './statement.ts'
import { serialize, type Token } from './tokens.ts'
import type { Node } from './tree.ts'
import { walkTree } from './walk-polyglot.ts'

/** A text for polyglot, with where its names, strings and numbers begin and end (in characters). */
export interface Part {
  readonly text: string
  readonly spans: readonly (readonly [number, number])[]
}

/** Parses texts of a dialect, each one statement: polyglot's trees in order, or a snake_case reason. */
export type ParseParts = (
  dialect: string,
  parts: readonly Part[],
) => Promise<{ readonly trees: readonly unknown[] } | { readonly refused: string }>

type Passed = Exclude<Gated, { refused: string }>

/** Limits on one text: statements, and what they may make the database combine. */
const limits = { statements: 16, parts: 32, ctes: 24, joins: 32 } as const

/** Understands one text of a dialect that polyglot parses. */
export async function understandParts(dialect: PolyglotDialect, sql: string, parse: ParseParts): Promise<Statement> {
  const gated = gateText(sql, dialect.lexicon)
  if ('refused' in gated) return refusedStatement(gated.refused)
  const statements = (dialect.split ?? splitStatements)(gated.tokens)
  const plans = statements.slice(0, limits.statements).map((tokens) => dialect.plan(tokens))
  const known = plans.filter((plan) => plan !== undefined)
  const parts = known.flatMap((plan) => plan.parts ?? [])
  if (known.length < statements.length) return refusedStatement('statement_not_listed', statements.length)
  if (parts.length > limits.parts) return refusedStatement('too_many_statements', statements.length)
  const parsed = parts.length === 0 ? { trees: [] } : await parse(dialect.name, parts.map(partFrom))
  if ('refused' in parsed) return refusedStatement(parsed.refused, statements.length)
  const trees = parsed.trees.map(open).filter((tree) => tree !== undefined)
  if (trees.length !== parts.length) return refusedStatement('parse_failed', statements.length)
  if (!trees.every((tree, at) => accountsFor(tree, parts[at] ?? [], dialect))) {
    return refusedStatement('tree_incomplete', statements.length)
  }
  return judged({ dialect, gated, plans: known, trees })
}

function splitStatements(tokens: readonly Token[]): (readonly Token[])[] {
  const statements: Token[][] = [[]]
  for (const token of tokens) {
    if (token.text === ';') statements.push([])
    else statements.at(-1)?.push(token)
  }
  return statements.filter((statement) => statement.length > 0)
}

/** Places are counted in characters, of which some take two units in JavaScript. */
function partFrom(tokens: readonly Token[]): Part {
  const spans: [number, number][] = []
  let at = 0
  for (const [index, token] of tokens.entries()) {
    const start = at + (token.spaced && index > 0 ? 1 : 0)
    at = start + [...token.text].length
    if (['word', 'quoted', 'string', 'number'].includes(token.kind)) spans.push([start, at])
  }
  return { text: serialize(tokens), spans }
}

interface Judged {
  readonly dialect: PolyglotDialect
  readonly gated: Passed
  readonly plans: readonly Plan[]
  readonly trees: readonly Node[]
}

function judged({ dialect, gated, plans, trees }: Judged): Statement {
  const found = emptyFindings()
  let next = 0
  for (const plan of plans) {
    const own = trees.slice(next, next + (plan.parts?.length ?? 0))
    next += own.length
    judgePlan(plan, own, { dialect, found })
  }
  if (found.ctes > limits.ctes) refuse(found, 'too_many_ctes')
  if (found.joins > limits.joins) refuse(found, 'too_many_joins')
  if (found.refused !== undefined) return refusedStatement(found.refused, plans.length)
  if (gated.writeWord && found.effect === 'read') {
    found.effect = 'write'
    found.dangers.add('write_word')
  }
  const [only, ...others] = plans
  const { columns, qualifiers } = mentionedIn(trees, dialect)
  return {
    effect: found.effect,
    safeRead: found.effect === 'read' && others.length === 0 && found.dangers.size === 0,
    statements: plans.length,
    reads: [...found.reads].sort(),
    writes: [...found.writes].sort(),
    dangers: [...found.dangers].sort(),
    text: gated.text,
    mentions: columns,
    qualifiers,
    compared: [...new Set(trees.flatMap((tree) => comparedBy(tree, dialect)))].sort(),
    ...(only !== undefined && others.length === 0 ? outputsOf(only, trees, dialect) : { outputs: null }),
  }
}

interface Judging {
  readonly dialect: PolyglotDialect
  readonly found: Findings
}

/** What only plans a change does not change anything, but is no plain read either. */
function judgePlan(plan: Plan, trees: readonly Node[], { dialect, found }: Judging): void {
  const inner = plan.plans === true ? { ...emptyFindings(), reads: found.reads, writes: found.reads } : found
  worsen(inner, plan.effect)
  noteNames(plan, inner, dialect)
  for (const tree of trees) walkTree(tree, dialect, inner)
  if (inner !== found) notePlanned(inner, found)
}

function noteNames({ reads = [], writes = [], dangers = [] }: Plan, found: Findings, dialect: PolyglotDialect): void {
  for (const name of reads) found.reads.add(name.join('.'))
  for (const name of writes) found.writes.add(name.join('.'))
  for (const danger of [...dangers, ...[...reads, ...writes].flatMap(dialect.judgeRelation)]) found.dangers.add(danger)
}

function notePlanned(inner: Findings, found: Findings): void {
  for (const danger of inner.dangers) found.dangers.add(danger)
  if (inner.effect !== 'read') found.dangers.add('explain_write')
  if (inner.refused !== undefined) refuse(found, inner.refused)
  found.joins += inner.joins
  found.ctes += inner.ctes
}

/** What each result column is made of, and its name; null where the columns cannot be listed. */
function outputsOf(plan: Plan, trees: readonly Node[], dialect: PolyglotDialect): Pick<Statement, 'outputs' | 'names'> {
  if (plan.describes !== undefined) return { outputs: Array.from({ length: plan.describes }, () => ({ mentions: [] })) }
  const [tree] = trees
  const isQuery = plan.plans !== true && plan.effect === 'read' && tree !== undefined && queryKinds.has(tree.kind)
  const columns = isQuery ? shapeOf(tree, openSight(dialect)).order : null
  if (columns === null) return { outputs: null }
  const mentionsIn = ({ mentions }: Column) => (mentions.has('*') ? ['*'] : [...mentions].sort())
  return {
    outputs: columns.map((column) => ({ mentions: mentionsIn(column) })),
    names: columns.map(({ name }) => name ?? null),
  }
}
