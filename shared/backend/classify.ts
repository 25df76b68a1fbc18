import { reviewedMark } from '../masking/classification.ts'
import { labelsByPattern } from '../masking/column-labels.ts'
import type { Invocation, Understood } from '../pipeline/ports.ts'
import type { Dialect, Statement } from '../sql/statement.ts'
import { judgeCommand } from './command-list.ts'

/** Understands one statement; never throws for bad text. */
export type Understand = (dialect: Dialect, text: string) => Promise<Statement>

/**
 * What this very call does: the declared effect, or where a statement decides, what the statement does. What cannot be
 * understood counts as `admin`, the worst.
 */
export async function classify(invocation: Invocation, understand: Understand): Promise<Understood> {
  const { operation, inputs } = invocation
  if (operation.command !== undefined) return commanded(invocation, operation.command)
  if (operation.statement === undefined) return declared(invocation)
  const text = inputs[operation.statement.input]
  const statement = await understand(operation.statement.dialect, typeof text === 'string' ? text : '')
  const understood = judge(named(statement, invocation))
  return operation.statement.explained ? explained(understood) : understood
}

/** A command does what the deployment's list says of it, on the machine that the call names. */
function commanded(invocation: Invocation, { input, listed = [] }: { input: string; listed?: readonly string[] }) {
  const text = invocation.inputs[input]
  const judged = judge(judgeCommand(typeof text === 'string' ? text : '', listed))
  const { reads, writes } = declared({ ...invocation, operation: { ...invocation.operation, effect: judged.effect } })
  return { ...judged, reads, writes }
}

const plannable: readonly string[] = ['read', 'write', 'delete']

/** What is only planned changes nothing, and tells of whatever it would touch. */
function explained(understood: Understood): Understood {
  const { effect, reads, writes } = understood
  if (!plannable.includes(effect)) return understood
  return { ...understood, effect: 'read', reads: [...new Set([...reads, ...writes])].sort(), writes: [] }
}

/**
 * A query of Cosmos DB calls the container by any name it likes: the one that the request goes to is meant. Where the
 * operation does not say which that is, any may be.
 */
function named(statement: Statement, { operation, inputs }: Invocation): Statement {
  const container = operation.object === undefined ? undefined : inputs[operation.object]
  if (operation.statement?.dialect !== 'cosmos' || typeof container !== 'string') return statement
  const { beyond: _beyond, ...known } = statement
  return { ...known, reads: statement.reads.length === 0 ? [] : [container.toLowerCase()] }
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
  // Queries name containers in small letters, whatever the container's own: policy hears one name of it.
  const isCosmos = operation.call.technology === 'cosmos'
  const objects = typeof named === 'string' ? [isCosmos ? named.toLowerCase() : named] : []
  const touched = effect === 'read' ? { reads: objects, writes: [] } : { reads: [], writes: objects }
  return { effect, understood: true, ...touched, dangers: [], statements: 0 }
}

/** Labels of the data that may come back: the declared members', and those of the classified tables that are read. */
export function labelsOf(
  invocation: Invocation,
  understood: Understood,
  classification: Readonly<Record<string, string>>,
): readonly string[] {
  const tables = Object.entries(classification).filter(([key]) => isColumnRead(key, understood))
  const byPattern = labelsByPattern(invocation, understood, classification)
  const all = [...Object.values(invocation.operation.labels ?? {}), ...tables.map(([, label]) => label), ...byPattern]
  return [...new Set(all)].filter((label) => label !== 'none').sort()
}

/** An unqualified table name matches its namesake in every schema: the worst reading. Behind it may stand a path. */
function isColumnRead(key: string, { reads, statement }: Understood): boolean {
  const column = key.startsWith(reviewedMark) ? key.slice(1) : key
  if (column.includes('*') || column.startsWith('/')) return false
  if (statement?.beyond === true) return true
  const owner = column.slice(0, column.lastIndexOf('.'))
  return reads.some((table) => `.${owner}.`.toLowerCase().includes(`.${table}.`))
}
