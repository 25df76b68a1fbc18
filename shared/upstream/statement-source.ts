import type { StatementSource } from '../backend/statement-call.ts'
import type { Problem } from '../errors/problem.ts'
import type { Json, UpstreamCall } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'

/** The one statement of a call with its values in order. `own`: the text is the declaration's. */
export interface SourcedStatement {
  readonly text: string
  readonly values: readonly Json[]
  readonly own: boolean
}

/**
 * The statement that a call sends: for an agent's own, exactly the text that was judged. Throws Problem `internal` where
 * nothing was judged, `input_invalid` where an input cannot stand in a text of ours.
 */
export function readStatement(source: StatementSource, { invocation, understood }: UpstreamCall): SourcedStatement {
  const { inputs } = invocation
  if (source.from === 'declaration') {
    const values = source.values.map((name) => inputs[name] ?? null)
    return { text: fillText(source.text, inputs), values, own: true }
  }
  const judged = understood.statement?.text
  if (judged === undefined || understood.statement?.refused !== undefined) throw refuse('nothing_judged')
  // A text that a zero byte cuts short would not be the one that was judged.
  if (judged.includes('\0')) throw refuse('zero_byte')
  const values = source.values === undefined ? [] : (inputs[source.values] ?? [])
  const list: readonly Json[] = Array.isArray(values) ? values : [values as Json]
  return { text: `${source.prefix ?? ''}${judged}`, values: list, own: false }
}

/** What means nothing but itself within a literal of any dialect: no quotes, brackets, backslashes, control characters. */
const plain = /^[^'"`[\]\\;\p{C}]*$/u

function fillText(text: string, inputs: Readonly<Record<string, Json>>): string {
  return text.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = inputs[name]
    if (Number.isSafeInteger(value)) return String(value)
    if (typeof value !== 'string' || !plain.test(value)) throw invalid(name)
    return value
  })
}

function invalid(name: string): Problem {
  const detail = 'An input has characters that cannot stand in the statement of this operation.'
  return failWith({ code: 'input_invalid', fate: 'not_called', why: `input_${name}`, detail })
}

function refuse(why: string): Problem {
  return failWith({ code: 'internal', fate: 'not_called', why })
}
