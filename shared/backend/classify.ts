import type { Invocation, Understood } from '../pipeline/ports.ts'
import type { Dialect, Statement } from '../sql/statement.ts'

/** Understands one statement; never throws for bad text. */
export type Understand = (dialect: Dialect, text: string) => Promise<Statement>

/**
 * What this very call does: the declared effect, or where a statement decides, what the statement does. What cannot be
 * understood counts as `admin`, the worst.
 */
export async function classify(invocation: Invocation, understand: Understand): Promise<Understood> {
  const { operation, inputs } = invocation
  if (operation.statement === undefined) return declared(invocation)
  const text = inputs[operation.statement.input]
  const statement = await understand(operation.statement.dialect, typeof text === 'string' ? text : '')
  const understood = judge(statement)
  return operation.statement.explained ? explained(understood) : understood
}

const plannable: readonly string[] = ['read', 'write', 'delete']

/** What is only planned changes nothing, and tells of whatever it would touch. */
function explained(understood: Understood): Understood {
  const { effect, reads, writes } = understood
  if (!plannable.includes(effect)) return understood
  return { ...understood, effect: 'read', reads: [...new Set([...reads, ...writes])].sort(), writes: [] }
}

function judge(statement: Statement): Understood {
  return {
    effect: statement.refused === undefined ? statement.effect : 'admin',
    understood: statement.refused === undefined,
    statement,
    reads: statement.reads,
    writes: statement.writes,
    dangers: statement.dangers,
    statements: statement.statements,
  }
}

function declared({ operation, inputs }: Invocation): Understood {
  const { effect, object } = operation
  const named = object === undefined ? undefined : inputs[object]
  const objects = typeof named === 'string' ? [named] : []
  const touched = effect === 'read' ? { reads: objects, writes: [] } : { reads: [], writes: objects }
  return { effect, understood: true, ...touched, dangers: [], statements: 0 }
}

/** Labels of the data that may come back: the declared members', and those of the classified tables that are read. */
export function labelsOf(
  { operation }: Invocation,
  { reads }: Understood,
  classification: Readonly<Record<string, string>>,
): readonly string[] {
  const tables = Object.entries(classification).filter(([column]) => reads.some((table) => isColumnOf(column, table)))
  const all = [...Object.values(operation.labels ?? {}), ...tables.map(([, label]) => label)]
  return [...new Set(all)].filter((label) => label !== 'none').sort()
}

/** An unqualified table name matches its namesake in every schema: the worst reading. */
function isColumnOf(column: string, table: string): boolean {
  const owner = column.slice(0, column.lastIndexOf('.'))
  return owner === table || owner.endsWith(`.${table}`)
}
